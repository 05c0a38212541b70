//! A command and what it printed.
//!
//! The command is code and has a copy button; the output is a sample and has none. The style
//! sheet draws the `$`, so what a reader copies can be run as it is.

use maud::{Markup, html};

/// A fenced `console` block: each `$ command` with the lines it printed.
pub(crate) fn console(text: &str) -> Result<Markup, String> {
    let text = format!("\n{}", text.trim_end());
    let mut runs = text.split("\n$ ");
    if !runs.next().unwrap_or_default().trim().is_empty() {
        return Err("a console block starts with a `$ command`".to_owned());
    }
    Ok(html! {
        @for each in runs {
            @let (command, printed) = each.split_once('\n').unwrap_or((each, ""));
            (run(command, printed, None))
        }
    })
}

/// A command, and what it printed. `button` names the program that a Run button runs there,
/// and its language.
pub(crate) fn run(command: &str, printed: &str, button: Option<(&str, &str)>) -> Markup {
    let (program, language) = button.unzip();
    html! {
        figure.run data-program=[program] data-language=[language] {
            pre.command { code { (command) } }
            @if !printed.is_empty() { pre.output { samp { (printed) } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_code_and_the_output_is_not() {
        let shown = console("$ echo hi\nhi\n$ true\n").unwrap().into_string();
        assert!(shown.contains("<code>echo hi</code>"), "{shown}");
        assert!(shown.contains("<samp>hi</samp>"), "{shown}");
        assert!(
            shown.contains("<code>true</code></pre></figure>"),
            "{shown}"
        );
        assert!(!shown.contains('$'));
    }

    #[test]
    fn output_without_a_command_is_refused() {
        assert!(console("hi\n").is_err());
    }
}
