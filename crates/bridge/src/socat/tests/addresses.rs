use super::super::{DialTo, Family, Front, ListenAt};
use super::{line, listen, socat, words};

#[test]
fn every_form_seen_in_images_and_readmes_listens_and_dials_alike() {
    for text in [
        "TCP-LISTEN:2375,fork UNIX-CONNECT:/var/run/docker.sock",
        "tcp-listen:2375,fork,reuseaddr unix-connect:/var/run/docker.sock",
        "TCP-LISTEN:2375,reuseaddr,fork UNIX-CLIENT:/var/run/docker.sock",
        "-d -d TCP-L:2375,fork UNIX:/var/run/docker.sock",
        "-t 100000000 TCP-LISTEN:2375,reuseaddr,fork UNIX:/var/run/docker.sock",
        "Tcp-Listen:2375,Fork LOCAL:/var/run/docker.sock",
        "inet-l:2375,fork unix-client:/var/run/docker.sock",
        "UNIX-CONNECT:/var/run/docker.sock TCP-LISTEN:2375,fork",
    ] {
        let socat = socat(text);
        let DialTo::Unix(path) = socat.upstream.to else { panic!("{text}: {:?}", socat.upstream) };
        assert_eq!(path.to_str(), Some("/var/run/docker.sock"), "{text}");
        let Front::Listen(listen) = socat.front else { panic!("{text} does not listen") };
        let every = ListenAt::Tcp { host: None, port: 2375, family: Family::Any };
        assert_eq!((listen.at, listen.fork), (every, true), "{text}");
    }
}

#[test]
fn the_version_of_ip_comes_from_keyword_option_address_or_flag() {
    for (text, host, family) in [
        ("TCP4-LISTEN:2375,fork {U}", None, Family::V4),
        ("tcp4-l:2375,bind=127.0.0.1 {U}", Some("127.0.0.1"), Family::V4),
        ("TCP6-LISTEN:2375 {U}", None, Family::V6),
        ("TCP6-L:2375,bind=[::1] {U}", Some("::1"), Family::V6),
        ("TCP-L:2375,bind=::1 {U}", Some("::1"), Family::V6),
        ("TCP-L:2375,bind=[fe80::1%eth0] {U}", Some("fe80::1%eth0"), Family::V6),
        ("TCP-L:2375,bind=0.0.0.0 {U}", Some("0.0.0.0"), Family::V4),
        ("TCP-L:2375,bind=docker-host.lan {U}", Some("docker-host.lan"), Family::Any),
        ("TCP-L:2375,pf=ip4 {U}", None, Family::V4),
        ("TCP-L:2375,pf=inet {U}", None, Family::V4),
        ("TCP-L:2375,pf=4 {U}", None, Family::V4),
        ("TCP-L:2375,protocol-family=INET6 {U}", None, Family::V6),
        ("TCP-L:2375,pf=ip6 {U}", None, Family::V6),
        ("TCP-L:2375,pf=6 {U}", None, Family::V6),
        ("-4 TCP-L:2375 {U}", None, Family::V4),
        ("-6 TCP-L:2375 {U}", None, Family::V6),
        ("-4 -6 -0 TCP-L:2375 {U}", None, Family::Any),
        ("-6 TCP4-L:2375 {U}", None, Family::V4),
        ("-6 TCP-L:2375,bind=127.0.0.1 {U}", Some("127.0.0.1"), Family::V4),
    ] {
        let at = ListenAt::Tcp { host: host.map(str::to_owned), port: 2375, family };
        assert_eq!(listen(text).at, at, "{text}");
    }
}

#[test]
fn a_unix_listener_may_stand_before_a_remote_daemon() {
    for (text, host, port, family) in [
        ("UNIX-LISTEN:/run/d.sock,fork TCP:host:2375", "host", 2375, Family::Any),
        ("UNIX-L:/run/d.sock TCP-CONNECT:10.0.0.1:2376", "10.0.0.1", 2376, Family::V4),
        ("UNIX-L:/run/d.sock TCP4:host:2375", "host", 2375, Family::V4),
        ("UNIX-L:/run/d.sock TCP6:[::1]:2375", "::1", 2375, Family::V6),
        ("-4 UNIX-L:/run/d.sock TCP:host:2375", "host", 2375, Family::V4),
    ] {
        let to = DialTo::Tcp { host: host.to_owned(), port, family };
        assert_eq!(socat(text).upstream.to, to, "{text}");
    }
}

#[test]
fn standard_input_and_output_may_be_either_side() {
    for text in ["STDIO {U}", "- {U}", "{U} stdio", "{U} -", "-,ignoreeof {U}", "-- - {U}"] {
        assert_eq!(socat(text).front, Front::Stdio, "{text}");
    }
}

#[test]
fn abstract_sockets_have_names() {
    let socat = socat("ABSTRACT-LISTEN:front,fork ABSTRACT-CONNECT:engine");
    assert_eq!(socat.upstream.to, DialTo::Abstract("engine".to_owned()));
    let at = listen("abstract-listen:front ABSTRACT:engine").at;
    assert_eq!(at, ListenAt::Abstract { name: "front".to_owned() });
}

#[test]
fn quotes_brackets_and_backslashes_hide_separators_as_in_socat() {
    for (written, path) in [
        (r"/run/a\,b.sock", "/run/a,b.sock"),
        (r"/run/a\:b.sock", "/run/a:b.sock"),
        (r#""/run/a,b:c!!.sock",retry=1"#, "/run/a,b:c!!.sock"),
        ("/run/'a,b'.sock", "/run/a,b.sock"),
        ("/run/(a,b).sock", "/run/(a,b).sock"),
        ("/run/[a,{b:c}].sock", "/run/[a,{b:c}].sock"),
        (r#"/run/"a\"b".sock"#, r#"/run/a"b.sock"#),
        (r#"/run/(a"b,")c"#, r#"/run/(a"b,")c"#),
        (r"/run/a\\b", r"/run/a\b"),
        (r"/run/a\tb", "/run/a\tb"),
        ("/run/a b", "/run/a b"),
        ("/run/a=b", "/run/a=b"),
        ("docker.sock,,", "docker.sock"),
    ] {
        let word = format!("UNIX-CONNECT:{written}");
        let recognised = words(&["TCP-LISTEN:2375,fork", &word]).unwrap().unwrap();
        assert_eq!(recognised.socat.upstream.to, DialTo::Unix(path.into()), "{written}");
    }
}

#[test]
fn words_without_a_socat_address_are_left_to_clap() {
    for text in [
        "",
        "--listen tcp://[::]:2375 --upstream unix:///var/run/docker.sock",
        "-l tcp://127.0.0.1:2375 -u unix:///var/run/docker.sock -a monitor",
        "-l 0.0.0.0:2375 -u /var/run/docker.sock",
        "-u proxy:2375",
        "-l local:2375 -u proxy:2375",
        "--upstream proxy:2375 --access open",
        "--upstream=tcp:2375",
        "tcp://[::]:2375 unix:///var/run/docker.sock",
        "/var/run/docker.sock tcp",
        "serve docker",
        "-h",
        "--health",
    ] {
        assert_eq!(line(text), Ok(None), "{text}");
    }
}
