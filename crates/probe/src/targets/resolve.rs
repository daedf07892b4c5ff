//! From a target's text to where it is and how it is spoken to.

use docker_api_core::address::{ListenAddress, UpstreamAddress};
use docker_api_core::variables::Variables;
use docker_api_engine::{Endpoint, Fault, State};

use super::Target;
use super::tls::TlsSettings;
use crate::contexts;

/// Reads targets.
pub(crate) struct Resolver<'a> {
    pub(crate) variables: &'a Variables,
    pub(crate) tls: TlsSettings,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(variables: &'a Variables, tls: TlsSettings) -> Self {
        Self { variables, tls }
    }

    /// A target that the user wrote.
    pub(crate) fn target(&mut self, text: &str) -> Result<Target, String> {
        let endpoint = match text.strip_prefix("context:") {
            Some("") => return Err("`context:` has no name (write context:NAME)".into()),
            Some(name) => self.context(name)?,
            None => self.endpoint(text)?,
        };
        Ok(Target { name: text.into(), source: None, endpoint })
    }

    /// As [`endpoint`].
    pub(crate) fn endpoint(&mut self, text: &str) -> Result<Result<Endpoint, Fault>, String> {
        endpoint(text, &mut self.tls)
    }

    /// A context of the docker CLI: its own address, and its own certificates.
    pub(crate) fn context(&mut self, name: &str) -> Result<Result<Endpoint, Fault>, String> {
        if name == "default" {
            let host = self.variables.get(&["DOCKER_HOST"]).map(|(_, host)| host.to_owned());
            return self.endpoint(host.as_deref().unwrap_or_else(|| self.default_address()));
        }
        let directory = &self.tls.config_directory;
        let context = contexts::read(directory, name, self.tls.system.clone())?;
        let within = |why: String| format!("context `{name}`: {why}");
        let host = if context.host.is_empty() { DEFAULT_SOCKET } else { &context.host };
        if let Some(unsupported) = unsupported(host) {
            return Ok(Err(unsupported));
        }
        let default_port = if context.material.is_some() { 2376 } else { 2375 };
        let plain = host.strip_prefix("http://").or_else(|| host.strip_prefix("https://"));
        let address = match plain {
            Some(rest) => tcp(host, rest, default_port),
            None => address(host, default_port),
        }
        .map_err(within)?;
        let tls = match (&address, &context.material) {
            (UpstreamAddress::Tcp(_), Some(material)) => {
                Some(material.config().map_err(within)?.into())
            }
            _ => None,
        };
        Ok(Ok(Endpoint { tls, ..Endpoint::plain(address) }))
    }

    /// Where the docker CLI looks for an Engine that nobody names.
    pub(crate) fn default_address(&self) -> &'static str {
        if self.tls.asked { "tcp://localhost:2376" } else { DEFAULT_SOCKET }
    }
}

/// An address, over TLS if its scheme or the settings say so.
pub(crate) fn endpoint(
    text: &str,
    tls: &mut TlsSettings,
) -> Result<Result<Endpoint, Fault>, String> {
    if let Some(unsupported) = unsupported(text) {
        return Ok(Err(unsupported));
    }
    let (address, over_tls) = if let Some(rest) = text.strip_prefix("https://") {
        (tcp(text, rest, 2376)?, true)
    } else if let Some(rest) = text.strip_prefix("http://") {
        (tcp(text, rest, 2375)?, false)
    } else {
        let address = address(text, if tls.asked { 2376 } else { 2375 })?;
        let over_tls = tls.asked && matches!(address, UpstreamAddress::Tcp(_));
        (address, over_tls)
    };
    let within = |why: String| format!("certificates for `{text}`: {why}");
    let tls = if over_tls { Some(tls.config().map_err(within)?) } else { None };
    Ok(Ok(Endpoint { tls, ..Endpoint::plain(address) }))
}

fn tcp(text: &str, rest: &str, default_port: u16) -> Result<UpstreamAddress, String> {
    address(&format!("tcp://{rest}"), default_port).map_err(|why| format!("`{text}`: {why}"))
}

fn address(text: &str, default_port: u16) -> Result<UpstreamAddress, String> {
    match ListenAddress::parse(text, default_port).map_err(|error| error.to_string())? {
        ListenAddress::Tcp(to) => Ok(UpstreamAddress::Tcp(to)),
        ListenAddress::Unix(to) => Ok(UpstreamAddress::Unix(to)),
        ListenAddress::Inherited(_) => Err(format!(
            "`{text}` can be listened on but not asked (write unix:///var/run/docker.sock)"
        )),
    }
}

/// Addresses that `docker` takes and that can't be asked here.
fn unsupported(text: &str) -> Option<Fault> {
    let fault = |advice: &str| Some(Fault::new(State::Unsupported, format!("{text}: {advice}")));
    if text.starts_with("ssh://") {
        return fault(
            "needs an ssh client: run the probe there (`ssh HOST probe`), or forward the socket \
             (`ssh -NL /tmp/docker.sock:/var/run/docker.sock HOST`) and ask unix:///tmp/docker.sock",
        );
    }
    if text.starts_with("npipe://") {
        return fault("is a named pipe of Windows: ask that Engine over tcp://");
    }
    None
}

const DEFAULT_SOCKET: &str = "unix:///var/run/docker.sock";

#[cfg(test)]
mod tests {
    use docker_api_settings::Sources;

    use super::*;
    use crate::args::Args;

    fn target(text: &str, args: &Args, variables: &Variables) -> Result<Target, String> {
        let tls = TlsSettings::new(args, &Sources { variables }).unwrap();
        Resolver::new(variables, tls).target(text)
    }

    fn shown(text: &str, args: &Args) -> String {
        match target(text, args, &Variables::default()).unwrap().endpoint {
            Ok(Endpoint { address, tls: None, .. }) => address.to_string(),
            Ok(Endpoint { address, tls: Some(_), .. }) => format!("{address} TLS"),
            Err(fault) => fault.state.to_string(),
        }
    }

    #[test]
    fn schemes_and_flags_say_whether_it_is_tls_and_which_port() {
        let (plain, tls) = (Args::default(), Args { insecure: true, ..Args::default() });
        for (text, without, with) in [
            ("tcp://a", "tcp://a:2375", "tcp://a:2376 TLS"),
            ("a:1", "tcp://a:1", "tcp://a:1 TLS"),
            ("http://a", "tcp://a:2375", "tcp://a:2375"),
            ("https://a/", "tcp://a:2376 TLS", "tcp://a:2376 TLS"),
            ("/a.sock", "unix:///a.sock", "unix:///a.sock"),
            ("ssh://a", "unsupported", "unsupported"),
            ("npipe:////./pipe/docker_engine", "unsupported", "unsupported"),
        ] {
            assert_eq!((shown(text, &plain), shown(text, &tls)), (without.into(), with.into()));
        }
    }

    #[test]
    fn docker_tls_verify_counts_whatever_it_says() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().to_str().unwrap();
        let variables = [("DOCKER_TLS_VERIFY", "0"), ("DOCKER_CERT_PATH", folder)];
        let why = target("tcp://a", &Args::default(), &variables.into_iter().collect());
        assert!(why.unwrap_err().contains("ca.pem: No such file"));
        let variables = [("DOCKER_TLS", "1"), ("DOCKER_CERT_PATH", folder)];
        assert!(target("tcp://a", &Args::default(), &variables.into_iter().collect()).is_ok());
    }

    #[test]
    fn what_is_no_target_is_told_with_what_to_write() {
        for (text, part) in [
            ("context:", "write context:NAME"),
            ("fd://3", "not asked"),
            ("https://a:0", "`https://a:0`: `tcp://a:0` has the port `0`"),
            ("docker.sock", "is neither"),
        ] {
            let why = target(text, &Args::default(), &Variables::default()).unwrap_err();
            assert!(why.contains(part), "{why}");
        }
    }
}
