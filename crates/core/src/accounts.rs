//! Users and groups by name, from the files that container images have too.
//!
//! `getgrnam(3)` is left alone on purpose: in a static binary it may load the host's NSS modules.

use std::fs;
use std::path::Path;

/// Why a name is no account here.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{name}` is not in {file} (write its number instead)")]
pub struct UnknownAccount {
    name: String,
    file: &'static str,
}

/// The number of a group, given by name or by number.
///
/// # Errors
/// When `/etc/group` doesn't have the name.
pub fn group_id(text: &str) -> Result<u32, UnknownAccount> {
    find(text, "/etc/group")
}

/// The number of a user, given by name or by number.
///
/// # Errors
/// When `/etc/passwd` doesn't have the name.
pub fn user_id(text: &str) -> Result<u32, UnknownAccount> {
    find(text, "/etc/passwd")
}

fn find(text: &str, file: &'static str) -> Result<u32, UnknownAccount> {
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    let lines = fs::read_to_string(Path::new(file)).unwrap_or_default();
    look_up(&lines, text).ok_or_else(|| UnknownAccount { name: text.into(), file })
}

/// `name:password:number:…`, as passwd(5) and group(5) have it.
fn look_up(lines: &str, name: &str) -> Option<u32> {
    lines.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next() != Some(name) {
            return None;
        }
        fields.nth(1)?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_needs_no_file_and_a_name_is_looked_up() {
        assert_eq!(group_id("999"), Ok(999));
        assert_eq!(look_up("root:x:0:\ndocker:x:998:me\n", "docker"), Some(998));
        assert_eq!(look_up("root:x:0:\nbroken\n", "broken"), None);
    }

    #[test]
    fn an_unknown_name_says_what_to_write() {
        let error = group_id("no such group").unwrap_err().to_string();
        assert_eq!(error, "`no such group` is not in /etc/group (write its number instead)");
    }
}
