//! Which of the bridges here is meant.

use docker_api_core::address::ListenAddress;

use super::Whom;

/// A bridge that was found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Seen {
    pub(super) pid: u32,
    /// Whether it is in the cgroup of who asks.
    pub(super) same_cgroup: bool,
    /// Whether it has the listeners that are asked for.
    pub(super) listens: bool,
}

/// The indices of those who may be meant: one, if that is clear.
///
/// In a container it is the container's own: alone in its cgroup (behind an init, or with the
/// PID namespace of the host), or its first process. Else it is told by its listeners.
pub(super) fn choose(seen: &[Seen], whom: &Whom) -> Vec<usize> {
    let all = |test: fn(&Seen) -> bool| -> Vec<usize> {
        (0..seen.len()).filter(|&index| test(&seen[index])).collect()
    };
    if !whom.named {
        let own = all(|one| one.same_cgroup);
        if whom.in_container && own.len() == 1 {
            return own;
        }
        let first = all(|one| one.pid == 1);
        if !first.is_empty() {
            return first;
        }
    }
    all(|one| one.listens)
}

/// Whether a bridge that listens there (on any of `listeners`) has all that are `wanted`.
pub(super) fn has_all(listeners: &[&str], wanted: &[ListenAddress]) -> bool {
    let has = |one: &ListenAddress| listeners.iter().any(|listener| covers(listener, one));
    !wanted.is_empty() && wanted.iter().all(has)
}

fn covers(listener: &str, wanted: &ListenAddress) -> bool {
    if listener == wanted.to_string() {
        return true;
    }
    let ListenAddress::Tcp(wanted) = wanted else { return false };
    match ListenAddress::parse(listener, wanted.port) {
        Ok(ListenAddress::Tcp(at)) => at.port == wanted.port && EVERY.contains(&at.host.as_str()),
        _ => false,
    }
}

/// Every interface.
const EVERY: [&str; 2] = ["0.0.0.0", "::"];

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: Seen = Seen { pid: 9, same_cgroup: false, listens: false };

    fn whom(named: bool, in_container: bool) -> Whom {
        Whom { listeners: Vec::new(), named, in_container }
    }

    #[test]
    fn in_a_container_it_is_the_one_of_its_cgroup_whatever_it_listens_on() {
        let own = Seen { pid: 7, same_cgroup: true, ..SEEN };
        let other = Seen { listens: true, ..SEEN };
        assert_eq!(choose(&[other, own], &whom(false, true)), [1]);
        assert_eq!(choose(&[other, own], &whom(false, false)), [0], "no container");
    }

    #[test]
    fn of_several_in_a_container_it_is_the_first_process() {
        let first = Seen { pid: 1, same_cgroup: true, ..SEEN };
        let second = Seen { same_cgroup: true, listens: true, ..SEEN };
        assert_eq!(choose(&[first, second], &whom(false, true)), [0]);
        let elsewhere = Seen { same_cgroup: false, ..first };
        assert_eq!(choose(&[elsewhere, second], &whom(false, true)), [1], "another container's");
    }

    #[test]
    fn what_was_typed_counts_more_than_where_it_runs() {
        let own = Seen { pid: 1, same_cgroup: true, ..SEEN };
        let meant = Seen { listens: true, ..SEEN };
        assert_eq!(choose(&[own, meant], &whom(true, true)), [1]);
        assert_eq!(choose(&[own], &whom(true, true)), [0; 0]);
        assert_eq!(choose(&[meant, meant], &whom(true, true)), [0, 1]);
    }

    #[test]
    fn all_listeners_that_are_asked_for_must_be_there() {
        let wanted = |texts: &[&str]| -> Vec<ListenAddress> {
            texts.iter().map(|text| ListenAddress::parse(text, 2375).unwrap()).collect()
        };
        let bridge = ["tcp://[::]:2375", "unix:///run/x.sock"];
        for there in [&["tcp://127.0.0.1"][..], &["[::]:2375", "/run/x.sock"], &["docker:2375"]] {
            assert!(has_all(&bridge, &wanted(there)), "{there:?}");
        }
        for absent in [&[][..], &["127.0.0.1:2376"], &["/run/x.sock", "/run/y.sock"], &["fd://"]] {
            assert!(!has_all(&bridge, &wanted(absent)), "{absent:?}");
        }
        assert!(!has_all(&["tcp://127.0.0.1:2375"], &wanted(&["[::]:2375"])));
    }
}
