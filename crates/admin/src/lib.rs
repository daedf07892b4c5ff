//! What is served to people and monitors, and what old health checks ask for.

pub mod words;
