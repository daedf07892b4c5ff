//! `--listen ADDRESS=ROLE`.

use crate::values;

/// Parts an address from the role behind it.
///
/// # Errors
/// When what stands behind the last `=` is no name of a role. A path may go on behind it, by `/`.
pub(crate) fn split_role(text: &str) -> Result<(&str, Option<&str>), String> {
    let Some((address, role)) = text.rsplit_once('=') else { return Ok((text, None)) };
    let is_path = address.starts_with('/') || address.starts_with("unix://");
    if is_path && role.contains('/') {
        return Ok((text, None));
    }
    let example = if is_path {
        format!("{text}=full if that is its path, else {address}=read-only")
    } else {
        format!("{address}=read-only")
    };
    match values::role(role) {
        Ok(_) => Ok((address, Some(role))),
        Err(_) if role.is_empty() => {
            Err(format!("`{text}` names no role behind `=` (write {example})"))
        }
        Err(_) => {
            Err(format!("`{text}` names a role that can't be one behind `=` (write {example})"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_stands_behind_the_last_equals_sign() {
        for (text, address, role) in [
            ("tcp://127.0.0.1:2375", "tcp://127.0.0.1:2375", None),
            ("tcp://127.0.0.1:2375=monitor", "tcp://127.0.0.1:2375", Some("monitor")),
            ("[::]:2375=read-only", "[::]:2375", Some("read-only")),
            ("fd://traefik=traefik", "fd://traefik", Some("traefik")),
            ("unix:///run/a.sock=ci.v2", "unix:///run/a.sock", Some("ci.v2")),
            ("/run/a=b.sock=full", "/run/a=b.sock", Some("full")),
            ("/run/a=b/c.sock", "/run/a=b/c.sock", None),
            ("/run/a=b/c.sock=full", "/run/a=b/c.sock", Some("full")),
        ] {
            assert_eq!(split_role(text), Ok((address, role)), "{text}");
        }
    }

    #[test]
    fn what_is_no_role_is_refused_and_never_taken_for_a_part_of_the_address() {
        for (text, why) in [
            (
                "tcp://127.0.0.1:1=",
                "`tcp://127.0.0.1:1=` names no role behind `=` (write tcp://127.0.0.1:1=read-only)",
            ),
            (
                "/run/a.sock=",
                "`/run/a.sock=` names no role behind `=` (write /run/a.sock==full if that is its \
                 path, else /run/a.sock=read-only)",
            ),
            (
                "tcp://127.0.0.1:1=a/b",
                "`tcp://127.0.0.1:1=a/b` names a role that can't be one behind `=` (write \
                 tcp://127.0.0.1:1=read-only)",
            ),
        ] {
            assert_eq!(split_role(text), Err(why.to_owned()));
        }
        assert!(split_role("/run/x=-a").is_err());
    }
}
