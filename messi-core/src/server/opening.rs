//! Accepted connections, until their kind is known.
//!
//! Only the first frame of a client shows whether it wants a plain connection, a session, or to go on with one that it
//! has. In the last case its socket goes to the task of that session:
//!
//! 1. A connection gets a place among the clients. If there is no place left, it may still say that it goes on with a
//!    session: the client of that session has a place.
//! 2. Its first frame is read, or the client is silent for a while: then it is a plain one.
//! 3. Its socket is handed over to the session that it names, if it knows the secret. Otherwise it is started as a client,
//!    with a new session if it has asked for any.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use log::debug;
use messi_wire::resumption::{Answer, Opening, Resume, SessionLost};

use super::peer::Peer;
use super::refusal::say_refused;
use super::sessions::SessionGranter;
use super::starter::{Begun, ClientStarter};
use crate::handover::{Begin, Handover, Opened};
use crate::tasks::{Running, unless};
use crate::transport::BoxSocket;
use crate::transport::handshake::Certificates;
use crate::{Address, Bye, ByeReason, LOG_TARGET};

/// Connections beyond the limit of clients that may say at a time that they go on with a session.
const MAX_WITHOUT_PLACE: usize = 256;

/// An accepted connection of which the kind is not known yet.
pub(super) struct Accepted {
    pub(super) socket: BoxSocket,
    pub(super) address: Address,
    pub(super) certificates: Certificates,
    pub(super) place: Place,
}

/// The place of an accepted connection among the clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It has one.
    Admitted,
    /// It has no place, but may go on with the session of a client that has one.
    ForSessions,
}

impl Accepted {
    /// Begins a connection of which no bytes were read.
    pub(super) fn plain(self) -> Begun {
        Begun {
            opened: Opened::plain(self.socket),
            address: self.address,
            certificates: self.certificates,
        }
    }
}

impl ClientStarter {
    // --- Places ---

    /// Returns the place of a new connection, or `None` if it is refused.
    pub(super) fn admit(&self, address: &Address) -> Option<Place> {
        let shared = &self.shared;
        if shared.registry.admit(address) {
            return Some(Place::Admitted);
        }
        shared.sessions.as_ref()?;
        // A client with an interrupted session has a place already.
        let waiting = &self.waiting_without_place;
        let is_room = waiting.fetch_add(1, Ordering::Relaxed) < MAX_WITHOUT_PLACE;
        if is_room {
            return Some(Place::ForSessions);
        }
        waiting.fetch_sub(1, Ordering::Relaxed);
        None
    }

    /// Gives the place of a connection up.
    pub(super) fn leave(&self, place: Place, address: &Address) {
        match place {
            Place::Admitted => self.shared.registry.release(address),
            Place::ForSessions => {
                self.waiting_without_place.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }

    /// Refuses a client, since there are too many.
    pub(super) fn refuse(&self, address: &Address) {
        self.shared.registry.count_refused();
        let server = self.shared.log_name();
        debug!(target: LOG_TARGET, "{server}: refused {address}: too many clients");
    }

    /// Reads the first frame of a client, and starts the client or gives its socket to the session that it goes on
    /// with.
    pub(super) async fn open(self: Arc<Self>, accepted: Accepted, running: Running) {
        self.open_accepted(accepted).await;
        // The closure that makes handlers must be dropped before the server counts as stopped.
        drop(self);
        drop(running);
    }

    async fn open_accepted(&self, accepted: Accepted) {
        let Accepted {
            mut socket,
            address,
            certificates,
            place,
        } = accepted;
        let shared = &self.shared;
        let Some(sessions) = &shared.sessions else {
            return;
        };
        let read = sessions.read_opening(&*shared.runtime, &mut socket);
        let Some(Ok((opening, input))) = unless(shared.closed(), read).await else {
            // It has left, or the server stops.
            return self.leave(place, &address);
        };
        let begin = match opening {
            Opening::Plain => Begin::Plain,
            Opening::Hello => Begin::Grant { lost: None },
            Opening::Resume(resume) => match self.find_session(sessions, &resume, &certificates) {
                Ok(peer) => {
                    // The session has the place of its client.
                    self.leave(place, &address);
                    return peer.mailbox.hand_over(Box::new(Handover {
                        socket,
                        input,
                        answer: Answer::Resumed(resume.received),
                        server: None,
                    }));
                }
                Err(lost) => Begin::Grant { lost: Some(lost) },
            },
        };
        if place == Place::ForSessions {
            self.refuse(&address);
            if begin.knows_sessions() {
                let bye = Bye {
                    text: "too many clients".into(),
                    ..Bye::new(ByeReason::Refused)
                };
                unless(shared.closed(), say_refused(&*shared.runtime, socket, bye)).await;
            }
            return self.leave(place, &address);
        }
        self.start(Begun {
            opened: Opened {
                socket,
                input,
                begin,
            },
            address,
            certificates,
        });
    }

    /// Finds the client of the session that this one wants to go on with. Otherwise returns why it can't, and how many
    /// of its messages were received in that session.
    fn find_session(
        &self,
        sessions: &SessionGranter,
        resume: &Resume,
        certificates: &Certificates,
    ) -> Result<Arc<Peer>, (SessionLost, Option<u64>)> {
        sessions
            .check_incarnation(&resume.token)
            .map_err(|why| (why, None))?;
        let registry = &self.shared.registry;
        registry.find_session(resume, certificates.first())
    }
}
