//! What flags and variables say about certificates.

use docker_api_core::pki::{CertDir, Lives, Name, Source, UserFiles};
use docker_api_core::variables::Variables;
use docker_api_settings::check::{self, Row};
use docker_api_settings::{Failure, Named, Sources, values};

use crate::args::{Directory, TlsFlags};
use crate::cert_dir::{cert_dir, path};
use crate::user_files::{idle_flags, user_files};

/// Everything about certificates, checked: nothing in it is left to decide.
#[derive(Debug)]
pub(crate) struct TlsSettings {
    /// Where certificates come from.
    pub(crate) source: Source,
    /// More names for the server's certificate.
    pub(crate) sans: Vec<Name>,
    /// Role of a client whose certificate names none, if it isn't the listener's.
    pub(crate) default_role: Option<Named>,
    /// One line each, to be logged.
    pub(crate) warnings: Vec<String>,
}

/// Certificates that we make.
#[derive(Debug)]
pub(crate) struct Ours {
    pub(crate) dir: CertDir,
    pub(crate) sans: Vec<Name>,
}

impl TlsSettings {
    /// Flags before variables before defaults.
    ///
    /// # Errors
    /// The first setting that can't be what it says.
    pub(crate) fn new(
        directory: &Directory,
        flags: &TlsFlags,
        variables: &Variables,
        is_root: bool,
    ) -> Result<Self, Failure> {
        let from = Sources { variables };
        let mut warnings = without_effect(variables);
        let crl = from.one(flags.tlscrl.as_ref(), "tlscrl", &["BRIDGE_TLS_CRL"], path)?;
        let role = flags.default_role.as_ref();
        let default_role = from.role(role, "default-role", &["BRIDGE_TLS_DEFAULT_ROLE"])?;
        let (source, sans) = match user_files(flags, variables)? {
            Some((source, _)) if directory.cert_dir.is_some() => {
                let why = "it names a certificate that you manage, and --cert-dir where ours are \
                           made; write one of them";
                return Err(Failure::setting(&source, why));
            }
            Some((source, files)) => {
                warnings.extend(idle_flags(flags, &source));
                (Source::Files(UserFiles { crl, ..files }), Vec::new())
            }
            None => {
                let Ours { dir, sans } = Ours::new(directory, flags, variables, is_root)?;
                (Source::CertDir { dir, crl }, sans)
            }
        };
        Ok(Self { source, sans, default_role, warnings })
    }

    /// For `--check` and the log.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let (mut rows, crl) = match &self.source {
            Source::CertDir { dir, crl } => {
                let sans = self.sans.iter().map(Name::to_string);
                let names = std::iter::once("this machine's".to_owned()).chain(sans);
                let rows = vec![
                    ("certificates", dir.path.display().to_string()),
                    ("server names", check::list(names, "none")),
                    ("server days", dir.lives.server.to_string()),
                    ("client days", dir.lives.client.to_string()),
                    ("authority days", dir.lives.authority.to_string()),
                    ("client key mode", format!("{:04o}", dir.client_key_mode)),
                ];
                (rows, crl)
            }
            Source::Files(UserFiles { certificate, key, authority, crl }) => {
                let rows = vec![
                    ("certificate", certificate.display().to_string()),
                    ("key", key.display().to_string()),
                    ("authority", authority.display().to_string()),
                ];
                (rows, crl)
            }
        };
        let role = self.default_role.as_ref().map(|named| named.role.clone());
        rows.push(("default role", role.unwrap_or_else(|| "the listener's".into())));
        rows.extend(crl.iter().map(|crl| ("revocation list", crl.display().to_string())));
        rows
    }
}

impl Ours {
    fn new(
        directory: &Directory,
        flags: &TlsFlags,
        variables: &Variables,
        is_root: bool,
    ) -> Result<Self, Failure> {
        let from = Sources { variables };
        let life = |flag: &Option<String>, name: &str, variable: &str| {
            from.one(flag.as_ref(), name, &[variable], days)
        };
        let server = life(&flags.server_days, "server-days", "CERT_EXPIRATION_DAYS")?;
        let client = life(&flags.client_days, "client-days", "CERT_EXPIRATION_DAYS")?;
        let authority = life(&flags.ca_days, "ca-days", "CA_EXPIRATION_DAYS")?;
        let names = ["BRIDGE_TLS_SAN", "DOCKER_TLS_SAN", "CERT_HOSTNAME"];
        let mode = from.one(
            flags.client_key_mode.as_ref(),
            "client-key-mode",
            &["BRIDGE_TLS_CLIENT_KEY_MODE"],
            |text| values::mode(text, "0600"),
        )?;
        let usual = Lives::default();
        let lives = Lives {
            server: server.unwrap_or(usual.server),
            client: client.unwrap_or(usual.client),
            authority: authority.unwrap_or(usual.authority),
        };
        let usual = CertDir::new(cert_dir(directory, variables, is_root)?);
        let client_key_mode = mode.unwrap_or(usual.client_key_mode);
        let sans = from.list(&flags.san, "san", &names)?;
        Ok(Self { dir: CertDir { lives, client_key_mode, ..usual }, sans })
    }

    /// For a command about clients or the authority, which the user's certificates have not here.
    ///
    /// # Errors
    /// When a setting can't be what it says, or the server's certificates are the user's.
    pub(crate) fn of_command(
        directory: &Directory,
        variables: &Variables,
        is_root: bool,
    ) -> Result<Self, Failure> {
        let flags = TlsFlags::default();
        match user_files(&flags, variables)? {
            Some((source, _)) if directory.cert_dir.is_none() => Err(Failure::setting(
                &source,
                "the server's certificates are yours, so its clients' are too: sign and revoke \
                 them with your own authority (or write --cert-dir DIR for one of ours)",
            )),
            _ => Self::new(directory, &flags, variables, is_root),
        }
    }
}

/// Reads a number of days.
pub(crate) fn days(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(days) if (1..=MOST_DAYS).contains(&days) => Ok(days),
        _ => Err(format!("`{text}` is not a number of days (write 1 to {MOST_DAYS})")),
    }
}

/// A line for each variable that other images read, and that does something else here.
fn without_effect(variables: &Variables) -> Vec<String> {
    let empty = variables.is_empty("DOCKER_TLS_CERTDIR").then(|| {
        "the variable DOCKER_TLS_CERTDIR is empty: docker:dind would then serve port 2375 without \
         TLS; bridge-tls never does (use bridge for that)"
            .to_owned()
    });
    let passwords = ["CREATE_CERTS_WITH_PW", "CERTS_PASSWORD_FILE"]
        .into_iter()
        .filter(|name| variables.get(&[name]).is_some())
        .map(|name| {
            format!(
                "the variable {name} does nothing: keys are not encrypted by it, the modes of \
                 their files keep others out"
            )
        });
    empty.into_iter().chain(passwords).collect()
}

/// A century: beyond it lie slips.
const MOST_DAYS: u32 = 36_500;

#[cfg(test)]
mod tests {
    use super::*;

    fn of(flags: &TlsFlags, pairs: &[(&str, &str)]) -> Result<TlsSettings, String> {
        let variables: Variables = pairs.iter().copied().collect();
        TlsSettings::new(&Directory::default(), flags, &variables, true)
            .map_err(|failure| failure.to_string())
    }

    fn dir(settings: &TlsSettings) -> &CertDir {
        match &settings.source {
            Source::CertDir { dir, .. } => dir,
            Source::Files(files) => panic!("{files:?}"),
        }
    }

    #[test]
    fn without_a_word_certificates_are_made_by_the_defaults() {
        let settings = of(&TlsFlags::default(), &[]).unwrap();
        assert_eq!(settings.default_role, None);
        assert_eq!(settings.warnings, Vec::<String>::new());
        assert!(settings.sans.is_empty());
        let dir = dir(&settings);
        assert_eq!(dir.path, std::path::Path::new("/var/lib/docker-api/certs"));
        assert_eq!(dir.lives, Lives { server: 90, client: 365, authority: 3650 });
        assert_eq!(dir.client_key_mode, 0o600);
    }

    #[test]
    fn the_first_variable_with_names_is_the_one_that_counts() {
        let all =
            [("BRIDGE_TLS_SAN", "DNS:a,IP:::1"), ("DOCKER_TLS_SAN", "b"), ("CERT_HOSTNAME", "c")];
        let sans = |pairs: &[(&str, &str)]| {
            let settings = of(&TlsFlags::default(), pairs).unwrap();
            settings.sans.iter().map(Name::to_string).collect::<Vec<_>>()
        };
        assert_eq!(sans(&all), ["a", "::1"]);
        assert_eq!(sans(&all[1..]), ["b"]);
        assert_eq!(sans(&all[2..]), ["c"]);
    }

    #[test]
    fn one_variable_is_the_life_of_servers_and_clients() {
        let pairs = [("CERT_EXPIRATION_DAYS", "30"), ("CA_EXPIRATION_DAYS", "900")];
        let flags = TlsFlags { server_days: Some("7".into()), ..TlsFlags::default() };
        let settings = of(&flags, &pairs).unwrap();
        assert_eq!(dir(&settings).lives, Lives { server: 7, client: 30, authority: 900 });
    }

    #[test]
    fn files_of_the_user_beside_a_directory_of_ours_are_refused() {
        let directory = Directory { cert_dir: Some("/certs".into()) };
        let flags = TlsFlags {
            tlscacert: Some("/ca".into()),
            tlscert: Some("/cert".into()),
            tlskey: Some("/key".into()),
            ..TlsFlags::default()
        };
        let variables = Variables::default();
        let error = TlsSettings::new(&directory, &flags, &variables, true).unwrap_err();
        assert!(error.to_string().starts_with("bad setting: --tlscert: "), "{error}");
        // A directory that a variable names is another program's business.
        let settings = of(&flags, &[("DOCKER_TLS_CERTDIR", "/certs")]).unwrap();
        assert!(matches!(settings.source, Source::Files(_)), "{settings:?}");
    }

    #[test]
    fn the_default_role_is_any_name_that_a_role_can_have() {
        let flags = TlsFlags { default_role: Some("my.role".into()), ..TlsFlags::default() };
        assert_eq!(of(&flags, &[]).unwrap().default_role.unwrap().role, "my.role");
        let error = of(&TlsFlags::default(), &[("BRIDGE_TLS_DEFAULT_ROLE", "a b")]).unwrap_err();
        assert!(error.starts_with("bad setting: BRIDGE_TLS_DEFAULT_ROLE: `a b` is no "), "{error}");
    }

    #[test]
    fn what_means_something_else_elsewhere_gets_a_line() {
        for (name, value) in [
            ("DOCKER_TLS_CERTDIR", ""),
            ("CREATE_CERTS_WITH_PW", "x"),
            ("CERTS_PASSWORD_FILE", "x"),
        ] {
            let warnings = of(&TlsFlags::default(), &[(name, value)]).unwrap().warnings;
            assert_eq!(warnings.len(), 1, "{warnings:?}");
            assert!(warnings[0].contains(name), "{warnings:?}");
        }
        let set = [("DOCKER_TLS_CERTDIR", "/c"), ("CREATE_CERTS_WITH_PW", "")];
        assert_eq!(of(&TlsFlags::default(), &set).unwrap().warnings, Vec::<String>::new());
    }

    #[test]
    fn clients_of_an_authority_that_is_not_here_are_not_ours_to_make() {
        let pairs =
            [("BRIDGE_TLS_CACERT", "/a"), ("BRIDGE_TLS_CERT", "/c"), ("BRIDGE_TLS_KEY", "/k")];
        let variables: Variables = pairs.into_iter().collect();
        let error = Ours::of_command(&Directory::default(), &variables, true).unwrap_err();
        assert!(error.to_string().contains("BRIDGE_TLS_CERT: the server's certificates are yours"));
        let directory = Directory { cert_dir: Some("/certs".into()) };
        assert!(Ours::of_command(&directory, &variables, true).is_ok());
    }
}
