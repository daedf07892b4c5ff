//! A process may be killed between any two writes.

use super::*;

/// The directory after each count of writes, from none to all.
fn cut_short(files: &Files, plan: &Plan) -> Vec<Files> {
    let mut stages = vec![files.clone()];
    for write in &plan.writes {
        let mut next = stages[stages.len() - 1].clone();
        next.apply(write);
        stages.push(next);
    }
    stages
}

/// Goes on with it, and finds it whole and in want of nothing.
fn goes_on(stage: Files, texts: &[&str], now: OffsetDateTime) -> Files {
    let key = stage.get("ca/key.pem").map(<[u8]>::to_vec);
    let authority = stage.get("ca/cert.pem").map(<[u8]>::to_vec);
    let next = plan_at(stage, texts, true, now);
    if key.is_some() {
        assert_eq!(next.files.get("ca/key.pem").map(<[u8]>::to_vec), key, "the key was replaced");
    }
    if authority.is_some() {
        assert_eq!(next.files.get("ca/cert.pem").map(<[u8]>::to_vec), authority);
    }
    let material = material(&next.files, now);
    assert!(material.own_authority);
    let client = leaf(&next.files, "client/cert.pem").serial;
    assert!(material.record.clients().iter().any(|recorded| recorded.serial == client));
    assert_eq!(paths(&plan_at(next.files.clone(), texts, true, now)), [] as [&str; 0]);
    next.files
}

#[test]
fn a_first_start_killed_at_any_write_is_gone_on_with() {
    let plan = plan_at(empty(), &["a"], true, NOW);
    assert_eq!(plan.writes.len(), 10);
    for stage in cut_short(&empty(), &plan) {
        goes_on(stage, &["a"], NOW);
    }
}

#[test]
fn a_renewal_killed_at_any_write_is_gone_on_with() {
    let (before, now) = (made(), NOW + days(300));
    let plan = plan_at(before.clone(), &["a", "b"], true, now);
    assert!(plan.writes.len() >= 5, "{:?}", paths(&plan));
    for stage in cut_short(&before, &plan) {
        let after = goes_on(stage, &["a", "b"], now);
        assert_eq!(leaf(&after, "server/cert.pem").names, names(&["a", "b"]).as_slice());
    }
}

#[test]
fn keys_stand_before_their_certificates_and_the_record_before_clients() {
    let plan = plan_at(empty(), &["a"], true, NOW);
    let at = |path: &str| paths(&plan).iter().position(|&written| written == path).unwrap();
    for folder in ["ca", "server", "client"] {
        assert!(at(&format!("{folder}/key.pem")) < at(&format!("{folder}/cert.pem")));
    }
    assert!(at("ca/clients.json") < at("client/key.pem"));
}

#[test]
fn an_authority_whose_certificate_was_lost_is_found_in_a_copy() {
    let whole = made();
    let mut files = empty();
    for path in ["ca/key.pem", "server/ca.pem", "server/cert.pem", "server/key.pem"] {
        files.insert(path, whole.get(path).unwrap().to_vec());
    }
    let plan = plan_at(files, &["a"], true, NOW);
    assert_eq!(plan.files.get("ca/cert.pem"), whole.get("ca/cert.pem"));
    assert!(!paths(&plan).contains(&"server/cert.pem"), "{:?}", paths(&plan));
}

#[test]
fn a_record_that_was_lost_is_an_error_if_the_list_says_who_is_revoked() {
    let files = made();
    let mut record = material(&files, NOW).record;
    record.revoke(&material(&files, NOW).authority, NOW, |_| true);
    let mut revoked = files;
    revoked.insert("ca/clients.json", record.to_json().unwrap());
    let revoked = plan_at(revoked, &["a"], true, NOW).files;
    let mut lost = empty();
    for path in ["ca/cert.pem", "ca/key.pem", "ca/crl.pem"] {
        lost.insert(path, revoked.get(path).unwrap().to_vec());
    }
    let error = try_plan(lost, &dir(), &["a"], true, NOW).unwrap_err();
    assert!(matches!(error, PkiError::DamagedRecord(..)), "{error}");
}
