//! Connections on which data goes both ways, to be watched while all else goes wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use crate::data::{Pattern, RunningDigest};
use crate::{DEADLINE, Endpoint, Stream, eventually};

/// Some of them, through a stand-in Engine's `attach`, which echoes.
#[derive(Debug)]
pub struct Pumps {
    stop: Arc<AtomicBool>,
    pumps: Vec<Pump>,
}

#[derive(Debug)]
struct Pump {
    echoed: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

impl Pumps {
    /// Connects `count` of them.
    pub fn start(endpoint: &Endpoint, count: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let pumps = (0..count).map(|_| Pump::start(endpoint, &stop)).collect();
        Self { stop, pumps }
    }

    /// Waits until each has moved more.
    pub fn wait_for_more(&self) {
        let echoed = || self.pumps.iter().map(|pump| pump.echoed.load(Ordering::Relaxed));
        let before: Vec<u64> = echoed().collect();
        eventually(DEADLINE, "all connections go on", || {
            echoed().zip(&before).all(|(now, before)| now > *before)
        });
    }

    /// Ends them in order, and says how many bytes came back. Panics if one was dropped or has lost
    /// a byte.
    pub fn finish(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        let finish = |pump: Pump| {
            pump.thread.join().unwrap();
            pump.echoed.load(Ordering::Relaxed)
        };
        self.pumps.into_iter().map(finish).sum()
    }
}

impl Pump {
    fn start(endpoint: &Endpoint, stop: &Arc<AtomicBool>) -> Self {
        let mut stream = endpoint.connect();
        let attach = "POST /containers/x/attach?stream=1&stdin=1&stdout=1 HTTP/1.1\r\n\
                      Host: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
        assert_eq!(stream.exchange(attach).status, 101);
        let (echoed, stop) = (Arc::new(AtomicU64::new(0)), Arc::clone(stop));
        let counter = Arc::clone(&echoed);
        let thread = thread::spawn(move || {
            let mut reading = stream.try_clone();
            let reader = thread::spawn(move || digest_to_end(&mut reading, &counter));
            let (mut pattern, mut sent) = (Pattern::new(), RunningDigest::default());
            let mut piece = vec![0; 16 * 1024];
            while !stop.load(Ordering::Relaxed) {
                pattern.fill(&mut piece);
                sent.update(&piece);
                stream.send(&piece);
            }
            stream.shutdown_write();
            sent.update(b"late\n");
            assert_eq!(reader.join().unwrap(), sent.finish());
        });
        Self { echoed, thread }
    }
}

fn digest_to_end(stream: &mut Stream, counter: &AtomicU64) -> String {
    use std::io::Read as _;

    let (mut digest, mut buffer) = (RunningDigest::default(), vec![0; 64 * 1024]);
    loop {
        match stream.read(&mut buffer).unwrap() {
            0 => return digest.finish(),
            read => {
                digest.update(&buffer[..read]);
                counter.fetch_add(read as u64, Ordering::Relaxed);
            }
        }
    }
}
