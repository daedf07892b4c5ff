//! Turns `operations.tsv` into the table that `operation.rs` and `route.rs` include.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

/// In these the router's names hold slashes, `{name:.*}`; elsewhere they are one segment.
const SLASHES: &[&str] =
    &["containers", "exec", "images", "plugins", "networks", "volumes", "distribution"];

fn main() -> Result<(), Box<dyn Error>> {
    let table = fs::read_to_string("operations.tsv")?;
    let rows = table.lines().filter(|line| !line.starts_with('#')).skip(1);
    let rows = rows.map(Row::parse).collect::<Result<Vec<_>, _>>()?;
    let directory = env::var("OUT_DIR")?;
    fs::write(Path::new(&directory).join("operations.rs"), operations(&rows)?)?;
    fs::write(Path::new(&directory).join("routes.rs"), routes(&rows)?)?;
    Ok(())
}

struct Row<'a> {
    name: &'a str,
    method: &'a str,
    path: &'a str,
    tag: &'a str,
    class: String,
    transport: &'static str,
}

impl<'a> Row<'a> {
    fn parse(line: &'a str) -> Result<Self, String> {
        let fields: Vec<&str> = line.split('\t').collect();
        let &[name, method, path, tag, class, transport] = fields.as_slice() else {
            return Err(format!("operations.tsv: not six fields: {line}"));
        };
        let transport = match transport {
            "plain" | "stream" | "stream both" | "upload" => "Plain",
            "hijack (tcp)" => "Hijack",
            "websocket" => "Websocket",
            "upgrade (h2c)" => "H2c",
            other => return Err(format!("operations.tsv: unknown transport {other}: {line}")),
        };
        let class = class[..1].to_uppercase() + &class[1..];
        Ok(Self { name, method, path, tag, class, transport })
    }

    fn section(&self) -> &str {
        self.path.split('/').nth(1).unwrap_or_default()
    }

    /// The path as parts of a pattern.
    fn parts(&self) -> Vec<String> {
        // Of two names none holds slashes: the router's path of CheckpointDelete.
        let slashes = SLASHES.contains(&self.section()) && self.path.matches('{').count() == 1;
        let part = |segment: &str| match segment.starts_with('{') {
            true if slashes => "Part::Many".to_owned(),
            true => "Part::One".to_owned(),
            false => format!("Part::Literal({segment:?})"),
        };
        self.path.split('/').skip(1).map(part).collect()
    }
}

fn operations(rows: &[Row<'_>]) -> Result<String, Box<dyn Error>> {
    let mut variants = String::new();
    let mut facts = String::new();
    let mut all = String::new();
    let mut last = "";
    for row in rows {
        // Routes of one operation stand together.
        if row.name == last {
            continue;
        }
        last = row.name;
        let Row { name, method, path, tag, class, transport } = row;
        writeln!(variants, "/// `{method} {path}`\n{name},")?;
        writeln!(
            facts,
            "Facts {{ name: {name:?}, tag: {tag:?}, class: Class::{class}, \
             transport: Transport::{transport} }},"
        )?;
        write!(all, "Operation::{name}, ")?;
    }
    Ok(format!(
        "/// One operation of the Engine API, by its name in the specification, such as \
         `ContainerList`.\n\
         #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]\n\
         #[repr(u8)]\npub enum Operation {{\n{variants}}}\n\
         static FACTS: &[Facts] = &[\n{facts}];\n\
         static ALL: &[Operation] = &[{all}];\n"
    ))
}

/// Routes by the first segment of their paths; in each section the most literal ones come first,
/// which is the router's choice wherever two match.
fn routes(rows: &[Row<'_>]) -> Result<String, Box<dyn Error>> {
    let mut sections: BTreeMap<&str, Vec<&Row<'_>>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.method != "OPTIONS") {
        sections.entry(row.section()).or_default().push(row);
    }
    let mut text = "static SECTIONS: &[(&str, &[Route])] = &[\n".to_owned();
    for (section, mut routes) in sections {
        let literals = |row: &&Row<'_>| row.path.split('/').filter(|s| !s.starts_with('{')).count();
        routes.sort_by_key(|row| std::cmp::Reverse(literals(row)));
        writeln!(text, "({section:?}, &[")?;
        for row in routes {
            let Row { name, method, path, .. } = row;
            let example = path[1..].replace(['{', '}'], "");
            let parts = row.parts().join(", ");
            writeln!(
                text,
                "Route {{ operation: Operation::{name}, method: {method:?}, path: {path:?}, \
                 example: {example:?}, \
                 parts: &[{parts}] }},"
            )?;
        }
        writeln!(text, "]),")?;
    }
    writeln!(text, "];")?;
    Ok(text)
}
