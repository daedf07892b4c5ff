//! Version prefixes, and what old versions let a request do.

use super::{Attack, OR_STARTS, by_target};

pub(super) fn attacks() -> Vec<Attack> {
    let tags = PREFIXES.iter().flat_map(|prefix| {
        let target = [prefix, b"/images/docker-api-test/tag?repo={marker}".as_slice()].concat();
        by_target(FAMILY, "POST", &[&target])
    });
    let starts = HOST_CONFIG_PREFIXES.iter().map(|prefix| {
        let shown = String::from_utf8_lossy(prefix);
        let raw = [
            b"POST ".as_slice(),
            prefix,
            b"/containers/{stopped}/start HTTP/1.1\r\nHost: docker\r\n\
              Content-Type: application/json\r\nContent-Length: {rest}\r\n\
              Connection: close\r\n\r\n{\"Privileged\":true,\"Binds\":[\"/:/host\"]}",
        ];
        let name = format!("start with a host configuration under {shown}");
        Attack::new(FAMILY, &name, &raw.concat()).under(OR_STARTS)
    });
    tags.chain(starts).collect()
}

const FAMILY: &str = "versions";

const PREFIXES: &[&[u8]] = &[
    b"/v1.41",
    b"/v1.24",
    b"/v1.23",
    b"/v1.12",
    b"/v1.0",
    b"/v0.1",
    b"/v2.0",
    b"/v9.99",
    b"/v1",
    b"/v",
    b"/v.",
    b"/v1.",
    b"/v.41",
    b"/v1..41",
    b"/v1.41.",
    b"/v1.41.0",
    b"/v01.41",
    b"/v1.041",
    b"/v1.410",
    b"/v1.4294967337",
    b"/v18446744073709551617.41",
    b"/v1.41-rc1",
    b"/v1.41a",
    b"/v 1.41",
    b"/v1,41",
    b"/v1.41/v1.41",
    b"/v1.41/v1.24",
    b"/1.41",
    b"/v1.41%20",
    b"/v1.%34%31",
    b"/%76%31%2e%34%31",
    b"/v1.4%00",
    b"/v\xd9\xa1.\xd9\xa4\xd9\xa1",
    b"/v%d9%a1.41",
    b"/v1.41;",
    b"/libpod",
    b"/v4.0.0/libpod",
];

/// dockerd 20.10 takes one with all that are below 1.24.
const HOST_CONFIG_PREFIXES: &[&[u8]] = &[
    b"/v1.23",
    b"/v1.22",
    b"/v1.18",
    b"/v1.12",
    b"/v1.23.0",
    b"/v1.2",
    b"/v1.023",
    b"/v01.23",
    b"/v1",
    b"/v0.9",
    b"/v1.%32%33",
    b"/v1%2e23",
];
