//! Where a bridge listens.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use docker_api_access::Profile;
use docker_api_core::accounts;
use docker_api_core::address::{ListenAddress, UpstreamAddress};
use docker_api_core::listen::{ListenSettings, UnixFile};

use crate::access::profile::{is_ipv6_disabled, without_ipv6};
use crate::access::{bind_config, listen};
use crate::{Failure, Flags, Named, Program, Sources, values};

impl Sources<'_> {
    /// Where clients connect, and which role each listener has.
    pub(super) fn listeners(
        &self,
        program: &Program,
        flags: &Flags,
        upstream: &UpstreamAddress,
        access: &Named,
    ) -> Result<(Vec<ListenSettings>, Vec<Named>), Failure> {
        let file = self.unix_file(flags, upstream)?;
        let profile = Profile::by_name(&access.role);
        let bind_config = match profile.filter(|_| flags.listen.is_empty()) {
            Some(_) => {
                self.one(None, "", &["BIND_CONFIG"], |text| bind_config::read(text, &file))?
            }
            None => None,
        };
        let mut listeners = match bind_config {
            Some(all) => all.into_iter().map(|one| (one, access.clone())).collect(),
            None => self.written(program, flags, &file, access)?,
        };
        if profile.is_some_and(|profile| is_ipv6_disabled(profile, self.variables)) {
            for (one, _) in &mut listeners {
                without_ipv6(&mut one.address);
            }
        }
        Ok(listeners.into_iter().unzip())
    }

    /// The listeners of `--listen`.
    fn written(
        &self,
        program: &Program,
        flags: &Flags,
        file: &UnixFile,
        access: &Named,
    ) -> Result<Vec<(ListenSettings, Named)>, Failure> {
        let parse = |text: &str| {
            ListenAddress::parse(text, program.default_port).map_err(|error| error.to_string())
        };
        let settings =
            |address| ListenSettings { file: file.clone(), ..ListenSettings::new(address) };
        let names = ["BRIDGE_LISTEN"];
        let written = self.many(&flags.listen, "listen", &names, |text| {
            let (address, role) = listen::split_role(text)?;
            Ok((settings(parse(address)?), role.map(|role| (role.to_owned(), text.to_owned()))))
        })?;
        if written.is_empty() {
            let address = parse(program.default_listen).map_err(Failure::other)?;
            return Ok(vec![(settings(address), access.clone())]);
        }
        let source = self.said(flags.listen.first(), "listen", &names);
        let source = source.map(|(source, _)| source).unwrap_or_default();
        let named = |(role, at)| Named { role, source: source.clone(), at: Some(at) };
        let role = |own: Option<_>| own.map_or_else(|| access.clone(), named);
        Ok(written.into_iter().map(|(one, own)| (one, role(own))).collect())
    }

    pub(super) fn unix_file(
        &self,
        flags: &Flags,
        upstream: &UpstreamAddress,
    ) -> Result<UnixFile, Failure> {
        let mode =
            self.one(flags.socket_mode.as_ref(), "socket-mode", &["BRIDGE_SOCKET_MODE"], |text| {
                values::mode(text, "0660")
            })?;
        let group = self.one(
            flags.socket_group.as_ref(),
            "socket-group",
            &["BRIDGE_SOCKET_GROUP"],
            |text| accounts::group_id(text).map_err(|error| error.to_string()),
        )?;
        Ok(UnixFile {
            mode: mode.unwrap_or(0o660),
            user: None,
            group_required: group.is_some(),
            group: group.or_else(|| group_of(upstream)),
        })
    }
}

fn group_of(upstream: &UpstreamAddress) -> Option<u32> {
    let UpstreamAddress::Unix(path) = upstream else { return None };
    Some(fs::metadata(path.as_file()?).ok()?.gid())
}
