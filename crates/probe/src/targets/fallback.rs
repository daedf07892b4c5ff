//! No target: the one that `docker` would ask, in its own order.

use super::Target;
use super::resolve::Resolver;
use crate::contexts;
use crate::failure::Failure;

/// `DOCKER_HOST`, then `DOCKER_CONTEXT`, then the current context, then the default address.
pub(crate) fn target(resolver: &mut Resolver<'_>) -> Result<Target, Failure> {
    if let Some((source, host)) = resolver.variables.get(&["DOCKER_HOST"]) {
        let endpoint = resolver.endpoint(host).map_err(|why| Failure::setting(source, why))?;
        return Ok(Target { name: host.into(), source: Some(source), endpoint });
    }
    let of_variable = resolver.variables.get(&["DOCKER_CONTEXT"]);
    let (source, name) = match of_variable {
        Some((_, "default")) => ("default", None),
        Some((source, name)) => (source, Some(name.to_owned())),
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
