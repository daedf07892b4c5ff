//! Targets that aren't just a path. Go takes all of these for one.

use super::{Attack, by_target, whole};

pub(super) fn attacks() -> Vec<Attack> {
    let posts = by_target(FAMILY, "POST", TARGETS);
    let gets = by_target(FAMILY, "GET", READS);
    [posts, gets, whole(FAMILY, WHOLE)].concat()
}

const FAMILY: &str = "targets";

const TARGETS: &[&[u8]] = &[
    b"http://docker{tag}",
    b"HTTP://docker{tag}",
    b"http://DOCKER{tag}",
    b"https://docker{tag}",
    b"http://other{tag}",
    b"http://docker:80{tag}",
    b"http://docker:2375{tag}",
    b"http://x@docker{tag}",
    b"http://docker@x{tag}",
    b"http://x:y@docker{tag}",
    b"http://{tag}",
    b"http:///{tag}",
    b"http:{tag}",
    b"http:/{tag}",
    b"http:images/docker-api-test/tag?repo={marker}",
    b"foo:{tag}",
    b"foo://docker{tag}",
    b"foo+bar.baz-1:{tag}",
    b"unix://{tag}",
    b"unix:///var/run/docker.sock{tag}",
    b"file://{tag}",
    b"ws://docker{tag}",
    b"javascript:{tag}",
    b"://docker{tag}",
    b"docker{tag}",
    b"docker:2375{tag}",
    b"images/docker-api-test/tag?repo={marker}",
    b"*{tag}",
    b"**{tag}",
    b"http://docker/_ping/..{tag}",
    b"http://docker?{tag}",
    b"http://docker#{tag}",
    b"http://docker//images/docker-api-test/tag?repo={marker}",
    b"http://docker%2f{tag}",
    b"http://docker\\{tag}",
    b"http://[::1]{tag}",
    b"http://[::1%25lo]{tag}",
    b"http://docker:x{tag}",
    b"http://docker:{tag}",
    b"http://%64ocker{tag}",
];

const READS: &[&[u8]] = &[
    b"http://docker/containers/{canary}/export?m={marker}",
    b"http:/containers/{canary}/export?m={marker}",
    b"foo:/containers/{canary}/export?m={marker}",
    b"http:///containers/{canary}/export?m={marker}",
    b"http://x@docker/containers/{canary}/archive?path=/secret&m={marker}",
];

const WHOLE: &[(&str, &[u8])] = &[
    (
        "absolute form, and the Host of another",
        b"POST http://docker{tag} HTTP/1.1\r\nHost: other\r\nContent-Length: 0\r\n\r\n",
    ),
    (
        "absolute form without a Host",
        b"POST http://docker{tag} HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
    ),
    (
        "absolute form and an empty Host",
        b"POST http://{tag} HTTP/1.1\r\nHost:\r\nContent-Length: 0\r\n\r\n",
    ),
    ("absolute form in HTTP/1.0", b"POST http://docker{tag} HTTP/1.0\r\nContent-Length: 0\r\n\r\n"),
    (
        "a path in the Host",
        b"POST /_ping HTTP/1.1\r\nHost: docker{tag}\r\nContent-Length: 0\r\n\r\n",
    ),
    ("OPTIONS * with a path behind it", b"OPTIONS * {tag} HTTP/1.1\r\nHost: docker\r\n\r\n"),
];
