//! What a program printed, taken from the snapshot its test compares with.
//!
//! The command is code and has a copy button; the output is a sample and has none, and
//! the `$` is drawn by the style sheet: what a reader copies can be run as it is.

use maud::{Markup, html};

use crate::project::{Program, Project};

/// `{{#output lesson3/hello}}`, or `{{#output lesson3/hello "command"}}` where the
/// command differs. `lesson3/hello.py` names the Python twin.
pub(crate) fn output(project: &Project, argument: &str) -> Result<Markup, String> {
    let (name, command) = match argument.split_once(' ') {
        Some((name, command)) => (name, Some(unquote(command.trim())?)),
        None => (argument, None),
    };
    let program = Program::parse(name)?;
    let command = command.map_or_else(|| program.command(), str::to_owned);
    Ok(run(&command, snapshot(project, &program)?.trim_end()))
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
            (run(command, printed))
        }
    })
}

fn run(command: &str, printed: &str) -> Markup {
    html! {
        figure.run {
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

/// The snapshot named after the program, whichever test file wrote it.
fn snapshot(project: &Project, program: &Program<'_>) -> Result<String, String> {
    let folder = format!("lessons/{}/tests/snapshots", program.lesson);
    let wanted = format!("{}.snap", program.name);
    let entries = project.file(&folder).read_dir();
    let mut found = entries.into_iter().flatten().flatten().filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.rsplit_once("__").map_or(&*name, |(_, name)| name) == wanted
    });
    let file = found
        .next()
        .ok_or_else(|| format!("no snapshot `{folder}/*__{wanted}`"))?;
    if let Some(other) = found.next() {
        let (one, two) = (file.file_name(), other.file_name());
        return Err(format!(
            "two snapshots fit in `{folder}`: {one:?} and {two:?}"
        ));
    }
    let path = project.name_of(&file.path());
    let read = insta::Snapshot::from_file(&file.path());
    let snapshot = read.map_err(|error| format!("{path}: {error}"))?;
    let text = snapshot.contents().as_text().map(ToString::to_string);
    text.ok_or_else(|| format!("{path}: not a snapshot of text"))
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
    fn programs_know_their_commands() {
        let command = |name| Program::parse(name).unwrap().command();
        assert_eq!(command("lesson3/main"), "cargo run -p lesson3");
        assert_eq!(command("lesson3/hello"), "cargo run -p lesson3 --bin hello");
        assert_eq!(
            command("lesson3/hello.py"),
            "python3 lessons/lesson3/python/hello.py"
        );
    }
}
