//! The Dockerfile, which no registry lets run here, tells an Engine what the images tell it.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::{Images, deployment};

#[test]
fn the_dockerfile_says_of_each_image_what_the_image_says() {
    let images = Images::write(&[]);
    let stages = stages();
    let mut compared = Vec::new();
    for entry in fs::read_dir(images.path("")).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let Some(name) = file.strip_suffix(".tar") else { continue };
        let config = images.archive(name).config();
        assert_eq!(stages[name], instructions(&config["config"]), "{name}");
        compared.push(name.to_owned());
    }
    compared.sort();
    assert_eq!(compared[..1], ["docker-api"]);
}

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

/// The instructions of each stage, by its name, but for those that bring in files.
fn stages() -> BTreeMap<String, Vec<String>> {
    let text = fs::read_to_string(deployment("Dockerfile")).unwrap();
    let mut stages = BTreeMap::<String, Vec<String>>::new();
    let mut stage = String::new();
    for line in text.lines() {
        if line.starts_with("FROM ") {
            line.rsplit(' ').next().unwrap().clone_into(&mut stage);
        } else if !line.is_empty() && !line.starts_with('#') && !line.starts_with("COPY ") {
            stages.entry(stage.clone()).or_default().push(line.to_owned());
        }
    }
    stages
}
