//! No target: the one that `docker` would ask, in its own order.

use docker_api_settings::Failure;

use super::Target;
use super::resolve::Resolver;
use crate::contexts;

/// `DOCKER_HOST`, then `DOCKER_CONTEXT`, then the current context, then the default address.
pub(crate) fn target(resolver: &mut Resolver<'_>) -> Result<Target, Failure> {
    let source = "DOCKER_HOST";
    if let Some((_, host)) = resolver.variables.get(&[source]) {
        let endpoint = resolver.endpoint(host).map_err(|why| Failure::setting(source, why))?;
        return Ok(Target { name: host.into(), source: Some(source), endpoint });
    }
    let (source, name) = match resolver.variables.get(&["DOCKER_CONTEXT"]) {
        Some((_, "default")) => ("default", None),
        Some((_, name)) => ("DOCKER_CONTEXT", Some(name.to_owned())),
        None => match contexts::current(&resolver.tls.config_directory) {
            Ok(None) => ("default", None),
            Ok(name) => ("current context", name),
            Err(why) => return Err(Failure::setting("current context", why)),
        },
    };
    let fail = |why| Failure::setting(source, why);
    if let Some(name) = name {
        let endpoint = resolver.context(&name).map_err(fail)?;
        Ok(Target { name: format!("context:{name}"), source: Some(source), endpoint })
    } else {
        let address = resolver.default_address();
        let endpoint = resolver.endpoint(address).map_err(fail)?;
        Ok(Target { name: address.into(), source: Some(source), endpoint })
    }
}
