//! Signals under load.

use std::io::Write as _;
use std::thread;
use std::time::Duration;

use testkit::data::{digest, pattern};
use testkit::wait::holds_within;
use testkit::{DEADLINE, Download, Front, Pumps, Signal, StandIn, requires_sight};

use crate::{MIB, PING};

#[test]
fn a_storm_of_sighups_reloads_and_drops_nobody() {
    for front in Front::ALL {
        let engine = StandIn::start();
        let bridge = front.start(engine.socket());
        requires_sight!(bridge.bridge);
        let before = bridge.at_rest();
        let pumps = Pumps::start(&bridge.endpoint(), 4);
        let mut idle = bridge.endpoint().connect();
        for _ in 0..40 {
            for _ in 0..25 {
                bridge.bridge.signal(Signal::HUP);
            }
            assert_eq!(idle.exchange(PING).text(), "OK", "{front}");
        }
        pumps.wait_for_more();
        pumps.finish();
        drop(idle);
        if front != Front::Open {
            let reloads = "docker_api_config_reloads_total{outcome=\"success\"}";
            assert!(bridge.metric(reloads) > 0, "{front}");
            let failed = bridge.metric("docker_api_config_reloads_total{outcome=\"failure\"}");
            assert_eq!(failed, 0, "{front}");
        }
        bridge.expect_back(before, 4 * MIB);
    }
}

#[test]
fn sigterm_under_load_ends_what_can_end_and_cuts_the_rest() {
    for front in Front::ALL {
        let engine = StandIn::start();
        let grace = format!("{}s", GRACE.as_secs());
        let bridge = front
            .before(engine.socket())
            .start(|builder| builder.args(["--shutdown-grace", &grace]));
        let endpoint = bridge.endpoint();
        let downloads: Vec<_> = (0..20).map(|_| Download::begin(&endpoint, BYTES)).collect();
        let body = pattern(BYTES);
        let mut uploads: Vec<_> = (0..10).map(|_| endpoint.connect()).collect();
        for client in &mut uploads {
            client
                .send(format!("POST /bulk HTTP/1.1\r\nHost: d\r\nContent-Length: {BYTES}\r\n\r\n"));
            client.send(&body[..BYTES / 2]);
        }
        let streams: Vec<_> = (0..20)
            .map(|_| {
                let mut stream = endpoint.connect();
                stream.send("GET /events HTTP/1.1\r\nHost: docker\r\n\r\n");
                stream.read_response_head();
                stream
            })
            .collect();

        bridge.bridge.signal(Signal::TERM);
        let refused = || endpoint.try_connect().is_err();
        assert!(holds_within(DEADLINE, refused), "{front}: newcomers get in");
        thread::scope(|scope| {
            for mut client in uploads {
                let (body, sent) = (&body, digest(&body));
                scope.spawn(move || {
                    client.write_all(&body[BYTES / 2..]).unwrap();
                    assert_eq!(client.read_response(false).json()["sha256"], sent, "{front}");
                });
            }
            for download in downloads {
                scope.spawn(move || download.finish());
            }
        });
        for mut stream in streams {
            stream.expect_reset(GRACE + DEADLINE);
        }
        let status = bridge.bridge.wait_exit(DEADLINE);
        assert_eq!(status.code(), Some(0), "{front}");
    }
}

const BYTES: usize = 1024 * 1024;
/// Long enough for all of these bytes on a machine that does much else.
const GRACE: Duration = Duration::from_secs(10);
