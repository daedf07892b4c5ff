//! Units of a certificate mean something in those of the directory's own authority alone.

use testkit::StandIn;
use testkit::certificates::{Authority, Leaf};

use crate::{assert_served, builder, server};

#[test]
fn a_unit_that_looks_like_a_role_means_nothing_and_the_default_role_counts() {
    let (engine, authority) = (StandIn::start(), Authority::new("users"));
    let bridge = builder(&engine, &server(&authority)).args(["--log-level", "debug"]).start();
    for leaf in [Leaf::client("laptop").unit("role:monitor"), Leaf::client("dind")] {
        assert_served(&bridge, &authority.issue(&leaf).client());
    }
    for name in ["laptop", "dind"] {
        bridge.wait_for_log(|line| {
            line.contains(&format!(" {name} (serial ")) && line.ends_with(", role full) connected")
        });
    }
}
