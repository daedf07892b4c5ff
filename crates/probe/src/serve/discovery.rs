//! `/sd`: the targets, for Prometheus's `http_sd_configs`.

use serde::Serialize;

use super::fleet::Fleet;

/// A group of targets.
#[derive(Serialize)]
pub(crate) struct Group<'a> {
    targets: Vec<&'a str>,
    labels: Labels,
}

/// None: the target says it all.
#[derive(Serialize)]
struct Labels {}

/// All targets in one group.
pub(crate) fn groups(fleet: &Fleet) -> [Group<'_>; 1] {
    [Group { targets: fleet.names().collect(), labels: Labels {} }]
}
