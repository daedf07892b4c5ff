//! socat's short flags.

use std::time::Duration;

use super::values::Value;
use super::{Family, SocatError};

/// Reads the short flags of a command line that has two socat addresses.
pub(super) fn read(flags: &[(&str, Option<&str>)]) -> Result<Flags, SocatError> {
    let mut read = Flags::default();
    for &(flag, next) in flags {
        read.take(flag, next)?;
    }
    Ok(read)
}

/// What the short flags say.
#[derive(Default)]
pub(super) struct Flags {
    pub(super) settings: Settings,
    /// Help and version, which are clap's.
    pub(super) rest: Vec<String>,
}

/// What the short flags set.
#[derive(Default)]
pub(super) struct Settings {
    pub(super) idle: Option<Duration>,
    pub(super) verbosity: u8,
    /// `-4` or `-6`: for keywords without a number of their own.
    pub(super) family: Family,
    pub(super) warnings: Vec<String>,
}

impl Flags {
    fn take(&mut self, flag: &str, next: Option<&str>) -> Result<(), SocatError> {
        let (name, attached) = flag.split_at(name_length(flag));
        let text = next.or_else(|| Some(attached).filter(|text| !text.is_empty()));
        let value = Value { name, text };
        let settings = &mut self.settings;
        match name {
            "-d" => return self.more_verbose(flag, attached),
            "-t" => {
                value.seconds()?;
                settings.warn("half-close has no timer here: -t is ignored");
            }
            "-T" => settings.idle = value.seconds()?,
            "-b" => {
                value.count::<u64>()?;
                settings.warn("the bridge sizes its buffers itself: -b is ignored");
            }
            "-lf" | "-lp" => {
                value.word(if name == "-lf" { "a file name" } else { "a program name" })?;
                settings.warn(&format!("{LOGS}: {name} is ignored"));
            }
            "-ly" | "-lm" => settings.warn(&format!("{LOGS}: {name} is ignored")),
            "-L" | "-W" => return Err(refuse(name, LOCK)),
            "-r" | "-R" => return Err(refuse(name, COPY)),
            _ => return self.take_bare(flag),
        }
        Ok(())
    }

    fn take_bare(&mut self, flag: &str) -> Result<(), SocatError> {
        let settings = &mut self.settings;
        match flag {
            "-4" => settings.family = Family::V4,
            "-6" => settings.family = Family::V6,
            "-0" => settings.family = Family::Any,
            "-v" | "-x" => {
                settings.warn(&format!("what is relayed is never logged: {flag} is ignored"));
            }
            "-s" => settings.warn("an error ends its own connection only: -s is ignored"),
            "-g" => settings.warn("options are always checked: -g is ignored"),
            "-D" => settings.warn("descriptors are not listed: -D is ignored"),
            "-ls" => {} // What the bridge does anyway.
            "-lh" | "-lu" => settings.warn(&format!(
                "log lines have their time and no host name (see --log-format): {flag} is ignored"
            )),
            "-V" => self.rest.push(flag.to_owned()),
            "-h" | "-hh" | "-hhh" | "-?" | "-??" | "-???" => self.rest.push("-h".to_owned()),
            _ => return Err(unknown(flag)),
        }
        Ok(())
    }

    fn more_verbose(&mut self, flag: &str, more: &str) -> Result<(), SocatError> {
        let verbosity = &mut self.settings.verbosity;
        match more.as_bytes() {
            [digit @ b'0'..=b'4'] => *verbosity = digit - b'0',
            more if more.iter().all(|byte| *byte == b'd') => {
                let count = u8::try_from(more.len() + 1).unwrap_or(u8::MAX);
                *verbosity = verbosity.saturating_add(count);
            }
            _ => return Err(unknown(flag)),
        }
        Ok(())
    }
}

impl Settings {
    fn warn(&mut self, line: &str) {
        self.warnings.push(line.to_owned());
    }
}

/// How much of a word is the flag, and the rest its value.
fn name_length(flag: &str) -> usize {
    let length = if flag.starts_with("-l") { 3 } else { 2 };
    flag.char_indices().nth(length).map_or(flag.len(), |(end, _)| end)
}

fn unknown(flag: &str) -> SocatError {
    let letters = flag.get(1..).unwrap_or_default();
    if letters.len() > 1 && letters.chars().all(|letter| MERGEABLE.contains(letter)) {
        let apart: Vec<_> = letters.chars().map(|letter| format!("-{letter}")).collect();
        return SocatError::MergedFlags { flag: flag.to_owned(), apart: apart.join(" ") };
    }
    let why = match flag {
        "-a" => {
            "beside socat addresses would be socat's, which has no such flag: write --access ROLE"
        }
        "-l" => {
            "beside socat addresses is socat's, which needs a letter more (-ls, -lf FILE, …): \
             leave it out"
        }
        "-u" | "-U" => {
            "(one direction only) is not supported, because the Engine's API needs both: leave it \
             out"
        }
        flag if flag.starts_with("-l") => "is not a log flag of socat: leave it out",
        _ => {
            "is not a flag of socat that the bridge knows: leave it out (beside socat addresses \
             our own flags are written long, see --help)"
        }
    };
    refuse(flag, why)
}

fn refuse(flag: &str, why: &'static str) -> SocatError {
    SocatError::Flag { flag: flag.to_owned(), why }
}

/// Flags of one letter without a value, which people merge.
const MERGEABLE: &str = "046DUVdghsuvx?";

const COPY: &str =
    "(a copy of the traffic in a file) is not supported: leave it out, or use tcpdump";

const LOCK: &str = "(lock file) is not supported, because a second bridge on the same address \
                    fails anyway: leave it out";

const LOGS: &str = "logs go to standard error";
