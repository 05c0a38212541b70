//! A page as it was built: its ids and its links, read by a real HTML tokenizer.

use std::cell::RefCell;
use std::collections::HashSet;

use html5ever::buffer_queue::BufferQueue;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

/// What other pages and this one can say about a page.
#[derive(Debug, Default)]
pub struct Page {
    pub ids: HashSet<String>,
    /// Every `href` and `src`.
    pub links: Vec<String>,
    /// The text a reader sees, code and samples left out.
    pub prose: String,
}

impl Page {
    pub fn read(html: &str) -> Self {
        let reader = Tokenizer::new(Reader::default(), TokenizerOpts::default());
        let input = BufferQueue::default();
        input.push_back(StrTendril::from(html));
        let _ = reader.feed(&input);
        reader.end();
        reader.sink.page.into_inner()
    }
}

#[derive(Default)]
struct Reader {
    page: RefCell<Page>,
    /// How many elements are open whose text is not prose.
    code: RefCell<usize>,
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) => self.tag(&tag),
            Token::CharacterTokens(text) if *self.code.borrow() == 0 => {
                self.page.borrow_mut().prose.push_str(&text);
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Reader {
    fn tag(&self, tag: &Tag) {
        if matches!(&*tag.name, "code" | "samp" | "script") {
            let mut code = self.code.borrow_mut();
            *code = match tag.kind {
                TagKind::StartTag => *code + 1,
                TagKind::EndTag => code.saturating_sub(1),
            };
        }
        let mut page = self.page.borrow_mut();
        for attribute in &tag.attrs {
            let value = attribute.value.to_string();
            match &*attribute.name.local {
                "id" => {
                    page.ids.insert(value);
                }
                // That of a `base` is where links start, and no link.
                "href" | "src" if &*tag.name != "base" => page.links.push(value),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_links_and_prose_are_told_apart() {
        let page = Page::read("<p id=a>see <a href='b.html#c'>b</a> <code>{{x}}</code></p>");
        assert!(page.ids.contains("a"));
        assert_eq!(page.links, ["b.html#c"]);
        assert_eq!(page.prose, "see b ");
    }
}
