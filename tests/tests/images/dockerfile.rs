//! The Dockerfile, which no registry lets run here, makes what `cargo xtask image` makes.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::{Value, json};
use testkit::process::finish;
use testkit::{binary, requires_tool};

use crate::{BUILD, Images, deployment};

#[test]
fn the_dockerfile_says_of_each_image_what_the_image_says_and_takes_the_same_files() {
    let images = Images::write(&[]);
    let (stages, files) = stages();
    for name in NAMES {
        let archive = images.archive(name);
        assert_eq!(stages[name], instructions(&archive.config()["config"]), "{name}");
        // That of whose image the stage's files are, which it copies from another stage.
        let from = files[name].strip_prefix("COPY --from=").and_then(|it| it.strip_suffix(ALL));
        let built = stages[from.unwrap()].join("\n");
        let whose = built.strip_prefix("RUN docker/build-root ");
        let whose = whose.and_then(|it| it.strip_suffix(" /image")).unwrap();
        let layer = |archive: &crate::Archive| archive.manifest()["layers"].clone();
        assert_eq!(layer(&images.archive(whose)), layer(&archive), "{name}");
    }
}

#[test]
fn what_the_dockerfile_builds_with_unpacks_all_files_of_an_image() {
    let (_, sh) = (requires_tool!("tar"), requires_tool!("sh"));
    let images = Images::write(&["docker-api-tls"]);
    let path = images.path("bin");
    fs::create_dir(&path).unwrap();
    // As cargo with its alias, but for building xtask once more.
    let cargo = format!("#!/bin/sh\nshift\nexec '{}' \"$@\"\n", binary::binary("xtask").display());
    fs::write(path.join("cargo"), cargo).unwrap();
    fs::set_permissions(path.join("cargo"), fs::Permissions::from_mode(0o755)).unwrap();
    let folder = images.path("image");
    let mut build = Command::new(sh);
    let found = std::env::var("PATH").unwrap();
    build.env("PATH", format!("{}:{found}", path.display()));
    build.arg(deployment("build-root")).arg("docker-api-tls").arg(&folder);
    // It may wait for another test's build.
    let output = finish(build, BUILD);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for (path, entry) in images.archive("docker-api-tls").root() {
        let written = folder.join(&path);
        if let Some(link) = entry.link {
            assert_eq!(fs::read_link(&written).unwrap(), link, "{path}");
            continue;
        }
        let meta = fs::metadata(&written).unwrap();
        assert_eq!(meta.permissions().mode() & 0o7777, entry.mode, "{path}");
        if meta.is_file() {
            assert!(fs::read(&written).unwrap() == entry.content, "{path}");
        }
    }
}

const NAMES: [&str; 5] =
    ["docker-api", "docker-api-probe", "docker-api-tls", "docker-socket-proxy", "socat"];
/// What each image takes of the stage that builds.
const ALL: &str = " /image/ /";

/// What an image says, as a Dockerfile says it.
fn instructions(settings: &Value) -> Vec<String> {
    let words = |key: &str| {
        let list = settings[key].as_array()?.iter().map(|word| word.as_str().unwrap());
        Some(list.collect::<Vec<_>>())
    };
    let keys = |key: &str| {
        let set = settings[key].as_object()?;
        Some(set.keys().map(String::as_str).collect::<Vec<_>>().join(" "))
    };
    let exec = |words: Vec<&str>| json!(words).to_string().replace("\",\"", "\", \"");
    let seconds = |key: &str| settings["Healthcheck"][key].as_u64().unwrap() / 1_000_000_000;
    let health = settings["Healthcheck"]["Test"].as_array().map(|test| {
        let command: Vec<_> = test[1..].iter().map(|word| word.as_str().unwrap()).collect();
        format!(
            "HEALTHCHECK --interval={}s --timeout={}s --start-period={}s --retries={} CMD {}",
            seconds("Interval"),
            seconds("Timeout"),
            seconds("StartPeriod"),
            settings["Healthcheck"]["Retries"],
            exec(command),
        )
    });
    let environment = words("Env").filter(|list| !list.is_empty());
    [
        environment.map(|list| format!("ENV {}", list.join(" "))),
        keys("ExposedPorts").map(|ports| format!("EXPOSE {ports}")),
        keys("Volumes").map(|volumes| format!("VOLUME {volumes}")),
        health,
        words("Entrypoint").map(|list| format!("ENTRYPOINT {}", exec(list))),
        words("Cmd").map(|list| format!("CMD {}", exec(list))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The instructions of each stage, by its name, and the one that brings in files.
fn stages() -> (BTreeMap<String, Vec<String>>, BTreeMap<String, String>) {
    let text = fs::read_to_string(deployment("Dockerfile")).unwrap();
    let mut stages = BTreeMap::<String, Vec<String>>::new();
    let mut files = BTreeMap::new();
    let mut stage = String::new();
    for line in text.lines() {
        if line.starts_with("FROM ") {
            line.rsplit(' ').next().unwrap().clone_into(&mut stage);
        } else if line.starts_with("COPY ") {
            files.insert(stage.clone(), line.to_owned());
        } else if !line.is_empty() && !line.starts_with('#') {
            stages.entry(stage.clone()).or_default().push(line.to_owned());
        }
    }
    (stages, files)
}
