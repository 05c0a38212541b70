//! One program in two languages. A script turns the pair into tabs; without it, and on
//! paper, both are shown one after the other.

use maud::{Markup, html};

use super::listing::{Listing, with_anchor};
use crate::project::{Program, Project};

/// `{{#twins lesson3/hello}}` or, for a part of both files, `{{#twins lesson3/hello:anchor}}`.
pub(crate) fn twins(project: &Project, argument: &str) -> Result<Markup, String> {
    let (name, anchor) = with_anchor(argument);
    let program = Program::parse(name)?;
    let python = Listing::read(project, &program.python(project), anchor)?;
    let rust = Listing::read(project, &program.rust(), anchor)?;
    Ok(html! {
        div.twins { (python.figure(Some(name))) (rust.figure(Some(name))) }
    })
}
