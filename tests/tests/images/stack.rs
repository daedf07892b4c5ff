//! Our stack on a swarm of one node.

use std::fs;
use std::path::Path;
use std::time::Duration;

use testkit::dockerd::Dockerd;
use testkit::process::finish;
use testkit::{DEADLINE, requires_tool};

use crate::compose::engine_with;
use crate::rights::Rights;
use crate::tls::serves;
use crate::{deployment, succeed};

/// What its head says to do, step by step.
#[test]
fn every_node_of_a_swarm_serves_by_one_authority_and_refuses_who_is_on_the_shared_list() {
    requires_tool!("curl");
    let Some(engine) = engine_with(&["docker-api-tls"]) else { return };
    engine.run(&["swarm", "init", "--advertise-addr", "127.0.0.1"]);
    let folder = tempfile::tempdir_in(engine.folder()).unwrap();
    let authority = folder.path().join("authority");
    fs::create_dir(&authority).unwrap();
    let mount = format!("{}:/certs", authority.display());
    let keeper = |words: &[&str]| {
        let run = ["run", "--rm", "--network=none", "--volume", &mount, "docker-api-tls", "client"];
        engine.run(&[&run[..], words].concat());
    };
    keeper(&["add", "admin"]);
    keeper(&["add", "gone"]);
    for (kind, name, file) in [
        ("secret", "docker-api-ca-cert", "ca/cert.pem"),
        ("secret", "docker-api-ca-key", "ca/key.pem"),
        ("config", "docker-api-crl-1", "ca/crl.pem"),
    ] {
        engine.run(&[kind, "create", name, authority.join(file).to_str().unwrap()]);
    }
    let stack = fs::read_to_string(deployment("docker-api-tls.stack.yaml")).unwrap();
    let stack = stack
        .replace("source: /var/run/docker.sock", &format!("source: {}", engine.socket().display()));
    deploy(&engine, folder.path(), &stack);
    let format = "{{json .Spec.Mode}} {{range .Spec.EndpointSpec.Ports}}{{.PublishMode}} \
                  {{.PublishedPort}}{{end}} {{json .Spec.TaskTemplate.ContainerSpec.Env}}";
    let made = engine.run(&["service", "inspect", "--format", format, SERVICE]);
    assert_eq!(
        made,
        r#"{"Global":{}} host 2376 ["BRIDGE_TLS_CRL=/crl.pem","BRIDGE_TLS_SAN={{.Node.Hostname}}"]"#
    );

    let client = |name: &str| authority.join("clients").join(name);
    let serves = |name| serves(&engine, "tcp://localhost:2376", &client(name));
    within(&engine, "admin is served", || serves("admin"));
    within(&engine, "gone isn't gone yet", || serves("gone"));
    let container = engine.run(&["ps", "--quiet", "--filter", "name=tested_docker-api"]);
    assert_eq!(Rights::of(&engine, &container), Rights::nonroot(), "{}", logs(&engine));
    let node = engine.run(&["node", "inspect", "--format", "{{.Description.Hostname}}", "self"]);
    let mut curl = engine.inside("curl");
    curl.arg("--silent").arg("--resolve").arg(format!("{node}:2376:127.0.0.1"));
    for (flag, file) in [("--cacert", "ca.pem"), ("--cert", "cert.pem"), ("--key", "key.pem")] {
        curl.arg(flag).arg(client("admin").join(file));
    }
    curl.arg(format!("https://{node}:2376/_ping"));
    assert_eq!(succeed(curl), "OK", "by the node's name");

    keeper(&["revoke", "gone"]);
    let list = authority.join("ca/crl.pem");
    engine.run(&["config", "create", "docker-api-crl-2", list.to_str().unwrap()]);
    deploy(&engine, folder.path(), &stack.replace("docker-api-crl-1", "docker-api-crl-2"));
    // Between the old task and the new one nobody is served.
    within(&engine, "gone is refused", || !serves("gone"));
    within(&engine, "admin is served", || serves("admin"));
    assert!(!serves("gone"));
}

fn deploy(engine: &Dockerd, folder: &Path, stack: &str) {
    let file = folder.join("stack.yaml");
    fs::write(&file, stack).unwrap();
    let deploy = ["stack", "deploy", "--resolve-image", "never", "--compose-file"];
    engine.run(&[&deploy[..], &[file.to_str().unwrap(), "tested"]].concat());
}

fn within(engine: &Dockerd, what: &str, is_so: impl FnMut() -> bool) {
    let found = testkit::wait::holds_within(SOON, is_so);
    let tasks = ["service", "ps", "--no-trunc", SERVICE];
    assert!(found, "{what}: {}\n{}", engine.run(&tasks), logs(engine));
}

fn logs(engine: &Dockerd) -> String {
    let output = finish(engine.docker(&["service", "logs", SERVICE]), DEADLINE);
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

const SERVICE: &str = "tested_docker-api";
const SOON: Duration = Duration::from_secs(60);
