//! Highlights code while the book is built, so pages need no script for it.

use std::fmt::Debug;
use std::sync::LazyLock;

use maud::{Markup, PreEscaped, Render, html};
use tree_sitter_highlight::{HighlightConfiguration, HighlightEvent, Highlighter};

/// The grammars' names for parts of a program, and our element for each. A chapter has thousands,
/// and a `span` with a class would be twice as long.
const PARTS: [(&str, &str); 8] = [
    ("attribute", "c-a"),
    ("comment", "c-c"),
    ("function", "c-f"),
    ("keyword", "c-k"),
    ("constant", "c-n"),
    ("number", "c-n"),
    ("string", "c-s"),
    ("type", "c-t"),
];

/// Languages that a block may name, and their full names.
const LANGUAGES: [(&str, &str); 7] = [
    ("c", "C"),
    ("json", "JSON"),
    ("python", "Python"),
    ("rust", "Rust"),
    ("sh", "Shell"),
    ("text", "Text"),
    ("toml", "TOML"),
];

static RUST: LazyLock<HighlightConfiguration> = LazyLock::new(|| {
    let query = tree_sitter_rust::HIGHLIGHTS_QUERY;
    configured(HighlightConfiguration::new(
        tree_sitter_rust::LANGUAGE.into(),
        "rust",
        query,
        "",
        "",
    ))
});
static PYTHON: LazyLock<HighlightConfiguration> = LazyLock::new(|| {
    let query = tree_sitter_python::HIGHLIGHTS_QUERY;
    configured(HighlightConfiguration::new(
        tree_sitter_python::LANGUAGE.into(),
        "python",
        query,
        "",
        "",
    ))
});

fn configured<E: Debug>(grammar: Result<HighlightConfiguration, E>) -> HighlightConfiguration {
    let mut grammar = grammar.expect("a grammar fits its own query");
    grammar.configure(&PARTS.map(|(part, _)| part));
    grammar
}

/// The language of a file, by its extension.
pub(crate) fn language_of(path: &str) -> Result<&'static str, String> {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("rs") => Ok("rust"),
        Some("py") => Ok("python"),
        Some("toml") => Ok("toml"),
        Some("json") => Ok("json"),
        Some("txt") => Ok("text"),
        _ => Err(format!(
            "`{path}`: no language is known for this kind of file"
        )),
    }
}

/// The full name of a language.
pub(crate) fn name_of(language: &str) -> &'static str {
    let known = LANGUAGES.iter().find(|(id, _)| *id == language);
    known.map_or("", |(_, name)| name)
}

/// A fenced block of a chapter. `# ` hides a line of Rust, as in rustdoc.
pub(crate) fn fenced(language: &str, text: &str) -> Result<Markup, String> {
    if name_of(language).is_empty() {
        let known = LANGUAGES.map(|(id, _)| id).join(", ");
        return Err(format!(
            "a block of code must name its language: one of {known}, console, quiz; not `{language}`"
        ));
    }
    let shown = |line: &&str| language != "rust" || !(*line == "#" || line.starts_with("# "));
    let lines: Vec<&str> = text.lines().filter(shown).collect();
    Ok(block(language, &lines.join("\n")))
}

/// A block of code.
pub(crate) fn block(language: &str, text: &str) -> Markup {
    html! { pre.code data-language=(language) { code { (coloured(language, text)) } } }
}

fn coloured(language: &str, text: &str) -> Markup {
    let grammar = match language {
        "rust" => &*RUST,
        "python" => &*PYTHON,
        _ => return text.render(),
    };
    let mut highlighter = Highlighter::new();
    let events = highlighter
        .highlight(grammar, text.as_bytes(), None, None, |_| None)
        .expect("a grammar reads any text");
    let mut out = String::new();
    let mut open = Vec::new();
    for event in events {
        match event.expect("highlighting is not interrupted") {
            HighlightEvent::Source { start, end } => text[start..end].render_to(&mut out),
            HighlightEvent::HighlightStart(part) => {
                let element = PARTS[part.0].1;
                out.push_str(&format!("<{element}>"));
                open.push(element);
            }
            HighlightEvent::HighlightEnd => {
                let element = open.pop().expect("what ends has begun");
                out.push_str(&format!("</{element}>"));
            }
        }
    }
    PreEscaped(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_and_strings_are_marked_and_text_is_escaped() {
        let rust = coloured("rust", "let x: Vec<u8> = f(\"<\");").into_string();
        assert!(rust.contains("<c-k>let</c-k>"), "{rust}");
        assert!(rust.contains("<c-s>&quot;&lt;&quot;</c-s>"), "{rust}");
        let python = coloured("python", "def f(): return 1").into_string();
        assert!(python.contains("<c-k>def</c-k>"), "{python}");
    }

    #[test]
    fn lines_hidden_from_readers_are_left_out() {
        let shown = fenced("rust", "# use a::b;\n#[derive(Debug)]\nstruct S;\n").unwrap();
        assert!(!shown.0.contains("use"));
        assert!(shown.0.contains("derive"));
    }

    #[test]
    fn a_block_without_a_language_is_refused() {
        assert!(
            fenced("", "x")
                .unwrap_err()
                .contains("must name its language")
        );
    }
}
