//! What a program printed, taken from the snapshot its test compares with.

use maud::{Markup, html};

use crate::code::console;
use crate::project::{Program, Project};
use crate::recorded;

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
        recorded::timeline_of(project, name)?
    };
    Ok(
        html! { (console::run(&command, &printed, button)) @if let Some(timeline) = timeline { (timeline) } },
    )
}

fn unquote(text: &str) -> Result<&str, String> {
    let inner = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    inner.ok_or_else(|| format!("put the command in quotes: \"{text}\""))
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
    fn a_whole_command_is_shown_as_on_a_terminal() {
        let text = "success: false\nexit_code: 1\n----- stdout -----\none\n\n----- stderr -----\nError: two\n";
        assert_eq!(on_the_terminal(text), "one\nError: two");
        let silent = text.replace("one\n", "");
        assert_eq!(on_the_terminal(&silent), "Error: two");
        assert_eq!(on_the_terminal("success: no\n"), "success: no\n");
    }
}
