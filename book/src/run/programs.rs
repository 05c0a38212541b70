//! The lessons' programs, as cargo lists them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, Serializer};
use tokio::process::Command;

use super::Language;
use super::options::{self, Opt};
use crate::project::{Program, Project};

/// The lessons' programs by the names that chapters give them: `lesson3/hello`.
#[derive(Debug)]
pub struct Programs(BTreeMap<String, Listed>);

/// A program that may be run.
#[derive(Debug, Serialize)]
pub struct Listed {
    #[serde(skip)]
    pub(super) package: String,
    #[serde(skip)]
    pub(super) binary: String,
    /// The file of the Python twin, if there is one and Python is installed.
    #[serde(skip)]
    twin: Option<String>,
    /// It measures, so it is run without a trace.
    #[serde(skip)]
    pub(super) measures: bool,
    rust: Vec<Opt>,
    #[serde(serialize_with = "what_differs")]
    python: Option<Vec<Opt>>,
}

/// The defaults by name; the rest is as in Rust.
fn what_differs<S: Serializer>(python: &Option<Vec<Opt>>, to: S) -> Result<S::Ok, S::Error> {
    let usual = |options: &Vec<Opt>| -> BTreeMap<String, Option<u64>> {
        let pair = |option: &Opt| (option.name.clone(), option.usual);
        options.iter().map(pair).collect()
    };
    python.as_ref().map(usual).serialize(to)
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
    src_path: PathBuf,
}

impl Programs {
    /// Asks cargo and reads the programs' sources.
    ///
    /// # Errors
    /// If cargo fails or a source can't be understood, as text.
    pub async fn of(project: &Project) -> Result<Self, String> {
        let mut command = Command::new(cargo());
        command.args(["metadata", "--no-deps", "--format-version=1"]);
        let output = command.current_dir(project.root()).output().await;
        let output = output.map_err(|error| format!("cannot run cargo: {error}"))?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let metadata: Metadata = serde_json::from_slice(&output.stdout)
            .map_err(|error| format!("cannot read what cargo says: {error}"))?;
        let has_python = Command::new("python3").arg("--version").output().await;
        let has_python = has_python.is_ok_and(|output| output.status.success());

        let mut programs = BTreeMap::new();
        let lessons = metadata.packages.into_iter();
        for package in lessons.filter(|package| is_lesson(&package.name)) {
            for target in package.targets {
                if target.kind == ["bin"] {
                    let (name, listed) = listed(project, &package.name, target, has_python)?;
                    programs.insert(name, listed);
                }
            }
        }
        Ok(Self(programs))
    }

    pub fn get(&self, name: &str) -> Option<&Listed> {
        self.0.get(name)
    }

    /// The programs with these names, as far as they exist.
    pub fn only<'a>(
        &'a self,
        names: impl Iterator<Item = &'a str>,
    ) -> BTreeMap<&'a str, &'a Listed> {
        names
            .filter_map(|name| Some((name, self.get(name)?)))
            .collect()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&String, &Listed)> {
        self.0.iter()
    }
}

/// The cargo that runs this program, or the one on the path.
pub(super) fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Other packages have programs too.
fn is_lesson(package: &str) -> bool {
    let number = package.strip_prefix("lesson");
    number.is_some_and(|number| number.parse::<u32>().is_ok())
}

fn listed(
    project: &Project,
    package: &str,
    target: Target,
    has_python: bool,
) -> Result<(String, Listed), String> {
    let short = if target.name == package {
        "main"
    } else {
        &target.name
    };
    let name = format!("{package}/{short}");
    let twin = Program::parse(&name)?.python(project);
    let twin = Some(twin).filter(|twin| has_python && project.file(twin).is_file());
    let source = read(&target.src_path);
    let rust = options::of_rust(&source)
        .map_err(|fault| format!("{}: {fault}", target.src_path.display()))?;
    let python = twin
        .as_ref()
        .map(|twin| options::of_python(&read(&project.file(twin)), &rust));
    let listed = Listed {
        package: package.to_owned(),
        binary: target.name,
        twin,
        measures: measures(&source),
        rust,
        python,
    };
    Ok((name, listed))
}

/// Programs that measure print their figures with the lessons' tables.
fn measures(source: &str) -> bool {
    let imports = source.split("use lesson_measuring::").skip(1);
    let mut names =
        imports.flat_map(|rest| rest.split(';').next().unwrap_or("").split([',', '{', '}']));
    names.any(|name| name.trim() == "table")
}

/// A file that cannot be read has no options, and cannot be built.
fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

impl Listed {
    /// Its options in this language; `None` if it can't be run in it.
    pub fn options(&self, language: Language) -> Option<&[Opt]> {
        match language {
            Language::Rust => Some(&self.rust),
            Language::Python => self.python.as_deref(),
        }
    }

    pub(super) fn twin(&self) -> Option<&str> {
        self.twin.as_deref()
    }

    /// `given` as arguments.
    ///
    /// # Errors
    /// For an unknown option or a number out of range, as text.
    pub fn arguments(
        &self,
        language: Language,
        given: &BTreeMap<String, u64>,
    ) -> Result<Vec<String>, String> {
        let options = self
            .options(language)
            .ok_or("there is no such program in this language")?;
        let argument = |(name, value): (&String, &u64)| {
            let option = options.iter().find(|option| option.name == *name);
            let option = option.ok_or_else(|| format!("it takes no option `{name}`"))?;
            option.argument(*value)
        };
        given.iter().map(argument).collect()
    }
}
