//! Promises to users, one file each, driven through the built binaries
