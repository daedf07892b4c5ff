//! Units of a certificate mean something in those of the directory's own authority alone.

use testkit::StandIn;
use testkit::certificates::{Authority, Leaf};
use testkit::stream::get;

use crate::{VERSIONS, assert_served, builder, server};

#[test]
fn a_unit_that_looks_like_a_role_means_nothing_and_the_default_role_counts() {
    let (engine, authority) = (StandIn::start(), Authority::new("users"));
    let open = builder(&engine, &server(&authority)).start();
    let closed = builder(&engine, &server(&authority)).args(["--default-role", "monitor"]).start();
    for leaf in [Leaf::client("laptop").unit("role:full"), Leaf::client("dind")] {
        let issued = authority.issue(&leaf);
        let client = issued.client();
        assert_served(&open, &client);
        assert_served(&closed, &client);
        for version in VERSIONS {
            let endpoint = client.clone().version(version).at(closed.addr());
            assert_eq!(get(&endpoint, "/containers/x/logs").status, 403, "{version:?}");
        }
    }
    let restricted = Leaf::client("laptop").unit("role:monitor");
    let issued = authority.issue(&restricted);
    let client = issued.client().at(open.addr());
    assert_eq!(get(&client, "/containers/x/logs").status, 200);
}
