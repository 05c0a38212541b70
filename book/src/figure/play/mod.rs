//! Figures to play with: `{{#play name}}` puts the element `<play-name>` into the page.
//!
//! The element holds a drawing for readers without JavaScript. Otherwise `assets/js/play.js`
//! replaces it by a script from `assets/js/figures`.

mod speedup;

use maud::{Markup, PreEscaped, html};

use super::diagram;
use crate::measured::Measured;
use crate::project::Project;

/// The name of each figure, and of its drawing.
const FIGURES: [(&str, &str); 5] = [
    ("amdahl", "amdahl"),
    ("counter", "lost-update"),
    ("lines", "torn-lines"),
    ("memory", "address-spaces"),
    ("pool", "pool-run"),
];

pub(crate) fn play(
    project: &Project,
    name: &str,
    own: Option<&Measured>,
) -> Result<Markup, String> {
    let figure = FIGURES.iter().find(|(figure, _)| *figure == name);
    let (_, drawing) = figure.ok_or_else(|| {
        let names = FIGURES.map(|(figure, _)| figure).join(", ");
        format!("no figure `{name}` to play with; there are {names}")
    })?;
    let (title, still) = diagram::drawing(project, drawing)?;
    let measured = match name {
        "amdahl" => Some(speedup::measured(project, own)?),
        _ => None,
    };
    let figure = measured.as_ref().map(|_| format!("play {name}"));
    Ok(html! {
        figure.play data-figure=[figure] data-measured=[measured] {
            (PreEscaped(format!("<play-{name}>")))
            div.still { (PreEscaped(still)) }
            (PreEscaped(format!("</play-{name}>")))
            figcaption {
                (title) "." noscript { " With JavaScript, you can play with this figure." }
            }
        }
    })
}
