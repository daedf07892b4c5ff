//! Authorities that come from elsewhere: put there by the user, made by docker:dind, locked away.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use testkit::certificates::Authority;
use testkit::process::finish;
use testkit::tls::{self, Alert};
use testkit::{DEADLINE, Program, Signal, StandIn, eventually, requires_tool, stream};

use crate::{assert_verifies, bridge_tls, certificate, count, openssl, shown, wait_until_shown};

#[test]
fn an_authority_that_the_user_puts_there_makes_server_and_client_anew() {
    requires_tool!("openssl");
    let engine = StandIn::start();
    let bridge = bridge_tls(&engine).start();
    let (dir, endpoint) = (bridge.cert_dir(), bridge.endpoint());
    let old = TempDir::new().unwrap();
    for file in ["cert.pem", "key.pem"] {
        fs::copy(dir.join("client").join(file), old.path().join(file)).unwrap();
    }

    let authority = Authority::new("another");
    fs::write(dir.join("ca/cert.pem"), authority.pem()).unwrap();
    bridge.signal(Signal::HUP);
    // Half of it is waited out, and nothing of it is overwritten.
    let line = bridge.wait_for_log_containing("the old certificates stay in force: ");
    assert!(line.contains("ca/cert.pem") && line.contains("ca/key.pem"), "{line}");
    assert_eq!(stream::get(&endpoint, "/_ping").text(), "OK");
    fs::write(dir.join("ca/key.pem"), authority.key_pem()).unwrap();
    bridge.signal(Signal::HUP);
    eventually(DEADLINE, "client/ is of the new authority", || {
        fs::read_to_string(dir.join("client/ca.pem")).unwrap() == authority.pem()
            && fs::read_to_string(dir.join("server/ca.pem")).unwrap() == authority.pem()
    });
    wait_until_shown(&endpoint, &dir.join("server/cert.pem"));
    assert_eq!(stream::get(&endpoint, "/_ping").text(), "OK");
    assert_verifies(dir);
    assert_eq!(fs::read_to_string(dir.join("ca/cert.pem")).unwrap(), authority.pem());
    let [certificate, key] = ["cert.pem", "key.pem"].map(|file| old.path().join(file));
    let old = tls::Client::trusting(dir.join("ca/cert.pem")).showing(certificate, key);
    assert_eq!(tls::refusal(&old.at(bridge.addr())), Alert::UnknownCA);
}

/// The authority has RSA-4096 and no key usage.
#[test]
fn a_directory_of_dind_is_taken_over_and_its_client_still_comes_in() {
    requires_tool!("openssl");
    requires_tool!("docker");
    let engine = StandIn::start();
    let folder = TempDir::new().unwrap();
    like_dind(folder.path());
    let kept = ["ca/cert.pem", "ca/key.pem", "client/cert.pem", "client/key.pem"];
    let read = || kept.map(|file| fs::read(folder.path().join(file)).unwrap());
    let before = read();
    let old = certificate(&folder.path().join("server/cert.pem"));

    let bridge = bridge_tls(&engine).cert_dir(folder.path()).start();
    let line = bridge.wait_for_log_containing("made the server's certificate: ");
    assert!(line.ends_with("there are new names"), "{line}");
    assert!(read() == before, "what dind made is kept");
    assert!(shown(&bridge.endpoint()) != old);
    let docker = bridge.endpoint().docker(&["version", "--format", "{{.Server.Version}}"]);
    let output = finish(docker, DEADLINE);
    assert!(output.status.success(), "{output:?}");
    let file = |name: &str| folder.path().join(name).display().to_string();
    let purpose = ["-purpose", "sslserver", "-CAfile", &file("client/ca.pem")];
    openssl(&[&["verify"], &purpose[..], &[&file("server/cert.pem")]].concat());
    let list = ["crl", "-noout", "-in", &file("ca/crl.pem"), "-CAfile", &file("ca/cert.pem")];
    openssl(&list);
}

#[test]
fn without_its_authoritys_key_a_directory_is_served_as_it_is_with_one_warning() {
    requires_tool!("openssl");
    let engine = StandIn::start();
    for encrypted in [false, true] {
        let folder = TempDir::new().unwrap();
        drop(bridge_tls(&engine).cert_dir(folder.path()).start());
        let key = folder.path().join("ca/key.pem");
        if encrypted {
            let words = ["-aes128", "-passout", "pass:secret", "-out"];
            let (from, to) = (key.to_str().unwrap(), folder.path().join("locked"));
            openssl(&[&["pkey", "-in", from], &words[..], &[to.to_str().unwrap()]].concat());
            // The directory may have been handed to nonroot, as whom it is read.
            let owner = fs::metadata(folder.path()).unwrap();
            chown(&to, Some(owner.uid()), Some(owner.gid())).unwrap();
            fs::rename(to, &key).unwrap();
        } else {
            fs::remove_file(&key).unwrap();
        }
        let before = files(folder.path());
        // Names that came are no reason: nothing can be signed.
        let bridge = bridge_tls(&engine).cert_dir(folder.path()).args(["--san", "new"]).start();
        assert_eq!(stream::get(&bridge.endpoint(), "/_ping").text(), "OK");
        assert!(shown(&bridge.endpoint()) == certificate(&folder.path().join("server/cert.pem")));
        bridge.signal(Signal::HUP);
        let line = bridge.wait_for_log_containing("served as they are and not renewed: ");
        assert_eq!(line.contains("is encrypted"), encrypted, "{line}");
        let warned = bridge.logs().lines().filter(|line| line.contains(" WARN ")).count();
        assert_eq!((warned, count(&bridge, "not renewed")), (1, 1), "{}", bridge.logs());
        assert!(files(folder.path()) == before, "nothing was written");
    }
}

/// As the page about TLS says that it is done.
#[test]
fn without_the_old_one_and_what_it_made_for_the_server_a_start_makes_a_new_authority() {
    let engine = StandIn::start();
    let folder = TempDir::new().unwrap();
    let bridge = || bridge_tls(&engine).cert_dir(folder.path()).start();
    drop(bridge());
    let add = Program::ours("bridge-tls").args(["client", "add", "laptop", "--cert-dir"]);
    assert!(add.arg(folder.path()).run().status.success());
    for name in ["ca", "server"] {
        fs::remove_dir_all(folder.path().join(name)).unwrap();
    }
    let bridge = bridge();
    assert_eq!(stream::get(&bridge.endpoint(), "/_ping").text(), "OK");
    let laptop = folder.path().join("clients/laptop");
    let [certificate, key] = ["cert.pem", "key.pem"].map(|file| laptop.join(file));
    let laptop = tls::Client::trusting(folder.path().join("ca/cert.pem")).showing(certificate, key);
    assert_eq!(tls::refusal(&laptop.at(bridge.addr())), Alert::UnknownCA);
}

#[test]
fn of_ends_those_are_told_that_somebody_must_care_for() {
    let engine = StandIn::start();
    let folder = TempDir::new().unwrap();
    let bridge = || bridge_tls(&engine).cert_dir(folder.path());
    drop(bridge().args(["--server-days", "5"]).start());
    let add = Program::ours("bridge-tls").args(["client", "add", "brief", "--days", "5"]);
    assert!(add.arg("--cert-dir").arg(folder.path()).run().status.success());
    let ca = folder.path().join("ca");
    let [certificate, key] = ["cert.pem", "key.pem"].map(|file| ca.join(file));

    // Nobody renews the server's then.
    fs::remove_file(&key).unwrap();
    let served = bridge().start();
    served.wait_for_log_containing(" WARN the server's certificate expires in 5 days, on ");
    served.wait_for_log_containing(" WARN the certificate of client brief (");
    drop(served);

    // And the certificates of an authority that is gone are no good already.
    let authority = Authority::new("another");
    fs::write(&certificate, authority.pem()).unwrap();
    fs::write(&key, authority.key_pem()).unwrap();
    let owner = fs::metadata(&certificate).unwrap();
    chown(&key, Some(owner.uid()), Some(owner.gid())).unwrap();
    let served = bridge().start();
    served.signal(Signal::HUP);
    served.wait_for_log_containing("the certificates haven't changed");
    assert!(!served.logs().contains(" expires in "), "{}", served.logs());
}

/// What docker:dind's entry point does, command by command, but for smaller keys of the leaves.
fn like_dind(dir: &Path) {
    for folder in ["ca", "server", "client"] {
        fs::create_dir(dir.join(folder)).unwrap();
    }
    let at = |name: &str| dir.join(name).display().to_string();
    let extensions = [
        ("server", "subjectAltName=DNS:docker,DNS:localhost,IP:127.0.0.1\n"),
        ("client", "extendedKeyUsage=clientAuth\n"),
    ];
    openssl(&["genrsa", "-out", &at("ca/key.pem"), "4096"]);
    let request = ["req", "-new", "-key", &at("ca/key.pem"), "-out", &at("ca/cert.pem")];
    openssl(&[&request[..], &["-subj", "/CN=docker:dind CA", "-x509", "-days", "1825"]].concat());
    for (who, extension) in extensions {
        let [key, request] = ["key", "csr"].map(|name| at(&format!("{who}/{name}.pem")));
        let [certificate, config] =
            ["cert.pem", "openssl.cnf"].map(|name| at(&format!("{who}/{name}")));
        fs::write(&config, format!("[x509_exts]\n{extension}")).unwrap();
        openssl(&["genrsa", "-out", &key, "2048"]);
        let subject = format!("/CN=docker:dind {who}");
        openssl(&["req", "-new", "-key", &key, "-out", &request, "-subj", &subject]);
        let by = ["-CA", &at("ca/cert.pem"), "-CAkey", &at("ca/key.pem"), "-CAcreateserial"];
        let what = ["-out", &certificate, "-days", "825", "-extfile", &config];
        let words =
            [&["x509", "-req", "-in", &request], &by[..], &what, &["-extensions", "x509_exts"]];
        openssl(&words.concat());
        fs::copy(dir.join("ca/cert.pem"), dir.join(who).join("ca.pem")).unwrap();
    }
}

/// All that is in `ca/`, `server/` and `client/`.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let folders = ["ca", "server", "client"].map(|folder| dir.join(folder));
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let files = files.map(|file| file.unwrap().path());
    files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}
