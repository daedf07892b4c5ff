//! Before an Engine that sees a request in whatever may pass for one.

use std::collections::BTreeMap;
use std::time::Duration;

use testkit::engine::{LenientEngine, Manner};
use testkit::{DEADLINE, Endpoint, StandIn};

use crate::corpus;
use crate::judge::{self, Attacker};
use crate::{ROLES, guarded};

#[test]
fn every_kind_of_attack_arrives_at_an_engine_that_nothing_guards() {
    let mut effects = BTreeMap::new();
    let mut all = Vec::new();
    for (run, manner) in MANNERS {
        let engine = LenientEngine::start(manner);
        let made = attack(engine.socket().into(), run, BRIEF).make(corpus::all(), |_, _| {});
        effects.extend(arrived(&engine.requests()));
        all.extend(made);
    }
    let engine = StandIn::builder().http2().start();
    let made = attack(engine.endpoint(), 'h', BRIEF).make(corpus::all(), |_, _| {});
    effects.extend(arrived(&seen(&engine)));
    all.extend(made);
    judge::assert_each_family_bites(&all, &effects, &[]);
}

#[test]
fn nothing_of_an_attack_arrives_at_an_engine_behind_guarded_access() {
    for role in ROLES {
        for (run, manner) in MANNERS {
            if role.name == "hijacks" && manner == Manner::Upgrades {
                // Whose attach is answered by 101 is let go, and so it should be.
                continue;
            }
            let engine = LenientEngine::start(manner);
            let bridge = guarded(role, engine.socket());
            let attacks = corpus::under(role.name);
            let made = attack(bridge.endpoint(), run, DEADLINE).make(attacks, |_, _| {});
            let under = format!("{} before an Engine in the manner of {manner:?}", role.name);
            judge::assert_harmless(&under, &made, &arrived(&engine.requests()));
        }
    }
}

#[test]
fn nothing_of_an_attack_arrives_at_an_engine_that_speaks_http_2() {
    for role in ROLES {
        let engine = StandIn::builder().http2().start();
        let bridge = guarded(role, engine.socket());
        let attacks = corpus::under(role.name);
        let made = attack(bridge.endpoint(), 'h', DEADLINE).make(attacks, |_, _| {});
        let under = format!("{} before an Engine that speaks HTTP/2", role.name);
        judge::assert_harmless(&under, &made, &arrived(&seen(&engine)));
    }
}

/// Where a reader goes on with what it has so far, it must not read it in another way.
#[test]
fn nothing_arrives_of_an_attack_that_comes_in_pieces() {
    for role in ROLES.iter().filter(|role| matches!(role.name, "read-only" | "hijacks")) {
        for http2 in [false, true] {
            let lenient = LenientEngine::start(Manner::Go);
            let engine = StandIn::builder().http2().start();
            let bridge = guarded(*role, if http2 { engine.socket() } else { lenient.socket() });
            let attacker = Attacker { in_pieces: true, ..attack(bridge.endpoint(), 'p', DEADLINE) };
            let made = attacker.make(corpus::under(role.name), |_, _| {});
            let requests = if http2 { seen(&engine) } else { lenient.requests() };
            judge::assert_harmless(role.name, &made, &arrived(&requests));
        }
    }
}

fn attack(endpoint: Endpoint, run: char, patience: Duration) -> Attacker {
    Attacker { endpoint, run, patience, in_pieces: false }
}

/// The attacks whose marker stands in the first line of a request.
fn arrived(requests: &[Vec<u8>]) -> BTreeMap<String, String> {
    let mut effects = BTreeMap::new();
    for request in requests {
        let shown = &request[..request.len().min(200)];
        let shown = format!("a request at the Engine, {}", shown.escape_ascii());
        effects.extend(judge::markers(request).map(|marker| (marker, shown.clone())));
    }
    effects
}

fn seen(engine: &StandIn) -> Vec<Vec<u8>> {
    let requests = engine.requests();
    requests.iter().map(|request| format!("{} {}", request.method, request.path).into()).collect()
}

const MANNERS: [(char, Manner); 3] =
    [('g', Manner::Go), ('l', Manner::Lengths), ('u', Manner::Upgrades)];
/// Nothing depends on the end of a connection to an Engine itself.
const BRIEF: Duration = Duration::from_millis(500);
