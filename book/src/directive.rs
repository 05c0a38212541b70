//! What an author may ask for: `{{#name argument}}`.

use maud::Markup;

use crate::listing::Listing;
use crate::project::{Program, Project};
use crate::{chart, comparison, diagram, exercise, output, play, runs, twins};

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
        "twins" => twins::twins(project, argument),
        "listing" => listing(project, argument),
        "output" => output::output(project, argument),
        "recorded" => runs::recorded(project, argument),
        "timeline" => runs::timeline(project, argument),
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

/// `lesson3/hello` is the Rust program; a name with an extension is a file of the workspace.
fn listing(project: &Project, argument: &str) -> Result<Markup, String> {
    let (name, anchor) = with_anchor(argument);
    if name.contains('.') {
        return Ok(Listing::read(project, name, anchor)?.figure(None));
    }
    let program = Program::parse(name)?;
    Ok(Listing::read(project, &program.rust(), anchor)?.figure(Some(name)))
}

/// Takes `lesson3/hello:anchor` apart.
pub(crate) fn with_anchor(argument: &str) -> (&str, Option<&str>) {
    match argument.split_once(':') {
        Some((name, anchor)) => (name, Some(anchor)),
        None => (argument, None),
    }
}
