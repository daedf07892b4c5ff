//! What looks like an operation that is allowed, and isn't.

use super::{Attack, LESS, by_target, whole};

pub(super) fn attacks() -> Vec<Attack> {
    let waits = by_target(FAMILY, "POST", WAITS).into_iter().map(|attack| attack.under(LESS));
    let posts = by_target(FAMILY, "POST", POSTS);
    let deletes = by_target(FAMILY, "DELETE", DELETES);
    let gets = by_target(FAMILY, "GET", GETS);
    waits.chain(posts).chain(deletes).chain(gets).chain(whole(FAMILY, WHOLE)).collect()
}

const FAMILY: &str = "lookalikes";

/// Reading, to a role that is `read-only`.
const WAITS: &[&[u8]] = &[b"/containers/{stopped}/wait", b"/containers/{stopped}/start/wait"];

/// Names hold slashes: the last word decides.
const POSTS: &[&[u8]] = &[
    b"/containers/json/{stopped}/start",
    b"/containers/{stopped}/wait/start",
    b"/containers/wait/{stopped}/start",
    b"/containers/_ping/../{stopped}/start",
    b"/images/json/tag?repo={marker}",
    b"/images/docker-api-test/json/tag?repo={marker}",
    b"/images/docker-api-test:latest/tag?repo={marker}",
    b"/images/docker-api-test/tag?repo={marker}&tag=json",
    b"/images/docker-api-test/tag?repo={marker}/json",
    b"/_ping/images/docker-api-test/tag?repo={marker}",
    b"/version/images/docker-api-test/tag?repo={marker}",
    b"/events/images/docker-api-test/tag?repo={marker}",
    b"/_pingimages/docker-api-test/tag?repo={marker}",
    b"/_ping?/images/docker-api-test/tag?repo={marker}",
    b"/v1.41/_ping/images/docker-api-test/tag?repo={marker}",
    b"/containers/{stopped}/rename?name={marker}",
    b"/containers/{stopped}/rename?name={marker}&x=/json",
    b"/containers/{stopped}/restart?t=0",
    b"/commit?container={stopped}&repo={marker}",
    b"/images/create?fromSrc=-&repo={marker}",
    b"/containers/create?name={marker}",
    b"/volumes/create?name={marker}",
];

const DELETES: &[&[u8]] =
    &[b"/containers/{stopped}", b"/containers//{stopped}", b"/containers/json/../{stopped}"];

const GETS: &[&[u8]] = &[
    b"/containers/{stopped}/start",
    b"/containers/json/{canary}/export?m={marker}",
    b"/containers/{canary}/export?m={marker}",
    b"/containers/{canary}/json/export?m={marker}",
    b"/containers/{canary}/archive?path=/secret&m={marker}",
    b"/images/get?names=docker-api-test&m={marker}",
    b"/images/docker-api-test/get?m={marker}",
    b"/libpod/containers/{canary}/export?m={marker}",
    b"/libpod/containers/{canary}/archive?path=/secret&m={marker}",
    b"/debug/vars?m={marker}",
    b"/debug/pprof/cmdline?m={marker}",
    b"/debug/../containers/{canary}/export?m={marker}",
];

const WHOLE: &[(&str, &[u8])] = &[
    (
        "a build",
        b"POST /build?t={marker}&m={marker} HTTP/1.1\r\nHost: docker\r\nContent-Type: application/x-tar\r\n\
          Content-Length: 0\r\n\r\n",
    ),
    (
        "an import",
        b"POST /images/create?fromSrc=-&repo={marker} HTTP/1.1\r\nHost: docker\r\n\
          Content-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
];
