//! On a narrow screen each row of a table becomes a card. Every cell carries the name of its
//! column, which the style sheet shows only there.

use maud::html;
use mdbook_markdown::pulldown_cmark::{Event, Tag, TagEnd};

use super::markdown;

/// A table of fewer columns fits as it is.
const FEWEST_COLUMNS: usize = 3;

/// The chapter with the name of its column before the text of each cell.
pub(crate) fn name_columns(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut written = 0;
    let mut columns: Vec<String> = Vec::new();
    let mut column = 0;
    let mut is_head = false;
    for (event, range) in markdown::events(text) {
        match event {
            Event::Start(Tag::TableHead) => {
                columns.clear();
                is_head = true;
            }
            Event::End(TagEnd::TableHead) => is_head = false,
            Event::Start(Tag::TableRow) => column = 0,
            Event::Start(Tag::TableCell) if is_head => columns.push(String::new()),
            Event::Text(part) | Event::Code(part) if is_head => {
                if let Some(name) = columns.last_mut() {
                    name.push_str(&part);
                }
            }
            Event::Start(Tag::TableCell) => {
                let name = columns
                    .get(column)
                    .filter(|_| columns.len() >= FEWEST_COLUMNS);
                column += 1;
                let Some(name) = name else { continue };
                out.push_str(&text[written..range.start]);
                out.push_str(&html! { b.column data-name=(name) {} }.into_string());
                written = range.start;
            }
            _ => {}
        }
    }
    out.push_str(&text[written..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_given_the_name_of_its_column_and_the_head_is_not() {
        let table = "| # | `a \"b\"` | c |\n|---|---|---|\n| 1 | two | [three](x.md) |\n";
        let named = name_columns(table);
        let row = named.lines().last().unwrap();
        assert!(
            row.contains("<b class=\"column\" data-name=\"a &quot;b&quot;\"></b> two"),
            "{row}"
        );
        assert!(row.contains("data-name=\"c\"></b> [three](x.md)"), "{row}");
        assert_eq!(named.lines().next(), table.lines().next());
    }

    #[test]
    fn two_columns_fit_as_they_are() {
        let table = "| a | b |\n|---|---|\n| 1 | 2 |\n";
        assert_eq!(name_columns(table), table);
    }
}
