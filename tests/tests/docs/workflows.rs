//! The workflows of CI call nothing but tasks that everybody can run.

use std::fs;
use std::process::Command;

use serde_json::Value;
use testkit::process::{clean_environment, finish};
use testkit::tls::Version;
use testkit::{Access, Bridge, DEADLINE, Transport, binary, requires_newer_docker, requires_tool};

use crate::{compose, top};

/// What else a workflow may run: what its machine lacks.
const INSTALLS: [&str; 2] = ["rustup target add ", "sudo apt-get "];

#[test]
fn every_step_of_a_workflow_is_a_task_of_xtask() {
    let mut command = Command::new(binary::binary("xtask"));
    clean_environment(&mut command).arg("--help");
    let help = String::from_utf8(finish(command, DEADLINE).stdout).unwrap();
    let tasks = help.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let tasks: Vec<_> = tasks.filter(|task| !task.is_empty() && !task.starts_with('-')).collect();
    assert!(tasks.contains(&"ci") && tasks.contains(&"dist"), "{tasks:?}");

    let mut called = Vec::new();
    for entry in fs::read_dir(top().join(".github/workflows")).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        let text = fs::read_to_string(entry.path()).unwrap();
        let Some(workflow) = compose::json(&text) else { return };
        let jobs = workflow["jobs"].as_object().expect("jobs").values();
        let steps = jobs.flat_map(|job| job["steps"].as_array().expect("steps"));
        let runs = steps.filter_map(|step| step["run"].as_str());
        for line in runs.flat_map(str::lines).map(str::trim).filter(|line| !line.is_empty()) {
            let line = line.strip_prefix("sudo --preserve-env ").unwrap_or(line);
            if line == ".ci/run" || INSTALLS.iter().any(|install| line.starts_with(install)) {
                continue;
            }
            let task = line.strip_prefix("cargo xtask ").and_then(|rest| rest.split(' ').next());
            let task = task.unwrap_or_else(|| panic!("{name}: `{line}` is no task of xtask"));
            assert!(tasks.contains(&task), "{name}: xtask has no task `{task}`");
            // What a matrix or a tag fills in is anything.
            let line = line.replace("${{ matrix.target }}", "TRIPLE");
            let line = line.replace("\"${GITHUB_REF_NAME#v}\"", "VERSION");
            let mut words: Vec<_> = line.split(' ').skip(2).collect();
            words.push("--help");
            let mut command = Command::new(binary::binary("xtask"));
            clean_environment(&mut command).args(words);
            let output = finish(command, DEADLINE);
            assert!(output.status.success(), "{name}: {line}: {output:?}");
            called.push(task.to_owned());
        }
    }
    assert!(called.iter().any(|task| task == "dist"), "{called:?}");
}

/// As its runner runs it: each step a script of bash, with the variables of the job and its own.
#[test]
fn the_job_of_the_examples_waits_for_a_real_engine_and_builds() {
    requires_tool!("docker");
    let engine = requires_newer_docker!();
    let job = fs::read_to_string(top().join("examples/ci/github.yml")).unwrap();
    let Some(job) = compose::json(&job) else { return };
    let job = &job["jobs"]["build"];
    let bridge = Bridge::builder().over(Transport::Tls(Version::V1_3)).access(Access::Open);
    let bridge = bridge.upstream(engine.socket()).start();
    let client = bridge.cert_dir().join("client");
    let workspace = tempfile::tempdir().unwrap();
    fs::write(workspace.path().join("Dockerfile"), "FROM scratch\nCOPY Dockerfile /\n").unwrap();

    // What GitHub fills in, and where the Engine is.
    let secret = |name: &str| fs::read_to_string(client.join(name)).unwrap();
    let filled = |text: &str| {
        text.replace("${{ github.workspace }}", workspace.path().to_str().unwrap())
            .replace("${{ secrets.DOCKER_CA }}", &secret("ca.pem"))
            .replace("${{ secrets.DOCKER_CERT }}", &secret("cert.pem"))
            .replace("${{ secrets.DOCKER_KEY }}", &secret("key.pem"))
            .replace("tcp://docker.example.com:2376", &format!("tcp://{}", bridge.addr()))
    };
    let variables = |of: &Value| -> Vec<(String, String)> {
        let pairs = of["env"].as_object().into_iter().flatten();
        pairs.map(|(name, value)| (name.clone(), filled(value.as_str().unwrap()))).collect()
    };
    let programs = binary::binary("probe");
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", programs.parent().unwrap().display());
    for step in
        job["steps"].as_array().expect("steps").iter().filter(|step| step["run"].is_string())
    {
        let script = step["run"].as_str().unwrap();
        let mut command = Command::new("bash");
        clean_environment(&mut command)
            .args(["-e", "-c", &filled(script)])
            .current_dir(&workspace)
            .env("PATH", &path)
            .env("HOME", workspace.path())
            .envs(variables(job))
            .envs(variables(step));
        let output = finish(command, 6 * DEADLINE);
        assert!(output.status.success(), "{script}: {output:?}");
    }
    let report = fs::read_to_string(workspace.path().join("engine.xml")).unwrap();
    assert!(report.contains("<testcase") && !report.contains("<failure"), "{report}");
}
