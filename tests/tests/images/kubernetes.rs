//! The container of our Kubernetes manifest, as Docker runs it.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};

use testkit::certificates::{Authority, Leaf};
use testkit::process::finish;
use testkit::{DEADLINE, eventually, requires_docker};

use crate::rights::Rights;
use crate::tls::{Container, serves};
use crate::{Images, deployment};

#[test]
fn a_pod_becomes_nonroot_who_reads_a_renewed_secret_again() {
    let engine = requires_docker!();
    Images::write_with(&["docker-api-tls", "--load"], &[("DOCKER_HOST", &engine.host())]);
    let manifest = fs::read_to_string(deployment("docker-api-tls.kubernetes.yaml")).unwrap();
    let drops = "runAsUser: 0 # until it has its port and keys; then it becomes a user without \
                 rights\n            readOnlyRootFilesystem: true\n            \
                 allowPrivilegeEscalation: false\n            capabilities:\n              drop: \
                 [ALL]\n              add: [SETGID, SETUID]\n";
    assert!(manifest.contains(drops) && manifest.contains("mountPath: /certs, readOnly: true"));
    let variables = manifest.lines().filter_map(|line| {
        let line = line.trim().strip_prefix("- { name: BRIDGE_TLS_")?.strip_suffix(" }")?;
        let (name, value) = line.split_once(", value: ")?;
        Some(format!("--env=BRIDGE_TLS_{name}={}", value.trim_matches('"')))
    });
    let variables: Vec<_> = variables.collect();
    assert_eq!(variables.len(), 4, "{variables:?}");

    // As the kubelet mounts it: root's, and readable to all in the pod.
    let secret = tempfile::tempdir_in(engine.folder()).unwrap();
    fs::set_permissions(secret.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let authority = Authority::like_dinds("example.com");
    let server = authority.issue(&Leaf::server(&["127.0.0.1"]));
    for (from, to) in
        [(server.ca(), "ca.crt"), (server.certificate(), "tls.crt"), (server.key(), "tls.key")]
    {
        let to = secret.path().join(to);
        fs::copy(from, &to).unwrap();
        chown(&to, Some(0), Some(0)).unwrap();
        fs::set_permissions(to, fs::Permissions::from_mode(0o444)).unwrap();
    }

    let volumes = [
        format!("--volume={}:/var/run/docker.sock", engine.socket().display()),
        format!("--volume={}:/certs:ro", secret.path().display()),
    ];
    let hardened = ["--read-only", "--cap-drop=ALL", "--cap-add=SETGID", "--cap-add=SETUID"];
    let mut run = vec!["run", "--detach", "--publish=127.0.0.1::2376"];
    run.extend(hardened);
    run.extend(variables.iter().chain(&volumes).map(String::as_str));
    run.extend(["--security-opt=no-new-privileges", "docker-api-tls"]);
    let container = Container { engine: &engine, id: engine.run(&run) };
    let published = engine.run(&["port", &container.id, "2376/tcp"]);
    let host = format!("tcp://127.0.0.1:{}", published.rsplit(':').next().unwrap());

    let client = authority.issue(&Leaf::client("me"));
    eventually(DEADLINE, "it serves", || serves(&engine, &host, client.path()));
    let logs = || {
        let output = finish(engine.docker(&["logs", &container.id]), DEADLINE);
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert_eq!(Rights::of(&engine, &container.id), Rights::nonroot(), "{}", logs());
    assert!(!logs().contains("a reload needs other rights"), "{}", logs());

    let renewed = authority.issue(&Leaf::server(&["127.0.0.1"]));
    fs::copy(renewed.certificate(), secret.path().join("tls.crt")).unwrap();
    fs::copy(renewed.key(), secret.path().join("tls.key")).unwrap();
    for file in ["tls.crt", "tls.key"] {
        let open = fs::Permissions::from_mode(0o444);
        fs::set_permissions(secret.path().join(file), open).unwrap();
    }
    engine.run(&["kill", "--signal=HUP", &container.id]);
    eventually(DEADLINE, "it takes the new ones", || {
        logs().contains("the new certificates are in force")
    });
    assert!(serves(&engine, &host, client.path()));
}
