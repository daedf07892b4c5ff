//! `bridge-tls ca`: the authority that signs all certificates.

use docker_api_core::exit::Exit;
use docker_api_core::pki::SystemRandom;
use docker_api_core::pki::clients::{AuthorityInfo, authority};
use docker_api_settings::{Failure, check};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::args::Ca;
use crate::command::prepare;

/// Shows it; it is made if there is none.
///
/// # Errors
/// When the directory can't be read or written.
pub(crate) fn run(Ca::Show(show): &Ca) -> Result<Exit, Failure> {
    let (_, ours) = prepare(&show.directory)?;
    let (now, random) = (OffsetDateTime::now_utc(), SystemRandom::default());
    check::print(&text(&authority(&ours.dir, now, &random)?))
}

/// PEM readers skip what stands above the certificate (RFC 7468 section 2).
fn text(authority: &AuthorityInfo) -> String {
    let AuthorityInfo { name, fingerprint, not_before, not_after, pem } = authority;
    let date = |date: &OffsetDateTime| date.format(&Rfc3339).unwrap_or_else(|_| date.to_string());
    format!(
        "name         {name}\nfingerprint  SHA256 {fingerprint}\nfrom         {}\n\
         until        {}\n{pem}",
        date(not_before),
        date(not_after)
    )
}
