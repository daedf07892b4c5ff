//! Roles of docs/recipes.md allow what their consumers call, and not what would make them root.

use std::fs;

use testkit::{Program, check};

use crate::Page;
use crate::block::Block;

/// A recipe's heading, its role, and what the consumer calls, by its documentation and sources.
const CONSUMERS: [(&str, &str, &[&str]); 9] = [
    ("Traefik", "monitor", &DISCOVERY),
    ("Traefik", "traefik-swarm", &["ServiceList", "TaskList", "NodeList", "NetworkList"]),
    ("Homepage", "monitor", &["ContainerList", "ContainerInspect", "ContainerStats"]),
    (
        "Watchtower",
        "watchtower",
        &[
            "ContainerInspect",
            "ContainerKill",
            "ContainerDelete",
            "ContainerCreate",
            "ContainerStart",
            "ContainerRename",
            "ContainerList",
            "ImageCreate",
            "ImageDelete",
            "ImageInspect",
            "NetworkConnect",
        ],
    ),
    (
        "Dozzle",
        "read-only",
        &["ContainerList", "ContainerInspect", "ContainerLogs", "ContainerStats", "SystemInfo"],
    ),
    (
        "Dozzle",
        "dozzle",
        &["ContainerLogs", "ContainerStats", "SystemEvents", "SystemInfo", "SystemPingHead"],
    ),
    ("Uptime Kuma", "uptime-kuma", &["ContainerList", "ContainerInspect"]),
    ("Prometheus", "discovery", &["ContainerList", "NetworkList", "SystemPingHead"]),
    ("Prometheus", "monitor", &["ContainerList", "NetworkList", "SystemPingHead"]),
];

/// What finds containers: version, list, each of them, events.
const DISCOVERY: [&str; 5] =
    ["SystemPingHead", "SystemVersion", "ContainerList", "ContainerInspect", "SystemEvents"];

#[test]
fn roles_of_recipes_allow_what_their_consumers_call_and_no_containers_of_their_own() {
    let page = Page::at("docs/recipes.md");
    let blocks = page.blocks();
    let policies = blocks.iter().filter(|block| block.language == "toml");
    let policy: Vec<&str> = policies.map(|Block { text, .. }| text.as_str()).collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.toml");
    fs::write(&file, policy.join("\n")).unwrap();
    for (consumer, role, calls) in CONSUMERS {
        assert!(page.text.contains(&format!("\n## {consumer}\n")), "no recipe for {consumer}");
        let program = Program::ours("bridge").args(["--access", role, "--policy"]);
        let table = check::table(&program.arg(&file));
        let allows = |operation: &str| {
            let row = table.lines().find(|row| row.split_whitespace().next() == Some(operation));
            let row = row.unwrap_or_else(|| panic!("no operation {operation}"));
            row.split_whitespace().nth(3) == Some("yes")
        };
        for call in calls {
            assert!(allows(call), "{consumer} calls {call}, and {role} doesn't allow it");
        }
        assert!(!allows("ContainerExec") && !allows("SwarmUnlockkey"), "{consumer}: {role}");
        assert_eq!(allows("ContainerCreate"), consumer == "Watchtower", "{consumer}: {role}");
    }
}
