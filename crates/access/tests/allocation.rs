//! A request that is allowed costs no allocation.

use docker_api_access::{Policy, Profile, Request, Verdict};
use testkit::allocations::{Counting, so_far};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(role: &docker_api_access::Role, method: &str, target: &str) -> usize {
    let request = Request { method: method.as_bytes(), target: target.as_bytes(), grpc: false };
    let before = so_far();
    let judgement = role.judge(&request);
    let after = so_far();
    assert_eq!(judgement.verdict, Verdict::Allow, "{method} {target}");
    after - before
}

#[test]
fn an_allowed_request_allocates_nothing() {
    let text = "[roles.a]\nextends = ['read-only']\nallow-paths = ['GET /libpod/**/json']";
    let policy = Policy::parse("policy.toml", text).unwrap();
    let policy = policy.with_profile(Profile::Linuxserver, &|_| Some("1".to_owned()));
    assert_ne!(so_far(), 0, "the allocator doesn't count");
    for (role, method, target) in [
        ("a", "GET", "/v1.41/containers/json?all=1"),
        ("a", "HEAD", "/containers/web%2Falias/json"),
        ("a", "GET", "/v4.0.0/libpod/a%2Fb/c/json"),
        ("linuxserver", "POST", "/v1.41/containers/create"),
        ("linuxserver", "POST", "/containers/a%2Db/start"),
        ("full", "GET", "/v1.41/containers/json"),
    ] {
        let role = policy.role(role).unwrap();
        assert_eq!(allocations(role, method, target), 0, "{method} {target}");
    }
}
