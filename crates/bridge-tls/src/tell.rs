//! Lines for people beside a command's output, on standard error.

use std::fmt;
use std::io::{self, Write as _};

/// Something that is good to know.
pub(crate) fn note(text: impl fmt::Display) {
    // Standard error may be closed; the output and the exit code still say what matters.
    let _closed: io::Result<()> = writeln!(io::stderr(), "{text}");
}

/// Something that may not be meant.
pub(crate) fn warn(text: impl fmt::Display) {
    note(format_args!("warning: {text}"));
}
