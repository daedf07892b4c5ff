//! `ca/clients.json`: which client certificates were made, and which are revoked.

use std::borrow::Borrow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{AuthorityId, PkiError};

/// The serial number of a certificate: big-endian, without zeros in front.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Serial(Vec<u8>);

/// The name of a client: `[A-Za-z0-9][A-Za-z0-9_.-]{0,63}`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClientName(String);

/// Why a text is no [`ClientName`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "`{0}` is no name of a client (a letter or digit, then up to 63 letters, digits and _.-, such \
     as laptop-1)"
)]
pub struct ParseClientNameError(String);

/// A client certificate that the authority of a directory made.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Client {
    /// Its common name.
    pub name: String,
    /// Its serial number.
    pub serial: Serial,
    /// The role that was named for it.
    pub role: Option<String>,
    /// Its life begins with this second.
    #[serde(with = "time::serde::rfc3339")]
    pub not_before: OffsetDateTime,
    /// Its life ends after this second.
    #[serde(with = "time::serde::rfc3339")]
    pub not_after: OffsetDateTime,
    /// Since when it is revoked.
    #[serde(with = "time::serde::rfc3339::option")]
    pub revoked: Option<OffsetDateTime>,
    /// Who signed it.
    pub authority: AuthorityId,
}

/// All client certificates of a directory, of authorities that are gone too.
#[derive(Clone, Debug, Default)]
pub struct Record {
    clients: Vec<Client>,
    revoked: HashMap<AuthorityId, HashSet<Serial>>,
}

impl Record {
    /// Reads the content of `path`.
    ///
    /// # Errors
    /// When it is damaged: a guess could let in who is revoked.
    pub(super) fn parse(path: &Path, content: &[u8]) -> Result<Self, PkiError> {
        serde_json::from_slice(content)
            .map(Self::new)
            .map_err(|error| PkiError::DamagedRecord(path.into(), error.to_string()))
    }

    /// Whether the certificate with this serial number, in bytes, of this authority is revoked.
    pub fn is_revoked(&self, authority: &AuthorityId, serial: &[u8]) -> bool {
        let serials = self.revoked.get(authority);
        serials.is_some_and(|serials| serials.contains(without_zeros(serial)))
    }

    /// All, in the order in which they were made.
    pub fn clients(&self) -> &[Client] {
        &self.clients
    }

    pub(super) fn of(&self, authority: &AuthorityId) -> impl Iterator<Item = &Client> {
        self.clients.iter().filter(move |client| client.authority == *authority)
    }

    pub(super) fn add(&mut self, client: Client) {
        self.clients.push(client);
    }

    /// Revokes what `found` picks of an authority, and gives it.
    pub(super) fn revoke(
        &mut self,
        authority: &AuthorityId,
        now: OffsetDateTime,
        found: impl Fn(&Client) -> bool,
    ) -> Vec<Client> {
        let mut picked = Vec::new();
        for client in &mut self.clients {
            if client.authority == *authority && found(client) {
                client.revoked.get_or_insert(now);
                picked.push(client.clone());
            }
        }
        *self = Self::new(std::mem::take(&mut self.clients));
        picked
    }

    /// The content of the file.
    pub(super) fn to_json(&self) -> Result<Vec<u8>, PkiError> {
        let mut json = serde_json::to_vec_pretty(&self.clients)
            .map_err(|error| PkiError::Make("the record of clients", error.to_string()))?;
        json.push(b'\n');
        Ok(json)
    }

    fn new(clients: Vec<Client>) -> Self {
        let mut revoked: HashMap<_, HashSet<_>> = HashMap::new();
        for client in clients.iter().filter(|client| client.revoked.is_some()) {
            revoked.entry(client.authority).or_default().insert(client.serial.clone());
        }
        Self { clients, revoked }
    }
}

impl Serial {
    /// A serial number as a certificate has it.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(without_zeros(bytes).into())
    }

    /// Its bytes, big-endian.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Borrow<[u8]> for Serial {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl FromStr for Serial {
    type Err = String;

    /// Hexadecimal digits of either case, with or without the colons that openssl writes.
    fn from_str(text: &str) -> Result<Self, String> {
        let bytes = from_hex(&text.replace(':', ""));
        bytes
            .map(|bytes| Self::from_bytes(&bytes))
            .ok_or_else(|| format!("`{text}` is no serial number (write it in hexadecimal digits)"))
    }
}

impl TryFrom<String> for Serial {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Serial> for String {
    fn from(serial: Serial) -> Self {
        serial.to_string()
    }
}

impl ClientName {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ClientName {
    type Err = ParseClientNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = text.len() <= 64 && is_word(text);
        if fits { Ok(Self(text.into())) } else { Err(ParseClientNameError(text.into())) }
    }
}

impl fmt::Display for ClientName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `[A-Za-z0-9][A-Za-z0-9_.-]*`
pub(super) fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let digit = |bits: u8| char::from_digit(bits.into(), 16).unwrap_or('?');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}

/// An odd number of digits is no mistake: some programs leave out the zero in front.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let even = if text.len().is_multiple_of(2) { text.to_owned() } else { format!("0{text}") };
    (0..even.len()).step_by(2).map(|at| u8::from_str_radix(&even[at..at + 2], 16).ok()).collect()
}

fn without_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    &bytes[zeros..]
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn client(name: &str, serial: &str, authority: AuthorityId) -> Client {
        Client {
            name: name.into(),
            serial: serial.parse().unwrap(),
            role: None,
            not_before: datetime!(2026-01-01 00:00 UTC),
            not_after: datetime!(2027-01-01 00:00 UTC),
            revoked: None,
            authority,
        }
    }

    #[test]
    fn revocation_goes_by_authority_and_serial() {
        let (ours, other) = (AuthorityId::of_key(b"ours"), AuthorityId::of_key(b"other"));
        let mut record = Record::new(vec![client("a", "0a", ours), client("a", "0a", other)]);
        let now = datetime!(2026-06-01 00:00 UTC);
        assert_eq!(record.revoke(&ours, now, |client| client.name == "a").len(), 1);
        let read = Record::parse(Path::new("x"), &record.to_json().unwrap()).unwrap();
        assert!(read.is_revoked(&ours, &[0x0a]));
        assert!(read.is_revoked(&ours, &[0, 0x0a]), "a sign byte is no difference");
        assert!(!read.is_revoked(&other, &[0x0a]));
        assert!(!read.is_revoked(&ours, &[0x0b]));
        assert_eq!(read.clients()[0].revoked, Some(now));
    }

    #[test]
    fn a_second_revocation_keeps_the_first_time() {
        let ours = AuthorityId::of_key(b"ours");
        let mut record = Record::new(vec![client("a", "0a", ours)]);
        let first = datetime!(2026-06-01 00:00 UTC);
        record.revoke(&ours, first, |_| true);
        record.revoke(&ours, datetime!(2026-07-01 00:00 UTC), |_| true);
        assert_eq!(record.clients()[0].revoked, Some(first));
    }

    #[test]
    fn a_damaged_record_is_an_error_that_names_the_file() {
        for content in ["", "{", "{}", "[{\"name\":\"a\"}]"] {
            let error = Record::parse(Path::new("/d/ca/clients.json"), content.as_bytes());
            let error = error.unwrap_err().to_string();
            assert!(error.contains("/d/ca/clients.json"), "{error}");
        }
    }

    #[test]
    fn names_keep_to_the_grammar() {
        for good in ["a", "9", "laptop-1", "a.b_c-d", &"x".repeat(64)] {
            assert!(good.parse::<ClientName>().is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "-a", "_a", "a/b", "a b", "ä", "a\n", &"x".repeat(65)] {
            assert!(bad.parse::<ClientName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn serials_are_read_as_openssl_writes_them() {
        let serial: Serial = "0A:1b".parse().unwrap();
        assert_eq!(serial.to_string(), "0a1b");
        assert_eq!("a1B".parse(), Ok(serial));
        for bad in ["", "xyz", ":", "-1"] {
            assert!(bad.parse::<Serial>().is_err(), "{bad}");
        }
    }
}
