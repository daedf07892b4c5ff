//! Percent signs, and bytes that are no ASCII.

use super::{Attack, LESS, by_target};

pub(super) fn attacks() -> Vec<Attack> {
    let reads = by_target(FAMILY, "GET", READS);
    let logs = by_target(FAMILY, "GET", LOGS).into_iter().map(|attack| attack.under(LESS));
    [by_target(FAMILY, "POST", TAGS), by_target(FAMILY, "POST", STARTS), reads]
        .concat()
        .into_iter()
        .chain(logs)
        .collect()
}

const FAMILY: &str = "encodings";

const TAGS: &[&[u8]] = &[
    b"/images/docker-api-test/%74ag?repo={marker}",
    b"/images/docker-api-test/t%61g?repo={marker}",
    b"/images/docker-api-test/%74%61%67?repo={marker}",
    b"/%69mages/docker-api-test/tag?repo={marker}",
    b"/%69%6d%61%67%65%73/docker-api-test/tag?repo={marker}",
    b"/%69%6D%61%67%65%73/docker-api-test/tag?repo={marker}",
    b"/images%2fdocker-api-test%2ftag?repo={marker}",
    b"/images%2Fdocker-api-test/tag?repo={marker}",
    b"/images/docker-api-test%2Ftag?repo={marker}",
    b"/images/docker-api-test%2ftag?repo={marker}&x=/json",
    b"/images/%64ocker-api-test/tag?repo={marker}",
    b"/images/docker%2dapi%2dtest/tag?repo={marker}",
    b"/%2fimages/docker-api-test/tag?repo={marker}",
    b"%2fimages/docker-api-test/tag?repo={marker}",
    b"/%2e/images/docker-api-test/tag?repo={marker}",
    b"/x/%2e%2e/images/docker-api-test/tag?repo={marker}",
    b"/x%2f..%2fimages/docker-api-test/tag?repo={marker}",
    b"/_ping%2f..%2fimages/docker-api-test/tag?repo={marker}",
    b"/_ping/%2e%2e/images/docker-api-test/tag?repo={marker}",
    b"/_ping/.%2e/images/docker-api-test/tag?repo={marker}",
    b"/_ping/%2e./images/docker-api-test/tag?repo={marker}",
    b"/images/docker-api-test/%2574ag?repo={marker}",
    b"/images%252fdocker-api-test%252ftag?repo={marker}",
    b"/%252e%252e/images/docker-api-test/tag?repo={marker}",
    b"/images/docker-api-test/%252574ag?repo={marker}",
    b"/images%c0%afdocker-api-test%c0%aftag?repo={marker}",
    b"/images%e0%80%afdocker-api-test%e0%80%aftag?repo={marker}",
    b"/images%f0%80%80%afdocker-api-test/tag?repo={marker}",
    b"/_ping/%c0%ae%c0%ae/images/docker-api-test/tag?repo={marker}",
    b"/images/docker-api-test/%c1%b4ag?repo={marker}",
    b"/images/docker-api-test/%e0%81%b4ag?repo={marker}",
    b"/images/docker-api-test%ff/tag?repo={marker}",
    b"/images/docker-api-test/tag%80?repo={marker}",
    b"/%ed%a0%80/images/docker-api-test/tag?repo={marker}",
    b"/%f4%90%80%80/images/docker-api-test/tag?repo={marker}",
    b"/images/docker-api-test\xff/tag?repo={marker}",
    b"/images\xc0\xafdocker-api-test\xc0\xaftag?repo={marker}",
    b"/images\xef\xbc\x8fdocker-api-test/tag?repo={marker}",
    b"/images%ef%bc%8fdocker-api-test%ef%bc%8ftag?repo={marker}",
    b"/image%c5%bf/docker-api-test/tag?repo={marker}",
    b"/image\xc5\xbf/docker-api-test/tag?repo={marker}",
    b"/%ef%bb%bfimages/docker-api-test/tag?repo={marker}",
    b"/images/docker-api-test/t%e2%80%8bag?repo={marker}",
    b"/images/docker-api-test/tag%00?repo={marker}",
    b"/images/docker-api-test/tag%00/json?repo={marker}",
    b"/_ping%00/../images/docker-api-test/tag?repo={marker}",
    b"/images/docker-api-test/%00tag?repo={marker}",
    b"/images/docker-api-test/tag%0a?repo={marker}",
    b"/images/docker-api-test/tag%0d%0aX:%20y?repo={marker}",
    b"/_ping%20HTTP/1.1%0d%0aHost:%20x%0d%0a%0d%0aPOST%20{tag}",
    b"/images/docker-api-test/tag%20?repo={marker}",
    b"/images/docker-api-test/tag%09?repo={marker}",
    b"/images/docker-api-test/tag%7f?repo={marker}",
    b"/images/docker-api-test/+tag?repo={marker}",
    b"/images/docker-api-test/tag%?repo={marker}",
    b"/images/docker-api-test/%7?repo={marker}",
    b"/images/docker-api-test/%zzag?repo={marker}",
    b"/images/docker-api-test/%%37%34ag?repo={marker}",
    b"/images/docker-api-test/%u0074ag?repo={marker}",
    b"/images/docker-api-test/%x74ag?repo={marker}",
    b"/images/docker-api-test/\\x74ag?repo={marker}",
    b"/images/docker-api-test/&#116;ag?repo={marker}",
    b"/images/docker-api-test/tag%3frepo={marker}",
    b"/images/docker-api-test/tag%23?repo={marker}",
    b"/images/docker-api-test/tag%3b?repo={marker}",
    b"/images/docker-api-test/tag?repo={marker}&x=%",
    b"/images/docker-api-test/tag?repo={marker}&x=%00",
    b"/images/docker-api-test/tag?repo={marker}&x=%0d%0aX:%20y",
    b"/images/docker-api-test/tag?repo={marker}&x=\xff",
    b"/images/docker-api-test/tag?%72epo={marker}",
];

const STARTS: &[&[u8]] = &[
    b"/containers/{stopped}/%73tart",
    b"/containers/{stopped}/star%74",
    b"/containers/{stopped}%2fstart",
    b"/containers%2f{stopped}%2fstart",
    b"/c%6fntainers/{stopped}/start",
    b"/%76%31.41/containers/{stopped}/start",
    b"/v1%2e41/containers/{stopped}/start",
    b"/v1.41%2fcontainers/{stopped}/start",
    b"/containers/%2f{stopped}/start",
    b"/containers/{stopped}/%2fstart",
];

/// All that a container holds.
const READS: &[&[u8]] = &[
    b"/containers/{canary}/%61rchive?path=/secret&m={marker}",
    b"/containers/{canary}%2farchive?path=/secret&m={marker}",
    b"/containers/{canary}/archive%3fpath=/secret&m={marker}",
    b"/containers/{canary}/%65xport?m={marker}",
    b"/containers%2f{canary}%2fexport?m={marker}",
    b"/v1.41/containers/{canary}/arch%69ve?path=%2fsecret&m={marker}",
];

const LOGS: &[&[u8]] = &[
    b"/containers/{canary}/logs?stdout=1&m={marker}",
    b"/containers/{canary}/%6cogs?stdout=1&m={marker}",
    b"/containers/{canary}%2flogs?stdout=1&m={marker}",
    b"/containers%2f{canary}%2flogs?stdout=1&m={marker}",
    b"/containers/{canary}/logs?stdout=1&m={marker}&x=/json",
];
