//! Which options a program takes, read from its source.
//!
//! A separate list would drift, and `--help` shows no ranges and needs a built program. Pages may
//! set only numbers, so an option counts if it is an `#[arg(long)]` of an integer type. Paths,
//! switches and the like are for the terminal.

use std::ops::RangeInclusive;

use serde::Serialize;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Field, Item, Lit, Meta, RangeLimits, Token, Type};

/// The range if the source names none: what JavaScript and our types can represent.
const UNBOUNDED: RangeInclusive<u64> = 0..=(1 << 53) - 1;

/// An option that takes a whole number.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Opt {
    pub name: String,
    /// Its description in `--help`.
    pub help: String,
    pub min: u64,
    pub max: u64,
    /// Its default; `None` if the program computes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usual: Option<u64>,
}

impl Opt {
    pub(super) fn argument(&self, value: u64) -> Result<String, String> {
        let Self { name, min, max, .. } = self;
        if (*min..=*max).contains(&value) {
            Ok(format!("--{name}={value}"))
        } else {
            Err(format!("{name} must be from {min} to {max}, not {value}"))
        }
    }
}

/// The options in the struct that derives `Parser`. A source that does not parse has none; the
/// build will report its errors.
///
/// # Errors
/// If an option's range has an unknown form.
pub(super) fn of_rust(source: &str) -> Result<Vec<Opt>, String> {
    let Ok(file) = syn::parse_file(source) else {
        return Ok(Vec::new());
    };
    let mut options = Vec::new();
    for item in file.items {
        if let Item::Struct(item) = item
            && item.attrs.iter().any(|attr| attr.path().is_ident("derive"))
        {
            for field in &item.fields {
                options.extend(option(field)?);
            }
        }
    }
    Ok(options)
}

fn option(field: &Field) -> Result<Option<Opt>, String> {
    let Some(attr) = field.attrs.iter().find(|attr| attr.path().is_ident("arg")) else {
        return Ok(None);
    };
    let metas = attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    let metas = metas.map_err(|error| error.to_string())?;
    let value = |name: &str| {
        metas.iter().find_map(|meta| match meta {
            Meta::NameValue(meta) if meta.path.is_ident(name) => Some(&meta.value),
            _ => None,
        })
    };
    let is_long = metas.iter().any(|meta| meta.path().is_ident("long"));
    let (Some(ident), true, true) = (&field.ident, is_long, is_number(&field.ty)) else {
        return Ok(None);
    };
    let range = match value("value_parser") {
        Some(parser) => {
            range(parser).ok_or_else(|| format!("{ident}: write its range as `between(1..=16)`"))?
        }
        None => UNBOUNDED,
    };
    Ok(Some(Opt {
        name: ident.to_string().replace('_', "-"),
        help: help(field),
        min: *range.start(),
        max: *range.end(),
        usual: value("default_value_t").and_then(number),
    }))
}

fn is_number(ty: &Type) -> bool {
    let Type::Path(ty) = ty else { return false };
    ["usize", "u64", "u32", "u16"]
        .iter()
        .any(|name| ty.path.is_ident(name))
}

/// `between(1..=16)`
fn range(parser: &Expr) -> Option<RangeInclusive<u64>> {
    let Expr::Call(call) = parser else {
        return None;
    };
    let Some(Expr::Range(range)) = call.args.first() else {
        return None;
    };
    let RangeLimits::Closed(_) = range.limits else {
        return None;
    };
    Some(number(range.start.as_ref()?)?..=number(range.end.as_ref()?)?)
}

fn number(expr: &Expr) -> Option<u64> {
    match expr {
        Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        }) => number.base10_parse().ok(),
        _ => None,
    }
}

/// The first line of the comment above it.
fn help(field: &Field) -> String {
    let text = field.attrs.iter().find_map(|attr| match &attr.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    });
    text.unwrap_or_default().trim().to_owned()
}

/// The options that the twin shares with the program. They have the same meaning and range, but
/// their own defaults.
pub(super) fn of_python(source: &str, rust: &[Opt]) -> Vec<Opt> {
    let own = |option: &Opt| {
        let start = format!("add_argument(\"--{}\", type=int", option.name);
        let line = source.lines().find(|line| line.contains(&start))?;
        let usual = line.split_once("default=").and_then(|(_, value)| {
            let value = value.split([',', ')']).next()?;
            value.replace('_', "").parse().ok()
        });
        Some(Opt {
            usual,
            ..option.clone()
        })
    };
    rust.iter().filter_map(own).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = r#"
        /// Does something
        #[derive(Parser)]
        struct Options {
            /// How many workers
            #[arg(long, default_value_t = cores(), value_parser = between(1..=1_000))]
            workers: usize,
            /// Where it starts
            #[arg(long, default_value_t = 1)]
            seed: u64,
            /// Only do the work
            #[arg(long)]
            work: bool,
            /// Where it is
            from: Option<PathBuf>,
        }
    "#;

    #[test]
    fn numbers_are_options_with_their_range_and_default() {
        let [workers, seed] = &of_rust(SOURCE).unwrap()[..] else {
            panic!("two options");
        };
        assert_eq!(
            (workers.name.as_str(), workers.min, workers.max),
            ("workers", 1, 1000)
        );
        assert_eq!(
            (workers.help.as_str(), workers.usual),
            ("How many workers", None)
        );
        assert_eq!((seed.usual, seed.min), (Some(1), 0));
    }

    #[test]
    fn an_unknown_form_of_range_is_an_error() {
        let source = SOURCE.replace("between(1..=1_000)", "small()");
        let fault = of_rust(&source).unwrap_err();
        assert!(fault.contains("workers: write its range"), "{fault}");
    }

    #[test]
    fn what_does_not_compile_has_no_options() {
        assert_eq!(of_rust("fn main() { let }").unwrap(), []);
    }

    #[test]
    fn a_value_out_of_range_is_refused_with_the_range() {
        let workers = &of_rust(SOURCE).unwrap()[0];
        assert_eq!(workers.argument(1000).unwrap(), "--workers=1000");
        let refusal = workers.argument(0).unwrap_err();
        assert_eq!(refusal, "workers must be from 1 to 1000, not 0");
    }

    #[test]
    fn a_twin_has_its_own_default() {
        let python = "parser.add_argument(\"--seed\", type=int, default=2_000)";
        let options = of_python(python, &of_rust(SOURCE).unwrap());
        assert_eq!(options.len(), 1);
        assert_eq!(
            (options[0].max, options[0].usual),
            ((1 << 53) - 1, Some(2000))
        );
    }
}
