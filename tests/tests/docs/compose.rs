//! Snippets of compose files.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use testkit::process::{finish, finish_with_input};
use testkit::{DEADLINE, Program, check, skip};

use crate::block::Block;
use crate::check::Roles;

/// Compose takes it, and our programs take what it has for them.
pub(crate) fn file(block: &Block, roles: &Roles) {
    let Some(compose) = skip::require_tool("docker-compose") else { return };
    let file = roles.folder().join("compose.yaml");
    // The snippet may be a part of a file: what it leaves out of ours is their business.
    fs::write(&file, &block.text).unwrap();
    let mut command = Command::new(compose);
    command.arg("--file").arg(&file).args(["config", "--quiet"]);
    let output = finish(command, DEADLINE);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {error}", block.place);

    let Some(read) = json(&block.text) else { return };
    let services = &read["services"];
    for (name, service) in services.as_object().expect("services") {
        let Some(ours) = program(&service["image"]) else { continue };
        let mut program = Program::ours(ours);
        for (variable, value) in environment(&service["environment"]) {
            let is_file = value.ends_with("policy.toml");
            let value = if is_file { roles.file().display().to_string() } else { value };
            program = program.env(variable, value);
        }
        if service["image"] == "docker-socket-proxy"
            && service["environment"]["BRIDGE_ACCESS"].is_null()
        {
            program = program.env("BRIDGE_ACCESS", "tecnativa");
        }
        let words = words(&service["command"]).into_iter().map(|word| {
            let is_file = word.ends_with("policy.toml");
            let flag = word.split_once('=').map_or("", |(flag, _)| flag);
            if is_file { format!("{flag}={}", roles.file().display()) } else { word }
        });
        let words: Vec<_> = words.filter(|word| word != "serve").collect();
        let asks = service["image"] == "docker-api-probe"
            || words.first().is_some_and(|word| ["client", "ca"].contains(&&**word));
        let check = if asks { "--help" } else { "--check" };
        if ours == "bridge-tls" {
            program = program.arg("--cert-dir").arg(roles.folder().join("certs"));
        }
        let output = program.args(words).arg(check).run();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {name}: {error}", block.place);
        // What does nothing has no place in an example, unless it was another image's.
        let table = String::from_utf8_lossy(&output.stdout);
        let warnings = check::warnings(&table).into_iter();
        let warnings: Vec<_> = warnings.filter(|line| !line.contains("CERTS_WITH_PW")).collect();
        assert!(warnings.is_empty(), "{}: {name}: {warnings:?}", block.place);
    }
}

/// The program in one of our images.
fn program(image: &Value) -> Option<&'static str> {
    match image.as_str()? {
        "docker-api" | "socat" | "docker-socket-proxy" => Some("bridge"),
        "docker-api-tls" => Some("bridge-tls"),
        "docker-api-probe" => Some("probe"),
        _ => None,
    }
}

fn environment(value: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Object(map) => map.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
        Value::Array(list) => {
            let pairs = list.iter().filter_map(Value::as_str).filter_map(|one| one.split_once('='));
            pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
        }
        _ => Vec::new(),
    }
}

fn words(value: &Value) -> Vec<String> {
    match value {
        Value::String(line) => line.split_whitespace().map(str::to_owned).collect(),
        Value::Array(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// YAML as JSON, by Debian's Python. `None`: it isn't there, and the test is skipped.
pub(crate) fn json(yaml: &str) -> Option<Value> {
    if !Path::new(PYTHON).exists() {
        skip::skip("no Debian's python3");
        return None;
    }
    let script = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)";
    let mut command = Command::new(PYTHON);
    command.args(["-c", script]);
    let output = finish_with_input(command, yaml, DEADLINE);
    let error = String::from_utf8_lossy(&output.stderr);
    if error.contains("No module named 'yaml'") {
        skip::skip("no Debian's python3-yaml");
        return None;
    }
    assert!(output.status.success(), "{error}\n{yaml}");
    serde_json::from_slice(&output.stdout).ok()
}

const PYTHON: &str = "/usr/bin/python3";
