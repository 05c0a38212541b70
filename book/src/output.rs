//! What a program printed, taken from the snapshot its test compares with.
//!
//! The command is code and has a copy button; the output is a sample and has none, and
//! the `$` is drawn by the style sheet: what a reader copies can be run as it is.

use maud::{Markup, html};

use crate::project::{Program, Project};
use crate::runs;

/// `{{#output lesson3/hello}}`, or `{{#output lesson3/hello "command"}}` where the
/// command differs. `lesson3/hello.py` names the Python twin: its test demands the same.
pub(crate) fn output(project: &Project, argument: &str) -> Result<Markup, String> {
    let (name, command) = match argument.split_once(' ') {
        Some((name, command)) => (name, Some(unquote(command.trim())?)),
        None => (argument, None),
    };
    let (name, is_python) = match name.strip_suffix(".py") {
        Some(name) => (name, true),
        None => (name, false),
    };
    let program = Program::parse(name)?;
    let printed = snapshot(project, &program)?;
    let language = if is_python { "python" } else { "rust" };
    // Under another command the program is not run as the button would run it.
    let button = command.is_none().then_some((name, language));
    let command = match command {
        Some(command) => command.to_owned(),
        None if is_python => format!("python3 {}", program.python(project)),
        None => program.command(),
    };
    let timeline = if is_python {
        None
    } else {
        runs::of_program(project, name)?
    };
    Ok(html! { (run(&command, &printed, button)) @if let Some(timeline) = timeline { (timeline) } })
}

/// A fenced `console` block: each `$ command` with the lines it printed.
pub(crate) fn console(text: &str) -> Result<Markup, String> {
    let text = format!("\n{}", text.trim_end());
    let mut runs = text.split("\n$ ");
    if !runs.next().unwrap_or_default().trim().is_empty() {
        return Err("a console block starts with a `$ command`".to_owned());
    }
    Ok(html! {
        @for each in runs {
            @let (command, printed) = each.split_once('\n').unwrap_or((each, ""));
            (run(command, printed, None))
        }
    })
}

/// A command, and what it printed. `button` names the program that a Run button there runs,
/// and its language.
pub(crate) fn run(command: &str, printed: &str, button: Option<(&str, &str)>) -> Markup {
    let (program, language) = button.unzip();
    html! {
        figure.run data-program=[program] data-language=[language] {
            pre.command { code { (command) } }
            @if !printed.is_empty() { pre.output { samp { (printed) } } }
        }
    }
}

fn unquote(text: &str) -> Result<&str, String> {
    let inner = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    inner.ok_or_else(|| format!("the command must stand in quotes: \"{text}\""))
}

pub(crate) fn snapshot(project: &Project, program: &Program<'_>) -> Result<String, String> {
    let path = format!(
        "lessons/{}/tests/snapshots/{}.snap",
        program.lesson, program.name
    );
    let read = insta::Snapshot::from_file(&project.file(&path));
    let snapshot = read.map_err(|error| format!("no snapshot `{path}`: {error}"))?;
    let text = snapshot.contents().as_text().map(ToString::to_string);
    let text = text.ok_or_else(|| format!("{path}: not a snapshot of text"))?;
    Ok(on_the_terminal(&text).trim_end().to_owned())
}

/// A snapshot of a whole command keeps its two streams apart and its exit status; a
/// terminal shows one after the other.
fn on_the_terminal(text: &str) -> String {
    let streams = text
        .split_once("----- stdout -----\n")
        .filter(|(head, _)| head.starts_with("success:"));
    let Some((_, streams)) = streams else {
        return text.to_owned();
    };
    let (stdout, stderr) = streams
        .split_once("----- stderr -----")
        .unwrap_or((streams, ""));
    format!("{}\n{}", stdout.trim_end(), stderr.trim())
        .trim_start()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_code_and_the_output_is_not() {
        let shown = console("$ echo hi\nhi\n$ true\n").unwrap().into_string();
        assert!(shown.contains("<code>echo hi</code>"), "{shown}");
        assert!(shown.contains("<samp>hi</samp>"), "{shown}");
        assert!(
            shown.contains("<code>true</code></pre></figure>"),
            "{shown}"
        );
        assert!(!shown.contains('$'));
    }

    #[test]
    fn output_without_a_command_is_refused() {
        assert!(console("hi\n").is_err());
    }

    #[test]
    fn a_whole_command_is_shown_as_on_a_terminal() {
        let text = "success: false\nexit_code: 1\n----- stdout -----\none\n\n----- stderr -----\nError: two\n";
        assert_eq!(on_the_terminal(text), "one\nError: two");
        let silent = text.replace("one\n", "");
        assert_eq!(on_the_terminal(&silent), "Error: two");
        assert_eq!(on_the_terminal("success: no\n"), "success: no\n");
    }
}
