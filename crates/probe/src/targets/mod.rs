//! What is asked: targets of the command line and of a file, or the one that `docker` would ask.

mod fallback;
mod list;
mod resolve;
mod tls;

use std::collections::HashSet;

use docker_api_core::address::UpstreamAddress;
use docker_api_engine::{Endpoint, Fault};
use docker_api_settings::command_line::bad;
use docker_api_settings::{Failure, Sources};

use crate::args::Args;

use self::resolve::Resolver;
pub(crate) use self::resolve::endpoint;
pub(crate) use self::tls::TlsSettings;

/// One to be asked.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// As reports have it: as it was typed.
    pub(crate) name: String,
    /// Who named it, such as `DOCKER_HOST`; `None`: the user, here and now.
    pub(crate) source: Option<&'static str>,
    /// Where it is, or why it can't be asked.
    pub(crate) endpoint: Result<Endpoint, Fault>,
}

/// Those of the command line, then those of the file; if there are none, the docker CLI's. And how
/// TLS is spoken to further ones.
pub(crate) fn all(args: &Args, from: &Sources<'_>) -> Result<(Vec<Target>, TlsSettings), Failure> {
    let mut resolver = Resolver::new(from.variables, TlsSettings::new(args, from)?);
    let mut targets = Vec::new();
    for text in &args.target {
        targets.push(resolver.target(text).map_err(|why| bad(&why))?);
    }
    if let Some((_, file)) = from.said(args.targets.as_ref(), "targets", &["PROBE_TARGETS"]) {
        let listed = list::read(file)?;
        if listed.is_empty() && targets.is_empty() {
            return Err(Failure::setting(file, "names no target (write one a line)"));
        }
        for (line, text) in listed {
            let target = resolver.target(&text);
            targets.push(target.map_err(|why| Failure::setting(&format!("{file}:{line}"), why))?);
        }
    } else if targets.is_empty() {
        targets.push(fallback::target(&mut resolver)?);
    }
    // A context that is named twice was read twice, so its name tells as well.
    let (mut names, mut places) = (HashSet::new(), HashSet::new());
    targets.retain(|target| names.insert(target.name.clone()) && places.insert(target.identity()));
    Ok((targets, resolver.tls))
}

impl Target {
    /// Equal for two that are the same, however they are written.
    pub(crate) fn identity(&self) -> String {
        let Ok(Endpoint { address, tls, .. }) = &self.endpoint else { return self.name.clone() };
        let place = match address {
            UpstreamAddress::Tcp(_) => address.to_string().to_ascii_lowercase(),
            UpstreamAddress::Unix(_) => address.to_string(),
        };
        match tls {
            None => place,
            // A context has certificates of its own.
            Some(config) => format!("{place} {config:p}"),
        }
    }
}
