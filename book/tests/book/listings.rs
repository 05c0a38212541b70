//! How wide the book's listings are: a comment that is cut at the edge can't be read.

use std::fs;

use book::build::build;
use book::project::Project;

const MOST_COLUMNS: usize = 76;

/// Comments in the listings of a page that are wider than that, as they are shown.
fn wide_comments(page: &str) -> Vec<String> {
    let mut wide = Vec::new();
    let mut pieces = page.split(r#"<pre class="code""#);
    let mut before = pieces.next().unwrap_or_default();
    for piece in pieces {
        // The reader's own file may look as the reader likes.
        let is_own = before.ends_with("/exercise.rs</code></figcaption>");
        let (code, _) = piece.split_once("</pre>").unwrap_or((piece, ""));
        let is_comment =
            |line: &&str| line.contains("<c-c>") || line.contains("&quot;&quot;&quot;");
        for line in code.lines().filter(is_comment).filter(|_| !is_own) {
            let line = text_of(line);
            if line.chars().count() > MOST_COLUMNS {
                wide.push(line);
            }
        }
        before = piece;
    }
    wide
}

fn text_of(html: &str) -> String {
    let html = html.rsplit_once("<code>").map_or(html, |(_, code)| code);
    let tags = html.split('<');
    let text: String = tags
        .enumerate()
        .map(|(index, part)| match part.split_once('>') {
            Some((_, text)) if index > 0 => text,
            _ => part,
        })
        .collect();
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&amp;", "&"),
    ];
    entities
        .iter()
        .fold(text, |text, (entity, sign)| text.replace(entity, sign))
}

#[test]
fn comments_fit_beside_each_other_on_a_usual_screen() {
    let out = tempfile::tempdir().unwrap();
    build(&Project::here(), out.path(), None).unwrap_or_else(|error| panic!("{error}"));
    let mut wide = Vec::new();
    for entry in walkdir::WalkDir::new(out.path()) {
        let path = entry.unwrap().into_path();
        if path
            .extension()
            .is_some_and(|extension| extension == "html")
            && !path.ends_with("print.html")
        {
            wide.extend(wide_comments(&fs::read_to_string(path).unwrap()));
        }
    }
    assert_eq!(wide, [""; 0]);
}

#[test]
fn a_wide_comment_is_found_and_the_readers_own_is_not() {
    let comment = format!("// {} &lt;", "x".repeat(71));
    let listing = |caption: &str, comment: &str| {
        format!(
            "{caption}</code></figcaption><pre class=\"code\" data-language=\"rust\"><code>f();\n<c-c>{comment}</c-c>\n</code></pre>"
        )
    };
    assert_eq!(wide_comments(&listing("main.rs", &comment)), [""; 0]);
    let wide = format!("{comment}.");
    assert_eq!(wide_comments(&listing("main.rs", &wide)).len(), 1);
    assert_eq!(wide_comments(&listing("x/exercise.rs", &wide)), [""; 0]);
}
