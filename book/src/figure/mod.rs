//! Pictures and tables, and the reader's own measurements in them.
//!
//! A build draws only what is recorded, so it is the same on every machine. A served page gets
//! the reader's own measurements as it goes out.
//!
//! | file | what it is for |
//! |---|---|
//! | `chart` | recorded benchmarks as a picture and a table |
//! | `comparison` | the table beside Python |
//! | `timeline` | what the processes of a run did, and when |
//! | `diagram` | drawings from SVG files |
//! | `play` | figures to play with |

pub mod chart;
pub(crate) mod comparison;
pub(crate) mod diagram;
pub(crate) mod play;
pub mod timeline;

use maud::Markup;

use crate::measured::Measured;
use crate::project::Project;

/// Opens the attribute that names a figure.
const NAME: &str = "data-figure=\"";

/// The figure that `name` names, as `chart start`.
fn figure(project: &Project, name: &str, own: Option<&Measured>) -> Result<Markup, String> {
    match name.split_once(' ') {
        Some(("chart", name)) => chart::chart(project, name, own),
        Some(("play", name)) => play::play(project, name, own),
        _ if name == "comparison" => comparison::comparison(project, own),
        _ => Err(format!("no figure `{name}`")),
    }
}

pub(crate) fn has_figures(page: &str) -> bool {
    page.contains(NAME)
}

/// `page` with `own` in its figures, each marked with `when` it was filled.
pub(crate) fn fill_in(project: &Project, page: &str, own: Option<&Measured>, when: &str) -> String {
    let mut filled = String::with_capacity(page.len() + page.len() / 4);
    let mut rest = page;
    while let Some((before, after, name)) = next(rest) {
        filled.push_str(&rest[..before]);
        let built = &rest[before..after];
        // A figure that cannot take them stays as it was built.
        let with_own = figure(project, name, own).map(Markup::into_string);
        let drawn = with_own.as_deref().unwrap_or(built);
        filled.push_str(&drawn.replacen(NAME, &format!("data-of=\"{when}\" {NAME}"), 1));
        rest = &rest[after..];
    }
    filled + rest
}

/// Where the next figure starts and ends, and its name.
fn next(page: &str) -> Option<(usize, usize, &str)> {
    const END: &str = "</figure>";
    let at = page.find(NAME)?;
    let start = page[..at].rfind("<figure")?;
    let end = at + page[at..].find(END)? + END.len();
    let name = page[at + NAME.len()..].split('"').next()?;
    Some((start, end, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_keeps_what_is_around_its_figures_and_figures_that_nobody_knows() {
        let page = "<p>a</p><figure class=\"x\" data-figure=\"none\">b</figure><p>c</p>";
        let filled = fill_in(&Project::at("/nowhere"), page, None, "7");
        let figure = "<figure class=\"x\" data-of=\"7\" data-figure=\"none\">b</figure>";
        assert_eq!(filled, format!("<p>a</p>{figure}<p>c</p>"));
    }
}
