//! The interrupted sessions of a server, and how many there may be.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::mailbox::{Mailbox, Wakeups};

/// The sessions that wait for their clients, up to a limit. Each is here as long as its [`Wait`].
#[derive(Debug)]
pub(crate) struct InterruptedSessions {
    limit: usize,
    /// Under this lock, there is no await, wake-up or log output, and no mailbox is locked or dropped.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Number of the last wait.
    last: u64,
    /// By the number of its wait: the one that has waited for longest first.
    waiting: BTreeMap<u64, Arc<Mailbox>>,
}

impl InterruptedSessions {
    /// Creates the sessions of a server, of which this number may wait at a time.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            state: Mutex::default(),
        }
    }

    /// Adds a session that was interrupted just now. If there are too many, the one that has waited for longest is
    /// evicted.
    pub(crate) fn wait(self: &Arc<Self>, mailbox: &Arc<Mailbox>) -> Wait {
        let mut state = self.lock();
        state.last += 1;
        let number = state.last;
        state.waiting.insert(number, mailbox.clone());
        let evicted = if state.waiting.len() > self.limit {
            state.waiting.pop_first()
        } else {
            None
        };
        // Before the mailbox is locked.
        drop(state);
        if let Some((_, mailbox)) = evicted {
            Wakeups::collect(|wakeups| mailbox.evict(wakeups));
        }
        Wait {
            sessions: self.clone(),
            number,
        }
    }

    /// Returns the number of sessions that wait.
    pub(crate) fn count(&self) -> usize {
        self.lock().waiting.len()
    }

    fn remove(&self, number: u64) -> bool {
        let mut state = self.lock();
        let removed = state.waiting.remove(&number);
        // The mailbox is dropped after unlocking: it may wake tasks.
        drop(state);
        removed.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that runs under the lock leaves it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The wait of a session for its client. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Wait {
    sessions: Arc<InterruptedSessions>,
    number: u64,
}

impl Wait {
    /// Ends the wait, as the client is back. Returns `false` if the session is evicted already.
    pub(crate) fn end(self) -> bool {
        // Decided under the lock: a session that goes on is never evicted afterwards.
        self.sessions.remove(self.number)
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.sessions.remove(self.number);
    }
}

#[cfg(test)]
mod tests {
    use messi_wire::session::{RequestKinds, SessionConfig};
    use messi_wire::{ConnectionConfig, Role};

    use super::*;

    fn mailbox() -> Arc<Mailbox> {
        let config = SessionConfig {
            role: Role::Server,
            kinds: RequestKinds::new(&[], &[]),
            members: &[],
            limits: Arc::new(ConnectionConfig::default()),
        };
        Mailbox::new(Arc::new(config), crate::Runtime::current().unwrap().0, None)
    }

    #[test]
    fn the_session_that_has_waited_for_longest_is_evicted() {
        let sessions = Arc::new(InterruptedSessions::new(2));
        let mailboxes = [(); 4].map(|()| mailbox());
        let first = sessions.wait(&mailboxes[0]);
        let second = sessions.wait(&mailboxes[1]);
        assert_eq!(sessions.count(), 2);
        assert!(second.end());
        let third = sessions.wait(&mailboxes[2]);
        let fourth = sessions.wait(&mailboxes[3]);
        assert_eq!(sessions.count(), 2);
        assert!(!first.end());
        drop(third);
        assert_eq!(sessions.count(), 1);
        assert!(fourth.end());
        assert_eq!(sessions.count(), 0);
    }
}
