//! A node, as the test sees it.

use std::collections::BTreeMap;

use crate::channel;
use crate::engine::Engine;
use crate::member::Settings;
use crate::port;
use crate::process::Process;

/// The queue of a client, if a test sets no other: no client is slow, but for moments.
const QUEUE: usize = 64 * 1024 * 1024;

/// A node in a process of its own. It is killed when dropped.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) settings: Settings,
    pub(crate) process: Process,
    /// Its id in the cluster.
    pub(crate) id: String,
    pub(crate) is_up: bool,
    /// The labels of the other nodes that it knows, by their ids.
    pub(crate) others: BTreeMap<String, String>,
    /// The number of members that it knows in [`TOPIC`](crate::cluster::TOPIC), on all nodes.
    pub(crate) members: u64,
    /// How many links have failed.
    pub(crate) failures: u32,
    /// The messages that it has reported as lost, by the id of their node and their channel.
    pub(crate) lost: BTreeMap<(String, String), u64>,
    /// The reasons why connections of clients have ended.
    pub(crate) left: Vec<String>,
    /// The notes that it has sent, by their channel.
    pub(crate) sent: BTreeMap<String, u64>,
    stats: Option<Stats>,
}

/// Counters of a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stats {
    pub(crate) published: u64,
    pub(crate) dropped: u64,
    pub(crate) lost: u64,
    pub(crate) refused: u64,
}

impl Settings {
    /// Returns the settings of a node that uses the server of a URL.
    pub(crate) fn new(engine: Engine, url: &str, index: u32) -> Self {
        Self {
            index,
            name: format!("node-{index}"),
            port: port::free(),
            engine,
            url: url.into(),
            is_optional: false,
            max_queued_bytes: QUEUE,
        }
    }

    /// Starts the node, and returns the error with which it refuses to.
    pub(crate) fn refusal(&self) -> String {
        let mut process = Process::start(&self.name, &mut self.command());
        process.events().expect_kind("refused")
    }
}

impl Node {
    /// Starts a node.
    pub(crate) fn start(settings: Settings) -> Self {
        let process = Process::start(&settings.name, &mut settings.command());
        let mut node = Self {
            settings,
            process,
            id: String::new(),
            is_up: false,
            others: BTreeMap::new(),
            members: 0,
            failures: 0,
            lost: BTreeMap::new(),
            left: Vec::new(),
            sent: BTreeMap::new(),
            stats: None,
        };
        node.until(|node| !node.id.is_empty());
        node
    }

    /// Returns the URI for its clients.
    pub(crate) fn uri(&self) -> String {
        port::uri(self.settings.port)
    }

    /// Sends notes.
    pub(crate) fn send(&mut self, count: u64, channel: &str) {
        self.send_sized(count, 0, channel);
    }

    /// Sends notes with padding of a size.
    pub(crate) fn send_sized(&mut self, count: u64, size: usize, channel: &str) {
        let word = channel::to_word(channel);
        self.process.command(&format!("send {count} {size} {word}"));
        *self.sent.entry(channel.into()).or_default() += count;
    }

    /// Returns how many notes it has sent to a channel.
    pub(crate) fn sent(&self, channel: &str) -> u64 {
        self.sent.get(channel).copied().unwrap_or(0)
    }

    /// Returns the number of messages of another node that it has reported as lost.
    pub(crate) fn lost(&self, other: &Self, channel: &str) -> u64 {
        let lost = self.lost.get(&(other.id.clone(), channel.into()));
        lost.copied().unwrap_or(0)
    }

    /// Returns the counters at this moment. All that the node has reported until then is known afterwards.
    pub(crate) fn stats(&mut self) -> Stats {
        self.stats = None;
        self.process.command("stats");
        self.until(|node| node.stats.is_some());
        self.stats.expect("the counters")
    }

    /// Waits until reports have made this true.
    pub(crate) fn until(&mut self, is_so: impl Fn(&Self) -> bool) {
        while !is_so(self) {
            let event = self.process.events().next();
            self.record(&event);
        }
    }

    fn record(&mut self, event: &str) {
        let words: Vec<_> = event.split(' ').collect();
        match words[..] {
            ["listening", id] => self.id = id.into(),
            ["up"] => self.is_up = true,
            ["down"] => {
                self.is_up = false;
                self.failures += 1;
            }
            ["others", ref others @ ..] => {
                let others = others.iter().filter_map(|other| other.split_once('='));
                let others = others.map(|(id, name)| (id.into(), name.into()));
                self.others = others.collect();
            }
            ["members", count] => self.members = number(count),
            ["gap", lost, id, channel] => {
                let channel = (id.into(), channel::from_word(channel));
                *self.lost.entry(channel).or_default() += number(lost);
            }
            ["left", ..] => self.left.push(event["left ".len()..].into()),
            ["stats", published, dropped, _received, lost, refused] => {
                self.stats = Some(Stats {
                    published: number(published),
                    dropped: number(dropped),
                    lost: number(lost),
                    refused: number(refused),
                });
            }
            _ => self.process.events().fail(&format!("reported '{event}'")),
        }
    }
}

fn number(word: &str) -> u64 {
    word.parse().expect("a number")
}
