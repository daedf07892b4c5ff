//! Whether TLS is asked for, and with which certificates: flags, then the docker CLI's variables.

use std::path::{Path, PathBuf};

use docker_api_engine::Tls;
use docker_api_settings::{Failure, Sources};

use crate::args::Args;
use crate::material::{Material, Trust};

/// TLS for targets that bring none of their own.
#[derive(Debug)]
pub(crate) struct TlsSettings {
    /// Whether `tcp://` means TLS.
    pub(crate) asked: bool,
    /// Whom to trust where no authority is named.
    pub(crate) system: Trust,
    /// The docker CLI's configuration directory.
    pub(crate) config_directory: PathBuf,
    insecure: bool,
    directory: PathBuf,
    /// Whether the user named the directory: then the authority must be in it.
    named: bool,
    authority: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    /// Made when the first target needs it: most need no TLS, and its start takes 20 ms.
    config: Option<Tls>,
}

impl TlsSettings {
    pub(crate) fn new(args: &Args, from: &Sources<'_>) -> Result<Self, Failure> {
        let path = |typed: &Option<String>, variable: &str| {
            let said = from.said(typed.as_ref(), "", &[variable]);
            said.map(|(_, path)| PathBuf::from(path))
        };
        let set = |name: &str| from.variables.get(&[name]).map(|(_, value)| value);
        let flag_directory = path(&args.cert_dir, "PROBE_CERT_DIR");
        let authority = path(&args.tlscacert, "PROBE_TLSCACERT");
        let certificate = path(&args.tlscert, "PROBE_TLSCERT");
        let key = path(&args.tlskey, "PROBE_TLSKEY");
        let insecure = from.switch(args.insecure, "PROBE_INSECURE")?;
        let flagged = [&flag_directory, &authority, &certificate, &key];
        let flagged = flagged.into_iter().any(Option::is_some);
        let verify = set("DOCKER_TLS_VERIFY").is_some();
        let unverified = set("DOCKER_TLS").is_some();

        let config_directory = set("DOCKER_CONFIG")
            .map_or_else(|| Path::new(set("HOME").unwrap_or("/")).join(".docker"), PathBuf::from);
        let named = flag_directory.or_else(|| set("DOCKER_CERT_PATH").map(PathBuf::from));
        Ok(Self {
            asked: flagged || insecure || verify || unverified,
            system: Trust::System(set("SSL_CERT_FILE").map(PathBuf::from)),
            insecure: insecure || (unverified && !verify && !flagged),
            named: named.is_some(),
            directory: named.unwrap_or_else(|| config_directory.clone()),
            config_directory,
            authority,
            certificate,
            key,
            config: None,
        })
    }

    /// The configuration for them all. An error names the file that is at fault.
    pub(crate) fn config(&mut self) -> Result<Tls, String> {
        if let Some(config) = &self.config {
            return Ok(config.clone());
        }
        let config = self.material().config()?;
        Ok(self.config.insert(config.into()).clone())
    }

    fn material(&self) -> Material {
        let inside = |name: &str| self.directory.join(name);
        let trust = match &self.authority {
            _ if self.insecure => Trust::Anyone,
            Some(file) => Trust::Authority(file.clone()),
            None if self.named || inside("ca.pem").exists() => Trust::Authority(inside("ca.pem")),
            None => self.system.clone(),
        };
        let certificate = self.certificate.clone().unwrap_or_else(|| inside("cert.pem"));
        let key = self.key.clone().unwrap_or_else(|| inside("key.pem"));
        let wanted = self.certificate.is_some() || self.key.is_some();
        let there = wanted || certificate.exists() || key.exists();
        Material { trust, identity: there.then_some((certificate, key)) }
    }
}
