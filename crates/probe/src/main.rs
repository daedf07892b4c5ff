//! Is that Engine healthy, and if not, whose fault is it.

use std::process::ExitCode;

fn main() -> ExitCode {
    probe::main()
}
