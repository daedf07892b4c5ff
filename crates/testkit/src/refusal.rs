//! Programs that refuse to start, and say why in one line.

use crate::Program;

/// Runs a program that is to refuse its start: its exit code, and the line without `error: `.
///
/// Panics if it prints anything else on either output, a backtrace for instance, which is asked
/// for.
pub fn refusal(program: &Program) -> (i32, String) {
    let output = program.clone().env("RUST_BACKTRACE", "1").run();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let shown = format!("{:?} printed {stdout:?} and\n{stderr}", program.command());
    assert!(stdout.is_empty(), "{shown}");
    let line = stderr.strip_suffix('\n').filter(|line| !line.contains('\n'));
    let why = line.and_then(|line| line.strip_prefix("error: "));
    let why = why.unwrap_or_else(|| panic!("not one line with an error: {shown}"));
    let code = output.status.code().unwrap_or_else(|| panic!("no exit code: {shown}"));
    (code, why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Program {
        Program::new("sh").args(["-c", script])
    }

    #[test]
    fn the_code_and_the_reason_are_told_apart() {
        assert_eq!(refusal(&sh("echo error: no >&2; exit 64")), (64, "no".to_owned()));
    }

    #[test]
    #[should_panic(expected = "not one line with an error")]
    fn a_second_line_is_too_much() {
        refusal(&sh("echo error: no >&2; echo more >&2; exit 64"));
    }
}
