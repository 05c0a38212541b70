//! Lines of recorded runs, inside a chapter's text.

use maud::html;

use super::{Recorded, not_recorded};
use crate::project::Project;

/// A chapter's text with each `{{seen lesson2/race "no lock"}}` replaced by the recorded line
/// that starts so. The error says at which byte of the text.
pub(crate) fn fill_in(project: &Project, text: &str) -> Result<String, (usize, String)> {
    const START: &str = "{{seen ";
    let mut places = text.match_indices(START).peekable();
    let Some(&(first, _)) = places.peek() else {
        return Ok(text.to_owned());
    };
    let recorded = Recorded::read(project).map_err(|fault| (first, fault))?;
    let mut out = String::with_capacity(text.len());
    let mut written = 0;
    for (at, _) in places {
        let inner = text[at + START.len()..].split_once("}}");
        let (inner, rest) = inner.ok_or_else(|| (at, "`{{seen` never ends".to_owned()))?;
        let line = seen(recorded.as_ref(), inner).map_err(|fault| (at, fault))?;
        out.push_str(&text[written..at]);
        out.push_str(&format!("<samp>{line}</samp>"));
        written = text.len() - rest.len();
    }
    out.push_str(&text[written..]);
    Ok(out)
}

fn seen(recorded: Option<&Recorded>, argument: &str) -> Result<String, String> {
    let parts = argument.split_once(" \"");
    let parts = parts.and_then(|(name, start)| Some((name, start.strip_suffix('"')?)));
    let (name, start) =
        parts.ok_or_else(|| format!("`{argument}`: write `lesson2/race \"no lock\"`"))?;
    let printed = recorded.and_then(|all| all.printed.get(name));
    let printed = printed.ok_or_else(|| not_recorded(name))?;
    let line = printed
        .lines()
        .find(|line| line.trim_start().starts_with(start));
    let line = line.ok_or_else(|| format!("no line of `{name}` starts with `{start}`"))?;
    // HTML would collapse the spaces between columns. Bars are left out.
    let columns = line
        .split("  ")
        .map(str::trim)
        .filter(|column| !column.is_empty() && !column.starts_with('█'));
    let line = columns.collect::<Vec<_>>().join(" · ");
    // Keeps a figure and its unit on one line.
    let line = line
        .replace(" ± ", "\u{a0}±\u{a0}")
        .replace(" ×", "\u{a0}×");
    Ok(html! { (line) }.into_string())
}
