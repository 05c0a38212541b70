//! A built page: its ids, links and terms, read by a real HTML tokenizer.

use std::cell::RefCell;
use std::collections::HashSet;

use html5ever::buffer_queue::BufferQueue;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

/// What the checks and the search need from a page.
#[derive(Debug, Default)]
pub struct Page {
    pub ids: HashSet<String>,
    /// Every `href` and `src`.
    pub links: Vec<String>,
    /// The visible text without code and samples.
    pub prose: String,
    /// The terms in its definition lists.
    pub terms: Vec<Term>,
}

/// A term and what it means.
#[derive(Debug, Default, PartialEq)]
pub struct Term {
    pub id: String,
    pub name: String,
    pub meaning: String,
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
    /// The number of open elements whose text is not prose.
    code: RefCell<usize>,
    /// The open element of a definition list.
    definition: RefCell<Option<Definition>>,
}

#[derive(Clone, Copy)]
enum Definition {
    Name,
    Meaning,
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) => self.tag(&tag),
            Token::CharacterTokens(text) => self.text(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Reader {
    fn text(&self, text: &str) {
        let mut page = self.page.borrow_mut();
        if *self.code.borrow() == 0 {
            page.prose.push_str(text);
        }
        if let (Some(part), Some(term)) = (*self.definition.borrow(), page.terms.last_mut()) {
            match part {
                Definition::Name => term.name.push_str(text),
                Definition::Meaning => term.meaning.push_str(text),
            }
        }
    }

    fn definition(&self, tag: &Tag) {
        let part = match &*tag.name {
            "dt" => Definition::Name,
            "dd" => Definition::Meaning,
            _ => return,
        };
        *self.definition.borrow_mut() = (tag.kind == TagKind::StartTag).then_some(part);
        if matches!(part, Definition::Name) && tag.kind == TagKind::StartTag {
            let id = tag.attrs.iter().find(|own| &*own.name.local == "id");
            self.page.borrow_mut().terms.push(Term {
                id: id.map(|id| id.value.to_string()).unwrap_or_default(),
                ..Term::default()
            });
        }
    }

    fn tag(&self, tag: &Tag) {
        self.definition(tag);
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
                // The `href` of a `base` is not a link.
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

    #[test]
    fn terms_are_read_with_their_meaning() {
        let page = Page::read(
            "<dl><dt id=z><a href='#z'>zombie, <code>Z</code></a></dt><dd>It has ended.</dd></dl>",
        );
        let term = Term {
            id: "z".into(),
            name: "zombie, Z".into(),
            meaning: "It has ended.".into(),
        };
        assert_eq!(page.terms, [term]);
    }
}
