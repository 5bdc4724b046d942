//! One connection without I/O and without a clock.
//!
//! [`Connection`] is told what came in and what time it is, and says what is to go out, which
//! message is next and when it wants to be asked again. Sockets, tasks and handlers are the
//! business of `connection.rs`.

#[cfg(test)]
mod hostile;
mod role;
#[cfg(test)]
mod tests;

use std::mem;
use std::time::{Duration, Instant};

pub(crate) use self::role::Role;
use crate::DisconnectReason;
use crate::frame::{Header, MessageType};
use crate::input::{Input, Payload};
use crate::keep_alive::{Due, KeepAlive};
use crate::output::Output;
use crate::settings::Settings;
use crate::timer::{Timer, Timers};

/// How long closing from this side may take: what is queued is still written, and the peer gets
/// the time to read it.
pub(crate) const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Capacity that each empty buffer of a connection in use may keep, in bytes: what is to be had
/// again at once must not be given back.
const BUSY_CAPACITY: usize = 72 * 1024;

/// The same of one on which nothing has happened but keep-alive. Idle connections must be cheap.
pub(crate) const IDLE_CAPACITY: usize = 512;

/// How long nothing must come from a client that is left before all it has sent is taken to be read.
const QUIET: Duration = Duration::from_millis(50);

/// How long a client that is left is read from, at most, after what the operating system held has been
/// read. One that never falls quiet is left then.
const SETTLE_LIMIT: Duration = Duration::from_millis(500);

/// How much is read, at most, from a client that is left, in bytes: more than the operating systems of
/// both sides hold. One that sends so fast that there is always more is left then.
const MAX_IN_FLIGHT: usize = 16 * 1024 * 1024;

/// What some received bytes completed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) frames: u32,
    /// Those of them that are messages.
    pub(crate) messages: u32,
}

/// What is still read from a client that this server leaves.
///
/// The wire has no way to ask a peer to send no more, so that what it has sent before is read until
/// nothing comes any more.
#[derive(Clone, Copy, Debug)]
struct Leaving {
    /// How many bytes may still be read.
    remaining: usize,
    /// When reading ends, once the operating system has been found to hold nothing.
    latest: Option<Instant>,
}

/// The state of one connection, from the moment it is made until nothing is left to do on it.
#[derive(Debug)]
pub(crate) struct Connection {
    role: Role,
    max_received_size: usize,
    max_unhandled_bytes: usize,
    write_timeout: Duration,
    /// The pace at which a server that can't see pings tells that it is there.
    telling_interval: Duration,
    /// When a server last told so, be it in answer to a ping.
    told: Instant,
    message_timeout: Duration,
    /// How much of a message must come within that time, in bytes, unless it is complete by then.
    min_progress: usize,
    input: Input,
    /// Whether nothing can be read as there is no memory for it.
    is_starved: bool,
    /// The size of the message under way, when its timer was set.
    unfinished: usize,
    output: Output,
    /// Whether messages have come or gone since keep-alive was due.
    is_used: bool,
    /// Whether none had between the last two times.
    is_idle: bool,
    keep_alive: KeepAlive,
    timers: Timers,
    end: Option<DisconnectReason>,
    /// There once this side has begun to leave, for as long as it still reads.
    leaving: Option<Leaving>,
    /// Whether messages that came before the end are still handled.
    handles_rest: bool,
    /// Whether closing took too long, so that what is left is given up.
    aborted: bool,
    /// Whether a whole frame has come from the peer.
    proved: bool,
    /// Messages given up before they were written.
    unsent: u64,
}

impl Connection {
    /// A connection made `now`.
    pub(crate) fn new(role: Role, settings: &Settings, now: Instant) -> Self {
        let keep_alive = match role {
            Role::Client => KeepAlive::client(settings.keep_alive_interval, now),
            Role::Server => KeepAlive::server(settings.keep_alive_timeout, now),
        };
        let mut timers = Timers::default();
        timers.set(Timer::KeepAlive, keep_alive.deadline());
        Self {
            role,
            max_received_size: settings.max_received_size,
            max_unhandled_bytes: settings.max_unhandled_bytes,
            write_timeout: settings.write_timeout,
            telling_interval: settings.keep_alive_timeout / 3,
            told: now,
            message_timeout: settings.message_timeout,
            min_progress: settings.min_progress(),
            input: Input::default(),
            is_starved: false,
            unfinished: 0,
            output: Output::default(),
            is_used: false,
            is_idle: true,
            keep_alive,
            timers,
            end: None,
            leaving: None,
            handles_rest: true,
            aborted: false,
            proved: false,
            unsent: 0,
        }
    }

    // --- Input ---

    /// Whether more input is welcome. It is not while too much of it waits for the handler (the
    /// peer is then held back by TCP), nor once the connection has ended.
    pub(crate) fn wants_input(&self) -> bool {
        self.end.is_none() && self.input.unhandled() < self.max_unhandled_bytes
    }

    /// Whether the peer is read from, so that its silence means something.
    fn is_reading(&self) -> bool {
        self.wants_input() && !self.is_starved
    }

    /// Notes that there is no memory for input, so that the peer is not read from.
    pub(crate) fn handle_starved(&mut self, now: Instant) {
        self.is_starved = true;
        if self.role == Role::Server {
            self.timers.set(Timer::Paused, now + self.telling_interval);
        }
    }

    /// Notes that there is memory for input again.
    pub(crate) fn handle_fed(&mut self) {
        self.is_starved = false;
    }

    /// How many bytes of input there is memory for.
    pub(crate) fn free_input(&self) -> usize {
        self.input.free()
    }

    /// Takes received bytes into `max_memory` bytes of memory, if that is enough for them, and tells what
    /// they completed. Keep-alive frames are dealt with at
    /// once, and so is a message that `is_answer` takes, by its payload; others wait for
    /// [`take_message`](Self::take_message).
    pub(crate) fn handle_input(
        &mut self,
        bytes: &[u8],
        max_memory: usize,
        now: Instant,
        mut is_answer: impl FnMut(&[u8]) -> bool,
    ) -> Received {
        let mut received = Received::default();
        if self.end.is_some() {
            return received;
        }
        self.keep_alive.heard(now);
        self.timers.stop(Timer::Paused);
        self.input.append(bytes, max_memory);
        while let Some(header) = self.input.peek() {
            if let Err(reason) = self.check(header) {
                self.end(reason, now);
                return received;
            }
            if !self.input.scan(header) {
                break;
            }
            self.proved = true;
            received.frames += 1;
            match header.message_type() {
                Some(MessageType::Ping) if self.role == Role::Server => self.tell(now),
                Some(MessageType::Pong) => self.keep_alive.handle_pong(now),
                message_type if message_type == Some(self.role.received()) => {
                    received.messages += 1;
                    self.is_used = true;
                    if is_answer(self.input.last_payload(header)) {
                        self.input.hide_last(header);
                    }
                }
                _ => {}
            }
        }
        self.watch_message(received.frames > 0, now);
        self.handle_input_while_leaving(bytes.len(), now);
        if self.role == Role::Server {
            self.tell_of_progress(now);
        }
        received
    }

    /// Gives the message under way, if there is one, its time; a new one begins with all of it.
    fn watch_message(&mut self, is_new: bool, now: Instant) {
        if self.input.unfinished() == 0 {
            self.timers.stop(Timer::Message);
        } else if is_new || self.timers.get(Timer::Message).is_none() {
            self.unfinished = 0;
            self.timers.set(Timer::Message, now + self.message_timeout);
        }
    }

    /// The client's pings may be stuck behind what it uploads, or in a server that has paused
    /// reading: it must not take that for silence.
    fn tell_of_progress(&mut self, now: Instant) {
        if now >= self.told + self.telling_interval {
            self.tell(now);
        }
        if !self.wants_input() {
            self.timers.set(Timer::Paused, now + self.telling_interval);
        }
    }

    /// Tells the client that this server is there.
    fn tell(&mut self, now: Instant) {
        self.output.push_keep_alive(MessageType::Pong);
        self.told = now;
    }

    /// Whether this side leaves, and still reads what the peer has sent before.
    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving.is_some()
    }

    /// Notes that the operating system holds no input at this moment.
    pub(crate) fn handle_no_input(&mut self, now: Instant) {
        let Some(leaving) = &mut self.leaving else {
            return;
        };
        let latest = *leaving.latest.get_or_insert(now + SETTLE_LIMIT);
        if self.timers.get(Timer::Leave).is_none() {
            self.timers.set(Timer::Leave, latest.min(now + QUIET));
        }
    }

    fn handle_input_while_leaving(&mut self, bytes: usize, now: Instant) {
        let Some(leaving) = &mut self.leaving else {
            return;
        };
        leaving.remaining = leaving.remaining.saturating_sub(bytes);
        self.timers.stop(Timer::Leave);
        if leaving.remaining == 0 || leaving.latest.is_some_and(|latest| latest <= now) {
            self.stop_reading(now);
        }
    }

    /// Nothing has come for a while from a peer that this side leaves. A message that has begun is
    /// waited for.
    fn handle_quiet(&mut self, now: Instant) {
        let latest = self.leaving.and_then(|leaving| leaving.latest);
        let is_unfinished = self.input.unfinished() > 0;
        if !self.is_reading() {
            // It is this side that does not read.
            self.timers.set(Timer::Leave, now + QUIET);
        } else if let Some(latest) = latest.filter(|&latest| is_unfinished && now < latest) {
            self.timers.set(Timer::Leave, latest);
        } else {
            self.stop_reading(now);
        }
    }

    /// The peer will send nothing more.
    pub(crate) fn handle_end_of_input(&mut self, now: Instant) {
        self.end(DisconnectReason::ConnectionClosed, now);
    }

    /// Nothing more can be exchanged.
    pub(crate) fn fail(&mut self, reason: DisconnectReason, now: Instant) {
        self.end(reason, now);
        self.abort();
    }

    /// Returns the size of the next message for the handler, in bytes. Messages that came before the peer
    /// ended the connection, or before this side began to leave, are still handed out; once this side has
    /// ended it for another reason, none are.
    pub(crate) fn next_message_size(&mut self) -> Option<usize> {
        let expected = Some(self.role.received());
        while let Some(header) = self.input.first().filter(|_| self.handles_rest) {
            if header.message_type() == expected {
                return Some(header.size);
            }
            self.input.take();
        }
        None
    }

    /// Takes the next message for the handler, if there is one.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn next_message(&mut self) -> Option<Payload> {
        let size = self.next_message_size()?;
        Some(self.take_message(size))
    }

    /// Takes the message of this size that [`next_message_size`](Self::next_message_size) has found.
    pub(crate) fn take_message(&mut self, size: usize) -> Payload {
        self.input.take_payload(size)
    }

    /// The bytes of a payload, until the next [`handle_input`](Self::handle_input).
    pub(crate) fn payload(&self, payload: &Payload) -> &[u8] {
        self.input.payload(payload)
    }

    /// The message just handed out can't be decoded: it and those after it are lost.
    pub(crate) fn handle_decode_error(&mut self, error: String, now: Instant) {
        self.input = Input::default();
        // It came before whatever else the peer did since.
        self.end = None;
        self.handles_rest = true;
        self.end(DisconnectReason::MessageDecodeError(error), now);
    }

    // --- Output ---

    /// What is to be written next; empty when there is nothing.
    pub(crate) fn remaining_output(&self) -> &[u8] {
        self.output.remaining()
    }

    /// Takes over whole frames, which `fill` puts into an empty buffer. Only when nothing remains.
    pub(crate) fn refill_output(&mut self, fill: impl FnOnce(&mut Vec<u8>)) {
        self.output.refill(fill);
        self.is_used |= !self.output.is_empty();
    }

    /// The first `count` of the remaining bytes are written.
    pub(crate) fn handle_written(&mut self, count: usize) {
        self.output.advance(count);
        self.timers.stop(Timer::Write);
    }

    /// The peer takes no more for now.
    pub(crate) fn handle_write_blocked(&mut self, now: Instant) {
        if self.timers.get(Timer::Write).is_none() {
            self.timers.set(Timer::Write, now + self.write_timeout);
        }
    }

    // --- Time ---

    /// When [`handle_timeout`](Self::handle_timeout) is due.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Does what is due `now`.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if self.timers.is_due(Timer::Close, now) {
            self.abort();
        }
        if self.timers.is_due(Timer::Write, now) {
            self.end(DisconnectReason::SlowConsumer, now);
            self.abort();
        }
        if self.timers.is_due(Timer::Message, now) {
            self.handle_slow_message(now);
        }
        if self.timers.is_due(Timer::Paused, now) {
            self.handle_paused(now);
        }
        if self.timers.is_due(Timer::Leave, now) {
            self.handle_quiet(now);
        }
        if self.timers.is_due(Timer::KeepAlive, now) {
            self.handle_keep_alive(now);
        }
    }

    /// While this server has paused reading, it can't see the client's pings, and the client must
    /// not take that for silence.
    fn handle_paused(&mut self, now: Instant) {
        if self.is_reading() {
            return self.timers.stop(Timer::Paused);
        }
        self.tell(now);
        self.timers.set(Timer::Paused, now + self.telling_interval);
    }

    /// A message that has come this far in its time has as much again. One that is held up by the handler
    /// has too, but not one for which there is no memory: what it takes itself is then what others lack.
    fn handle_slow_message(&mut self, now: Instant) {
        let unfinished = self.input.unfinished();
        if self.wants_input() && unfinished < self.unfinished.saturating_add(self.min_progress) {
            self.end(DisconnectReason::MessageTimeout, now);
            return self.abort();
        }
        self.unfinished = unfinished;
        self.timers.set(Timer::Message, now + self.message_timeout);
    }

    fn handle_keep_alive(&mut self, now: Instant) {
        self.is_idle = !mem::take(&mut self.is_used);
        if !self.is_reading() {
            // What the peer says can't be heard, so its silence proves nothing.
            self.keep_alive.heard(now);
        }
        match self.keep_alive.poll(now) {
            Due::Nothing => {}
            Due::Ping => self.output.push_keep_alive(MessageType::Ping),
            Due::Expired => {
                self.end(DisconnectReason::KeepAliveTimeout, now);
                return self.abort();
            }
        }
        self.timers
            .set(Timer::KeepAlive, self.keep_alive.deadline());
    }

    // --- End ---

    /// Ends the connection. Only the first reason counts, but one of this side's own makes it
    /// handle nothing more and hurry even if the connection has ended already.
    pub(crate) fn end(&mut self, reason: DisconnectReason, now: Instant) {
        let is_first = self.end.is_none();
        if reason.stops_handler() || (is_first && reason.is_local()) {
            self.handles_rest = false;
        }
        if reason.stops_handler() || (is_first && reason != DisconnectReason::ConnectionClosed) {
            self.close_within(CLOSE_TIMEOUT, now);
        }
        if is_first {
            self.stop_input_timers();
            self.timers.stop(Timer::Paused);
            self.end = Some(reason);
        }
    }

    /// Begins to leave: what the peer has sent until now is read, for as long as more of it comes, and
    /// handled. The connection then ends, and takes its time for what is still to be handled and written.
    pub(crate) fn leave(&mut self) {
        if self.end.is_none() && self.leaving.is_none() {
            self.leaving = Some(Leaving {
                remaining: MAX_IN_FLIGHT,
                latest: None,
            });
        }
    }

    /// Ends the connection, but handles the messages that have come. The peer, which is not read from
    /// any more, hears meanwhile that this side is there.
    fn stop_reading(&mut self, now: Instant) {
        self.stop_input_timers();
        self.timers.set(Timer::Paused, now + self.telling_interval);
        self.end = Some(DisconnectReason::Stopped);
    }

    fn stop_input_timers(&mut self) {
        self.leaving = None;
        self.timers.stop(Timer::KeepAlive);
        self.timers.stop(Timer::Message);
        self.timers.stop(Timer::Leave);
    }

    /// All messages are handled: what is left to do is to write what is queued. A peer that has ended
    /// its direction may read for no longer than it may block a write.
    pub(crate) fn handle_closing(&mut self, now: Instant) {
        if self.end == Some(DisconnectReason::ConnectionClosed) && !self.aborted {
            self.close_within(self.write_timeout, now);
        }
    }

    /// The writing direction is shut down: the peer has little time to do the same.
    pub(crate) fn handle_shut_down(&mut self, now: Instant) {
        self.timers.stop(Timer::Paused);
        self.close_within(CLOSE_TIMEOUT, now);
    }

    /// Gives what is still to be written no more than this time.
    fn close_within(&mut self, limit: Duration, now: Instant) {
        let deadline = now + limit;
        if self
            .timers
            .get(Timer::Close)
            .is_none_or(|earlier| deadline < earlier)
        {
            self.timers.set(Timer::Close, deadline);
        }
    }

    /// Whether the peer may still take what is written, as far as is known.
    pub(crate) fn is_peer_there(&self) -> bool {
        // This side ends a connection so that it leaves, and handles what has come before.
        let is_left = self.handles_rest && self.end == Some(DisconnectReason::Stopped);
        !self.aborted && (self.end.is_none() || is_left)
    }

    /// Whether nothing that comes from the peer or the handler matters any more.
    pub(crate) fn is_closing(&self) -> bool {
        self.aborted || !self.handles_rest
    }

    /// Why the connection ended, once it has.
    pub(crate) fn end_reason(&self) -> Option<&DisconnectReason> {
        self.end.as_ref()
    }

    /// Whether what remains is given up and the socket is to be dropped as it is.
    pub(crate) fn is_aborted(&self) -> bool {
        self.aborted
    }

    /// Whether the peer has proved to be at the other end, by a whole frame.
    pub(crate) fn is_proved(&self) -> bool {
        self.proved
    }

    /// Gives memory back that is not needed now. An empty buffer may keep so many bytes of input, and so
    /// many of output.
    pub(crate) fn release(&mut self, input: usize, output: usize) {
        self.input.release(input);
        self.output.release(output);
        self.output.trim();
    }

    /// Drops all input that is left, of which none will be handled.
    pub(crate) fn drop_input(&mut self) {
        self.input = Input::default();
    }

    /// The capacity that an empty buffer may keep, in bytes.
    pub(crate) fn spare_capacity(&self) -> usize {
        if self.is_used || !self.is_idle {
            BUSY_CAPACITY
        } else {
            IDLE_CAPACITY
        }
    }

    /// How many messages were taken over for writing, but not written.
    pub(crate) fn unsent_messages(&self) -> u64 {
        self.unsent + self.output.unwritten_messages()
    }

    /// The memory that what has come holds, in bytes.
    pub(crate) fn held_input(&self) -> usize {
        self.input.capacity()
    }

    /// The time from the last ping to its pong.
    pub(crate) fn round_trip_time(&self) -> Option<Duration> {
        self.keep_alive.round_trip_time()
    }

    /// Gives up what remains.
    pub(crate) fn abort(&mut self) {
        self.aborted = true;
        self.unsent += self.output.unwritten_messages();
        self.output.clear();
        self.timers = Timers::default();
    }

    /// Whether a frame may follow here. What is no frame at all may be told from it.
    fn check(&self, header: Header) -> Result<(), DisconnectReason> {
        let limit = self.max_received_size;
        if self.role == Role::Server
            && !matches!(
                header.message_type(),
                Some(MessageType::ClientToServer | MessageType::Ping)
            )
        {
            return Err(DisconnectReason::UnexpectedMessageType(header.type_byte));
        }
        if header.size > limit {
            return Err(DisconnectReason::MessageTooBig {
                size: header.size,
                limit,
            });
        }
        Ok(())
    }
}
