//! The licence texts of what is given to users: ours, and those of what is in its programs.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::fs;
use std::path::Path;

use anyhow::Context as _;

use super::packages::Component;
use crate::workspace;

/// Names and contents of the files.
pub(crate) fn texts(components: &[Component<'_>]) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let own = |name: &str| read(&workspace::root().join(name));
    let (apache, mit) = (own(APACHE)?, own("LICENSE-MIT")?);
    let third_party = third_party(components, &apache)?;
    let texts = [(APACHE, apache), ("LICENSE-MIT", mit), ("THIRD-PARTY", third_party)];
    Ok(texts.map(|(name, text)| (name.to_owned(), text.into_bytes())).into())
}

/// Each text once, behind the names of all that it is of. Most are MIT's, which differ in whose
/// copyright stands above them and where lines break; Apache's terms stand in the file `apache` beside.
fn third_party(components: &[Component<'_>], apache: &str) -> anyhow::Result<String> {
    let mut page = PREFACE.to_owned();
    let mut texts = Texts::default();
    for component in components.iter().filter(|component| !component.build_only) {
        let package = component.package;
        if package.source.is_none() {
            continue;
        }
        let name = format!("{} {}", package.name, package.version);
        let license = package.license.as_deref().unwrap_or("see its text");
        // Writing to a string can't fail.
        let _ = writeln!(page, "  {name}: {license}");
        for text in of_package(Path::new(&package.manifest_path))? {
            texts.add(&name, &without_terms(&text, apache));
        }
    }
    page.push_str(&texts.to_string());
    Ok(page)
}

/// A text in which those terms of Apache's licence that are `apache`'s, word for word, are named.
fn without_terms(text: &str, apache: &str) -> String {
    let Some((before, terms, behind)) = terms(text) else { return text.to_owned() };
    let theirs = terms.split_whitespace();
    let is_same =
        self::terms(apache).is_some_and(|(_, ours, _)| theirs.eq(ours.split_whitespace()));
    let terms = if is_same { NAMED } else { terms };
    format!("{before}{terms}{}", without_terms(behind, apache))
}

/// The first terms of Apache's licence in a text, and what stands before and behind them.
fn terms(text: &str) -> Option<(&str, &str, &str)> {
    let (begin, end) = TERMS;
    let from = text.find(begin)?;
    let to = from + text[from..].find(end)? + end.len();
    Some((&text[..from], &text[from..to], &text[to..]))
}

/// Texts of licences, those with the same words once.
#[derive(Debug, Default)]
struct Texts {
    by_words: BTreeMap<String, Text>,
}

#[derive(Debug)]
struct Text {
    /// As the first package has it.
    words: String,
    /// What stands above the words, and the packages where that is.
    above: BTreeMap<String, Vec<String>>,
}

impl Texts {
    fn add(&mut self, package: &str, text: &str) {
        let (above, words) = text.split_at(text.find(PERMISSION).unwrap_or(0));
        let same = words.split_whitespace().collect::<Vec<_>>().join(" ");
        let words = words.trim().to_owned();
        let text =
            self.by_words.entry(same).or_insert_with(|| Text { words, above: BTreeMap::new() });
        let above = above.lines().map(str::trim).filter(|line| !line.is_empty());
        let above = above.collect::<Vec<_>>().join("\n");
        text.above.entry(above).or_default().push(package.to_owned());
    }
}

impl fmt::Display for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Text { words, above } in self.by_words.values() {
            writeln!(f, "\n{RULE}")?;
            for (above, packages) in above {
                writeln!(f, "{}", packages.join(", "))?;
                above.lines().try_for_each(|line| writeln!(f, "  {line}"))?;
            }
            writeln!(f, "{RULE}\n\n{words}")?;
        }
        Ok(())
    }
}

/// The texts beside a package's manifest, in the order of their names.
fn of_package(manifest: &Path) -> anyhow::Result<Vec<String>> {
    let folder = manifest.parent().unwrap_or(manifest);
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list `{}`", folder.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("cannot list `{}`", folder.display()))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
        if path.is_file() && KINDS.iter().any(|kind| name.starts_with(kind)) {
            paths.push(path);
        }
    }
    paths.sort();
    // Of a choice of licences MIT is taken: its text is a tenth of Apache's.
    let names = |path: &Path, word| path.to_string_lossy().to_uppercase().contains(word);
    if paths.iter().any(|path| names(path, "LICENSE-MIT")) {
        paths.retain(|path| !names(path, "LICENSE-APACHE"));
    }
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> anyhow::Result<String> {
    let bytes = fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).replace('\r', ""))
}

/// What files with licences are called.
const KINDS: [&str; 5] = ["COPYING", "COPYRIGHT", "LICENCE", "LICENSE", "NOTICE"];
const APACHE: &str = "LICENSE-APACHE";
/// Where the terms of Apache's licence begin and end.
const TERMS: (&str, &str) =
    ("TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION", "END OF TERMS AND CONDITIONS");
const NAMED: &str =
    "(Terms and conditions: those of the file LICENSE-APACHE beside this, word for word.)";
const PREFACE: &str = "\
What this lies beside is linked with the packages below, each under its own licence (where there is
a choice of MIT, under that), and with a C library: the GNU C Library, under the GNU Lesser General
Public License 2.1 or later, or musl, under the MIT licence. The sources of all of it are public:
whoever wants to link it with another version builds it from them, with `cargo xtask image` or
`cargo xtask dist`.

";
/// Where the words of MIT's licence begin.
const PERMISSION: &str = "Permission is hereby granted";
const RULE: &str = "----------------------------------------------------------------------------";

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn texts(files: &[&str]) -> Vec<String> {
        let folder = TempDir::new().unwrap();
        for file in files {
            fs::write(folder.path().join(file), file).unwrap();
        }
        of_package(&folder.path().join("Cargo.toml")).unwrap()
    }

    #[test]
    fn the_same_words_stand_once_below_every_copyright() {
        let mut texts = Texts::default();
        texts.add(
            "one 1",
            "MIT License\n\nCopyright (c) One\n\nPermission is hereby granted,\nfree",
        );
        texts.add("two 2", "Copyright (c) Two\n\nPermission is hereby granted, free\n");
        texts.add(
            "six 6",
            "MIT License\n\n  Copyright (c) One\n\nPermission is hereby granted, free",
        );
        texts.add("ten 10", "Something else\n");
        let page = texts.to_string().replace(RULE, "--");
        assert_eq!(
            page,
            "\n--\ntwo 2\n  Copyright (c) Two\none 1, six 6\n  MIT License\n  Copyright (c) One\n--\n\n\
             Permission is hereby granted,\nfree\n\n--\nten 10\n--\n\nSomething else\n"
        );
    }

    #[test]
    fn terms_that_stand_beside_are_named_and_others_stand() {
        let (begin, end) = TERMS;
        let apache = format!("Apache\n\n{begin}\n\n 1. One  two.\n {end}\n");
        let same = format!("head\n{begin} 1. One two. {end}\nfoot\n");
        let other = format!("{begin} 1. One three. {end}");
        assert_eq!(
            without_terms(&format!("{same}{other}{same}rest"), &apache),
            format!("head\n{NAMED}\nfoot\n{other}head\n{NAMED}\nfoot\nrest")
        );
        assert_eq!(without_terms(begin, &apache), begin);
    }

    #[test]
    fn of_a_choice_the_short_text_is_taken() {
        assert_eq!(
            texts(&["LICENSE-APACHE", "LICENSE-MIT", "NOTICE", "README.md"]),
            ["LICENSE-MIT", "NOTICE"]
        );
        assert_eq!(texts(&["LICENSE-APACHE", "src"]), ["LICENSE-APACHE"]);
        assert_eq!(texts(&["license.txt", "COPYING"]), ["COPYING", "license.txt"]);
    }
}
