//! Rebuilds mdBook's search index. The new one has every word, since some English stop words are
//! names here (`get`, `else`, `own`), and an entry for each term of a definition list.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;

use elasticlunr::lang::{English, Language};
use elasticlunr::pipeline::Pipeline;
use elasticlunr::{IndexBuilder, lang};
use serde_json::{Value, json};

use crate::build::page::{Page, Term};

const BEFORE: &str = "JSON.parse('";
const AFTER: &str = "')";

/// Rebuilds the index of the book in `dest`.
///
/// # Errors
/// If a file can't be read or written, or contains no index.
pub(crate) fn improve(dest: &Path) -> io::Result<()> {
    let path = dest.join("searchindex.js");
    let script = fs::read_to_string(&path)?;
    let foreign = || io::Error::other(format!("{}: not mdBook's search index", path.display()));
    let (start, rest) = script.split_once(BEFORE).ok_or_else(foreign)?;
    let (json, end) = rest.rsplit_once(AFTER).ok_or_else(foreign)?;
    let mut search: Value = serde_json::from_str(&unquoted(json))?;

    let docs = with_terms(dest, &search).ok_or_else(foreign)??;
    let mut index = IndexBuilder::with_language(Box::new(EveryWord(English::new())))
        .add_field_with_tokenizer("title", Box::new(lang::tokenize_whitespace))
        .add_field_with_tokenizer("body", Box::new(lang::tokenize_whitespace))
        .add_field_with_tokenizer("breadcrumbs", Box::new(lang::tokenize_whitespace))
        .build();
    for (number, doc) in docs.iter().enumerate() {
        index.add_doc(
            &number.to_string(),
            [&doc.title, &doc.body, &doc.breadcrumbs],
        );
    }
    search["doc_urls"] = docs.iter().map(|doc| doc.url.as_str()).collect();
    search["index"] = json!(index);
    let json = search
        .to_string()
        .replace('\\', "\\\\")
        .replace('\'', "\\'");
    fs::write(&path, [start, BEFORE, &json, AFTER, end].concat())
}

/// The value of a string in single quotes.
fn unquoted(text: &str) -> String {
    text.replace("\\'", "'").replace("\\\\", "\\")
}

/// An entry: a section or a term.
struct Doc {
    url: String,
    title: String,
    body: String,
    breadcrumbs: String,
}

/// mdBook's sections. A section with definitions keeps only its title, followed by its terms.
/// `None` if it is not an index.
fn with_terms(dest: &Path, search: &Value) -> Option<io::Result<Vec<Doc>>> {
    let sections = search["index"]["documentStore"]["docs"].as_object()?;
    let urls = search["doc_urls"].as_array()?;
    let mut pages: HashMap<&str, Vec<Term>> = HashMap::new();
    let mut docs = Vec::new();
    for (number, url) in urls.iter().enumerate() {
        let section = sections.get(&number.to_string())?;
        let field = |name: &str| section[name].as_str().map(str::to_owned);
        let url = url.as_str()?;
        let mut doc = Doc {
            url: url.to_owned(),
            title: field("title")?,
            body: field("body")?,
            breadcrumbs: field("breadcrumbs")?,
        };
        let page = url.split('#').next().unwrap_or(url);
        let terms = match pages.remove(page) {
            Some(terms) => terms,
            None => match fs::read_to_string(dest.join(page)) {
                Ok(html) => Page::read(&html).terms,
                Err(error) => return Some(Err(error)),
            },
        };
        if !terms.is_empty() {
            doc.body.clear();
            docs.extend(terms.into_iter().map(|term| Doc {
                url: format!("{page}#{}", term.id),
                breadcrumbs: format!("{} » {}", doc.title, term.name),
                title: term.name,
                body: term.meaning,
            }));
        }
        pages.insert(page, Vec::new());
        docs.push(doc);
    }
    Some(Ok(docs))
}

/// English without stop words.
struct EveryWord(English);

impl Language for EveryWord {
    fn name(&self) -> String {
        self.0.name()
    }

    fn code(&self) -> String {
        self.0.code()
    }

    fn tokenize(&self, text: &str) -> Vec<String> {
        self.0.tokenize(text)
    }

    fn make_pipeline(&self) -> Pipeline {
        let mut pipeline = self.0.make_pipeline();
        pipeline
            .queue
            .retain(|step| step.name() != "stopWordFilter");
        pipeline
    }
}
