//! The bytes of one direction of a connection, from the writer to the reader.
//!
//! Times are given as time since the start of the simulation.

use std::collections::VecDeque;
use std::time::Duration;

use fastrand::Rng;

/// The bytes that arrive at once where the rate is limited, as many as a packet of TCP has.
const PACKET: usize = 1_460;

/// The settings of a direction: its delay, its rate, its buffer and its faults.
#[derive(Clone, Debug)]
pub(super) struct Conditions {
    /// The time from writing to arriving, in addition to that of the rate.
    pub(super) delay: Duration,
    /// The number of bytes that are sent in a second, at least 1; `None` if they are sent at once.
    pub(super) rate: Option<u64>,
    /// The number of bytes that may be written and not yet read.
    pub(super) buffer: usize,
    pub(super) split: Split,
    /// Whether all bytes are held back.
    pub(super) stalled: bool,
    /// Whether written bytes are dropped.
    pub(super) lossy: bool,
    /// The number of bytes that still arrive before the connection is cut.
    pub(super) cut_after: Option<usize>,
}

/// The limit of the bytes of one read or write.
#[derive(Clone, Copy, Debug)]
pub(super) enum Split {
    Whole,
    AtMost(usize),
    AtRandom,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            delay: Duration::ZERO,
            rate: None,
            buffer: 64 * 1024,
            split: Split::Whole,
            stalled: false,
            lossy: false,
            cut_after: None,
        }
    }
}

impl Conditions {
    /// Returns how many of these bytes go at once.
    fn portion(&self, bytes: usize, random: &mut Rng) -> usize {
        match self.split {
            Split::Whole => bytes,
            Split::AtMost(most) => bytes.min(most),
            Split::AtRandom if bytes == 0 => 0,
            Split::AtRandom => random.usize(1..=bytes),
        }
    }

    /// Returns the number of bytes that arrive together.
    fn packet(&self) -> usize {
        self.rate.map_or(usize::MAX, |_| PACKET)
    }

    /// Returns the time that it takes to send this number of bytes.
    fn duration(&self, bytes: usize) -> Duration {
        let Some(rate) = self.rate else {
            return Duration::ZERO;
        };
        let nanos = bytes as u128 * 1_000_000_000 / u128::from(rate);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// One direction of a connection.
#[derive(Debug, Default)]
pub(super) struct Flow {
    pub(super) conditions: Conditions,
    segments: VecDeque<Segment>,
    /// Bytes in the segments.
    unread: usize,
    /// The time at which all bytes are sent that were written so far.
    sent: Duration,
    /// The arrival of the bytes that were written last. No later ones overtake them.
    last_arrival: Duration,
    /// Whether the end has been written.
    is_finished: bool,
    /// The arrival of the end.
    end: Option<Duration>,
    /// The arrival of a reset by the writer.
    reset: Option<Duration>,
    /// Whether the reader is gone.
    is_deserted: bool,
    written: u64,
    writes: u64,
    read: u64,
}

/// Bytes written at once, not all of them read.
#[derive(Debug)]
struct Segment {
    arrival: Duration,
    bytes: Vec<u8>,
    start: usize,
}

/// The result of a read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FlowRead {
    Bytes(usize),
    End,
    Reset,
    /// No bytes yet, and the time of the next arrival if any are on their way.
    Nothing(Option<Duration>),
}

impl Flow {
    pub(super) fn new(conditions: Conditions) -> Self {
        Self {
            conditions,
            ..Self::default()
        }
    }

    pub(super) fn is_finished(&self) -> bool {
        self.is_finished
    }

    pub(super) fn is_deserted(&self) -> bool {
        self.is_deserted
    }

    pub(super) fn written(&self) -> u64 {
        self.written
    }

    pub(super) fn writes(&self) -> u64 {
        self.writes
    }

    pub(super) fn read_so_far(&self) -> u64 {
        self.read
    }

    /// Writes bytes, as many as there is room for, and returns their number.
    pub(super) fn write(&mut self, bytes: &[u8], now: Duration, random: &mut Rng) -> usize {
        let room = self.conditions.buffer.saturating_sub(self.unread);
        let vanishes = self.conditions.lossy || self.is_deserted;
        let possible = if vanishes {
            bytes.len()
        } else {
            bytes.len().min(room)
        };
        let count = self.conditions.portion(possible, random);
        if count > 0 && !vanishes {
            self.unread += count;
            for packet in bytes[..count].chunks(self.conditions.packet()) {
                self.send(packet, now);
            }
        }
        self.written += count as u64;
        self.writes += 1;
        count
    }

    /// Sends bytes after those that were written before.
    fn send(&mut self, bytes: &[u8], now: Duration) {
        let duration = self.conditions.duration(bytes.len());
        self.sent = self.sent.max(now).saturating_add(duration);
        let arrival = self.arrival(self.sent);
        self.segments.push_back(Segment {
            arrival,
            bytes: bytes.to_vec(),
            start: 0,
        });
    }

    /// Ends the direction after the bytes that were written.
    pub(super) fn finish(&mut self, now: Duration) {
        if !self.is_finished {
            self.is_finished = true;
            if !self.conditions.lossy {
                self.end = Some(self.arrival(now));
            }
        }
    }

    /// Sends a reset at a time, after the bytes that were written.
    pub(super) fn send_reset(&mut self, time: Duration) {
        self.is_finished = true;
        if !self.conditions.lossy && self.reset.is_none() {
            self.reset = Some(self.arrival(time));
        }
    }

    /// Returns the arrival of bytes that are sent at a time.
    fn arrival(&mut self, time: Duration) -> Duration {
        let arrival = time.saturating_add(self.conditions.delay);
        self.last_arrival = self.last_arrival.max(arrival);
        self.last_arrival
    }

    /// Returns whether a reset has arrived.
    pub(super) fn is_reset(&self, now: Duration) -> bool {
        !self.conditions.stalled && self.reset.is_some_and(|arrival| arrival <= now)
    }

    /// Returns the arrival of a reset that is on its way.
    pub(super) fn next_reset(&self) -> Option<Duration> {
        self.reset.filter(|_| !self.conditions.stalled)
    }

    /// Reads bytes that have arrived.
    pub(super) fn read(&mut self, buffer: &mut [u8], now: Duration, random: &mut Rng) -> FlowRead {
        if self.is_reset(now) {
            self.clear();
            return FlowRead::Reset;
        }
        if self.conditions.stalled {
            return FlowRead::Nothing(None);
        }
        let possible = self.arrived(now).min(buffer.len());
        let possible = possible.min(self.conditions.cut_after.unwrap_or(usize::MAX));
        let count = self.conditions.portion(possible, random);
        if count > 0 || buffer.is_empty() {
            self.take(&mut buffer[..count]);
            return FlowRead::Bytes(count);
        }
        match (self.segments.front(), self.end) {
            (None, Some(end)) if end <= now => FlowRead::End,
            (Some(segment), _) => FlowRead::Nothing(Some(segment.arrival)),
            (None, end) => FlowRead::Nothing(end.into_iter().chain(self.reset).min()),
        }
    }

    /// Handles that the reader is gone. Returns the arrival of the first byte that it has not read, if there
    /// is one: the operating system answers it with a reset.
    pub(super) fn desert(&mut self) -> Option<Duration> {
        self.is_deserted = true;
        let first = self.segments.front().map(|segment| segment.arrival);
        self.clear();
        first.filter(|_| !self.conditions.stalled)
    }

    /// Drops the bytes that were not read.
    pub(super) fn clear(&mut self) {
        self.segments = VecDeque::new();
        self.unread = 0;
    }

    /// Returns the number of bytes that have arrived and were not read.
    fn arrived(&self, now: Duration) -> usize {
        self.segments
            .iter()
            .take_while(|segment| segment.arrival <= now)
            .map(|segment| segment.bytes.len() - segment.start)
            .sum()
    }

    /// Moves the first bytes into a buffer, which they fill.
    fn take(&mut self, buffer: &mut [u8]) {
        let mut filled = 0;
        while let Some(segment) = self.segments.front_mut().filter(|_| filled < buffer.len()) {
            let bytes = &segment.bytes[segment.start..];
            let count = bytes.len().min(buffer.len() - filled);
            buffer[filled..filled + count].copy_from_slice(&bytes[..count]);
            filled += count;
            segment.start += count;
            if segment.start == segment.bytes.len() {
                self.segments.pop_front();
            }
        }
        self.unread -= filled;
        self.read += filled as u64;
        if let Some(left) = &mut self.conditions.cut_after {
            *left -= filled;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::ZERO;
    const LATER: Duration = Duration::from_secs(1);

    fn flow(conditions: Conditions) -> (Flow, Rng) {
        (Flow::new(conditions), Rng::with_seed(1))
    }

    fn read(flow: &mut Flow, now: Duration, random: &mut Rng) -> Result<Vec<u8>, FlowRead> {
        let mut buffer = [0; 100];
        match flow.read(&mut buffer, now, random) {
            FlowRead::Bytes(count) => Ok(buffer[..count].to_vec()),
            other => Err(other),
        }
    }

    #[test]
    fn bytes_arrive_in_order_after_the_delay_and_the_end_after_them() {
        let (mut flow, mut random) = flow(Conditions {
            delay: LATER,
            ..Conditions::default()
        });
        assert_eq!(flow.write(b"ab", NOW, &mut random), 2);
        flow.conditions.delay = Duration::ZERO;
        assert_eq!(flow.write(b"c", NOW, &mut random), 1);
        flow.finish(NOW);
        let nothing = Err(FlowRead::Nothing(Some(LATER)));
        assert_eq!(read(&mut flow, NOW, &mut random), nothing);
        assert_eq!(read(&mut flow, LATER, &mut random), Ok(b"abc".to_vec()));
        assert_eq!(read(&mut flow, LATER, &mut random), Err(FlowRead::End));
    }

    #[test]
    fn bytes_arrive_in_packets_at_the_rate_and_then_after_the_delay() {
        let (mut flow, mut random) = flow(Conditions {
            delay: LATER,
            rate: Some(PACKET as u64),
            ..Conditions::default()
        });
        let bytes = [7; 2 * PACKET];
        assert_eq!(flow.write(&bytes, NOW, &mut random), bytes.len());
        flow.finish(NOW);
        let mut buffer = [0; 3 * PACKET];
        for seconds in 2..=3 {
            let arrival = seconds * LATER;
            let early = arrival - Duration::from_nanos(1);
            let nothing = FlowRead::Nothing(Some(arrival));
            assert_eq!(flow.read(&mut buffer, early, &mut random), nothing);
            let packet = FlowRead::Bytes(PACKET);
            assert_eq!(flow.read(&mut buffer, arrival, &mut random), packet);
        }
        assert_eq!(
            flow.read(&mut buffer, 3 * LATER, &mut random),
            FlowRead::End
        );
    }

    #[test]
    fn a_line_that_was_idle_sends_no_faster_afterwards() {
        let (mut flow, mut random) = flow(Conditions {
            rate: Some(1),
            ..Conditions::default()
        });
        flow.write(b"ab", 10 * LATER, &mut random);
        let nothing = Err(FlowRead::Nothing(Some(12 * LATER)));
        assert_eq!(read(&mut flow, 11 * LATER, &mut random), nothing);
        assert_eq!(read(&mut flow, 12 * LATER, &mut random), Ok(b"ab".to_vec()));
    }

    #[test]
    fn the_slowest_rate_does_not_overflow() {
        let (mut flow, mut random) = flow(Conditions {
            delay: Duration::MAX,
            rate: Some(1),
            ..Conditions::default()
        });
        flow.write(&[0; 64 * 1024], Duration::MAX, &mut random);
        let nothing = Err(FlowRead::Nothing(Some(Duration::MAX)));
        assert_eq!(read(&mut flow, NOW, &mut random), nothing);
    }

    #[test]
    fn no_more_is_taken_than_the_buffer_holds() {
        let (mut flow, mut random) = flow(Conditions {
            buffer: 3,
            ..Conditions::default()
        });
        assert_eq!(flow.write(b"abcd", NOW, &mut random), 3);
        assert_eq!(flow.write(b"d", NOW, &mut random), 0);
        assert_eq!(read(&mut flow, NOW, &mut random), Ok(b"abc".to_vec()));
        assert_eq!(flow.write(b"d", NOW, &mut random), 1);
    }

    #[test]
    fn bytes_go_in_portions() {
        let (mut flow, mut random) = flow(Conditions {
            split: Split::AtMost(1),
            ..Conditions::default()
        });
        for byte in b"ab" {
            assert_eq!(flow.write(&[*byte, b'x'], NOW, &mut random), 1);
        }
        assert_eq!(read(&mut flow, NOW, &mut random), Ok(b"a".to_vec()));
        flow.conditions.split = Split::AtRandom;
        let mut sizes = Vec::new();
        for _ in 0..100 {
            sizes.push(flow.write(b"abcd", NOW, &mut random));
        }
        sizes.sort_unstable();
        sizes.dedup();
        assert_eq!(sizes, [1, 2, 3, 4]);
    }

    #[test]
    fn a_stalled_direction_keeps_everything_for_later() {
        let (mut flow, mut random) = flow(Conditions {
            stalled: true,
            ..Conditions::default()
        });
        flow.write(b"a", NOW, &mut random);
        flow.send_reset(NOW);
        assert_eq!(
            read(&mut flow, NOW, &mut random),
            Err(FlowRead::Nothing(None))
        );
        assert!(!flow.is_reset(NOW));
        flow.conditions.stalled = false;
        assert!(flow.is_reset(NOW));
    }

    #[test]
    fn what_is_written_on_a_lossy_direction_vanishes() {
        let (mut flow, mut random) = flow(Conditions {
            lossy: true,
            buffer: 1,
            ..Conditions::default()
        });
        assert_eq!(flow.write(b"abc", NOW, &mut random), 3);
        flow.finish(NOW);
        flow.send_reset(NOW);
        assert_eq!(
            read(&mut flow, NOW, &mut random),
            Err(FlowRead::Nothing(None))
        );
    }

    #[test]
    fn what_was_not_read_is_lost_in_a_reset() {
        let (mut flow, mut random) = flow(Conditions::default());
        flow.write(b"a", NOW, &mut random);
        flow.send_reset(LATER);
        assert_eq!(read(&mut flow, NOW, &mut random), Ok(b"a".to_vec()));
        flow.write(b"b", NOW, &mut random);
        assert_eq!(read(&mut flow, LATER, &mut random), Err(FlowRead::Reset));
    }
}
