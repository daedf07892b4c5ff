//! The workflows of CI call nothing but tasks that everybody can run.

use std::fs;
use std::process::Command;

use testkit::binary;
use testkit::process::{clean_environment, finish};

use crate::check::Roles;
use crate::{compose, lines, top};

/// What else a workflow may run: what its machine lacks.
const INSTALLS: [&str; 2] = ["rustup target add ", "sudo apt-get "];

#[test]
fn every_step_of_a_workflow_is_a_task_of_xtask() {
    let mut command = Command::new(binary::binary("xtask"));
    clean_environment(&mut command).arg("--help");
    let help = String::from_utf8(finish(command, testkit::DEADLINE).stdout).unwrap();
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
            let output = finish(command, testkit::DEADLINE);
            assert!(output.status.success(), "{name}: {line}: {output:?}");
            called.push(task.to_owned());
        }
    }
    assert!(called.iter().any(|task| task == "dist"), "{called:?}");
}

#[test]
fn the_job_of_the_examples_waits_by_a_command_line_that_works() {
    let job = fs::read_to_string(top().join("examples/ci/github.yml")).unwrap();
    let Some(job) = compose::json(&job) else { return };
    let steps = job["jobs"]["build"]["steps"].as_array().expect("steps");
    let runs = steps.iter().filter_map(|step| step["run"].as_str());
    let roles = Roles::of(&[]);
    let waits = runs.filter(|run| {
        run.contains("--wait") && lines::check(run, &roles, "examples/ci/github.yml")
    });
    assert_eq!(waits.count(), 1);
}
