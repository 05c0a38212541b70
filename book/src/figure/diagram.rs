//! Drawings: `{{#svg name}}` puts `diagrams/name.svg` into the page itself, so that the theme can
//! set its colours.

use std::fs;

use maud::{Markup, PreEscaped, html};

use crate::project::Project;

pub(crate) fn diagram(project: &Project, name: &str) -> Result<Markup, String> {
    let (title, svg) = drawing(project, name)?;
    Ok(html! {
        figure.diagram { (PreEscaped(svg)) figcaption { (title) } }
    })
}

/// The title and the markup of `diagrams/name.svg`.
pub(crate) fn drawing(project: &Project, name: &str) -> Result<(String, String), String> {
    let path = format!("book/diagrams/{name}.svg");
    let text = fs::read_to_string(project.file(&path))
        .map_err(|error| format!("no diagram `{path}`: {error}"))?;
    let (title, svg) = checked(&text).map_err(|problem| format!("{path}{problem}"))?;
    Ok((title, svg.to_owned()))
}

/// The drawing's title, and its root element.
fn checked(text: &str) -> Result<(String, &str), String> {
    let document = roxmltree::Document::parse(text)
        .map_err(|error| format!(":{}: {error}", error.pos().row))?;
    let svg = document.root_element();
    for attribute in ["viewBox", "role"] {
        if svg.attribute(attribute).is_none() {
            return Err(format!(": <svg> needs {attribute}; the role is \"img\""));
        }
    }
    for element in document.descendants().filter(roxmltree::Node::is_element) {
        let name = element.tag_name().name();
        let foreign = matches!(name, "style" | "script" | "image" | "foreignObject");
        // Another diagram of the page could have the same id.
        if foreign || element.has_attribute("style") || element.has_attribute("id") {
            let row = document.text_pos_at(element.range().start).row;
            return Err(format!(
                ":{row}: a diagram has no <style>, <script>, <image>, style or id; \
                 use the classes of figures.css"
            ));
        }
    }
    let told = |name| {
        let child = svg
            .children()
            .find(|child| child.has_tag_name(("http://www.w3.org/2000/svg", name)));
        let text = child
            .and_then(|child| child.text())
            .unwrap_or_default()
            .trim();
        if text.is_empty() {
            Err(format!(": <svg> needs a <{name}>"))
        } else {
            Ok(text.to_owned())
        }
    };
    told("desc")?;
    Ok((told("title")?, &text[svg.range()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn title_and_description_are_required() {
        let open = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1" role="img">"#;
        let whole =
            format!("<?xml version=\"1.0\"?>\n{open}<title>Fork</title><desc>Two.</desc></svg>\n");
        let (title, svg) = checked(&whole).unwrap();
        assert_eq!(title, "Fork");
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>"));
        let untold = format!("{open}<title>Fork</title></svg>");
        assert!(checked(&untold).unwrap_err().contains("<desc>"));
    }

    #[test]
    fn broken_markup_is_found_with_its_line() {
        assert!(checked("<svg>\n<g></svg>").unwrap_err().starts_with(":2:"));
    }
}
