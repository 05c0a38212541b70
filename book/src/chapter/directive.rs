//! What an author can ask for in a paragraph of its own: `{{#name argument}}`.

use maud::Markup;

use super::{exercise, output};
use crate::figure::{chart, comparison, diagram, play};
use crate::project::Project;
use crate::{code, recorded};

/// `inner` turns Markdown into HTML.
pub(crate) fn html(
    project: &Project,
    text: &str,
    inner: &mut dyn FnMut(&str) -> Markup,
) -> Result<Markup, String> {
    let directive = text
        .strip_prefix("{{#")
        .and_then(|text| text.strip_suffix("}}"));
    let directive = directive.filter(|directive| !directive.contains(['\n', '{', '}']));
    let directive = directive.ok_or("a directive is one line: `{{#name argument}}`")?;
    let (name, argument) = directive.split_once(' ').unwrap_or((directive, ""));
    let argument = argument.trim();
    match name {
        "twins" => code::twins(project, argument),
        "listing" => code::listing(project, argument),
        "output" => output::output(project, argument),
        "recorded" => recorded::output(project, argument),
        "timeline" => recorded::timeline(project, argument),
        "chart" => chart::chart(project, argument, None),
        "comparison" => comparison::comparison(project, None),
        "svg" => diagram::diagram(project, argument),
        "play" => play::play(project, argument, None),
        "exercise" => exercise::exercise(project, argument, inner),
        _ => Err(format!(
            "no directive `{name}`; there are twins, listing, output, recorded, timeline, exercise, \
             chart, comparison, svg and play"
        )),
    }
}
