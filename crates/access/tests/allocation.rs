//! A request that is allowed costs no allocation.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use docker_api_access::{Policy, Profile, Request, Verdict};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

#[derive(Debug)]
struct Counting;

#[expect(unsafe_code, reason = "there is no safe way to watch an allocator")]
// SAFETY: the system's, and counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(role: &docker_api_access::Role, method: &str, target: &str) -> usize {
    let request = Request { method: method.as_bytes(), target: target.as_bytes(), grpc: false };
    let before = ALLOCATIONS.get();
    let judgement = role.judge(&request);
    let after = ALLOCATIONS.get();
    assert_eq!(judgement.verdict, Verdict::Allow, "{method} {target}");
    after - before
}

#[test]
fn an_allowed_request_allocates_nothing() {
    let text = "[roles.a]\nextends = ['read-only']\nallow-paths = ['GET /libpod/**/json']";
    let policy = Policy::parse("policy.toml", text).unwrap();
    let policy = policy.with_profile(Profile::Linuxserver, &|_| Some("1".to_owned()));
    assert_ne!(ALLOCATIONS.get(), 0, "the allocator doesn't count");
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
