//! Before a real dockerd: what counts is what it did.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::json;
use testkit::dockerd::PrivateDockerd;
use testkit::{DEADLINE, Dockerd, Endpoint, image, stream, wait};

use crate::corpus::{self, Attack, contains};
use crate::judge::{self, Attacker, Made};
use crate::{CANARY, ROLES, SECRET, guarded};

#[test]
fn every_kind_of_attack_has_its_effect_on_a_dockerd_that_nothing_guards() {
    let Some(witness) = Witness::start() else { return };
    let made = witness.make(corpus::all(), 'd', witness.engine.endpoint(), BRIEF);
    let effects = witness.effects(&made);
    judge::assert_each_family_bites(&made, &effects, &["HTTP/2"]);
}

#[test]
fn no_attack_has_an_effect_on_a_dockerd_behind_guarded_access() {
    let Some(witness) = Witness::start() else { return };
    let before = witness.inventory();
    for role in ROLES {
        let bridge = guarded(role, witness.engine.socket());
        let attacks = corpus::under(role.name);
        let made = witness.make(attacks, role.letter, bridge.endpoint(), DEADLINE);
        judge::assert_harmless(role.name, &made, &witness.effects(&made));
        // It may be that nothing is told of what was done.
        assert_eq!(witness.inventory(), before, "under {}", role.name);
    }
}

/// A dockerd, and what it says that it did.
struct Witness {
    engine: PrivateDockerd,
    events: Arc<Mutex<Vec<String>>>,
}

impl Witness {
    /// `None`: it can't run here, and the test is skipped.
    fn start() -> Option<Self> {
        let engine = Dockerd::private_or_skip(&[])?;
        // Neither its command nor its settings tell the secret.
        let script = "printf 'hidden-%s\\n' word | tee /secret; exec sleep 3600";
        let run = ["run", "--detach", "--network", "none", "--stop-signal", "KILL"];
        engine.run(&[&run[..], &["--name", CANARY, image::IMAGE, "sh", "-c", script]].concat());
        wait::eventually(DEADLINE, "it has said it", || engine.run(&["logs", CANARY]) == SECRET);

        let events: Arc<Mutex<Vec<String>>> = Arc::default();
        let mut watch = engine.endpoint().connect();
        watch.set_read_timeout(None);
        watch.write_all(b"GET /events HTTP/1.0\r\n\r\n").expect("cannot ask for events");
        let told = Arc::clone(&events);
        thread::spawn(move || {
            for line in BufReader::new(watch).lines().map_while(Result::ok) {
                told.lock().expect("nobody panics with it").push(line);
            }
        });
        let this = Self { engine, events };
        this.wait_for_events("first");
        Some(this)
    }

    fn make(
        &self,
        attacks: Vec<Attack>,
        run: char,
        endpoint: Endpoint,
        patience: Duration,
    ) -> Vec<Made> {
        let attacker = Attacker { endpoint, run, patience, in_pieces: false };
        attacker.make(attacks, |attack, marker| {
            if let Some(name) = attack.stopped(marker) {
                self.create(&name);
            }
        })
    }

    fn create(&self, name: &str) {
        let body = json!({ "Image": image::IMAGE, "Cmd": ["true"], "NetworkDisabled": true });
        let body = body.to_string();
        let created = stream::request(
            &self.engine.endpoint(),
            format!(
                "POST /containers/create?name={name} HTTP/1.1\r\nHost: docker\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\
                 Connection: close\r\n\r\n{body}",
                body.len()
            ),
        );
        assert_eq!(created.status, 201, "{}", created.text());
    }

    /// Which attacks made it do or tell something, and what.
    fn effects(&self, made: &[Made]) -> BTreeMap<String, String> {
        let attacks = made.first().map_or("none", |one| one.marker.trim_start_matches("zq"));
        self.wait_for_events(attacks);
        let events = self.events.lock().expect("nobody panics with it").clone();
        let mut effects = BTreeMap::new();
        for one in made {
            let (marker, stopped) = (&one.marker, one.attack.stopped(&one.marker));
            let own = |event: &str| {
                event.contains("\"Action\":\"create\"")
                    && stopped.as_ref().is_some_and(|name| event.contains(name))
            };
            let event = events.iter().find(|event| event.contains(marker) && !own(event));
            if let Some(event) = event {
                effects.insert(marker.clone(), format!("an event, {event}"));
            } else if contains(&one.answer, SECRET) {
                effects.insert(marker.clone(), "the secret, told".to_owned());
            }
        }
        effects
    }

    /// All that it has, but for what attacks are prepared with.
    fn inventory(&self) -> Vec<String> {
        let containers = self.engine.run(&["ps", "--all", "--format", "{{.Names}} is {{.State}}"]);
        let mut all: Vec<String> = [
            containers,
            self.engine.run(&["images", "--format", "{{.Repository}}:{{.Tag}}"]),
            self.engine.run(&["volume", "ls", "--quiet"]),
            self.engine.run(&["network", "ls", "--format", "{{.Name}}"]),
        ]
        .iter()
        .flat_map(|list| list.lines().map(str::to_owned))
        .filter(|line| !(line.starts_with("stopped-") && line.ends_with(" is created")))
        .filter(|line| !line.starts_with(WAITED_FOR))
        .collect();
        all.sort();
        all
    }

    /// Events come in order: one that is made now comes behind all of before.
    fn wait_for_events(&self, name: &str) {
        let name = &format!("{WAITED_FOR}{name}");
        self.engine.run(&["tag", image::IMAGE, name]);
        wait::eventually(DEADLINE, "its events are told", || {
            let events = self.events.lock().expect("nobody panics with it");
            events.iter().any(|event| event.contains(&format!("\"{name}:latest\"")))
        });
    }
}

/// Tags made to be told of.
const WAITED_FOR: &str = "waited-for-";
/// Attaches go on for longer, and nothing depends on their end.
const BRIEF: Duration = Duration::from_secs(1);
