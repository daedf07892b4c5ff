//! The files of an image, or of an archive.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use tar::{Builder, EntryType, Header};

use super::table::Image;

/// A root filesystem; all of it is root's and from 1970.
#[derive(Debug, Default)]
pub(crate) struct Root {
    /// By path, so in an order that doesn't depend on how it was made.
    nodes: BTreeMap<String, Node>,
}

#[derive(Debug)]
enum Node {
    Directory { mode: u32 },
    File { mode: u32, content: Vec<u8> },
    Link { target: String },
}

impl Root {
    /// That of an image: its program and links to it, its volumes, root and nonroot, and `texts`
    /// (names and contents of licences).
    pub(crate) fn of(image: &Image, program: Vec<u8>, texts: Vec<(String, Vec<u8>)>) -> Self {
        let mut root = Self::default();
        root.file(&format!("/{}", image.binary), 0o755, program);
        for link in image.links {
            root.add(link, Node::Link { target: format!("/{}", image.binary) });
        }
        for volume in image.volumes {
            root.add(volume, Node::Directory { mode: 0o1777 });
        }
        root.file("/etc/group", 0o644, GROUP.to_vec());
        root.file("/etc/passwd", 0o644, PASSWD.to_vec());
        for (name, content) in texts {
            root.file(&format!("/usr/share/doc/docker-api/{name}"), 0o644, content);
        }
        root
    }

    /// Adds a file by its absolute path.
    pub(crate) fn file(&mut self, path: &str, mode: u32, content: Vec<u8>) {
        self.add(path, Node::File { mode, content });
    }

    /// How many bytes its files are.
    pub(crate) fn size(&self) -> u64 {
        let sizes = self.nodes.values().map(|node| match node {
            Node::File { content, .. } => content.len() as u64,
            Node::Directory { .. } | Node::Link { .. } => 0,
        });
        sizes.sum()
    }

    /// As a tar, the same bytes for the same files.
    pub(crate) fn tar(&self) -> io::Result<Vec<u8>> {
        let mut tar = Builder::new(Vec::new());
        for (path, node) in &self.nodes {
            let (kind, mode) = match node {
                Node::Directory { mode } => (EntryType::Directory, *mode),
                Node::File { mode, .. } => (EntryType::Regular, *mode),
                Node::Link { .. } => (EntryType::Symlink, 0o777),
            };
            let mut header = header(kind, mode);
            match node {
                Node::Directory { .. } => {
                    tar.append_data(&mut header, format!("{path}/"), io::empty())?;
                }
                Node::File { content, .. } => {
                    header.set_size(content.len() as u64);
                    tar.append_data(&mut header, path, content.as_slice())?;
                }
                Node::Link { target } => tar.append_link(&mut header, path, target)?,
            }
        }
        tar.into_inner()
    }

    /// Adds a node, and the folders that lead to it. `path` is absolute.
    fn add(&mut self, path: &str, node: Node) {
        let path = path.trim_start_matches('/');
        for folder in Path::new(path).ancestors().skip(1).filter_map(Path::to_str) {
            if !folder.is_empty() {
                let directory = Node::Directory { mode: 0o755 };
                self.nodes.entry(folder.to_owned()).or_insert(directory);
            }
        }
        self.nodes.insert(path.to_owned(), node);
    }
}

/// Nothing of this machine gets in: no owner, no time.
pub(crate) fn header(kind: EntryType, mode: u32) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(0);
    header.set_mtime(0);
    header
}

const GROUP: &[u8] = b"root:x:0:\nnonroot:x:65532:\n";
const PASSWD: &[u8] = b"root:x:0:0:root:/:/\nnonroot:x:65532:65532:nonroot:/:/\n";

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(image: &str) -> Vec<(String, u32, Option<String>)> {
        let texts = vec![("LICENSE-MIT".to_owned(), b"MIT".to_vec())];
        let root = Root::of(Image::named(image).unwrap(), b"\x7fELF".to_vec(), texts);
        let bytes = root.tar().unwrap();
        let mut archive = tar::Archive::new(bytes.as_slice());
        let read = archive.entries().unwrap().map(|entry| {
            let entry = entry.unwrap();
            let link = entry.link_name().unwrap().map(|link| link.display().to_string());
            let path = entry.path().unwrap().display().to_string();
            assert_eq!(entry.header().mtime().unwrap(), 0, "{path}");
            (path, entry.header().mode().unwrap(), link)
        });
        read.collect()
    }

    #[test]
    fn folders_come_before_what_is_in_them() {
        let paths: Vec<_> = entries("docker-api").into_iter().map(|(path, ..)| path).collect();
        let of = |path: &str| paths.iter().position(|one| one == path).expect(path);
        assert!(of("usr/") < of("usr/bin/") && of("usr/bin/") < of("usr/bin/socat"));
        assert_eq!(paths.iter().filter(|&path| path == "usr/").count(), 1);
    }

    #[test]
    fn links_lead_to_the_program_and_volumes_are_everybodys() {
        let tls = entries("docker-api-tls");
        assert!(tls.contains(&("bin/sh".to_owned(), 0o777, Some("/bridge-tls".to_owned()))));
        assert!(tls.contains(&("certs/".to_owned(), 0o1777, None)));
        assert!(tls.contains(&("bridge-tls".to_owned(), 0o755, None)));
        assert!(!tls.iter().any(|(path, ..)| path.contains("socat")), "{tls:?}");
    }
}
