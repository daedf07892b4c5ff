//! `BIND_CONFIG`: where HAProxy would listen, in its words.

use docker_api_core::accounts;
use docker_api_core::address::{HostPort, IpVersion, ListenAddress, UnixPath};
use docker_api_core::listen::{ListenSettings, UnixFile};

use crate::values;

/// Reads addresses, with commas between, and the words behind them. `file` is what is said
/// elsewhere of unix sockets.
///
/// # Errors
/// When it holds something that isn't understood: what restricts must not be dropped.
pub(crate) fn read(text: &str, file: &UnixFile) -> Result<Vec<ListenSettings>, String> {
    let mut words = text.split_whitespace();
    let addresses = words.next().unwrap_or_default();
    let mut listeners = addresses
        .split(',')
        .map(|text| Ok(ListenSettings { file: file.clone(), ..address(text)? }))
        .collect::<Result<Vec<_>, String>>()?;
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("`{word}` wants a value behind it"));
        match word {
            "v4v6" => each(&mut listeners, is_tcp, word, |one| one.v6_only = Some(false))?,
            "v6only" => each(&mut listeners, is_tcp, word, |one| one.v6_only = Some(true))?,
            "mode" => {
                let mode = values::mode(value()?, "660")?;
                each(&mut listeners, is_unix, word, |one| one.file.mode = mode)?;
            }
            "group" => {
                let group = accounts::group_id(value()?).map_err(|error| error.to_string())?;
                each(&mut listeners, is_unix, word, |one| {
                    one.file.group = Some(group);
                    one.file.group_required = true;
                })?;
            }
            _ => {
                return Err(format!(
                    "`{word}` is not known here (write an address with v4v6 or v6only behind it, \
                     or unix@/path with mode and group)"
                ));
            }
        }
    }
    Ok(listeners)
}

fn address(text: &str) -> Result<ListenSettings, String> {
    let (version, rest) = match text.split_once('@') {
        None => (None, text),
        Some(("ipv4" | "tcp4", rest)) => (Some(IpVersion::V4), rest),
        Some(("ipv6" | "tcp6", rest)) => (Some(IpVersion::V6), rest),
        Some(("tcp", rest)) => (None, rest),
        Some(("unix", path)) if path.starts_with('/') => (None, path),
        Some(_) => return Err(wrong(text)),
    };
    if rest.starts_with('/') {
        let address = ListenAddress::parse(rest, 0).map_err(|error| error.to_string())?;
        return Ok(ListenSettings::new(address));
    }
    let (host, port) = rest.rsplit_once(':').ok_or_else(|| wrong(text))?;
    let port = port.parse().ok().filter(|port| *port > 0).ok_or_else(|| wrong(text))?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    // HAProxy's every interface is one of IPv4.
    let host = match (host, version) {
        ("" | "*", Some(IpVersion::V6)) => "::",
        ("" | "*", _) => "0.0.0.0",
        (host, _) => host,
    };
    let address = ListenAddress::Tcp(HostPort { host: host.to_owned(), port });
    Ok(ListenSettings { version, ..ListenSettings::new(address) })
}

fn each(
    listeners: &mut [ListenSettings],
    fits: fn(&ListenAddress) -> bool,
    word: &str,
    set: impl Fn(&mut ListenSettings),
) -> Result<(), String> {
    if let Some(other) = listeners.iter().find(|one| !fits(&one.address)) {
        return Err(format!("`{word}` does not go with {}", other.address));
    }
    listeners.iter_mut().for_each(set);
    Ok(())
}

fn is_unix(address: &ListenAddress) -> bool {
    matches!(address, ListenAddress::Unix(UnixPath::File(_)))
}

fn is_tcp(address: &ListenAddress) -> bool {
    matches!(address, ListenAddress::Tcp(_))
}

fn wrong(text: &str) -> String {
    format!("`{text}` is not an address of HAProxy's (write :2375, [::]:2375 v4v6 or unix@/path)")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> ListenSettings {
        let mut read = read(text, &UnixFile::default()).unwrap();
        assert_eq!(read.len(), 1, "{text}");
        read.remove(0)
    }

    #[test]
    fn addresses_are_haproxys() {
        for (text, address) in [
            (":2375", "tcp://0.0.0.0:2375"),
            ("*:2375", "tcp://0.0.0.0:2375"),
            ("0.0.0.0:2375", "tcp://0.0.0.0:2375"),
            ("ipv4@:2375", "tcp://0.0.0.0:2375"),
            ("ipv6@:2375", "tcp://[::]:2375"),
            ("[::]:2375 v4v6", "tcp://[::]:2375"),
            (":::2375 v4v6", "tcp://[::]:2375"),
            ("::1:2375", "tcp://[::1]:2375"),
            ("proxy:2375", "tcp://proxy:2375"),
            ("unix@/run/proxy.sock", "unix:///run/proxy.sock"),
            ("/run/proxy.sock", "unix:///run/proxy.sock"),
        ] {
            assert_eq!(one(text).address.to_string(), address, "{text}");
        }
        let both = read(":2375,unix@/run/a.sock", &UnixFile::default()).unwrap();
        assert_eq!(both.len(), 2);
    }

    #[test]
    fn words_behind_the_address_are_kept() {
        assert_eq!(one(":::1 v4v6").v6_only, Some(false));
        assert_eq!(one(":::1 v6only").v6_only, Some(true));
        let file = one("unix@/run/a.sock mode 640 group 12345").file;
        assert_eq!((file.mode, file.group, file.group_required), (0o640, Some(12345), true));
        let elsewhere = UnixFile { mode: 0o600, ..UnixFile::default() };
        assert_eq!(read("/run/a.sock", &elsewhere).unwrap()[0].file.mode, 0o600);
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        for (text, part) in [
            (":2375 ssl crt /x.pem", "`ssl` is not known here"),
            ("unix@/a.sock user root", "`user` is not known here"),
            ("unix@/a.sock mode", "`mode` wants a value behind it"),
            ("unix@/a.sock mode 999", "`999` is not a mode in octal"),
            (":2375 mode 660", "`mode` does not go with tcp://0.0.0.0:2375"),
            ("/a.sock v4v6", "`v4v6` does not go with unix:///a.sock"),
            ("unix@relative", "`unix@relative` is not an address of HAProxy's"),
            ("abns@name", "`abns@name` is not an address of HAProxy's"),
            ("2375", "`2375` is not an address of HAProxy's"),
            (":0", "`:0` is not an address"),
            (":1000-2000", "`:1000-2000` is not an address"),
            (":2375,", "`` is not an address"),
        ] {
            let error = read(text, &UnixFile::default()).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
