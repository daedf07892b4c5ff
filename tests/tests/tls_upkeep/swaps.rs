//! Ten connections pump data through five swaps of the server's certificate: nothing is lost,
//! nobody is dropped, and newcomers get the new one.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use testkit::certificates::Issued;
use testkit::process::Process;
use testkit::{Bridge, DEADLINE, Endpoint, Pumps, Signal, StandIn, eventually, requires_tool};

use crate::{bridge_tls, certificate, put, serve_files, shown, signing, wait_until_shown};

/// Sooner than the next look without a signal.
const AT_ONCE: Duration = Duration::from_secs(3);

#[test]
fn swaps_of_the_users_files_drop_nobody() {
    requires_tool!("openssl");
    let engine = StandIn::start();
    let folder = TempDir::new().unwrap();
    let (new, client) = signing();
    let mounted = kubernetes(folder.path(), &new());
    let (bridge, address) = serve_files(&engine, &mounted);
    let endpoint = client.client().at(address);

    let pumps = Pumps::start(&endpoint, 10);
    let swaps: [fn(&Path, &Issued); 5] = [by_link, by_link, by_rename, in_place, in_place];
    for swap in swaps {
        let issued = new();
        let new = certificate(&issued.certificate());
        swap(&mounted, &issued);
        bridge.signal(Signal::HUP);
        eventually(AT_ONCE, "newcomers get the new one", || shown(&endpoint) == new);
        pumps.wait_for_more();
    }
    pumps.finish();
}

#[test]
fn renewals_in_the_cert_dir_drop_nobody() {
    requires_tool!("openssl");
    let engine = StandIn::start();
    let bridge = bridge_tls(&engine).start();
    let (endpoint, dir) = (bridge.endpoint(), bridge.cert_dir());
    let pumps = Pumps::start(&endpoint, 10);
    let (certificate, key) = ("server/cert.pem", "server/key.pem");
    for gone in [&[certificate][..], &[key], &[certificate, key], &["server/ca.pem", key], &[key]] {
        renewed(&bridge, || {
            for file in gone {
                fs::remove_file(dir.join(file)).unwrap();
            }
        });
        pumps.wait_for_more();
    }
    pumps.finish();
    crate::assert_verifies(dir);
    assert!(shown(&endpoint) == crate::certificate(&dir.join(certificate)));
}

#[test]
fn swaps_are_seen_within_seconds_without_a_signal() {
    requires_tool!("openssl");
    let engine = StandIn::start();
    let folder = TempDir::new().unwrap();
    let (new, client) = signing();
    let swaps: [fn(&Path, &Issued); 3] = [by_link, by_rename, in_place];
    let served: Vec<(Process, Endpoint, Issued)> = swaps
        .iter()
        .enumerate()
        .map(|(number, swap)| {
            let mounted = kubernetes(&folder.path().join(number.to_string()), &new());
            let (bridge, address) = serve_files(&engine, &mounted);
            let issued = new();
            swap(&mounted, &issued);
            (bridge, client.client().at(address), issued)
        })
        .collect();
    let dir = bridge_tls(&engine).start();
    let before = shown(&dir.endpoint());
    fs::remove_dir_all(dir.cert_dir().join("server")).unwrap();

    for (_bridge, endpoint, issued) in &served {
        wait_until_shown(endpoint, &issued.certificate());
    }
    eventually(DEADLINE, "it is made anew", || shown(&dir.endpoint()) != before);
}

/// A server's certificate is made anew by what `change` does, and is in force.
fn renewed(bridge: &Bridge, change: impl FnOnce()) {
    let before = shown(&bridge.endpoint());
    change();
    bridge.signal(Signal::HUP);
    let path = bridge.cert_dir().join("server/cert.pem");
    eventually(DEADLINE, "another certificate is in force", || shown(&bridge.endpoint()) != before);
    assert!(shown(&bridge.endpoint()) == certificate(&path));
}

/// A folder as a secret is mounted: files are links through `..data`, which alone is swapped.
fn kubernetes(folder: &Path, issued: &Issued) -> PathBuf {
    let mounted = folder.join("mounted");
    fs::create_dir_all(&mounted).unwrap();
    for name in ["tls.crt", "tls.key", "ca.crt"] {
        symlink(format!("..data/{name}"), mounted.join(name)).unwrap();
    }
    by_link(&mounted, issued);
    mounted
}

fn by_link(mounted: &Path, issued: &Issued) {
    let version = issued.path().file_name().unwrap();
    put(issued, &mounted.join(version));
    symlink(version, mounted.join("..data_tmp")).unwrap();
    fs::rename(mounted.join("..data_tmp"), mounted.join("..data")).unwrap();
}

fn by_rename(mounted: &Path, issued: &Issued) {
    let new = mounted.join("new");
    put(issued, &new);
    for name in ["tls.key", "tls.crt", "ca.crt"] {
        fs::rename(new.join(name), mounted.join(name)).unwrap();
    }
}

fn in_place(mounted: &Path, issued: &Issued) {
    put(issued, mounted);
}
