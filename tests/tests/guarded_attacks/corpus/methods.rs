//! Which method is it?

use super::{Attack, LESS, by_target, whole};

pub(super) fn attacks() -> Vec<Attack> {
    let methods = METHODS.iter().flat_map(|method| by_target(FAMILY, method, &[TAG]));
    // Harmless, and reading: the Engine answers it without looking at the path.
    let options = by_target(FAMILY, "OPTIONS", &[TAG]).into_iter().map(|attack| attack.under(LESS));
    let heads = by_target(FAMILY, "HEAD", HEADS);
    let cases = by_target(FAMILY, "POST", CASES);
    let deletes = by_target(FAMILY, "DELETE", DELETES);
    let puts = by_target(FAMILY, "PUT", PUTS);
    let lower = LOWER.iter().flat_map(|method| by_target(FAMILY, method, &[START]));
    methods
        .chain(options)
        .chain(heads)
        .chain(cases)
        .chain(deletes)
        .chain(puts)
        .chain(lower)
        .chain(whole(FAMILY, OVERRIDES))
        .collect()
}

const FAMILY: &str = "methods";
const TAG: &[u8] = b"{tag}";
const START: &[u8] = b"/containers/{stopped}/start";

const METHODS: &[&str] =
    &["POST", "PATCH", "TRACE", "PROPFIND", "GETS", "GET,POST", "POST,GET", "G3T", "M-SEARCH"];
const LOWER: &[&str] = &["post", "Post", "pOST", "POST", "get", "Get"];

const HEADS: &[&[u8]] = &[
    b"/containers/{canary}/archive?path=/secret&m={marker}",
    b"/containers/{canary}/export?m={marker}",
];

/// The Engine's paths are in lower case.
const CASES: &[&[u8]] = &[
    b"/IMAGES/docker-api-test/tag?repo={marker}",
    b"/Images/docker-api-test/tag?repo={marker}",
    b"/images/docker-api-test/TAG?repo={marker}",
    b"/images/docker-api-test/Tag?repo={marker}",
    b"/V1.41/images/docker-api-test/tag?repo={marker}",
    b"/_PING/../images/docker-api-test/tag?repo={marker}",
    b"/Containers/{stopped}/start",
    b"/containers/{stopped}/START",
];

const DELETES: &[&[u8]] = &[
    b"/containers/{stopped}",
    b"/containers/{stopped}?force=1",
    b"/v1.41/containers/{stopped}?v=1",
    b"/containers/{stopped}/json",
    b"/containers/%2f{stopped}",
    b"//containers/{stopped}",
];

const PUTS: &[&[u8]] = &[
    b"/containers/{stopped}/archive?path=/tmp",
    b"/containers/{stopped}/start",
    b"/volumes/{marker}",
];

const OVERRIDES: &[(&str, &[u8])] = &[
    (
        "X-HTTP-Method-Override",
        b"GET {tag} HTTP/1.1\r\nHost: docker\r\nX-HTTP-Method-Override: POST\r\n\r\n",
    ),
    (
        "X-HTTP-Method-Override on what would be refused",
        b"POST {tag} HTTP/1.1\r\nHost: docker\r\nX-HTTP-Method-Override: GET\r\nContent-Length: 0\r\n\r\n",
    ),
    ("X-Method-Override", b"GET {tag} HTTP/1.1\r\nHost: docker\r\nX-Method-Override: POST\r\n\r\n"),
    (
        "X-Original-URL",
        b"POST /_ping HTTP/1.1\r\nHost: docker\r\nX-Original-URL: {tag}\r\nContent-Length: 0\r\n\r\n",
    ),
    ("X-Rewrite-URL", b"GET /_ping HTTP/1.1\r\nHost: docker\r\nX-Rewrite-URL: {tag}\r\n\r\n"),
    (
        "_method in a form",
        b"GET {tag} HTTP/1.1\r\nHost: docker\r\nContent-Type: application/x-www-form-urlencoded\r\n\
          Content-Length: {rest}\r\n\r\n_method=POST",
    ),
    (
        "create a container",
        b"POST /containers/create?name={marker} HTTP/1.1\r\nHost: docker\r\n\
          Content-Type: application/json\r\nContent-Length: {create-length}\r\n\r\n{create}",
    ),
    (
        "create a container by PUT",
        b"PUT /containers/create?name={marker} HTTP/1.1\r\nHost: docker\r\n\
          Content-Type: application/json\r\nContent-Length: {create-length}\r\n\r\n{create}",
    ),
    (
        "exec",
        b"POST /containers/{canary}/exec?m={marker} HTTP/1.1\r\nHost: docker\r\n\
          Content-Type: application/json\r\nContent-Length: {rest}\r\n\r\n\
          {\"Cmd\":[\"true\",\"{marker}\"]}",
    ),
    (
        "create a volume",
        b"POST /volumes/create?m={marker} HTTP/1.1\r\nHost: docker\r\n\
          Content-Type: application/json\r\nContent-Length: {rest}\r\n\r\n{\"Name\":\"{marker}\"}",
    ),
    (
        "create a network",
        b"POST /networks/create?m={marker} HTTP/1.1\r\nHost: docker\r\n\
          Content-Type: application/json\r\nContent-Length: {rest}\r\n\r\n\
          {\"Name\":\"{marker}\",\"Internal\":true}",
    ),
];
