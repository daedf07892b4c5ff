//! What a finished binary says of itself, read from its ELF headers (System V ABI, chapters 4, 5).
//!
//! Only 64-bit little-endian files are read: all targets' are.

use anyhow::{Context as _, bail, ensure};

/// A binary, well-formed as far as it was looked at.
#[derive(Debug)]
pub(crate) struct Elf<'a> {
    bytes: &'a [u8],
}

impl<'a> Elf<'a> {
    /// Fails if it isn't a 64-bit little-endian ELF file.
    pub(crate) fn parse(bytes: &'a [u8]) -> anyhow::Result<Self> {
        ensure!(bytes.starts_with(b"\x7fELF\x02\x01"), "not a 64-bit little-endian ELF file");
        Ok(Self { bytes })
    }

    /// Fails, naming all that is wrong, unless it is static, position-independent, and neither its
    /// stack can be run nor its relocations written once it runs.
    pub(crate) fn check_hardened(&self) -> anyhow::Result<()> {
        let mut faults = Vec::new();
        let mut fault = |holds: bool, what: &'static str| {
            if holds {
                faults.push(what);
            }
        };
        let segments = self.segments()?;
        let has = |kind| segments.iter().any(|segment| segment.kind == kind);
        let stack = segments.iter().find(|segment| segment.kind == PT_GNU_STACK);
        let dynamic = self.dynamic(&segments)?;
        let flag = |tag, bit| dynamic.iter().any(|&(t, value)| t == tag && value & bit != 0);

        fault(has(PT_INTERP), "it needs an interpreter");
        fault(dynamic.iter().any(|&(tag, _)| tag == DT_NEEDED), "it needs libraries");
        fault(self.half(E_TYPE)? != ET_DYN, "it isn't position-independent");
        fault(!has(PT_GNU_RELRO), "it has no RELRO");
        let binds_now = flag(DT_FLAGS, DF_BIND_NOW) || flag(DT_FLAGS_1, DF_1_NOW);
        fault(!binds_now, "its RELRO isn't full");
        fault(dynamic.iter().any(|&(tag, _)| tag == DT_TEXTREL), "its code is written to");
        fault(stack.is_none_or(|stack| stack.flags & PF_X != 0), "its stack can be executed");
        fault(
            segments.iter().any(|segment| {
                segment.kind == PT_LOAD && segment.flags & (PF_W | PF_X) == PF_W | PF_X
            }),
            "it has memory that can be both written and executed",
        );
        if !faults.is_empty() {
            bail!("{}", faults.join(", "));
        }
        Ok(())
    }

    /// The same file with one more section, which isn't loaded.
    ///
    /// The content, a new table of names and a new table of sections go behind its end, so nothing
    /// that is run moves.
    pub(crate) fn with_section(&self, name: &str, content: &[u8]) -> anyhow::Result<Vec<u8>> {
        let (start, count) = (self.size(E_SHOFF)?, usize::from(self.half(E_SHNUM)?));
        let names_index = usize::from(self.half(E_SHSTRNDX)?);
        let table = self.slice(start, count * SECTION)?;
        ensure!(names_index < count, "the file names no sections");
        let names_header = start + names_index * SECTION;
        let mut names = self
            .slice(self.size(names_header + SH_OFFSET)?, self.size(names_header + SH_SIZE)?)?
            .to_vec();
        let name_offset = u32::try_from(names.len())?;
        names.extend_from_slice(name.as_bytes());
        names.push(0);

        let mut file = self.bytes.to_vec();
        let content_offset = append(&mut file, content);
        let names_offset = append(&mut file, &names);
        let mut headers = table.to_vec();
        let old_names = names_index * SECTION;
        put(&mut headers, old_names + SH_OFFSET, &(names_offset as u64).to_le_bytes());
        put(&mut headers, old_names + SH_SIZE, &(names.len() as u64).to_le_bytes());
        let mut header = [0; SECTION];
        put(&mut header, SH_NAME, &name_offset.to_le_bytes());
        put(&mut header, SH_TYPE, &SHT_PROGBITS.to_le_bytes());
        put(&mut header, SH_OFFSET, &(content_offset as u64).to_le_bytes());
        put(&mut header, SH_SIZE, &(content.len() as u64).to_le_bytes());
        put(&mut header, SH_ADDRALIGN, &1_u64.to_le_bytes());
        headers.extend_from_slice(&header);
        let headers_offset = append(&mut file, &headers);
        put(&mut file, E_SHOFF, &(headers_offset as u64).to_le_bytes());
        put(&mut file, E_SHNUM, &u16::try_from(count + 1)?.to_le_bytes());
        Ok(file)
    }

    fn segments(&self) -> anyhow::Result<Vec<Segment>> {
        let (start, count) = (self.size(E_PHOFF)?, usize::from(self.half(E_PHNUM)?));
        (0..count)
            .map(|index| {
                let at = start + index * PROGRAM;
                Ok(Segment {
                    kind: self.word(at)?,
                    flags: self.word(at + P_FLAGS)?,
                    offset: self.size(at + P_OFFSET)?,
                    length: self.size(at + P_FILESZ)?,
                })
            })
            .collect()
    }

    /// Tags and values of its dynamic section.
    fn dynamic(&self, segments: &[Segment]) -> anyhow::Result<Vec<(u64, u64)>> {
        let Some(segment) = segments.iter().find(|segment| segment.kind == PT_DYNAMIC) else {
            return Ok(Vec::new());
        };
        (0..segment.length / DYNAMIC)
            .map(|index| {
                let at = segment.offset + index * DYNAMIC;
                Ok((self.long(at)?, self.long(at + 8)?))
            })
            .collect()
    }

    fn slice(&self, at: usize, length: usize) -> anyhow::Result<&'a [u8]> {
        let end = at.checked_add(length);
        end.and_then(|end| self.bytes.get(at..end)).context("the ELF file is cut short")
    }

    fn half(&self, at: usize) -> anyhow::Result<u16> {
        Ok(u16::from_le_bytes(self.slice(at, 2)?.try_into()?))
    }

    fn word(&self, at: usize) -> anyhow::Result<u32> {
        Ok(u32::from_le_bytes(self.slice(at, 4)?.try_into()?))
    }

    fn long(&self, at: usize) -> anyhow::Result<u64> {
        Ok(u64::from_le_bytes(self.slice(at, 8)?.try_into()?))
    }

    fn size(&self, at: usize) -> anyhow::Result<usize> {
        Ok(usize::try_from(self.long(at)?)?)
    }
}

/// A program header, as far as it matters here.
#[derive(Debug)]
struct Segment {
    kind: u32,
    flags: u32,
    offset: usize,
    length: usize,
}

/// Appends at a multiple of eight bytes, and says where.
fn append(file: &mut Vec<u8>, bytes: &[u8]) -> usize {
    file.resize(file.len().next_multiple_of(8), 0);
    let at = file.len();
    file.extend_from_slice(bytes);
    at
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

// Offsets in the file header.
const E_TYPE: usize = 16;
const E_PHOFF: usize = 32;
const E_SHOFF: usize = 40;
const E_PHNUM: usize = 56;
const E_SHNUM: usize = 60;
const E_SHSTRNDX: usize = 62;
const ET_DYN: u16 = 3;
// A program header: its size, offsets in it, and values.
const PROGRAM: usize = 56;
const P_FLAGS: usize = 4;
const P_OFFSET: usize = 8;
const P_FILESZ: usize = 32;
const PT_LOAD: u32 = 1;
const PT_DYNAMIC: u32 = 2;
const PT_INTERP: u32 = 3;
const PT_GNU_STACK: u32 = 0x6474_e551;
const PT_GNU_RELRO: u32 = 0x6474_e552;
const PF_X: u32 = 1;
const PF_W: u32 = 2;
// A section header.
const SECTION: usize = 64;
const SH_NAME: usize = 0;
const SH_TYPE: usize = 4;
const SH_OFFSET: usize = 24;
const SH_SIZE: usize = 32;
const SH_ADDRALIGN: usize = 48;
const SHT_PROGBITS: u32 = 1;
// An entry of the dynamic section.
const DYNAMIC: usize = 16;
const DT_NEEDED: u64 = 1;
const DT_TEXTREL: u64 = 22;
const DT_FLAGS: u64 = 30;
const DT_FLAGS_1: u64 = 0x6fff_fffb;
const DF_BIND_NOW: u64 = 8;
const DF_1_NOW: u64 = 1;

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::process::Command;
    use std::{env, fs};

    use super::*;

    fn this_test() -> Vec<u8> {
        fs::read(env::current_exe().unwrap()).unwrap()
    }

    #[test]
    fn a_dynamic_program_is_refused_with_all_that_it_needs() {
        let error = Elf::parse(&this_test()).unwrap().check_hardened().unwrap_err().to_string();
        assert_eq!(error, "it needs an interpreter, it needs libraries");
    }

    #[test]
    fn what_hardens_a_program_is_missed() {
        let mut bytes = this_test();
        let (start, count) = {
            let elf = Elf::parse(&bytes).unwrap();
            (elf.size(E_PHOFF).unwrap(), usize::from(elf.half(E_PHNUM).unwrap()))
        };
        put(&mut bytes, E_TYPE, &2_u16.to_le_bytes());
        for at in (0..count).map(|index| start + index * PROGRAM) {
            match Elf::parse(&bytes).unwrap().word(at).unwrap() {
                PT_GNU_STACK | PT_LOAD => put(&mut bytes, at + P_FLAGS, &7_u32.to_le_bytes()),
                PT_GNU_RELRO | PT_DYNAMIC => put(&mut bytes, at, &0_u32.to_le_bytes()),
                _ => {}
            }
        }
        let error = Elf::parse(&bytes).unwrap().check_hardened().unwrap_err().to_string();
        for fault in [
            "it isn't position-independent",
            "it has no RELRO",
            "its RELRO isn't full",
            "its stack can be executed",
            "it has memory that can be both written and executed",
        ] {
            assert!(error.contains(fault), "{fault}: {error}");
        }
    }

    #[test]
    fn what_is_no_elf_file_or_half_of_one_is_an_error() {
        assert!(Elf::parse(b"#!/bin/sh\n").is_err());
        let bytes = this_test();
        let half = Elf::parse(&bytes[..100]).unwrap();
        assert!(half.check_hardened().is_err());
        assert!(half.with_section(".x", b"").is_err());
    }

    #[test]
    fn a_program_with_one_more_section_runs() {
        let bytes = this_test();
        let content = b"packages";
        let more = Elf::parse(&bytes).unwrap().with_section(".dep-v0", content).unwrap();
        let elf = Elf::parse(&more).unwrap();
        let last =
            elf.size(E_SHOFF).unwrap() + (usize::from(elf.half(E_SHNUM).unwrap()) - 1) * SECTION;
        let (at, length) = (elf.size(last + SH_OFFSET).unwrap(), elf.size(last + SH_SIZE).unwrap());
        assert_eq!(elf.slice(at, length).unwrap(), content);

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("program");
        fs::write(&path, &more).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(Command::new(&path).arg("--list").output().unwrap().status.success());
    }
}
