use super::{assert_errors, words};

#[test]
fn two_addresses_that_go_together_are_required() {
    assert_errors(&[
        (
            "{L}",
            "exactly 2 socat addresses are required, not 1: write `TCP-LISTEN:2375,fork \
             UNIX-CONNECT:/var/run/docker.sock`",
        ),
        (
            "-",
            "exactly 2 socat addresses are required, not 1: write `TCP-LISTEN:2375,fork \
             UNIX-CONNECT:/var/run/docker.sock`",
        ),
        (
            "{L} {U} {U}",
            "exactly 2 socat addresses are required, not 3: write `TCP-LISTEN:2375,fork \
             UNIX-CONNECT:/var/run/docker.sock`",
        ),
        ("-t {L} {U}", "`-t` needs a value: a number of seconds, such as 30 or 0.5"),
        (
            "{L} /var/run/docker.sock",
            "`/var/run/docker.sock` beside `TCP-LISTEN:2375,fork` is not a socat address: write \
             UNIX-CONNECT:/var/run/docker.sock",
        ),
        (
            "{L} unix:///var/run/docker.sock",
            "`unix:///var/run/docker.sock` beside `TCP-LISTEN:2375,fork` is not a socat address: \
             write UNIX-CONNECT:/var/run/docker.sock",
        ),
        (
            "{L} tcp://engine:2375",
            "`tcp://engine:2375` beside `TCP-LISTEN:2375,fork` is not a socat address: write \
             TCP:engine:2375 to connect, TCP-LISTEN:2375,bind=engine to listen",
        ),
        (
            "UNIX_CONNECT:/x {L}",
            "`UNIX_CONNECT:/x` beside `TCP-LISTEN:2375,fork` is not a socat address: did you mean \
             UNIX-CONNECT?",
        ),
        (
            "TPC-LISTEN:2375 {U}",
            "`TPC-LISTEN:2375` beside `UNIX-CONNECT:/var/run/docker.sock` is not a socat address: \
             did you mean TCP-LISTEN?",
        ),
        (
            "{L} docker",
            "`docker` beside `TCP-LISTEN:2375,fork` is not a socat address: write an address such \
             as UNIX-CONNECT:/var/run/docker.sock",
        ),
        (
            "{L} {U} serve",
            "`serve` beside `TCP-LISTEN:2375,fork` is not a socat address: write an address such \
             as UNIX-CONNECT:/var/run/docker.sock",
        ),
        (
            "--listen tcp://[::]:2375 {L} {U}",
            "`--listen` beside socat addresses: both say where to listen or connect; write the \
             flags --listen and --upstream alone, or the two addresses alone",
        ),
        (
            "{L} {U} --upstream=/run/x.sock",
            "`--upstream` beside socat addresses: both say where to listen or connect; write the \
             flags --listen and --upstream alone, or the two addresses alone",
        ),
        (
            "{L} --upstream /x",
            "`--upstream` beside socat addresses: both say where to listen or connect; write the \
             flags --listen and --upstream alone, or the two addresses alone",
        ),
        (
            "TCP-LISTEN:2375!!- {U}",
            "`TCP-LISTEN:2375!!-` is a dual address (`!!`), one to read and one to write: the \
             bridge needs one address for both, such as UNIX-CONNECT:/var/run/docker.sock",
        ),
        (
            "{L} {L}",
            "TCP-LISTEN and TCP-LISTEN both listen and nothing connects to the Engine: write \
             UNIX-CONNECT:/var/run/docker.sock in place of one",
        ),
        (
            "{U} TCP:host:2375",
            "UNIX-CONNECT and TCP both connect and nothing listens: write TCP-LISTEN:2375,fork or \
             STDIO in place of one",
        ),
        (
            "- {L}",
            "STDIO and TCP-LISTEN leave nothing to connect to: write \
             UNIX-CONNECT:/var/run/docker.sock in place of one",
        ),
        (
            "- STDIO",
            "STDIO and STDIO leave nothing to connect to: write UNIX-CONNECT:/var/run/docker.sock \
             in place of one",
        ),
        (
            "UNIX-LISTEN:/x {L}",
            "UNIX-LISTEN and TCP-LISTEN both listen and nothing connects to the Engine: write \
             UNIX-CONNECT:/var/run/docker.sock in place of one",
        ),
    ]);
}

#[test]
fn a_flag_that_is_not_honoured_says_why() {
    assert_errors(&[
        (
            "-u {L} {U}",
            "`-u` (one direction only) is not supported, because the Engine's API needs both: \
             leave it out",
        ),
        (
            "-U {L} {U}",
            "`-U` (one direction only) is not supported, because the Engine's API needs both: \
             leave it out",
        ),
        (
            "-l {L} {U}",
            "`-l` beside socat addresses is socat's, which needs a letter more (-ls, -lf FILE, \
             …): leave it out",
        ),
        (
            "-a read-only {L} {U}",
            "`-a` beside socat addresses would be socat's, which has no such flag: write --access \
             ROLE",
        ),
        (
            "-L /x {L} {U}",
            "`-L` (lock file) is not supported, because a second bridge on the same address fails \
             anyway: leave it out",
        ),
        (
            "-W/x {L} {U}",
            "`-W` (lock file) is not supported, because a second bridge on the same address fails \
             anyway: leave it out",
        ),
        (
            "-r /x {L} {U}",
            "`-r` (a copy of the traffic in a file) is not supported: leave it out, or use tcpdump",
        ),
        (
            "-R /x {L} {U}",
            "`-R` (a copy of the traffic in a file) is not supported: leave it out, or use tcpdump",
        ),
        ("-vx {L} {U}", "`-vx` merges flags, which socat refuses: write `-v -x`"),
        (
            "-q {L} {U}",
            "`-q` is not a flag of socat that the bridge knows: leave it out (beside socat \
             addresses our own flags are written long, see --help)",
        ),
        ("-lz {L} {U}", "`-lz` is not a log flag of socat: leave it out"),
        (
            "-d5 {L} {U}",
            "`-d5` is not a flag of socat that the bridge knows: leave it out (beside socat \
             addresses our own flags are written long, see --help)",
        ),
        ("-T 5m {L} {U}", "`-T` takes a number of seconds, such as 30 or 0.5, not `5m`"),
        (
            "-T{L} {U} {L}",
            "`-T` takes a number of seconds, such as 30 or 0.5, not `TCP-LISTEN:2375,fork`",
        ),
        ("-t {L} {U} -d", "`-t` needs a value: a number of seconds, such as 30 or 0.5"),
        ("{L} {U} -T", "`-T` needs a value: a number of seconds, such as 30 or 0.5"),
        ("-b 0 {L} {U}", "`-b` takes a whole number above 0, not `0`"),
        ("{L} {U} -lf", "`-lf` needs a value: a file name"),
        ("-t -1 {L} {U}", "`-t` takes a number of seconds, such as 30 or 0.5, not `-1`"),
    ]);
}

#[test]
fn a_command_in_one_string_is_told_apart() {
    let text = "TCP-LISTEN:2375,fork UNIX-CONNECT:/var/run/docker.sock";
    let message = "`TCP-LISTEN:2375,fork UNIX-CONNECT:/var/run/docker.sock` is one word: write \
                   its two addresses as two words, `TCP-LISTEN:2375,fork` \
                   `UNIX-CONNECT:/var/run/docker.sock`";
    assert_eq!(words(&[text]).unwrap_err(), message);
}
