//! A target that runs.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};

use super::{Kind, Site, Target};
use crate::client::{Address, Dialler, PATIENCE, http};
use crate::machine::account::Account;
use crate::machine::group::Group;
use crate::machine::tree;

/// A target that runs. Dropping it stops it, and whatever it started.
#[derive(Debug)]
pub(crate) struct Running {
    // In this order: the group can go once its processes are gone.
    child: Option<Process>,
    account: Option<Account>,
    dialler: Dialler,
    log: PathBuf,
    started: Instant,
}

impl Running {
    /// Starts it, and waits until it answers. What it uses is counted by a group, if that is
    /// allowed.
    pub(crate) fn start(target: &Target, ours: &Path, site: &Site) -> anyhow::Result<Self> {
        let group = if target.is_program() { Group::create(target.name) } else { None };
        let mut running = Self::launch(target, ours, site, group)?;
        running.wait_until_it_answers()?;
        Ok(running)
    }

    /// Starts it, and doesn't wait. Nothing else runs on the way.
    pub(crate) fn start_at_once(target: &Target, ours: &Path, site: &Site) -> anyhow::Result<Self> {
        Self::launch(target, ours, site, None)
    }

    fn launch(
        target: &Target,
        ours: &Path,
        site: &Site,
        group: Option<Group>,
    ) -> anyhow::Result<Self> {
        let log = site.folder.join("log");
        let direct = |address| Self {
            child: None,
            account: None,
            dialler: Dialler { address, tls: None },
            log: log.clone(),
            started: Instant::now(),
        };
        let make = match target.kind {
            Kind::DirectUnix => return Ok(direct(Address::Unix(site.upstream.clone()))),
            Kind::DirectTcp => return Ok(direct(Address::Tcp(site.upstream_tcp))),
            Kind::Ours(_, make) | Kind::Peer(_, make) => make,
        };
        let program = target.program(ours).context("it isn't installed")?;
        let mut command = make(&program, site)?;
        if let Some(group) = &group {
            command = group.wrap(&command);
        }
        let output = File::create(&log).context("cannot write a log")?;
        let errors = output.try_clone().context("cannot write a log")?;
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        let started = Instant::now();
        let child =
            command.spawn().with_context(|| format!("cannot run `{}`", program.display()))?;
        let account = group.map_or_else(|| Account::Tree(child.id()), Account::Group);
        Ok(Self {
            child: Some(Process(child)),
            account: Some(account),
            dialler: site.dialler(),
            log,
            started,
        })
    }

    /// Its process's id; none where there is no proxy.
    pub(crate) fn id(&self) -> Option<u32> {
        self.child.as_ref().map(|process| process.0.id())
    }

    /// Where its processor time is read; none where there is no proxy.
    pub(crate) fn account(&self) -> Option<&Account> {
        self.account.as_ref()
    }

    /// Who connects to it.
    pub(crate) fn dialler(&self) -> &Dialler {
        &self.dialler
    }

    /// When it was started.
    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// Asks until there is an answer, or no hope for one.
    pub(crate) fn wait_until_it_answers(&mut self) -> anyhow::Result<()> {
        loop {
            let Err(error) = self.dialler.dial().and_then(|mut stream| http::ask(&mut stream))
            else {
                return Ok(());
            };
            let ended = match &mut self.child {
                Some(process) => process.0.try_wait().context("cannot wait for it")?,
                None => None,
            };
            if let Some(status) = ended {
                bail!("it ended by itself: {status}: {}", self.last_line());
            }
            if self.started.elapsed() > PATIENCE {
                bail!("it doesn't answer: {error}: {}", self.last_line());
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Of what it said.
    fn last_line(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        log.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing").to_owned()
    }
}

/// A process, and those below it, which all end when it is dropped.
#[derive(Debug)]
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let below = tree::below(self.0.id()).unwrap_or_default();
        // It isn't reaped yet, so the id is still its own.
        let _ = kill_process(Pid::from_child(&self.0), Signal::TERM);
        let deadline = Instant::now() + Duration::from_secs(3);
        while matches!(self.0.try_wait(), Ok(None)) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
        }
        drop(self.0.kill());
        drop(self.0.wait());
        // Whoever survives its parent.
        for process in below.iter().filter(|process| process.is_alive()) {
            let id = i32::try_from(process.id).ok().and_then(Pid::from_raw);
            let _ = id.map(|id| kill_process(id, Signal::KILL));
        }
    }
}
