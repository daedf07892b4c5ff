//! One manual page.

use std::io;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

/// The page of a command that was built, in roff.
pub(crate) fn page(command: &Command) -> io::Result<Vec<u8>> {
    let man = Man::new(command.clone()).manual("Docker Engine API");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.get_subcommands().next().is_some() {
        man.render_subcommands_section(&mut page)?;
    }
    notes(command).to_writer(&mut page)?;
    Ok(page)
}

/// What stands below the flags in help: examples, whose lines stay as they are, and what holds for
/// all flags.
fn notes(command: &Command) -> Roff {
    let mut roff = Roff::new();
    let Some(text) = command.get_after_help().map(ToString::to_string) else { return roff };
    for part in text.split("\n\n") {
        if let Some(examples) = part.strip_prefix("Examples:\n") {
            roff.control("SH", ["EXAMPLES"]).control("nf", []);
            roff.text([roman(examples)]);
            roff.control("fi", []);
        } else {
            roff.control("SH", ["NOTES"]);
            for sentence in part.split_inclusive(".\n") {
                roff.control("PP", []).text([roman(sentence.replace('\n', " ").trim_end())]);
            }
        }
    }
    roff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_keep_their_lines_and_notes_are_paragraphs() {
        let after = "Examples:\n  x --y\n      does y\n\nOne thing\nand more.\nAnother.";
        let page = page(&Command::new("x").about("Do x").after_help(after)).unwrap();
        let page = String::from_utf8(page).unwrap();
        assert!(page.contains(".SH EXAMPLES\n.nf\n  x \\-\\-y\n      does y\n.fi\n"), "{page}");
        assert!(page.ends_with(".SH NOTES\n.PP\nOne thing and more.\n.PP\nAnother.\n"), "{page}");
    }
}
