//! Values as flags and variables have them. Errors say what to write instead.

use docker_api_core::logging::LogFormat;

pub(crate) fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(format!("`{text}` is not a number of connections (write 1 or more)")),
    }
}

/// A mode of files, in octal: at most 0777.
///
/// # Errors
/// When it is none: what to write instead, such as the `usual` one.
pub fn mode(text: &str, usual: &str) -> Result<u32, String> {
    match u32::from_str_radix(text, 8) {
        Ok(mode) if mode <= 0o777 && text.len() <= 4 => Ok(mode),
        _ => Err(format!("`{text}` is not a mode in octal (write {usual})")),
    }
}

pub(crate) fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err(format!("`{text}` is not a log format (write text or json)")),
    }
}
