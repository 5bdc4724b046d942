//! Links by a stream, in which the server keeps the messages.
//!
//! There is one stream for all channels. Each node reads all of it, and delivers the messages of its subscriptions. The
//! state that outlives a link is in [`StreamsNode`]:
//!
//! - Published messages are kept in [`Publisher`] until the server has confirmed them. A link begins with those that the
//!   one before has left. The server does not add them twice.
//! - [`Reading`] has the position in the stream. It moves when the node has messages, so that a link continues where the one
//!   before has ended.
//!
//! A link has two connections, since the one that waits for messages cannot do other work meanwhile.

mod id;
mod publisher;
mod reading;
mod receiver;
mod sender;

use std::sync::Arc;

use ::redis::{Pipeline, Value};
use futures::future::try_join;
use futures::lock::Mutex;
use messi_core::cluster::{Engine, EngineError, EngineFuture, Link};

use self::id::Id;
use self::publisher::Publisher;
use self::reading::Reading;
use self::receiver::StreamsReceiver;
use self::sender::StreamsSender;
use crate::connection::Connection;
use crate::redis::Redis;

/// The key of the stream. Those of publishers begin with it.
const STREAM: &str = "messi:stream";

/// The engine of one node.
#[derive(Debug)]
pub(crate) struct StreamsNode {
    redis: Redis,
    session: Arc<Session>,
}

/// The state that a node keeps from link to link. Of both locks, that of the publisher is taken first.
#[derive(Debug)]
struct Session {
    /// Held while messages are on their way to the server.
    publisher: Mutex<Publisher>,
    /// Held while messages are delivered, and while orders about subscriptions are on their way to the server: the receiver
    /// must know of them when it delivers messages that were published after them.
    reading: Mutex<Reading>,
}

impl StreamsNode {
    pub(crate) fn new(redis: Redis, max_len: u32) -> Self {
        let session = Session {
            publisher: Mutex::new(Publisher::new(max_len)),
            reading: Mutex::default(),
        };
        Self {
            redis,
            session: Arc::new(session),
        }
    }

    pub(crate) async fn link(&self) -> Result<Link, EngineError> {
        let (commands, reads) = try_join(self.redis.open(), self.redis.open()).await?;
        self.session
            .publisher
            .lock()
            .await
            .resume(&commands)
            .await?;
        let end = end(&commands).await?;
        self.session.reading.lock().await.begin(end);
        let session = &self.session;
        Ok(Link {
            sender: Box::new(StreamsSender::new(commands, session.clone())),
            receiver: Box::new(StreamsReceiver::new(reads, session.clone())),
        })
    }
}

impl Engine for StreamsNode {
    fn connect(&self) -> EngineFuture<'_, Link> {
        Box::pin(self.link())
    }
}

/// Returns the id of the last entry.
async fn end(connection: &Connection) -> Result<Id, EngineError> {
    let mut commands = Pipeline::new();
    find_end(&mut commands);
    let [answer] = connection.run::<[Value; 1]>(&commands).await?;
    Ok(Id::of_last(&answer)?)
}

/// Appends the command that [`Id::of_last`] reads the answer of.
fn find_end(commands: &mut Pipeline) {
    let command = commands.cmd("XREVRANGE").arg(STREAM);
    command.arg("+").arg("-").arg("COUNT").arg(1);
}
