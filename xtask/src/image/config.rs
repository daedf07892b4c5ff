//! What an engine is told of an image (OCI image specification, "Image Configuration", with
//! Docker's `Healthcheck`).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::source::Source;
use super::table::Image;

/// The configuration of an image whose one layer's uncompressed tar has this hash.
pub(crate) fn config(image: &Image, source: &Source, architecture: &str, diff_id: &str) -> Value {
    let created = source.created();
    let mut settings = json!({
        "Entrypoint": [image.entry_point],
        "Env": image.environment,
        "Labels": labels(image, source),
    });
    if !image.command.is_empty() {
        settings["Cmd"] = json!(image.command);
    }
    if !image.ports.is_empty() {
        settings["ExposedPorts"] = set(image.ports.iter().map(|port| format!("{port}/tcp")));
    }
    if !image.volumes.is_empty() {
        settings["Volumes"] = set(image.volumes.iter().map(ToString::to_string));
    }
    if image.health_check {
        settings["Healthcheck"] = json!({
            "Test": ["CMD", format!("/{}", image.binary), "--health"],
            "Interval": 10 * SECOND,
            "Timeout": 5 * SECOND,
            "StartPeriod": 5 * SECOND,
            "Retries": 3,
        });
    }
    json!({
        "architecture": architecture,
        "os": "linux",
        "created": created,
        "config": settings,
        "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{diff_id}")] },
        "history": [{ "created": created, "created_by": format!("cargo xtask image {}", image.name) }],
    })
}

/// The annotations that the OCI predefines; labels of an image, annotations of an index.
pub(crate) fn labels(image: &Image, source: &Source) -> BTreeMap<String, String> {
    let repository = source.repository.as_ref();
    let url = source.homepage.as_ref().or(repository).cloned();
    let readme = || repository.map(|url| format!("{url}#readme"));
    let known = [
        ("title", Some(image.name.to_owned())),
        ("description", Some(image.description.to_owned())),
        ("version", Some(source.version.clone())),
        ("revision", source.revision.clone()),
        ("source", repository.cloned()),
        ("url", url),
        ("documentation", source.documentation.clone().or_else(readme)),
        ("licenses", Some(source.license.clone())),
        ("created", Some(source.created())),
    ];
    known
        .into_iter()
        .filter_map(|(key, value)| Some((format!("org.opencontainers.image.{key}"), value?)))
        .collect()
}

/// How Go writes a set as JSON.
fn set(keys: impl Iterator<Item = String>) -> Value {
    keys.map(|key| (key, json!({}))).collect::<Map<_, _>>().into()
}

/// In nanoseconds, as Docker counts.
const SECOND: u64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::packages::Workspace;
    use crate::image::target::Target;

    /// `source`, `url` and `documentation`, with a dash for each that isn't there.
    fn addresses(source: &Source) -> String {
        let labels = labels(Image::named("socat").unwrap(), source);
        let of = |key| labels.get(&format!("org.opencontainers.image.{key}"));
        let all = ["source", "url", "documentation"];
        all.map(|key| of(key).map_or("-", String::as_str)).join(" ")
    }

    #[test]
    fn addresses_are_those_of_the_manifest_and_are_left_out_where_it_has_none() {
        let workspace = Workspace::read(Target::host().unwrap()).unwrap();
        let found = Source::find(&workspace).unwrap();
        let of = |repository: Option<&str>, homepage: Option<&str>, documentation: Option<&str>| {
            let mut source = found.clone();
            source.repository = repository.map(str::to_owned);
            source.homepage = homepage.map(str::to_owned);
            source.documentation = documentation.map(str::to_owned);
            addresses(&source)
        };
        assert_eq!(of(None, None, None), "- - -");
        assert_eq!(
            of(Some("https://x/y"), None, None),
            "https://x/y https://x/y https://x/y#readme"
        );
        let all = of(Some("https://x/y"), Some("https://y"), Some("https://docs/y"));
        assert_eq!(all, "https://x/y https://y https://docs/y");
    }
}
