//! `--admin`: where monitors and people may ask.

use docker_api_core::address::ListenAddress;
use docker_api_core::listen::{ListenSettings, UnixFile};

use crate::{Failure, Flags, Sources};

impl Sources<'_> {
    /// `file` is what is said of unix sockets.
    pub(crate) fn admin(
        &self,
        flags: &Flags,
        file: UnixFile,
    ) -> Result<Option<ListenSettings>, Failure> {
        let read = |text: &str| own_address(text, PORT);
        let address = self.one(flags.admin.as_ref(), "admin", &["BRIDGE_ADMIN"], read)?;
        Ok(address.map(|address| ListenSettings { file, ..ListenSettings::new(address) }))
    }
}

/// Reads an address of pages. One without a host is this machine's own, for what they say is for those
/// who run the program.
///
/// # Errors
/// When it is none: what to write instead.
pub fn own_address(text: &str, default_port: u16) -> Result<ListenAddress, String> {
    let port = text.strip_prefix("tcp://").unwrap_or(text).strip_prefix(':');
    let whole = port.map(|port| format!("tcp://127.0.0.1:{port}"));
    ListenAddress::parse(whole.as_deref().unwrap_or(text), default_port)
        .map_err(|error| error.to_string())
}

/// Beside 2375 and 2376, and free.
const PORT: u16 = 9376;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_host_is_loopback() {
        for (text, read) in [
            (":9000", "tcp://127.0.0.1:9000"),
            ("tcp://:9000", "tcp://127.0.0.1:9000"),
            ("tcp://0.0.0.0:9000", "tcp://0.0.0.0:9000"),
            ("tcp://127.0.0.1", "tcp://127.0.0.1:9376"),
            ("/run/admin.sock", "unix:///run/admin.sock"),
            ("fd://admin", "fd://admin"),
        ] {
            let address = own_address(text, PORT);
            assert_eq!(address.map(|address| address.to_string()).as_deref(), Ok(read));
        }
        let error = own_address("9000", PORT).unwrap_err();
        assert!(error.contains("write tcp://127.0.0.1:9376"), "{error}");
    }
}
