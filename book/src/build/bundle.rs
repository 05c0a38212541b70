//! Fewer files to load: adjacent style sheets become one file, and so do adjacent scripts.
//!
//! The template marks them by two comments. One file for all pages replaces those in between, with
//! all their `data-` attributes, deferred if the first of them is.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::Path;

const START: &str = "<!-- bundle -->";
const END: &str = "<!-- end of bundle -->";

/// A style sheet or a script, as a page names it.
struct Part<'a> {
    path: &'a str,
    is_style: bool,
    is_for_print: bool,
    is_deferred: bool,
}

/// Bundles the pages of the book in `dest`.
pub(crate) fn bundle(dest: &Path) -> io::Result<()> {
    // By their parts.
    let mut bundles = BTreeMap::new();
    let pages = walkdir::WalkDir::new(dest).into_iter();
    for page in pages
        .filter_map(Result::ok)
        .map(walkdir::DirEntry::into_path)
    {
        if page.extension().is_none_or(|extension| extension != "html") {
            continue;
        }
        let html = fs::read_to_string(&page)?;
        if html.contains(START) {
            fs::write(&page, bundled(dest, &html, &mut bundles)?)?;
        }
    }
    // Pages no longer load these.
    let parts = bundles.keys().flatten();
    for part in parts.collect::<std::collections::BTreeSet<_>>() {
        fs::remove_file(dest.join(part))?;
    }
    Ok(())
}

fn bundled(
    dest: &Path,
    html: &str,
    bundles: &mut BTreeMap<Vec<String>, String>,
) -> io::Result<String> {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, from)) = rest.split_once(START) {
        let (block, after) = from
            .split_once(END)
            .ok_or_else(|| io::Error::other("a bundle in the template has no end"))?;
        out.push_str(before);
        rest = after;
        let parts = parts(block);
        let Some(first) = parts.first() else { continue };
        // The path from this page to the root.
        let (root, _) = first
            .path
            .split_at(first.path.rfind("../").map_or(0, |at| at + 3));
        let names: Vec<String> = parts
            .iter()
            .map(|part| part.path[root.len()..].to_owned())
            .collect();
        let name = match bundles.get(&names) {
            Some(name) => name,
            None => {
                let name = write(dest, &names, &parts)?;
                bundles.entry(names).or_insert(name)
            }
        };
        if first.is_style {
            out.push_str(&format!(r#"<link rel="stylesheet" href="{root}{name}">"#));
        } else {
            let defer = if first.is_deferred { " defer" } else { "" };
            let data = data(block);
            out.push_str(&format!(
                r#"<script{defer} src="{root}{name}"{data}></script>"#
            ));
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// Writes the parts as one file, named after its content.
fn write(dest: &Path, names: &[String], parts: &[Part<'_>]) -> io::Result<String> {
    let mut text = String::new();
    for (name, part) in names.iter().zip(parts) {
        let content = fs::read_to_string(dest.join(name))?;
        if !part.is_style {
            // Our scripts are written for it, and mdBook's work with it.
            let start = if text.is_empty() {
                "'use strict';\n"
            } else {
                ""
            };
            text.push_str(&format!("{start}{content}\n;\n"));
        } else if part.is_for_print {
            text.push_str(&format!("@media print {{\n{content}\n}}\n"));
        } else {
            let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
            text.push_str(&seen_from_root(&content, folder));
            text.push('\n');
        }
    }
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let kind = if parts[0].is_style { "css" } else { "js" };
    let name = format!("bundle-{:08x}.{kind}", hasher.finish() as u32);
    fs::write(dest.join(&name), text)?;
    Ok(name)
}

/// URLs in a style sheet are relative to its folder.
fn seen_from_root(style: &str, folder: &str) -> String {
    let mut pieces = style.split("url('");
    let mut seen = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let is_file = !piece.starts_with("data:") && !folder.is_empty();
        let folder = if is_file {
            format!("{folder}/")
        } else {
            String::new()
        };
        seen.push_str(&format!("url('{folder}{piece}"));
    }
    seen
}

fn parts(block: &str) -> Vec<Part<'_>> {
    let tags = block.split('<').skip(1);
    let part = |tag| {
        let style = attribute(tag, "href=");
        Some(Part {
            path: style.or_else(|| attribute(tag, "src="))?,
            is_style: style.is_some(),
            is_for_print: attribute(tag, "media=") == Some("print"),
            is_deferred: tag.starts_with("script defer "),
        })
    };
    tags.filter_map(part).collect()
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = tag.split_once(&format!(" {name}\""))?;
    value.split('"').next()
}

/// All `data-` attributes, as they are.
fn data(block: &str) -> String {
    let mut data = String::new();
    for (at, _) in block.match_indices(" data-") {
        let attribute = &block[at..];
        let end = attribute
            .match_indices('"')
            .nth(1)
            .map_or(attribute.len(), |(end, _)| end + 1);
        data.push_str(&attribute[..end]);
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_one_file_for_all_that_stands_together() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("a.js", "let a = 1");
        write("js/b.js", "let b = 2");
        write("css/c.css", "p { background: url('c.png') }");
        write("d.css", "p { margin: 0 }");
        let page = |root: &str| {
            format!(
                "<head>{START}<link rel=\"stylesheet\" href=\"{root}css/c.css\">\n\
                 <link rel=\"stylesheet\" href=\"{root}d.css\" media=\"print\">{END}</head>\n\
                 {START}<script defer src=\"{root}a.js\"></script>\n\
                 <script defer src=\"{root}js/b.js\" data-x=\"{root}x\"></script>{END}<p>"
            )
        };
        write("page.html", &page(""));
        write("deep/page.html", &page("../"));
        bundle(folder.path()).unwrap();

        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        let html = read("page.html");
        assert_eq!(
            (
                html.matches("<link").count(),
                html.matches("<script").count()
            ),
            (1, 1)
        );
        let deep = html
            .replace("\"bundle", "\"../bundle")
            .replace("\"x", "\"../x");
        assert_eq!(read("deep/page.html"), deep);
        let [style, script] = ["href=", "src="].map(|name| read(attribute(&html, name).unwrap()));
        assert!(
            style.contains("url('css/c.png')") && style.contains("@media print"),
            "{style}"
        );
        assert!(script.contains("let a = 1\n;\nlet b = 2"), "{script}");
        assert!(html.contains(" data-x=\"x\"></script>"), "{html}");
        assert!(html.contains("<script defer "), "{html}");
        assert!(!folder.path().join("a.js").exists());
    }
}
