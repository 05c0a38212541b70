//! Markdown as mdBook reads it.

use mdbook_markdown::MarkdownOptions;
use mdbook_markdown::pulldown_cmark::OffsetIter;

/// The events of `text` with their byte ranges; quotes stay as they are written.
pub(crate) fn events(text: &str) -> OffsetIter<'_> {
    let mut options = MarkdownOptions::default();
    options.smart_punctuation = false;
    mdbook_markdown::new_cmark_parser(text, &options).into_offset_iter()
}
