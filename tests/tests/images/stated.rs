//! What is stated of an image: its bill of materials, and how it came to be.

use std::process::Command;

use serde_json::Value;
use testkit::requires_tool;

use crate::{Images, succeed};

#[test]
fn beside_an_image_are_its_bill_of_materials_and_its_provenance() {
    let images = Images::write(&["docker-api"]);
    let bill = images.json("docker-api.cdx.json");
    assert_eq!([&bill["bomFormat"], &bill["specVersion"]], ["CycloneDX", "1.5"]);
    assert_eq!(bill["metadata"]["component"]["name"], "bridge");
    let components = bill["components"].as_array().unwrap();
    let scope = |name: &str| {
        let named = components.iter().find(|component| component["name"] == name);
        named.map(|component| component["scope"].as_str().unwrap())
    };
    assert_eq!(scope("tokio"), Some("required"));
    assert_eq!(scope("clap_derive"), Some("excluded"));
    assert_eq!(scope("testkit"), None);
    // In the graph of the whole workspace, but not in the program.
    assert_eq!(scope("ring"), None);

    let statement = images.json("docker-api.provenance.json");
    assert_eq!(statement["predicateType"], "https://slsa.dev/provenance/v1");
    let manifest = &images.archive("docker-api").json("index.json")["manifests"][0]["digest"];
    let subject = statement["subject"][0]["digest"]["sha256"].as_str().unwrap();
    assert_eq!(manifest, &format!("sha256:{subject}"));
}

#[test]
fn an_archive_for_one_machine_holds_nothing_but_the_image() {
    let archive = Images::write(&["socat"]).archive("socat");
    let blobs = archive.files.keys().filter(|path| path.starts_with("blobs/sha256/"));
    // The folder, manifest, configuration and layer.
    assert_eq!(blobs.count(), 4);
}

#[test]
fn an_index_holds_statements_about_each_of_its_images() {
    let skopeo = requires_tool!("skopeo");
    let target = host();
    let images = Images::write(&["docker-api", "--target", &target]);
    let archive = images.archive("docker-api");
    let index = archive.manifest();
    let title = &index["annotations"]["org.opencontainers.image.title"];
    assert_eq!(title, "docker-api");
    let manifests = index["manifests"].as_array().unwrap();
    let [image, attestation] = manifests.as_slice() else { panic!("{index}") };
    assert_eq!(image["platform"]["os"], "linux");
    let annotations = &attestation["annotations"];
    assert_eq!(annotations["vnd.docker.reference.type"], "attestation-manifest");
    assert_eq!(annotations["vnd.docker.reference.digest"], image["digest"]);

    let layers = archive.json_blob(attestation)["layers"].clone();
    let kinds: Vec<_> = layers
        .as_array()
        .unwrap()
        .iter()
        .map(|layer| {
            let kind = layer["annotations"]["in-toto.io/predicate-type"].clone();
            let statement = archive.json_blob(layer);
            assert_eq!(statement["predicateType"], kind);
            let subject = statement["subject"][0]["digest"]["sha256"].as_str().unwrap();
            assert_eq!(image["digest"], format!("sha256:{subject}"));
            kind
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "https://slsa.dev/provenance/v1",
            "https://spdx.dev/Document",
            "https://cyclonedx.org/bom",
        ]
        .map(Value::from)
    );
    assert!(images.path(&format!("docker-api-{target}.cdx.json")).is_file());

    // Every digest and size in it is right, or it could not be copied.
    let mut copy = Command::new(skopeo);
    copy.args(["copy", "--all", "--quiet"]);
    copy.arg(format!("oci-archive:{}", images.path("docker-api.tar").display()));
    copy.arg(format!("dir:{}", images.path("copy").display()));
    succeed(copy);
}

/// What Rust calls this machine.
fn host() -> String {
    let mut rustc = Command::new("rustc");
    rustc.args(["--version", "--verbose"]);
    let said = succeed(rustc);
    said.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}
