//! `cargo run -p book` opens the book; `-- build` writes it to a folder; `-- check` only checks;
//! `-- record` and `-- runs` are for maintainers: they record what `cargo bench` measured, and what
//! the lessons' programs printed and did.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use book::build::build;
use book::measured::{Folder, Measured};
use book::project::Project;
use book::record::{fit_to_record, no_longer_measured, replace_groups};
use book::recorded::Recorded;
use book::run::{Rules, supervisor};
use book::serve::{self, Server};
use clap::{Args, Parser, Subcommand};
use tokio::runtime::{Builder, Runtime};

/// Multiprocessing in Rust: builds the book and opens it in your browser
///
/// Without a command, it serves the book on this machine until Ctrl-C. Run buttons on its
/// pages build the lessons' programs and run them here, under your account. Only this machine
/// can connect, and only your account and root get an answer.
#[derive(Parser)]
#[command(bin_name = "cargo run -p book --", args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

/// Shown in the terminal while the book is served.
const FIRST_SCREEN: &str = "\
- Its Run buttons build and run the lessons' programs on this machine.
- Save a file, and open pages show the change.
- To read it from another machine: cargo run -p book -- --help
- Ctrl-C stops the server.";

const EXAMPLES: &str = "\
Examples:
  cargo run -p book                        read it, and run its programs
  cargo run -p book -- --port 8080         at http://127.0.0.1:8080/
  cargo run -p book -- build --dest DIR    write it as files, to read or publish without Run buttons

On another machine, forward the port, then open http://localhost:3000/ on your own:
  ssh -L 3000:localhost:3000 HOST";

#[derive(Args)]
struct Serve {
    /// Port on 127.0.0.1 [default: 3000, or any free port]
    #[arg(long)]
    port: Option<u16>,
    /// Print the address, but open no browser
    #[arg(long)]
    no_open: bool,
    /// Also answer to NAME, if you open the book by a name other than localhost; repeatable
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Write the book as a folder of files for any web server, or none
    Build {
        /// The folder to write to; a book already there is replaced [default: target/book]
        #[arg(long)]
        dest: Option<PathBuf>,
    },
    /// Build the book into a temporary folder, and report every problem
    Check,
    /// For maintainers: replace the recorded figures by those that `cargo bench` measured
    Record,
    /// For maintainers: run the programs that the book shows, and record their output and timelines
    Runs,
    /// Run a program for a page, and leave nothing of it running
    #[command(name = supervisor::COMMAND, hide = true)]
    Supervise {
        #[arg(required = true, last = true)]
        command: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    let done = match Cli::parse() {
        Cli {
            command: Some(command),
            ..
        } => run(command),
        Cli { serve: options, .. } => serve(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Box<dyn std::error::Error>> {
    let project = Project::here();
    match command {
        Command::Build { dest } => {
            let dest = dest.unwrap_or_else(|| project.file("target/book"));
            build(&project, &dest, None)?;
            println!("The book: {}", dest.join("index.html").display());
        }
        Command::Check => {
            let folder = tempfile::tempdir()?;
            build(&project, folder.path(), None)?;
            println!("The book has no problems.");
        }
        Command::Record => record(&project)?,
        Command::Runs => {
            let rules = Rules::usual();
            let recorded = runtime()?.block_on(Recorded::of(&project, &rules))?;
            recorded.write(&project)?;
            let (printed, timelines) = (recorded.printed.len(), recorded.timelines.len());
            println!("Recorded {printed} outputs and {timelines} timelines.");
        }
        Command::Supervise { command } => supervisor::supervise(&command)?,
    }
    Ok(())
}

fn record(project: &Project) -> Result<(), Box<dyn std::error::Error>> {
    let path = project.file(Measured::FILE);
    let new = fit_to_record(&Folder::of(project)?)?;
    let old = Measured::recorded(&path)?.unwrap_or_default();
    let groups: Vec<String> = new.benchmarks.keys().cloned().collect();
    let gone = no_longer_measured(&new, &old);
    let merged = replace_groups(new, old, project)?;
    merged.write(&path)?;
    for group in groups {
        println!("Recorded: {group}");
    }
    for name in gone {
        println!("No longer recorded: {name}");
    }
    let (benchmarks, rows) = merged.count();
    println!(
        "{benchmarks} benchmarks and {rows} rows beside Python: {}",
        path.display()
    );
    Ok(())
}

fn serve(options: &Serve) -> Result<(), Box<dyn std::error::Error>> {
    let project = Project::here();
    let folder = project.file("target/book-served");
    runtime()?.block_on(async {
        let at = serve::Options {
            port: options.port,
            hosts: options.allow_host.clone(),
            ..serve::Options::default()
        };
        let server = Server::start(project, Rules::usual(), &folder, at).await?;
        let address = format!("http://{}/", server.address());
        if options.port.is_none() && server.address().port() != serve::USUAL_PORT {
            println!(
                "Port {} is taken, so this is another one.",
                serve::USUAL_PORT
            );
        }
        println!("The book is at {address}\n\n{FIRST_SCREEN}\n");
        if !options.no_open && has_browser() {
            // A browser that does not start is no reason to stop: the address is printed.
            let _ = open::that_detached(&address);
        }
        Ok(server.run().await?)
    })
}

fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// Without a display, `open` would start a text browser in this terminal.
fn has_browser() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some())
}
