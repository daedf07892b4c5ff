//! `bridge-tls client list`.

use docker_api_core::exit::Exit;
use docker_api_core::pki::Client;
use docker_api_core::pki::clients::{clients_to_json, list_clients};
use docker_api_settings::{Failure, check};
use time::OffsetDateTime;

use crate::args::{Format, List};
use crate::command::prepare;

/// Prints all clients of the directory's authority, in the order in which they were made.
///
/// # Errors
/// When the directory can't be read.
pub(super) fn run(list: &List) -> Result<Exit, Failure> {
    let (_, ours) = prepare(&list.directory)?;
    let clients = list_clients(&ours.dir)?;
    check::print(&match list.format {
        Format::Text => table(&clients, OffsetDateTime::now_utc()),
        Format::Json => clients_to_json(&clients)
            .map_err(|error| Failure::other(format!("cannot list the clients: {error}")))?,
    })
}

/// A line a client, columns under each other.
fn table(clients: &[Client], now: OffsetDateTime) -> String {
    let head = ["NAME", "SERIAL", "ROLE", "UNTIL", "STATE"].map(str::to_owned);
    let rows = clients.iter().map(|client| {
        [
            client.name.clone(),
            client.serial.to_string(),
            client.role.clone().unwrap_or_else(|| "-".into()),
            client.not_after.date().to_string(),
            state(client, now).into(),
        ]
    });
    let rows: Vec<_> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or_default();
    let [name, serial, role, until] = [0, 1, 2, 3].map(width);
    let lines = rows.iter().map(|row| {
        format!(
            "{:<name$}  {:<serial$}  {:<role$}  {:<until$}  {}",
            row[0], row[1], row[2], row[3], row[4]
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn state(client: &Client, now: OffsetDateTime) -> &'static str {
    if client.revoked.is_some() {
        "revoked"
    } else if now > client.not_after {
        "expired"
    } else if now < client.not_before {
        "not valid yet"
    } else {
        "valid"
    }
}

#[cfg(test)]
mod tests {
    use docker_api_core::pki::AuthorityId;
    use time::macros::datetime;

    use super::*;

    fn client(name: &str, serial: &str, role: Option<&str>) -> Client {
        Client {
            name: name.into(),
            serial: serial.parse().unwrap(),
            role: role.map(str::to_owned),
            not_before: datetime!(2026-01-01 00:00 UTC),
            not_after: datetime!(2027-01-01 12:00 UTC),
            revoked: None,
            authority: AuthorityId::try_from("00".repeat(32)).unwrap(),
        }
    }

    #[test]
    fn columns_stand_under_each_other() {
        let revoked = Some(datetime!(2026-02-01 00:00 UTC));
        let clients = [
            client("laptop", "0a1b", Some("full")),
            Client { revoked, ..client("ci", "0a1b2c3d", None) },
        ];
        let wanted = "\
NAME    SERIAL    ROLE  UNTIL       STATE
laptop  0a1b      full  2027-01-01  valid
ci      0a1b2c3d  -     2027-01-01  revoked";
        assert_eq!(table(&clients, datetime!(2026-06-01 00:00 UTC)), wanted);
    }

    #[test]
    fn a_certificate_is_valid_from_its_first_second_to_its_last() {
        let client = client("laptop", "0a", None);
        for (now, wanted) in [
            (datetime!(2025-12-31 23:59:59 UTC), "not valid yet"),
            (datetime!(2026-01-01 00:00:00 UTC), "valid"),
            (datetime!(2027-01-01 12:00:00 UTC), "valid"),
            (datetime!(2027-01-01 12:00:01 UTC), "expired"),
        ] {
            assert_eq!(state(&client, now), wanted, "{now}");
        }
    }
}
