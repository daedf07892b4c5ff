//! The frames that a client sends, as far as they tell whether a head is open.
//!
//! hyper shows a head when it is whole, and until then nothing. But a head's frames follow one
//! another without another frame between them (RFC 9113 section 4.3), so that a connection has one
//! open head at most, and frames' headers alone tell of it.

use super::PREFACE;

/// Follows a client's bytes from the preface on.
#[derive(Debug)]
pub(super) struct Frames {
    place: Place,
    head: Head,
}

/// How far a head has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Head {
    /// There is none that isn't whole.
    None,
    /// The frame under way is all of it.
    InOneFrame,
    /// It takes several frames. What it comes to isn't known before its end.
    InSeveral {
        /// The frame under way is the last one.
        last: bool,
    },
}

#[derive(Debug)]
enum Place {
    /// In the preface, of which so much is missing.
    Preface(usize),
    /// In a frame's header, of which so much is there.
    Header([u8; FRAME_HEADER], usize),
    /// In a frame's payload, of which so much is missing.
    Payload(usize),
}

impl Frames {
    pub(super) fn new() -> Self {
        Self { place: Place::Preface(PREFACE.len()), head: Head::None }
    }

    /// Takes what came next. True, if something that was open has come to its end.
    pub(super) fn take(&mut self, mut bytes: &[u8]) -> bool {
        let mut ended = false;
        while !bytes.is_empty() {
            match &mut self.place {
                Place::Preface(missing) | Place::Payload(missing) => {
                    let taken = bytes.len().min(*missing);
                    *missing -= taken;
                    bytes = &bytes[taken..];
                }
                Place::Header(header, there) => {
                    let taken = bytes.len().min(FRAME_HEADER - *there);
                    header[*there..*there + taken].copy_from_slice(&bytes[..taken]);
                    *there += taken;
                    bytes = &bytes[taken..];
                    if *there == FRAME_HEADER {
                        let header = *header;
                        self.begin(header);
                    }
                }
            }
            if matches!(self.place, Place::Preface(0) | Place::Payload(0)) {
                self.place = Place::Header([0; FRAME_HEADER], 0);
                if matches!(self.head, Head::InOneFrame | Head::InSeveral { last: true }) {
                    self.head = Head::None;
                }
                ended |= self.head == Head::None;
            }
        }
        ended
    }

    /// Whether a head, a frame's header or the preface has begun and isn't whole.
    pub(super) fn is_open(&self) -> bool {
        self.head != Head::None
            || match self.place {
                Place::Preface(missing) => missing < PREFACE.len(),
                Place::Header(_, there) => there > 0,
                Place::Payload(_) => false,
            }
    }

    pub(super) fn head(&self) -> Head {
        self.head
    }

    /// Length (24 bits), type, flags, stream (RFC 9113 section 4.1).
    fn begin(&mut self, [a, b, c, kind, flags, ..]: [u8; FRAME_HEADER]) {
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        self.place = Place::Payload(length);
        if matches!(kind, HEADERS | CONTINUATION) {
            self.head = match (self.head, flags & END_HEADERS != 0) {
                (Head::None, true) => Head::InOneFrame,
                (_, last) => Head::InSeveral { last },
            };
        }
    }
}

const FRAME_HEADER: usize = 9;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, flags, 0, 0, 0, 1], payload].concat()
    }

    fn begun() -> Frames {
        let mut frames = Frames::new();
        frames.take(PREFACE);
        frames
    }

    #[test]
    fn a_head_is_open_from_its_first_byte_to_its_last() {
        let several =
            [frame(HEADERS, 1, b"a"), frame(CONTINUATION, 0, b""), frame(CONTINUATION, 4, b"c")];
        for (head, at_last) in [
            (frame(HEADERS, END_HEADERS, b"abc"), Head::InOneFrame),
            (several.concat(), Head::InSeveral { last: true }),
        ] {
            let mut frames = begun();
            assert!(!frames.is_open());
            let (last, rest) = head.split_last().unwrap();
            for byte in rest {
                frames.take(&[*byte]);
                assert!(frames.is_open(), "{head:?}");
            }
            assert_eq!(frames.head(), at_last);
            assert!(frames.take(&[*last]));
            assert_eq!((frames.is_open(), frames.head()), (false, Head::None));
        }
        let mut frames = begun();
        frames.take(&several[..2].concat());
        assert_eq!((frames.is_open(), frames.head()), (true, Head::InSeveral { last: false }));
    }

    #[test]
    fn an_empty_head_is_whole_at_once() {
        let mut frames = begun();
        assert!(frames.take(&frame(HEADERS, END_HEADERS, b"")));
        assert!(!frames.is_open());
    }

    #[test]
    fn bodies_and_other_frames_may_stay_open() {
        let mut frames = begun();
        for kind in [0, 4, 8, 200] {
            let frame = frame(kind, 4, &[0; 20]);
            frames.take(&frame[..15]);
            assert!(!frames.is_open(), "{kind}");
            frames.take(&frame[15..]);
            assert!(!frames.is_open(), "{kind}");
        }
    }

    #[test]
    fn however_the_bytes_are_cut_they_come_to_the_same() {
        let all = [
            PREFACE,
            &frame(4, 0, &[0; 6]),
            &frame(HEADERS, END_HEADERS, b"abc"),
            &frame(0, 1, b"body"),
            &frame(HEADERS, 0, b"abc"),
        ]
        .concat();
        for cut in 0..=all.len() {
            let mut frames = Frames::new();
            frames.take(&all[..cut]);
            frames.take(&all[cut..]);
            assert_eq!(frames.head(), Head::InSeveral { last: false }, "{cut}");
        }
    }

    #[test]
    fn a_client_that_has_not_said_a_word_has_nothing_open() {
        let mut frames = Frames::new();
        assert!(!frames.is_open());
        frames.take(b"P");
        assert!(frames.is_open());
    }
}
