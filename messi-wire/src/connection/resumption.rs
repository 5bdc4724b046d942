//! The session of a connection: see [`resumption`](crate::resumption).
//!
//! A connection has a [`Delivery`] from the moment on when its client asks for a session. It is lost
//! ([`Connection::handle_loss`]), and later goes on with another socket ([`Connection::resume`]).

#[cfg(test)]
mod interleavings;
#[cfg(test)]
mod tests;

use std::mem;
use std::time::Instant;

use super::{Connection, Lifecycle};
use crate::DisconnectReason;
use crate::frame::{self, Header, MessageType};
use crate::keep_alive::KeepAlive;
use crate::resumption::{
    Bye, ClientControl, Delivery, Grant, Lost, ServerControl, SessionLost, encode_ack,
};
use crate::role::Role;
use crate::timer::{Timer, Timers};

impl Connection {
    // --- The begin of a session ---

    /// Asks the server for a session, with the first bytes of a client. At most `window` bytes, and one batch, are kept
    /// until the server has acknowledged them.
    ///
    /// Until the first pong, all is kept that is sent. If the server does not know sessions, the connection is a plain
    /// one from then on.
    pub fn request_session(&mut self, window: usize) {
        self.delivery = Some(Box::new(Delivery::new(window)));
        self.send_buffer
            .refill_control(MessageType::Ping, &ClientControl::Hello.encode());
    }

    /// Grants the client a session, with the first bytes of a server. `lost` is the session that the client has asked
    /// to go on with, if any: why it can't, and how many messages this side has received in it.
    pub fn grant_session(&mut self, grant: Grant, lost: Option<(SessionLost, Option<u64>)>) {
        self.begin_session(grant.clone());
        let accept = ServerControl::Accept {
            grant,
            lost: lost.map(|(why, _)| why),
            handled: lost.and_then(|(_, handled)| handled),
        };
        self.send_buffer
            .refill_control(MessageType::Pong, &accept.encode());
    }

    /// Begins a session that is granted, with the window of the server. A client does so with a session that it gets
    /// instead of the one that it has asked to go on with.
    pub fn begin_session(&mut self, grant: Grant) {
        let window = grant.window.try_into().unwrap_or(usize::MAX);
        let mut delivery = Delivery::new(window);
        delivery.handle_grant(grant);
        self.delivery = Some(Box::new(delivery));
    }

    /// Returns the state that survives this connection, if the client has asked for a session, and the server knows
    /// sessions or has not answered yet.
    pub fn delivery(&self) -> Option<&Delivery> {
        self.delivery.as_deref()
    }

    // --- Interruption ---

    /// Returns whether the session goes on if this connection is lost.
    pub fn is_resumable(&self) -> bool {
        let grant = self.delivery.as_ref().and_then(|it| it.grant());
        // A side that is about to leave does not come back.
        grant.is_some() && matches!(self.lifecycle, Lifecycle::Open)
    }

    /// Records that the connection is lost. If there is a session, it is interrupted. Otherwise the connection ends,
    /// and unwritten output is dropped.
    pub fn handle_loss(&mut self, reason: DisconnectReason, now: Instant) {
        if !self.is_resumable() {
            return self.fail(reason, now);
        }
        let mut frames = self.send_buffer.take_unfinished();
        if let Some(delivery) = &mut self.delivery {
            delivery.keep(&mut frames);
        }
        // It was not counted, so that the peer sends it again.
        self.recv_buffer.drop_unfinished();
        self.timers = Timers::default();
        self.lifecycle = Lifecycle::Interrupted(reason);
    }

    /// Returns why the connection was lost, while the session waits for another one.
    pub fn interruption(&self) -> Option<&DisconnectReason> {
        match &self.lifecycle {
            Lifecycle::Interrupted(reason) => Some(reason),
            _ => None,
        }
    }

    /// Returns the number of received messages that wait for the handler.
    pub fn unhandled_messages(&self) -> u64 {
        self.recv_buffer.count_unhandled(self.role.received())
    }

    /// Goes on with a new connection that begins `now`. The peer has received this number of messages. A connection
    /// that is still there is given up.
    ///
    /// If the number can't be, the session is lost, and the connection ends.
    pub fn resume(&mut self, received: u64, now: Instant) {
        // Half open: the peer has noticed the loss, and this side has not yet.
        if self.is_resumable() {
            self.handle_loss(DisconnectReason::ConnectionClosed, now);
        }
        let is_interrupted = self.interruption().is_some();
        let Some(delivery) = self.delivery.as_mut().filter(|_| is_interrupted) else {
            return;
        };
        if delivery.acknowledge(received).is_err() {
            return self.lose_session(SessionLost::Mismatch, None, now);
        }
        // Read before the replay begins, which counts it as reported.
        let resumed = ServerControl::Resumed(delivery.received()).encode();
        delivery.begin_replay();
        self.keep_alive = KeepAlive::new(self.role, &self.config, now);
        self.timers
            .set(Timer::KeepAlive, self.keep_alive.deadline(&self.config));
        self.lacks_memory = false;
        self.partial_size = 0;
        self.lifecycle = Lifecycle::Open;
        // The client has sent its number with its first ping.
        if self.role == Role::Server {
            self.send_buffer.refill_control(MessageType::Pong, &resumed);
        }
    }

    /// Ends the session, which can't go on, and drops unsent output. The peer has received `handled` messages in it, if
    /// it still knows.
    pub fn lose_session(&mut self, why: SessionLost, handled: Option<u64>, now: Instant) {
        let delivery = self.delivery.as_ref();
        let lost = Lost {
            why,
            unacknowledged: delivery.map_or(0, |it| it.unacknowledged()),
            handled,
        };
        self.fail(DisconnectReason::SessionLost(Box::new(lost)), now);
    }

    /// Informs the peer that the session ends, and why, behind all that was written. No output may remain. Returns
    /// `false` if there is no session.
    pub fn say_bye(&mut self, bye: &Bye) -> bool {
        // Taken: no later message belongs to the session.
        let has_session = mem::take(&mut self.delivery).is_some();
        if has_session {
            self.send_buffer
                .refill_control(self.role.keep_alive(), &bye.encode());
        }
        has_session
    }

    // --- Frames ---

    /// Sends a ping or pong, with the number of received messages if that has changed.
    pub(super) fn push_keep_alive(&mut self, message_type: MessageType) {
        // Otherwise the number would count as reported.
        if self.send_buffer.accepts_keep_alive() {
            let payload = self.take_acknowledgement();
            self.send_buffer.push_keep_alive(message_type, &payload);
        }
    }

    /// Returns the payload with the number of received messages, or an empty one if that has not changed.
    fn take_acknowledgement(&mut self) -> Vec<u8> {
        let delivery = self.delivery.as_mut().filter(|it| it.grant().is_some());
        let received = delivery.and_then(|it| it.take_received());
        received.map_or_else(Vec::new, encode_ack)
    }

    /// Reports the number of received messages to the peer, once its window would otherwise become full.
    #[inline]
    pub(super) fn acknowledge_received(&mut self) {
        if self.delivery.as_ref().is_some_and(|it| it.must_tell()) {
            self.push_keep_alive(self.role.keep_alive());
        }
    }

    /// Handles the payload of a ping or pong.
    pub(super) fn handle_control(&mut self, header: Header, now: Instant) {
        if self.delivery.is_none() || header.type_byte != self.role.peer().keep_alive() as u8 {
            return;
        }
        let payload = self.recv_buffer.last_payload(header);
        match self.role {
            Role::Client => self.handle_server_control(ServerControl::decode(payload), now),
            Role::Server => self.handle_client_control(ClientControl::decode(payload), now),
        }
    }

    fn handle_server_control(&mut self, control: Option<ServerControl>, now: Instant) {
        let Some(delivery) = &mut self.delivery else {
            return;
        };
        match control {
            Some(ServerControl::Accept { grant, .. }) if delivery.grant().is_none() => {
                delivery.handle_grant(grant);
            }
            Some(ServerControl::Bye(bye)) => self.end(DisconnectReason::Bye(Box::new(bye)), now),
            // The first pong decides: this server does not know sessions.
            _ if delivery.grant().is_none() => self.delivery = None,
            Some(ServerControl::Ack(received)) => self.handle_acknowledgement(received, now),
            // Neither is sent in the middle of a session.
            Some(ServerControl::Accept { .. } | ServerControl::Resumed(_)) | None => {}
        }
    }

    fn handle_client_control(&mut self, control: Option<ClientControl>, now: Instant) {
        match control {
            Some(ClientControl::Ack(received)) => self.handle_acknowledgement(received, now),
            Some(ClientControl::Bye(bye)) => self.end(DisconnectReason::Bye(Box::new(bye)), now),
            // Neither has a meaning behind the first frame.
            Some(ClientControl::Hello | ClientControl::Resume(_)) | None => {}
        }
    }

    fn handle_acknowledgement(&mut self, received: u64, now: Instant) {
        if let Some(delivery) = &mut self.delivery
            && delivery.acknowledge(received).is_err()
        {
            self.lose_session(SessionLost::Mismatch, None, now);
        }
    }

    // --- Output ---

    /// Returns whether no more messages are taken for writing, as the peer must first acknowledge some.
    #[inline]
    pub fn holds_output(&self) -> bool {
        let delivery = self.delivery.as_ref();
        // A side that leaves writes all that it has.
        let is_full = delivery.is_some_and(|it| it.is_full() && !it.is_replaying());
        is_full && self.lifecycle.is_active()
    }

    /// Returns whether messages are being sent again, or are still to be.
    #[inline]
    pub fn is_replaying(&self) -> bool {
        self.delivery.as_ref().is_some_and(|it| it.is_replaying())
    }

    /// Takes frames that are kept until the peer has acknowledged them: those to send again before all others.
    pub(super) fn refill_kept_output(&mut self, fill: impl FnOnce(&mut Vec<u8>) -> u64) {
        let holds_output = self.holds_output();
        let Some(delivery) = &mut self.delivery else {
            return;
        };
        self.send_buffer.refill(|frames| {
            let has_replayed = delivery.is_replaying() && delivery.replay(frames);
            if !has_replayed && !holds_output {
                let messages = fill(frames);
                debug_assert_eq!(messages, frame::count_messages(frames, 0));
                delivery.handle_taken(messages);
            }
        });
        if delivery.is_worth_telling() && !self.send_buffer.is_empty() {
            self.push_keep_alive(self.role.keep_alive());
        }
    }
}
