//! What the images that a profile stands in for read besides their switches.

use docker_api_access::Profile;
use docker_api_core::address::{HostPort, ListenAddress};
use docker_api_core::variables::Variables;

/// Whether `DISABLE_IPV6` says so, in the words that the image's start script takes.
pub(crate) fn is_ipv6_disabled(profile: Profile, variables: &Variables) -> bool {
    let value = variables.get(&["DISABLE_IPV6"]).map(|(_, value)| value.to_ascii_lowercase());
    match (profile, value.as_deref()) {
        (_, Some("1")) | (Profile::Tecnativa, Some("true" | "yes")) => true,
        (Profile::Linuxserver | Profile::Tecnativa, _) => false,
    }
}

/// Every interface becomes every interface of IPv4.
pub(crate) fn without_ipv6(address: &mut ListenAddress) {
    if let ListenAddress::Tcp(HostPort { host, .. }) = address
        && host == "::"
    {
        "0.0.0.0".clone_into(host);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_profile_has_its_own_words_for_no_ipv6() {
        for (value, tecnativa, linuxserver) in [
            ("1", true, true),
            ("true", true, false),
            ("YES", true, false),
            ("on", false, false),
            ("2", false, false),
            ("0", false, false),
            ("", false, false),
        ] {
            let set: Variables = [("DISABLE_IPV6", value)].into_iter().collect();
            assert_eq!(is_ipv6_disabled(Profile::Tecnativa, &set), tecnativa, "{value}");
            assert_eq!(is_ipv6_disabled(Profile::Linuxserver, &set), linuxserver, "{value}");
        }
        assert!(!is_ipv6_disabled(Profile::Tecnativa, &Variables::default()));
    }

    #[test]
    fn only_every_interface_becomes_another_address() {
        for (text, becomes) in [
            ("tcp://[::]:2375", "tcp://0.0.0.0:2375"),
            ("tcp://[::1]:2375", "tcp://[::1]:2375"),
            ("tcp://127.0.0.1:2375", "tcp://127.0.0.1:2375"),
            ("/run/a.sock", "unix:///run/a.sock"),
        ] {
            let mut address = ListenAddress::parse(text, 2375).unwrap();
            without_ipv6(&mut address);
            assert_eq!(address.to_string(), becomes);
        }
    }
}
