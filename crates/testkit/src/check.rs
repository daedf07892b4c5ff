//! What a program prints instead of running: help, versions, and the table of `--check`.

use crate::{Program, refusal};

/// What it prints on standard output. Panics if it doesn't end well, or says something on standard
/// error.
pub fn printed(program: &Program) -> String {
    let output = program.run();
    let shown = || format!("{:?}: {output:?}", program.command());
    assert!(output.status.success() && output.stderr.is_empty(), "{}", shown());
    String::from_utf8(output.stdout.clone()).unwrap_or_else(|_| panic!("not text: {}", shown()))
}

/// What `--check` prints.
pub fn table(program: &Program) -> String {
    printed(&program.clone().arg("--check"))
}

/// The value in a row of a table.
pub fn row<'a>(table: &'a str, name: &str) -> &'a str {
    let row = table.lines().find_map(|line| line.strip_prefix("  ")?.strip_prefix(name));
    row.unwrap_or_else(|| panic!("no row {name} in {table}")).trim()
}

/// The warnings below a table.
pub fn warnings(table: &str) -> Vec<&str> {
    table.lines().filter_map(|line| line.strip_prefix("warning: ")).collect()
}

/// Panics unless the program refuses its command line or settings, with 64 and this one line.
#[track_caller]
pub fn assert_usage_error(program: &Program, why: &str) {
    assert_eq!(refusal(program), (64, why.to_owned()), "{:?}", program.command());
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str =
        "this would run:\n  listen      tcp://a:1\n  access      full\nwarning: x\n";

    #[test]
    fn rows_and_warnings_are_found_in_a_table() {
        assert_eq!((row(TABLE, "listen"), row(TABLE, "access")), ("tcp://a:1", "full"));
        assert_eq!(warnings(TABLE), ["x"]);
    }

    #[test]
    #[should_panic(expected = "no row upstream")]
    fn a_row_that_is_missing_is_told() {
        row(TABLE, "upstream");
    }

    #[test]
    fn what_is_printed_is_standard_output() {
        assert_eq!(printed(&Program::new("sh").args(["-c", "echo well"])), "well\n");
    }

    #[test]
    #[should_panic(expected = "no-such-directory")]
    fn whoever_ends_badly_has_printed_nothing() {
        printed(&Program::new("sh").args(["-c", "cd /no-such-directory"]));
    }

    #[test]
    #[should_panic(expected = "65")]
    fn another_exit_code_is_no_usage_error() {
        assert_usage_error(&Program::new("sh").args(["-c", "echo error: no >&2; exit 65"]), "no");
    }
}
