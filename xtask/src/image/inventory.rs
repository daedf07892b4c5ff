//! What was built, in a table.

use std::fmt;

/// One image for one target.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) target: String,
    /// Sizes in bytes: of the files, and of the layer as it is transferred.
    pub(crate) unpacked: u64,
    pub(crate) compressed: u64,
    /// Of the image's manifest.
    pub(crate) hash: String,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Inventory(pub(crate) Vec<Line>);

impl fmt::Display for Inventory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |of: fn(&Line) -> usize| self.0.iter().map(of).max().unwrap_or_default();
        let (name, target) = (width(|line| line.name.len()), width(|line| line.target.len()));
        writeln!(f, "{:name$}  {:target$}  unpacked  compressed  digest", "image", "target")?;
        for line in &self.0 {
            writeln!(
                f,
                "{:name$}  {:target$}  {:>8}  {:>10}  sha256:{}",
                line.name,
                line.target,
                megabytes(line.unpacked),
                megabytes(line.compressed),
                line.hash
            )?;
        }
        Ok(())
    }
}

fn megabytes(bytes: u64) -> String {
    let hundredths = bytes.div_ceil(10_000);
    format!("{}.{:02} MB", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let line = Line {
            name: "docker-api:latest".to_owned(),
            target: "x86_64-unknown-linux-gnu".to_owned(),
            unpacked: 3_104_999,
            compressed: 1_400_000,
            hash: "0f".to_owned(),
        };
        assert_eq!(
            Inventory(vec![line]).to_string(),
            "image              target                    unpacked  compressed  digest\n\
             docker-api:latest  x86_64-unknown-linux-gnu   3.11 MB     1.40 MB  sha256:0f\n"
        );
    }
}
