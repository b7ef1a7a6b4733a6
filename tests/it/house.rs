//! The house: which module may import which, and how long things may get.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Every top module and the modules of ours that it may import. What is not here does not exist.
const MAY_IMPORT: [(&str, &[&str]); 15] = [
    ("model", &[]),
    ("clock", &[]),
    ("profiles", &["model"]),
    ("config", &["model"]),
    ("trail", &["model", "profiles"]),
    ("sources", &["model", "clock", "config", "profiles", "trail"]),
    ("evidence", &["model"]),
    ("store", &["model", "clock", "evidence"]),
    ("rules", &["model", "profiles"]),
    ("findings", &["model"]),
    ("simulation", &["model", "profiles"]),
    ("exports", &["model", "profiles", "config", "store", "rules", "findings"]),
    (
        "daemon",
        &[
            "model", "clock", "profiles", "config", "trail", "sources", "evidence", "store", "rules", "findings",
            "exports",
        ],
    ),
    ("boot", ALL),
    ("cli", ALL),
];

const ALL: &[&str] = &[
    "model",
    "clock",
    "profiles",
    "config",
    "trail",
    "sources",
    "evidence",
    "store",
    "rules",
    "findings",
    "simulation",
    "exports",
    "daemon",
    "boot",
    "cli",
];

/// Words that a module may not contain outside its tests, with the reason.
const NEVER: [(&str, &str, &str); 7] = [
    ("model", "tokio", "plain data knows no runtime"),
    ("model", "sqlx", "plain data knows no database"),
    ("rules", "async ", "a rule is pure"),
    ("rules", "Timestamp::now", "\"now\" is a field of the evidence"),
    ("sources", "rusqlite", "sources do not store"),
    ("trail", "std::fs", "the trail layer reads only what it is given"),
    ("exports", "rusqlite", "SQL stays in the store"),
];

fn source_files() -> Vec<PathBuf> {
    fn walk(directory: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).expect("a source directory") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                walk(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    let mut files = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    files
}

/// The top module that a file belongs to; `None` for `lib.rs` and `main.rs`.
fn top_module(path: &Path) -> Option<String> {
    let relative = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).expect("below src");
    let first = relative.components().next()?.as_os_str().to_str()?.trim_end_matches(".rs").to_owned();
    (!["lib", "main"].contains(&first.as_str())).then_some(first)
}

/// The lines of a file before its unit tests; none of a file of unit tests.
fn production_lines(path: &Path) -> Vec<String> {
    if path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs") {
        return Vec::new();
    }
    let text = fs::read_to_string(path).expect("a readable source file");
    text.lines().take_while(|line| line.trim() != "#[cfg(test)]").map(str::to_owned).collect()
}

#[test]
fn modules_import_only_what_lies_before_them_in_the_flow() {
    let may_import: BTreeMap<_, _> = MAY_IMPORT.into_iter().collect();
    let mut trespasses = Vec::new();
    for path in source_files() {
        let Some(module) = top_module(&path) else { continue };
        let Some(allowed) = may_import.get(module.as_str()) else {
            trespasses.push(format!("{}: no module of that name is in the house", path.display()));
            continue;
        };
        for line in production_lines(&path) {
            let code = line.split("//").next().unwrap_or_default();
            for (at, _) in code.match_indices("crate::") {
                let name: String =
                    code[at + 7..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                if !name.is_empty() && name != module && !allowed.contains(&name.as_str()) {
                    trespasses.push(format!("{}: imports {name}", path.display()));
                }
            }
        }
    }
    assert!(trespasses.is_empty(), "{}", trespasses.join("\n"));
}

#[test]
fn modules_keep_out_what_they_must_not_know() {
    let mut trespasses = Vec::new();
    for path in source_files() {
        for (module, word, reason) in NEVER {
            if top_module(&path).as_deref() != Some(module) {
                continue;
            }
            let found = production_lines(&path)
                .iter()
                .filter(|line| !line.trim_start().starts_with("//"))
                .any(|line| line.contains(word));
            if found {
                trespasses.push(format!("{}: {word:?}: {reason}", path.display()));
            }
        }
    }
    assert!(trespasses.is_empty(), "{}", trespasses.join("\n"));
}

#[test]
fn sql_stands_in_the_store_and_nowhere_else() {
    let statements = ["SELECT ", "INSERT INTO ", "DELETE FROM ", "PRAGMA "];
    let strays: Vec<_> = source_files()
        .into_iter()
        .filter(|path| top_module(path).is_some_and(|module| module != "store"))
        .filter(|path| {
            let lines = production_lines(path);
            lines.iter().any(|line| statements.iter().any(|statement| line.contains(statement)))
        })
        .collect();
    assert!(strays.is_empty(), "{strays:?}");
}

#[test]
fn no_file_is_longer_than_five_hundred_lines() {
    let long: Vec<_> = source_files()
        .into_iter()
        .filter(|path| fs::read_to_string(path).expect("a readable source file").lines().count() > 500)
        .collect();
    assert!(long.is_empty(), "{long:?}");
}
