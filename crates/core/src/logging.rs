//! Log lines on standard error: text for people or JSON for machines, times in UTC.

use std::io::{self, IsTerminal as _};
use std::str::FromStr;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people; coloured on a terminal unless `NO_COLOR` is set.
    #[default]
    Text,
}

/// Which lines are logged: a level for all, or levels by part, such as `info,core=debug`.
#[derive(Clone, Debug)]
pub struct LogLevel(Targets);

/// Why a text is not a [`LogLevel`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is not a log level (write error, warn, info, debug or trace, or info,core=debug)")]
pub struct LogLevelError(String);

impl LogLevel {
    /// Reads the `LOG_LEVEL` of an HAProxy image, which takes syslog's names too.
    ///
    /// # Errors
    /// When it is neither syslog's nor ours.
    pub fn from_haproxy(text: &str) -> Result<Self, LogLevelError> {
        let level = match text.to_ascii_lowercase().as_str() {
            "emerg" | "alert" | "crit" | "err" => "error",
            "warning" => "warn",
            // Its request lines are of level info, which is below.
            "notice" => "info,docker_api_gateway::request_line=warn",
            _ => return text.parse(),
        };
        level.parse().map_err(|_: LogLevelError| LogLevelError(text.into()))
    }
}

impl Default for LogLevel {
    fn default() -> Self {
        Self(Targets::new().with_default(LevelFilter::INFO))
    }
}

impl FromStr for LogLevel {
    type Err = LogLevelError;

    fn from_str(text: &str) -> Result<Self, LogLevelError> {
        let fail = || LogLevelError(text.into());
        let mut targets = Targets::new();
        let mut default = LevelFilter::INFO;
        for part in text.split(',').map(str::trim) {
            match part.split_once('=') {
                None => default = level(part).ok_or_else(fail)?,
                Some((target, part)) => {
                    let target = match target.trim() {
                        "" => return Err(fail()),
                        // Crates go by the names of their folders.
                        "core" => "docker_api_core",
                        other => other,
                    };
                    targets = targets.with_target(target, level(part.trim()).ok_or_else(fail)?);
                }
            }
        }
        Ok(Self(targets.with_default(default)))
    }
}

/// A word, not a number: `LevelFilter` reads `3` as info.
fn level(word: &str) -> Option<LevelFilter> {
    Some(match word.to_ascii_lowercase().as_str() {
        "off" => LevelFilter::OFF,
        "error" => LevelFilter::ERROR,
        "warn" => LevelFilter::WARN,
        "info" => LevelFilter::INFO,
        "debug" => LevelFilter::DEBUG,
        "trace" => LevelFilter::TRACE,
        _ => return None,
    })
}

/// Starts logging for the whole process; a second call changes nothing.
pub fn init(level: LogLevel, format: LogFormat, no_color: bool) {
    let LogLevel(targets) = level;
    let layer = match format {
        LogFormat::Json => fmt::layer().json().flatten_event(true).with_writer(io::stderr).boxed(),
        LogFormat::Text => fmt::layer()
            .with_target(false)
            .with_ansi(io::stderr().is_terminal() && !no_color)
            .with_writer(io::stderr)
            .boxed(),
    };
    // It fails where logging is already on, as in a test.
    let _already_on: Result<(), _> =
        tracing_subscriber::registry().with(layer.with_filter(targets)).try_init();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_words_for_all_or_for_a_part() {
        for text in ["error", "warn", "INFO", "debug", "trace", "off", "info,core=debug"] {
            assert!(text.parse::<LogLevel>().is_ok(), "{text}");
        }
        for text in ["", "loud", "3", "info,=debug", "core=", "info,,debug"] {
            assert!(text.parse::<LogLevel>().is_err(), "{text}");
        }
    }

    #[test]
    fn core_is_the_name_of_this_crate_in_filters() {
        let LogLevel(targets) = "warn,core=debug".parse().unwrap();
        assert!(targets.would_enable("docker_api_core::relay", &tracing::Level::DEBUG));
        assert!(!targets.would_enable("bridge", &tracing::Level::INFO));
    }

    #[test]
    fn haproxys_names_are_taken_too() {
        for text in ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"] {
            assert!(LogLevel::from_haproxy(text).is_ok(), "{text}");
        }
        let LogLevel(notice) = LogLevel::from_haproxy("notice").unwrap();
        assert!(notice.would_enable("docker_api_core::serve", &tracing::Level::INFO));
        assert!(!notice.would_enable("docker_api_gateway::request_line", &tracing::Level::INFO));
        assert_eq!(LogLevel::from_haproxy("loud").unwrap_err(), LogLevelError("loud".into()));
    }
}
