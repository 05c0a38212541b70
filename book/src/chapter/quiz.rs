//! Questions that a reader answers by opening an answer. Each answer is a `<details>`, which works by
//! keyboard and without a script; the script remembers which are open.

use maud::{Markup, html};
use serde::Deserialize;

/// A fenced `quiz` block, written in TOML.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quiz {
    question: Vec<Question>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    ask: String,
    answers: Vec<Answer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    say: String,
    #[serde(default)]
    right: bool,
    why: String,
}

/// The position of a fault in a quiz's text, in bytes, and what is wrong.
pub(crate) type Fault = (usize, String);

/// The quiz as HTML; `inner` turns the Markdown of a question or answer into HTML.
pub(crate) fn quiz(text: &str, inner: &mut dyn FnMut(&str) -> Markup) -> Result<Markup, Fault> {
    let quiz: Quiz = toml::from_str(text).map_err(|error| {
        (
            error.span().map_or(0, |span| span.start),
            format!("quiz: {}", error.message()),
        )
    })?;
    for question in &quiz.question {
        check(question).map_err(|fault| (0, fault))?;
    }
    Ok(html! {
        section.quiz aria-label="Quiz" {
            ol {
                @for question in &quiz.question {
                    li.question {
                        div.ask { (inner(&question.ask)) }
                        ul.answers {
                            @for answer in &question.answers { li { (details(answer, inner)) } }
                        }
                    }
                }
            }
        }
    })
}

fn check(question: &Question) -> Result<(), String> {
    let ask = question.ask.trim();
    if question.answers.len() < 2 {
        return Err(format!("quiz: \"{ask}\" needs two answers or more"));
    }
    match question
        .answers
        .iter()
        .filter(|answer| answer.right)
        .count()
    {
        1 => Ok(()),
        right => Err(format!(
            "quiz: \"{ask}\" has {right} right answers; it needs one"
        )),
    }
}

fn details(answer: &Answer, inner: &mut dyn FnMut(&str) -> Markup) -> Markup {
    let (verdict, word) = if answer.right {
        ("right", "Right.")
    } else {
        ("wrong", "Wrong.")
    };
    html! {
        details data-verdict=(verdict) {
            summary { (inner(&answer.say)) }
            div.why { strong { (word) } " " (inner(&answer.why)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<String, Fault> {
        quiz(text, &mut |text| html! { (text) }).map(Markup::into_string)
    }

    #[test]
    fn every_answer_says_whether_it_is_right_and_why() {
        let text = "[[question]]\nask = 'Two?'\nanswers = [\n  { say = '2', right = true, why = 'Yes.' },\n  { say = '3', why = 'No.' },\n]\n";
        let shown = shown(text).unwrap();
        assert!(shown.contains("<strong>Right.</strong> Yes."), "{shown}");
        assert!(shown.contains("<strong>Wrong.</strong> No."), "{shown}");
    }

    #[test]
    fn a_question_needs_exactly_one_right_answer() {
        let text = "[[question]]\nask = 'Two?'\nanswers = [{ say = '3', why = 'x' }, { say = '4', why = 'y' }]\n";
        assert!(shown(text).unwrap_err().1.contains("0 right answers"));
    }

    #[test]
    fn a_missing_reason_is_found_where_it_is_missing() {
        let text = "[[question]]\nask = 'Two?'\nanswers = [\n  { say = '3' },\n]\n";
        let (offset, message) = shown(text).unwrap_err();
        assert_eq!(crate::problem::line_at(text, offset), 4);
        assert!(message.contains("why"), "{message}");
    }
}
