//! TLS 1.1 and older, which nobody can switch on.

use testkit::peers::s_client;
use testkit::requires_tool;

use crate::{Server, own_client};

#[test]
fn old_versions_are_refused_and_the_log_says_what_is_needed() {
    requires_tool!("openssl");
    let server = Server::start();
    for (version, times) in [("-tls1_1", 1), ("-tls1", 2)] {
        // Without it, Debian's OpenSSL doesn't even offer them.
        let words = [version, "-cipher", "DEFAULT@SECLEVEL=0"];
        let seen = s_client(server.address(), &own_client(&server.bridge), &words);
        assert!(seen.contains("SSL alert number"), "{seen}");
        server.assert_logged("it offers TLS 1.1 or older; 1.2 is needed", times);
    }
    server.assert_nobody_was_let_through();
}
