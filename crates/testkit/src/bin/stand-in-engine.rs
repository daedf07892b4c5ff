//! `stand-in-engine --listen unix:///path`: a stand-in Engine until it is killed.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::{env, thread};

use testkit::StandIn;
use testkit::engine::StandInBuilder;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let Some(builder) = parse(&arguments) else {
        return fail(
            64,
            "usage: stand-in-engine --listen unix:///path|tcp://ADDRESS:PORT [--http2]",
        );
    };
    match builder.try_start() {
        Ok(engine) => {
            // Nobody may be left to read it.
            let _ignored = writeln!(io::stdout(), "listening on {}", engine.endpoint());
            loop {
                thread::park();
            }
        }
        Err(error) => fail(69, &format!("error: cannot listen: {error}")),
    }
}

fn parse(arguments: &[String]) -> Option<StandInBuilder> {
    let mut builder = StandIn::builder();
    let mut arguments = arguments.iter();
    let mut listens = false;
    while let Some(argument) = arguments.next() {
        if argument == "--http2" {
            builder = builder.http2();
            continue;
        }
        let address = match argument.strip_prefix("--listen=") {
            Some(address) => address,
            None if argument == "--listen" => arguments.next()?,
            None => return None,
        };
        builder = match address.strip_prefix("unix://") {
            Some(path) => builder.path(path),
            None => builder.tcp(address.strip_prefix("tcp://")?.parse::<SocketAddr>().ok()?),
        };
        listens = true;
    }
    listens.then_some(builder)
}

fn fail(code: u8, message: &str) -> ExitCode {
    let _ignored = writeln!(io::stderr(), "{message}");
    ExitCode::from(code)
}
