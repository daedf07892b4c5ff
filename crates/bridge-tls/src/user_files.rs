//! Certificates that the user manages: `--tlscacert`, `--tlscert` and `--tlskey`.

use docker_api_core::pki::UserFiles;
use docker_api_core::variables::Variables;
use docker_api_settings::{Failure, Sources};

use crate::args::TlsFlags;
use crate::cert_dir::path;

/// The files, if anything names them, and what names the certificate.
///
/// # Errors
/// When one or two of the three are missing.
pub(crate) fn user_files(
    flags: &TlsFlags,
    variables: &Variables,
) -> Result<Option<(String, UserFiles)>, Failure> {
    let from = Sources { variables };
    let file = |flag: &Option<String>, name: &str, variable: &str| {
        let Some((source, text)) = from.said(flag.as_ref(), name, &[variable]) else {
            return Ok(None);
        };
        match path(text) {
            Ok(path) => Ok(Some((source, path))),
            Err(why) => Err(Failure::setting(&source, why)),
        }
    };
    let authority = file(&flags.tlscacert, "tlscacert", "BRIDGE_TLS_CACERT")?;
    let certificate = file(&flags.tlscert, "tlscert", "BRIDGE_TLS_CERT")?;
    let key = file(&flags.tlskey, "tlskey", "BRIDGE_TLS_KEY")?;
    let missing = [
        authority.is_none().then_some("--tlscacert"),
        certificate.is_none().then_some("--tlscert"),
        key.is_none().then_some("--tlskey"),
    ];
    let missing: Vec<_> = missing.into_iter().flatten().collect();
    match (authority, certificate, key) {
        (Some((_, authority)), Some((source, certificate)), Some((_, key))) => {
            Ok(Some((source, UserFiles { certificate, key, authority, crl: None })))
        }
        (None, None, None) => Ok(None),
        (authority, certificate, key) => {
            let source = authority.or(certificate).or(key).map(|(source, _)| source);
            let why = format!(
                "{} missing: --tlscacert, --tlscert and --tlskey go together (write all three)",
                match missing.as_slice() {
                    [one] => format!("{one} is"),
                    all => format!("{} are", all.join(" and ")),
                }
            );
            Err(Failure::setting(&source.unwrap_or_default(), why))
        }
    }
}

/// Flags about certificates of ours beside certificates of the user's.
pub(crate) fn idle_flags(flags: &TlsFlags, source: &str) -> Option<String> {
    let typed = [
        ("--san", !flags.san.is_empty()),
        ("--server-days", flags.server_days.is_some()),
        ("--client-days", flags.client_days.is_some()),
        ("--ca-days", flags.ca_days.is_some()),
        ("--client-key-mode", flags.client_key_mode.is_some()),
    ];
    let typed: Vec<_> = typed.iter().filter(|(_, typed)| *typed).map(|(name, _)| *name).collect();
    (!typed.is_empty()).then(|| {
        format!("beside {source} nothing is made, so this does nothing: {}", typed.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(flags: &TlsFlags, pairs: &[(&str, &str)]) -> Result<Option<(String, UserFiles)>, String> {
        user_files(flags, &pairs.iter().copied().collect()).map_err(|failure| failure.to_string())
    }

    #[test]
    fn the_three_go_together_wherever_each_is_named() {
        let flags = TlsFlags { tlscert: Some("/cert".into()), ..TlsFlags::default() };
        let error = of(&flags, &[("BRIDGE_TLS_CACERT", "/ca")]).unwrap_err();
        assert!(
            error.starts_with("bad setting: BRIDGE_TLS_CACERT: --tlskey is missing:"),
            "{error}"
        );
        let error = of(&flags, &[]).unwrap_err();
        assert!(
            error.starts_with("bad setting: --tlscert: --tlscacert and --tlskey are missing:"),
            "{error}"
        );
        let pairs = [("BRIDGE_TLS_CACERT", "/ca"), ("BRIDGE_TLS_KEY", "/key")];
        let (source, files) = of(&flags, &pairs).unwrap().unwrap();
        assert_eq!(source, "--tlscert");
        let [certificate, key, authority] = ["/cert", "/key", "/ca"].map(Into::into);
        assert_eq!(files, UserFiles { certificate, key, authority, crl: None });
        assert_eq!(of(&TlsFlags::default(), &[]), Ok(None));
    }

    #[test]
    fn flags_that_do_nothing_beside_them_are_told() {
        let flags =
            TlsFlags { san: vec!["a".into()], ca_days: Some("1".into()), ..TlsFlags::default() };
        let warning = idle_flags(&flags, "--tlscert").unwrap();
        assert_eq!(
            warning,
            "beside --tlscert nothing is made, so this does nothing: --san, --ca-days"
        );
        assert_eq!(idle_flags(&TlsFlags::default(), "--tlscert"), None);
    }
}
