//! Units of a certificate mean something in those of the directory's own authority alone.

use std::fs;

use testkit::certificates::{Authority, Leaf};
use testkit::process::run_to_end;
use testkit::stream::get;
use testkit::tls::Client;
use testkit::{Bridge, StandIn};

use crate::{TLS, VERSIONS, assert_served, builder, server, text};

#[test]
fn a_unit_that_looks_like_a_role_means_nothing_and_the_default_role_counts() {
    let (engine, authority) = (StandIn::start(), Authority::new("users"));
    let open = builder(&engine, &server(&authority)).start();
    let closed = builder(&engine, &server(&authority)).args(["--default-role", "monitor"]).start();
    for leaf in [Leaf::client("laptop").unit("role:full"), Leaf::client("dind")] {
        let issued = authority.issue(&leaf);
        let client = issued.client();
        assert_served(&open, &client);
        assert_served(&closed, &client);
        for version in VERSIONS {
            let endpoint = client.clone().version(version).at(closed.addr());
            assert_eq!(get(&endpoint, "/containers/x/logs").status, 403, "{version:?}");
        }
    }
    let restricted = Leaf::client("laptop").unit("role:monitor");
    let issued = authority.issue(&restricted);
    let client = issued.client().at(open.addr());
    assert_eq!(get(&client, "/containers/x/logs").status, 200);
}

/// Whoever keeps that other authority must not be able to hand out roles.
#[test]
fn nor_does_it_in_one_of_an_authority_that_is_trusted_beside_the_directorys_own() {
    let (engine, folder) = (StandIn::start(), tempfile::tempdir().unwrap());
    let words = ["client", "add", "laptop", "--role", "full", "--host", "127.0.0.1", "--cert-dir"];
    let made = run_to_end("bridge-tls", &[&words[..], &[text(folder.path())]].concat(), &[]);
    assert!(made.status.success(), "{made:?}");
    let (root, ca) = (Authority::new("another"), folder.path().join("ca/cert.pem"));
    let own = fs::read_to_string(&ca).unwrap();
    fs::write(&ca, format!("{own}{}", root.pem())).unwrap();
    let bridge = Bridge::builder().over(TLS).upstream(engine.socket()).cert_dir(folder.path());
    let bridge = bridge.args(["--default-role", "monitor"]).start();
    let status = |client: &Client, version| {
        let endpoint = client.clone().version(version).at(bridge.addr());
        get(&endpoint, "/containers/x/logs").status
    };
    for version in VERSIONS {
        for authority in [&root, &root.intermediate("below")] {
            let stranger = authority.issue(&Leaf::client("stranger").unit("role:full"));
            assert_eq!(status(&stranger.trusting(&ca).client(), version), 403, "{version:?}");
        }
        let laptop = Client::from_folder(folder.path().join("clients/laptop"));
        assert_eq!(status(&laptop, version), 200, "{version:?}");
    }
}
