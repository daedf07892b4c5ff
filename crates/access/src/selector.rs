//! What `allow` and `deny` name.

use std::fmt;

use crate::near::hint;
use crate::{Class, Operation};

/// Some operations.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Selector {
    Class(Class),
    Operation(Operation),
    Tag(&'static str),
}

impl Selector {
    /// Reads an operation's name, `class:NAME` or `tag:NAME`.
    ///
    /// # Errors
    /// What is unknown, and what it is close to.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if let Some(name) = text.strip_prefix("class:") {
            let class = Class::ALL.into_iter().find(|class| class.name() == name).map(Self::Class);
            let near = || hint(name, Class::ALL.map(Class::name));
            return class.ok_or_else(|| format!("unknown class {name:?}{}", near()));
        }
        if let Some(name) = text.strip_prefix("tag:") {
            let tags = || Operation::all().map(Operation::tag);
            let tag = tags().find(|tag| *tag == name).map(Self::Tag);
            return tag.ok_or_else(|| format!("unknown tag {name:?}{}", hint(name, tags())));
        }
        let near = || hint(text, Operation::all().map(Operation::name));
        let operation = Operation::by_name(text).map(Self::Operation);
        operation.ok_or_else(|| format!("unknown operation {text:?}{}", near()))
    }

    pub(crate) fn selects(&self, operation: Operation) -> bool {
        match *self {
            Self::Class(class) => operation.class() == class,
            Self::Operation(this) => operation == this,
            Self::Tag(tag) => operation.tag() == tag,
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Class(class) => write!(f, "class:{class}"),
            Self::Operation(operation) => write!(f, "{operation}"),
            Self::Tag(tag) => write!(f, "tag:{tag}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_classes_and_tags_have_names() {
        for text in ["ContainerList", "class:lifecycle", "tag:Network"] {
            assert_eq!(Selector::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_misspelt_name_says_what_it_is_close_to() {
        for (text, expected) in [
            ("ContainerLst", "unknown operation \"ContainerLst\": did you mean ContainerList?"),
            ("class:reed", "unknown class \"reed\": did you mean read?"),
            ("tag:Networks", "unknown tag \"Networks\": did you mean Network?"),
            ("Class:read", "unknown operation \"Class:read\""),
            ("tag:", "unknown tag \"\""),
        ] {
            assert_eq!(Selector::parse(text).unwrap_err(), expected);
        }
    }
}
