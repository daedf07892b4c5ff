//! When what is made anew.

use super::*;
use crate::pki::cert_dir::Lives;

const SERVER: [&str; 2] = ["server/key.pem", "server/cert.pem"];

#[test]
fn a_directory_that_was_just_made_wants_nothing() {
    let plan = plan_at(made(), &["a"], true, NOW);
    assert_eq!(paths(&plan), [] as [&str; 0]);
}

#[test]
fn certificates_begin_five_minutes_ago_and_last_as_told() {
    let files = made();
    let (server, client) = (leaf(&files, "server/cert.pem"), leaf(&files, "client/cert.pem"));
    let authority = leaf(&files, "ca/cert.pem");
    assert_eq!(server.not_before, NOW - Duration::minutes(5));
    assert_eq!(server.not_after, NOW + days(90));
    assert_eq!(client.not_after, NOW + days(365));
    assert_eq!(authority.not_after, NOW + days(3650));
}

#[test]
fn a_server_is_made_anew_when_a_third_of_its_life_is_left() {
    let before = plan_at(made(), &["a"], false, NOW + days(59));
    assert_eq!(paths(&before), [] as [&str; 0]);
    let due = plan_at(made(), &["a"], false, NOW + days(60));
    assert_eq!(paths(&due), SERVER);
    assert_eq!(leaf(&due.files, "server/cert.pem").not_after, NOW + days(150));
}

#[test]
fn the_clients_own_certificate_is_renewed_too_and_recorded_first() {
    let due = plan_at(made(), &["a"], false, NOW + days(244));
    assert_eq!(paths(&due)[..3], ["ca/clients.json", "client/key.pem", "client/cert.pem"]);
    let material = material(&due.files, NOW);
    assert_eq!(material.record.clients().len(), 2, "the one before can still be revoked");
}

#[test]
fn names_that_came_wait_a_minute_but_not_at_start() {
    let soon = NOW + Duration::seconds(59);
    assert_eq!(paths(&plan_at(made(), &["a", "b"], false, soon)), [] as [&str; 0]);
    assert_eq!(paths(&plan_at(made(), &["a", "b"], true, soon)), SERVER);
    let later = plan_at(made(), &["a", "b"], false, NOW + Duration::minutes(1));
    assert_eq!(paths(&later), SERVER);
    assert_eq!(leaf(&later.files, "server/cert.pem").names, names(&["a", "b"]).as_slice());
}

#[test]
fn names_that_went_stay() {
    let files = plan_at(empty(), &["a", "b"], true, NOW).files;
    assert_eq!(paths(&plan_at(files, &["a"], false, NOW + days(1))), [] as [&str; 0]);
}

#[test]
fn a_clock_that_went_back_makes_what_is_not_valid_yet_anew() {
    let back = plan_at(made(), &["a"], false, NOW - days(30));
    assert!(paths(&back).contains(&"server/cert.pem"), "{:?}", paths(&back));
    assert!(leaf(&back.files, "server/cert.pem").not_before < NOW - days(30));
}

#[test]
fn a_clock_before_the_authority_is_told() {
    let files = made();
    let back = plan_at(files.clone(), &["a"], true, NOW - days(30)).files;
    let warnings = material(&back, NOW - days(30)).warnings;
    assert!(warnings[0].contains("aren't valid before 2026-"), "{warnings:?}");
    assert_eq!(material(&files, NOW).warnings, [] as [String; 0]);
}

/// Until it has asked the network, a machine without a clock of its own lives in 1970.
#[test]
fn an_authority_outlives_a_clock_that_was_wrong_when_it_was_made() {
    let made = plan_at(empty(), &["a"], true, OffsetDateTime::UNIX_EPOCH + days(1)).files;
    let plan = plan_at(made.clone(), &["a"], false, NOW);
    for file in ["ca/key.pem", "ca/cert.pem"] {
        assert_eq!(plan.files.get(file), made.get(file), "{file}");
    }
    assert!(leaf(&plan.files, "server/cert.pem").not_after > NOW + days(80));
    assert!(leaf(&plan.files, "client/cert.pem").not_after > NOW + days(300));
    assert_eq!(material(&plan.files, NOW).warnings, [] as [String; 0]);
}

#[test]
fn a_missing_or_foreign_file_is_made_anew() {
    let other = plan_at(empty(), &["a"], true, NOW).files;
    for (path, wanted) in [
        ("server/key.pem", &SERVER[..]),
        ("server/cert.pem", &SERVER[..]),
        ("server/ca.pem", &["server/ca.pem"][..]),
        ("client/ca.pem", &["client/ca.pem"][..]),
        ("ca/crl.pem", &["ca/crl.pem"][..]),
    ] {
        let mut broken = made();
        broken.insert(path, b"broken".to_vec());
        assert_eq!(paths(&plan_at(broken, &["a"], false, NOW)), wanted, "{path} is broken");
        let mut foreign = made();
        foreign.insert(path, other.get(path).unwrap().to_vec());
        assert_eq!(paths(&plan_at(foreign, &["a"], false, NOW)), wanted, "{path} is foreign");
    }
}

#[test]
fn another_authority_makes_all_anew_and_keeps_the_record() {
    let mut files = made();
    let other = plan_at(empty(), &["a"], true, NOW).files;
    for path in ["ca/cert.pem", "ca/key.pem"] {
        files.insert(path, other.get(path).unwrap().to_vec());
    }
    let plan = plan_at(files, &["a"], false, NOW);
    for path in ["server/cert.pem", "server/ca.pem", "client/cert.pem", "client/ca.pem"] {
        assert!(paths(&plan).contains(&path), "{path} in {:?}", paths(&plan));
    }
    let material = material(&plan.files, NOW);
    assert_eq!(material.record.clients().len(), 2);
    assert_eq!(material.record.of(&material.authority).count(), 1);
}

#[test]
fn nothing_outlives_the_authority_and_its_last_certificate_is_left_in_peace() {
    let lives = Lives { authority: 10, ..Lives::default() };
    let dir = CertDir { lives, ..dir() };
    let files = try_plan(empty(), &dir, &["a"], true, NOW).unwrap().files;
    for path in ["server/cert.pem", "client/cert.pem"] {
        assert_eq!(leaf(&files, path).not_after, NOW + days(10));
    }
    let late = try_plan(files.clone(), &dir, &["a"], false, NOW + days(9)).unwrap();
    assert_eq!(paths(&late), [] as [&str; 0]);
    let ended = try_plan(files, &dir, &["a"], false, NOW + days(10)).unwrap_err();
    assert!(matches!(ended, PkiError::AuthorityEnded { .. }), "{ended}");
}

#[test]
fn the_end_of_the_authority_is_told_a_year_ahead() {
    let files = made();
    let early = material(&files, NOW + days(3650 - 366));
    assert!(!early.warnings.iter().any(|line| line.contains("authority ends")));
    let late = material(&files, NOW + days(3650 - 364));
    let line = late.warnings.iter().find(|line| line.contains("authority ends")).unwrap();
    assert!(line.contains("2036-05-29") && line.contains("364 days"), "{line}");
}

#[test]
fn a_life_beyond_the_calendar_ends_with_it() {
    let lives = Lives { authority: u32::MAX, server: u32::MAX, client: u32::MAX };
    let files = try_plan(empty(), &CertDir { lives, ..dir() }, &["a"], true, NOW).unwrap().files;
    assert_eq!(leaf(&files, "server/cert.pem").not_after.year(), 9999);
    assert_eq!(paths(&plan_at(files, &["a"], true, NOW)), [] as [&str; 0]);
}

#[test]
fn a_revoked_client_of_the_directory_is_made_anew() {
    let files = made();
    let mut record = material(&files, NOW).record;
    let authority = material(&files, NOW).authority;
    record.revoke(&authority, NOW, |_| true);
    let mut files = files;
    files.insert("ca/clients.json", record.to_json().unwrap());
    let plan = plan_at(files, &["a"], false, NOW);
    assert_eq!(
        paths(&plan),
        ["ca/clients.json", "ca/crl.pem", "client/key.pem", "client/cert.pem"]
    );
    let record = material(&plan.files, NOW).record;
    let serial = leaf(&plan.files, "client/cert.pem").serial;
    assert!(!record.is_revoked(&authority, serial.as_bytes()));
    assert_eq!(record.clients().len(), 2);
}

#[test]
fn serials_are_positive_sixteen_bytes_and_never_the_same() {
    let (one, two) = (made(), made());
    let serials = [&one, &two].map(|files| leaf(files, "server/cert.pem").serial);
    assert_ne!(serials[0], serials[1]);
    for serial in serials {
        assert_eq!(serial.as_bytes().len(), 16);
        assert!(serial.as_bytes()[0] < 0x80);
    }
}

#[test]
fn only_the_key_in_client_has_the_mode_that_was_asked_for() {
    let dir = CertDir { client_key_mode: 0o644, ..dir() };
    let plan = try_plan(empty(), &dir, &["a"], true, NOW).unwrap();
    let readable = plan.writes.iter().filter(|write| write.mode == 0o644);
    let keys: Vec<_> = readable.filter(|write| write.path.ends_with("key.pem")).collect();
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0].path, "client/key.pem");
}
