//! Which operation a method and a path are.

use crate::Operation;
use crate::pattern::{Part, matches};

include!(concat!(env!("OUT_DIR"), "/routes.rs"));

#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) operation: Operation,
    pub(crate) method: &'static str,
    /// As in the table.
    pub(crate) path: &'static str,
    /// A path that it takes, without the first slash.
    example: &'static str,
    parts: &'static [Part<&'static str>],
}

/// The operation of a decoded path that has lost its first slash and its version prefix.
///
/// HEAD without a route of its own is its GET.
pub(crate) fn find(method: &[u8], path: &str, versioned: bool) -> Option<Operation> {
    if method == b"OPTIONS" {
        return Some(Operation::ApiOptions);
    }
    let section = path.split_once('/').map_or(path, |(section, _)| section);
    // The Engine serves these without a version only, and by any method.
    let method = match section {
        "debug" if versioned => return None,
        "debug" => b"GET",
        _ => method,
    };
    let (_, routes) = SECTIONS.iter().find(|(name, _)| *name == section)?;
    let find = |method: &[u8]| {
        let fits = |route: &&Route| {
            route.method.as_bytes() == method
                && matches(route.parts, path.split('/'), |segment, literal| segment == literal)
        };
        routes.iter().find(fits).map(|route| route.operation)
    };
    find(method).or_else(|| if method == b"HEAD" { find(b"GET") } else { None })
}

/// The routes of an operation.
pub(crate) fn of(operation: Operation) -> impl Iterator<Item = &'static Route> {
    let all = SECTIONS.iter().flat_map(|(_, routes)| routes.iter());
    all.filter(move |route| route.operation == operation)
}

/// A method and a path, without its first slash, that are this operation.
pub(crate) fn example(operation: Operation) -> (&'static [u8], &'static str) {
    let route = of(operation).next();
    // No section has OPTIONS.
    route.map_or((b"OPTIONS", ""), |route| (route.method.as_bytes(), route.example))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_of_the_table_finds_its_operation() {
        let rows = include_str!("../operations.tsv").lines().filter(|row| !row.starts_with('#'));
        for row in rows.skip(1) {
            let fields: Vec<&str> = row.split('\t').collect();
            let path = fields[2].replace(['{', '}'], "");
            let found = find(fields[1].as_bytes(), &path[1..], false);
            assert_eq!(found.map(Operation::name), Some(fields[0]), "{row}");
        }
    }

    #[test]
    fn names_hold_slashes_where_the_router_lets_them() {
        for (method, path, expected) in [
            ("GET", "containers/web/alias/json", Some(Operation::ContainerInspect)),
            ("GET", "containers/create/json", Some(Operation::ContainerInspect)),
            ("GET", "containers/a/exec/json", Some(Operation::ContainerInspect)),
            ("GET", "containers/a/logs/json", Some(Operation::ContainerInspect)),
            ("GET", "containers/a/attach/ws", Some(Operation::ContainerAttachWebsocket)),
            ("GET", "containers/a/b/attach/ws", Some(Operation::ContainerAttachWebsocket)),
            ("GET", "containers/json/", None),
            ("GET", "containers/attach/ws", None),
            ("POST", "containers/a/start", Some(Operation::ContainerStart)),
            ("POST", "containers/a/create", None),
            ("POST", "containers/a/start/", None),
            ("DELETE", "containers/a/b", Some(Operation::ContainerDelete)),
            ("DELETE", "containers/a/", Some(Operation::ContainerDelete)),
            ("DELETE", "containers/", Some(Operation::ContainerDelete)),
            ("DELETE", "containers", None),
            ("DELETE", "containers/a/checkpoints/b", Some(Operation::CheckpointDelete)),
            ("DELETE", "containers/a/b/checkpoints/c", Some(Operation::ContainerDelete)),
            ("DELETE", "containers/a/checkpoints", Some(Operation::ContainerDelete)),
            ("GET", "images/json", Some(Operation::ImageList)),
            ("GET", "images/x/json/json", Some(Operation::ImageInspect)),
            ("GET", "images/get", Some(Operation::ImageGetAll)),
            ("GET", "images/a/get/get", Some(Operation::ImageGet)),
            ("GET", "images/search", Some(Operation::ImageSearch)),
            ("GET", "images/a/search", None),
            ("GET", "networks/", Some(Operation::NetworkList)),
            ("GET", "networks/a/b", Some(Operation::NetworkInspect)),
            ("GET", "volumes/", Some(Operation::VolumeInspect)),
            ("GET", "volumes/create", Some(Operation::VolumeInspect)),
            ("GET", "plugins/privileges", Some(Operation::GetPluginPrivileges)),
            ("GET", "services/a/b", None),
            ("GET", "services/", None),
            ("GET", "services/a/logs", Some(Operation::ServiceLogs)),
            ("GET", "services/a/b/logs", None),
            ("GET", "Containers/json", None),
            ("HEAD", "containers/json", Some(Operation::ContainerList)),
            ("HEAD", "containers/a/archive", Some(Operation::ContainerArchiveInfo)),
            ("HEAD", "_ping", Some(Operation::SystemPingHead)),
            ("HEAD", "containers/create", None),
            ("OPTIONS", "containers/json", Some(Operation::ApiOptions)),
            ("PATCH", "containers/json", None),
            ("get", "containers/json", None),
            ("GET", "", None),
        ] {
            assert_eq!(find(method.as_bytes(), path, false), expected, "{method} {path}");
        }
    }

    #[test]
    fn what_the_engine_serves_without_a_version_has_none_and_takes_any_method() {
        assert_eq!(find(b"GET", "debug/vars", false), Some(Operation::DebugVars));
        assert_eq!(find(b"GET", "debug/pprof/", false), Some(Operation::DebugProfile));
        assert_eq!(find(b"GET", "debug/vars", true), None);
        assert_eq!(find(b"POST", "debug/pprof/symbol", false), Some(Operation::DebugProfile));
        assert_eq!(find(b"OPTIONS", "debug/vars", false), Some(Operation::ApiOptions));
    }
}
