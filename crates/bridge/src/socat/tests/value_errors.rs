use super::assert_errors;

#[test]
fn an_option_with_a_value_that_does_not_fit_says_what_it_takes() {
    assert_errors(&[
        (
            "{L},bind=127.0.0.1:2375 {U}",
            "`bind` takes an address or a name alone (the port stands behind the keyword), such \
             as 127.0.0.1 or [::1], not `127.0.0.1:2375`",
        ),
        (
            "{L},bind=:2375 {U}",
            "`bind` takes an address or a name alone (the port stands behind the keyword), such \
             as 127.0.0.1 or [::1], not `:2375`",
        ),
        (
            "{L},bind= {U}",
            "`bind` needs a value: an address or a name alone (the port stands behind the \
             keyword), such as 127.0.0.1 or [::1]",
        ),
        (
            "{L},bind {U}",
            "`bind` needs a value: an address or a name alone (the port stands behind the \
             keyword), such as 127.0.0.1 or [::1]",
        ),
        (
            "{L},range=10.0.0.0/33 {U}",
            "`range` takes a range such as 10.0.0.0/8, 10.0.0.0:255.0.0.0 or [fd00::]/8, not \
             `10.0.0.0/33`",
        ),
        (
            "{L},range {U}",
            "`range` needs a value: a range such as 10.0.0.0/8, 10.0.0.0:255.0.0.0 or [fd00::]/8",
        ),
        (
            "{L},range=localhost {U}",
            "`range` takes a range such as 10.0.0.0/8, 10.0.0.0:255.0.0.0 or [fd00::]/8, not \
             `localhost`",
        ),
        (
            "{L},range=10.0.0.0:255.0.255.0 {U}",
            "`range` takes a range such as 10.0.0.0/8, 10.0.0.0:255.0.0.0 or [fd00::]/8, not \
             `10.0.0.0:255.0.255.0`",
        ),
        ("{L},backlog=0 {U}", "`backlog` takes a whole number above 0, not `0`"),
        ("{L},backlog=x {U}", "`backlog` takes a whole number above 0, not `x`"),
        ("{L},max-children {U}", "`max-children` needs a value: a whole number above 0"),
        ("{L},pf=ip5 {U}", "`pf` takes ip4 or ip6, not `ip5`"),
        ("{L},fork=yes {U}", "option `fork` of TCP-LISTEN is written twice: keep one"),
        (
            "{L},keepidle=0 {U}",
            "`keepidle` takes a whole number of seconds from 1 to 32767, not `0`",
        ),
        (
            "{L},keepidle=1.5 {U}",
            "`keepidle` takes a whole number of seconds from 1 to 32767, not `1.5`",
        ),
        (
            "{L},interval=1s {U}",
            "`interval` takes a number of seconds, such as 30 or 0.5, not `1s`",
        ),
        ("{L},retry=-1 {U}", "`retry` takes a whole number of further attempts, not `-1`"),
        ("{L},reuseaddr=no {U}", "`reuseaddr` takes 0 or 1, not `no`"),
        (
            "{L},range=10.0.0.0/8,range=::/0 {U}",
            "option `range` of TCP-LISTEN is written twice: keep one",
        ),
        (
            "{L},bind=127.0.0.1,bind=:: {U}",
            "option `bind` of TCP-LISTEN is written twice: keep one",
        ),
    ]);
}
