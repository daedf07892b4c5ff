//! Values as flags and variables have them. Errors say what to write instead.

use docker_api_core::accounts;
use docker_api_core::logging::LogFormat;
use docker_api_core::run::User;
use docker_api_gateway::LogRequests;

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

/// A role's name, as it can stand in a command line and in a certificate.
///
/// # Errors
/// When no role can be called so: what to write instead.
pub fn role(text: &str) -> Result<String, String> {
    let letters = |rest: &str| rest.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    if text.starts_with(|c: char| c.is_ascii_alphanumeric()) && letters(text) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "`{text}` is no name of a role (letters, digits and _.- behind the first, such as read-only)"
    ))
}

pub(crate) fn log_requests(text: &str) -> Result<LogRequests, String> {
    match text {
        "all" => Ok(LogRequests::All),
        "denied" => Ok(LogRequests::Denied),
        "none" => Ok(LogRequests::None),
        _ => Err(format!("`{text}` names no requests (write all, denied or none)")),
    }
}

pub(crate) fn log_requests_word(which: LogRequests) -> &'static str {
    match which {
        LogRequests::All => "all",
        LogRequests::Denied => "denied",
        LogRequests::None => "none",
    }
}

/// What becomes of a bridge whose upstream socket is stale.
pub(crate) fn exit_when_stale(text: &str) -> Result<bool, String> {
    match text {
        "exit" => Ok(true),
        _ => Err(format!("`{text}` is not known (write exit, or leave it out to go on)")),
    }
}

/// `UID[:GID]`, by names or numbers; root is whoever has the number 0.
pub(crate) fn user(text: &str) -> Result<User, String> {
    let (user, group) = match text.split_once(':') {
        None => (text, None),
        Some((user, group)) => (user, Some(group)),
    };
    let group = group.map(accounts::group_id).transpose().map_err(|error| error.to_string())?;
    let user = accounts::user_id(user).map_err(|error| error.to_string())?;
    Ok(if user == 0 && group.is_none() { User::Root } else { User::Named(user, group) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_a_word_of_letters_digits_and_a_few_signs() {
        for text in ["full", "read-only", "ci.v2", "0", "A_b"] {
            assert_eq!(role(text).as_deref(), Ok(text));
        }
        for text in ["", "-a", ".a", "_a", "a b", "a=b", "a/b", "ä", "a\n"] {
            assert!(role(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_user_is_a_name_or_a_number_and_so_is_its_group() {
        assert_eq!(user("root"), Ok(User::Root));
        assert_eq!(user("0"), Ok(User::Root));
        assert_eq!(user("1000"), Ok(User::Named(1000, None)));
        assert_eq!(user("1000:root"), Ok(User::Named(1000, Some(0))));
        assert_eq!(user("0:7"), Ok(User::Named(0, Some(7))));
        for text in ["", ":", "1000:", "no such user", "-1", "1:2:3"] {
            assert!(user(text).is_err(), "{text}");
        }
    }
}
