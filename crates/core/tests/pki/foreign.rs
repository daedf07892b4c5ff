//! Authorities and keys that other tools made.

use std::fs;
use std::path::Path;

use docker_api_core::pki::clients;
use docker_api_core::pki::{
    CertDir, Keeper, Material, Names, PeerCertificate, PkiError, Source, SystemRandom, UserFiles,
};
use tempfile::TempDir;
use testkit::requires_tool;
use time::{Duration, OffsetDateTime};

use crate::common::{names, openssl, rustls_takes_both, start, try_start};

/// What docker:dind's entry point does, command by command, but for smaller keys of the leaves.
const DIND: &str = "\
    genrsa -out ca/key.pem 4096
    req -new -key ca/key.pem -out ca/cert.pem -subj /CN=docker:dind_CA -x509 -days 1825
    genrsa -out server/key.pem 2048
    req -new -key server/key.pem -out server/csr.pem -subj /CN=docker:dind_server
    x509 -req -in server/csr.pem -CA ca/cert.pem -CAkey ca/key.pem -CAcreateserial \
        -out server/cert.pem -days 825 -extfile server/openssl.cnf -extensions x509_exts
    genrsa -out client/key.pem 2048
    req -new -key client/key.pem -out client/csr.pem -subj /CN=docker:dind_client
    x509 -req -in client/csr.pem -CA ca/cert.pem -CAkey ca/key.pem -CAcreateserial \
        -out client/cert.pem -days 825 -extfile client/openssl.cnf -extensions x509_exts";

fn dind() -> TempDir {
    let dir = TempDir::new().unwrap();
    for folder in ["ca", "server", "client"] {
        fs::create_dir(dir.path().join(folder)).unwrap();
    }
    let write = |path: &str, text: &str| fs::write(dir.path().join(path), text).unwrap();
    write("server/openssl.cnf", "[x509_exts]\nsubjectAltName=DNS:docker,IP:127.0.0.1\n");
    write("client/openssl.cnf", "[x509_exts]\nextendedKeyUsage=clientAuth\n");
    for line in DIND.lines() {
        openssl(dir.path(), line);
    }
    for folder in ["server", "client"] {
        fs::copy(dir.path().join("ca/cert.pem"), dir.path().join(folder).join("ca.pem")).unwrap();
    }
    dir
}

fn read(dir: &Path, path: &str) -> Vec<u8> {
    fs::read(dir.join(path)).unwrap()
}

#[test]
fn a_directory_of_dind_goes_on_with_its_authority_and_its_client() {
    requires_tool!("openssl");
    let dir = dind();
    let path = dir.path();
    let kept = ["ca/key.pem", "ca/cert.pem", "client/key.pem", "client/cert.pem"];
    let before = kept.map(|file| read(path, file));
    let server = read(path, "server/cert.pem");

    let now = OffsetDateTime::now_utc();
    let wanted = names(&["docker", "127.0.0.1"]);
    let (mut keeper, material) = try_start(path, &wanted, now).unwrap();
    assert_eq!(kept.map(|file| read(path, file)), before);
    assert_eq!(read(path, "server/cert.pem"), server, "it isn't due, and has all names");
    assert!(material.own_authority);
    assert_eq!(material.record.clients().len(), 1, "dind's client can be revoked");

    let random = SystemRandom::default();
    let later = now + Duration::days(600);
    let renewed = keeper.look(&wanted, later, &random).unwrap().unwrap();
    assert_ne!(renewed.chain, material.chain);
    assert_eq!(renewed.authorities, material.authorities);
    let at = later.unix_timestamp();
    openssl(
        path,
        &format!("verify -attime {at} -CAfile ca/cert.pem -purpose sslserver server/cert.pem"),
    );
    openssl(
        path,
        &format!("verify -attime {at} -CAfile ca/cert.pem -purpose sslclient client/cert.pem"),
    );

    rustls_takes_both(path, "docker", later);

    clients::revoke_client(&CertDir::new(path), "client", later).unwrap();
    let anew = keeper.look(&wanted, later, &random).unwrap().unwrap();
    let client = PeerCertificate::parse(&certificate(path, "client/cert.pem")).unwrap();
    assert!(!anew.record.is_revoked(&anew.authority, client.serial.as_bytes()));
}

#[test]
fn an_rsa_authority_without_key_usages_signs_clients_and_a_list() {
    requires_tool!("openssl");
    let dir = TempDir::new().unwrap();
    let path = dir.path();
    fs::create_dir(path.join("ca")).unwrap();
    fs::write(path.join("plain.cnf"), PLAIN).unwrap();
    openssl(path, "genrsa -traditional -out ca/key.pem 4096");
    openssl(path, "req -new -x509 -key ca/key.pem -out ca/cert.pem -days 400 -config plain.cnf");
    assert!(!openssl(path, "x509 -noout -text -in ca/cert.pem").contains("Key Usage"));
    start(path);
    openssl(path, "verify -CAfile ca/cert.pem -crl_check -CRLfile ca/crl.pem server/cert.pem");
    openssl(path, "verify -CAfile ca/cert.pem -purpose sslclient client/cert.pem");
    rustls_takes_both(path, "localhost", OffsetDateTime::now_utc());
}

/// No key usages, and no key identifier either.
const PLAIN: &str = "\
[req]
prompt = no
distinguished_name = name
x509_extensions = extensions
[name]
O = Example
CN = plain authority
[extensions]
basicConstraints = critical,CA:TRUE
";

#[test]
fn an_authority_whose_name_cannot_be_written_is_refused_and_not_replaced() {
    requires_tool!("openssl");
    let dir = TempDir::new().unwrap();
    let path = dir.path();
    fs::create_dir(path.join("ca")).unwrap();
    openssl(path, "ecparam -name prime256v1 -genkey -out ca/key.pem");
    openssl(path, "req -new -x509 -key ca/key.pem -out ca/cert.pem -subj /DC=com/DC=example/CN=x");
    let before = read(path, "ca/cert.pem");
    let error = try_start(path, &names(&["a"]), OffsetDateTime::now_utc()).unwrap_err();
    assert!(
        error.to_string().contains("ca/cert.pem: its subject has an attribute twice"),
        "{error}"
    );
    assert_eq!(read(path, "ca/cert.pem"), before);
}

#[test]
fn an_authority_with_ec_parameters_before_its_key_signs() {
    requires_tool!("openssl");
    let dir = TempDir::new().unwrap();
    let path = dir.path();
    fs::create_dir(path.join("ca")).unwrap();
    openssl(path, "ecparam -name secp384r1 -genkey -out ca/key.pem");
    assert!(String::from_utf8(read(path, "ca/key.pem")).unwrap().contains("EC PARAMETERS"));
    openssl(path, "req -new -x509 -key ca/key.pem -out ca/cert.pem -subj /CN=x -days 100");
    start(path);
    openssl(path, "verify -CAfile ca/cert.pem -purpose sslserver server/cert.pem");
}

fn users(path: &Path, key: &str, crl: Option<&str>) -> Source {
    Source::Files(UserFiles {
        certificate: path.join("cert.pem"),
        key: path.join(key),
        authority: path.join("ca.pem"),
        crl: crl.map(|crl| path.join(crl)),
    })
}

fn serve(source: Source) -> Result<Material, PkiError> {
    let random = SystemRandom::default();
    let started = Keeper::start(source, &Names::default(), OffsetDateTime::now_utc(), &random);
    started.map(|(_, material)| material)
}

fn self_signed(path: &Path) {
    openssl(path, "req -new -x509 -key key.pem -out cert.pem -subj /CN=x -days 10");
    fs::copy(path.join("cert.pem"), path.join("ca.pem")).unwrap();
}

#[test]
fn keys_of_every_usual_kind_and_form_are_served() {
    requires_tool!("openssl");
    for make in [
        "genrsa -out key.pem 2048",
        "genrsa -traditional -out key.pem 2048",
        "ecparam -name prime256v1 -genkey -out key.pem",
        "ecparam -name secp384r1 -genkey -noout -out key.pem",
        "genpkey -algorithm ed25519 -out key.pem",
    ] {
        let dir = TempDir::new().unwrap();
        openssl(dir.path(), make);
        self_signed(dir.path());
        serve(users(dir.path(), "key.pem", None)).unwrap();
    }
}

#[test]
fn encrypted_keys_and_odd_curves_are_refused_with_a_way_out() {
    requires_tool!("openssl");
    let dir = TempDir::new().unwrap();
    let path = dir.path();
    openssl(path, "genrsa -out key.pem 2048");
    self_signed(path);
    openssl(path, "pkcs8 -topk8 -in key.pem -out pkcs8.pem -passout pass:secret");
    openssl(path, "rsa -traditional -aes128 -in key.pem -out pkcs1.pem -passout pass:secret");
    for key in ["pkcs8.pem", "pkcs1.pem"] {
        let error = serve(users(path, key, None)).unwrap_err().to_string();
        assert!(error.contains(key) && error.contains("openssl pkey -in"), "{error}");
    }
    openssl(path, "ecparam -name secp256k1 -genkey -noout -out key.pem");
    self_signed(path);
    let error = serve(users(path, "key.pem", None)).unwrap_err().to_string();
    assert!(error.contains("key.pem: this kind of key can't be used; make one of RSA"), "{error}");
}

#[test]
fn an_encrypted_authority_is_the_users_and_signs_nothing() {
    requires_tool!("openssl");
    let dir = TempDir::new().unwrap();
    let path = dir.path();
    start(path);
    openssl(path, "pkcs8 -topk8 -in ca/key.pem -out ca/locked.pem -passout pass:secret");
    fs::rename(path.join("ca/locked.pem"), path.join("ca/key.pem")).unwrap();
    let (_, material) = start(path);
    assert!(material.warnings[0].contains("encrypted"), "{:?}", material.warnings);
    let (now, random) = (OffsetDateTime::now_utc(), SystemRandom::default());
    let name = "laptop".parse().unwrap();
    let dir = CertDir::new(path);
    let error = clients::add_client(&dir, &name, None, None, now, &random);
    let error = error.unwrap_err().to_string();
    assert!(error.contains("cannot sign") && error.contains("ca/key.pem"), "{error}");
}

#[test]
fn a_list_is_taken_as_pem_and_der_from_a_trusted_authority_alone() {
    requires_tool!("openssl");
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    start(dir.path());
    start(other.path());
    let path = dir.path();
    openssl(path, "crl -in ca/crl.pem -outform DER -out list.der");
    fs::copy(other.path().join("ca/crl.pem"), path.join("foreign.pem")).unwrap();
    fs::write(path.join("empty.pem"), "").unwrap();
    for (from, to) in
        [("server/cert.pem", "cert.pem"), ("server/key.pem", "key.pem"), ("ca/cert.pem", "ca.pem")]
    {
        fs::copy(path.join(from), path.join(to)).unwrap();
    }
    for list in ["ca/crl.pem", "list.der"] {
        let material = serve(users(path, "key.pem", Some(list))).unwrap();
        assert_eq!(material.crls.len(), 1, "{list}");
    }
    for (list, why) in [
        ("foreign.pem", "isn't trusted here"),
        ("empty.pem", "neither PEM nor DER"),
        ("ca.pem", "it holds none"),
        ("none.pem", "no such file; --tlscrl"),
    ] {
        let error = serve(users(path, "key.pem", Some(list))).unwrap_err().to_string();
        assert!(error.contains(list) && error.contains(why), "{error}");
    }
    let source = Source::CertDir { dir: CertDir::new(path), crl: Some(path.join("foreign.pem")) };
    assert!(serve(source).is_err(), "beside a directory's record too");
}

#[test]
fn a_peer_is_read_by_its_subject_and_usages() {
    requires_tool!("openssl");
    let dir = TempDir::new().unwrap();
    let path = dir.path();
    let (now, random) = (OffsetDateTime::now_utc(), SystemRandom::default());
    let name = "laptop".parse().unwrap();
    let certs = CertDir::new(path);
    let made = clients::add_client(&certs, &name, Some("full"), Some(7), now, &random).unwrap();
    let peer = PeerCertificate::parse(&certificate(path, "clients/laptop/cert.pem")).unwrap();
    assert_eq!(peer.common_name.as_deref(), Some("laptop"));
    assert_eq!(peer.role(), Some("full"));
    assert_eq!(peer.serial, made.serial);
    assert_eq!(peer.not_after, made.not_after);
    let usages = openssl(path, "x509 -noout -ext extendedKeyUsage -in clients/laptop/cert.pem");
    assert!(usages.trim().ends_with("\n    TLS Web Client Authentication"), "{usages}");
    assert_eq!(peer.subject, "CN=laptop, OU=role:full");
    let serial = openssl(path, "x509 -noout -serial -in clients/laptop/cert.pem");
    assert_eq!(serial.trim().to_lowercase(), format!("serial={}", peer.serial));
}

fn certificate(dir: &Path, path: &str) -> rustls::pki_types::CertificateDer<'static> {
    docker_api_core::pki::pem::read_certificates(&dir.join(path)).unwrap().swap_remove(0)
}
