//! The process of a node: this program, started again.
//!
//! It takes commands, one a line, and reports events, one a line:
//!
//! | command | effect |
//! | --- | --- |
//! | `send <count> <size> <channel>` | sends so many notes, with padding of this size |
//! | `stats` | reports `stats <published> <dropped> <received> <lost> <refused>` |
//!
//! | event | reason |
//! | --- | --- |
//! | `listening <id>` | the server has started |
//! | `refused <error>` | the server does not start |
//! | `up` | a link is up |
//! | `down` | it has failed |
//! | `others <id>=<name> …` | the other nodes are others |
//! | `members <count>` | the number of members of [`TOPIC`] on all nodes has changed |
//! | `gap <lost> <id> <channel>` | messages of a node are lost |
//! | `left <reason>` | the connection of a client has ended |

use std::collections::BTreeMap;
use std::env;
use std::io::{self, BufRead};
use std::process::Command;
use std::thread;
use std::time::Duration;

use async_std::task::block_on;
use log::{LevelFilter, Log, Metadata, Record};
use messi::cluster::{Channel, Presence};
use messi::{DisconnectReason, ListenError, Reply, Report};

use crate::cluster::TOPIC;
use crate::engine::Engine;
use crate::proto::*;
use crate::{channel, port};

/// The first argument of a node. Its settings follow.
const NODE: &str = "--node";

/// The time between two looks at the other nodes and at members.
const PERIOD: Duration = Duration::from_millis(10);

/// The keep-alive time of nodes and clients: longer than any process is suspended.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// The settings of a node.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Its number in notes.
    pub(crate) index: u32,
    /// Its label in the cluster.
    pub(crate) name: String,
    pub(crate) port: u16,
    pub(crate) engine: Engine,
    /// The URL of the engine's server.
    pub(crate) url: String,
    /// Whether it may start alone.
    pub(crate) is_optional: bool,
    /// The queue of each client.
    pub(crate) max_queued_bytes: usize,
}

impl Settings {
    /// Returns the command that starts the node.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env::current_exe().expect("the path of this program"));
        command
            .args([NODE, &self.index.to_string(), &self.name])
            .args([&self.port.to_string(), self.engine.name(), &self.url])
            .arg(self.is_optional.to_string())
            .arg(self.max_queued_bytes.to_string());
        command
    }

    /// Returns the settings in the arguments of this process, if it is a node.
    fn of_arguments() -> Option<Self> {
        let arguments: Vec<String> = env::args().skip(1).collect();
        let [
            node,
            index,
            name,
            port,
            engine,
            url,
            is_optional,
            max_queued_bytes,
        ] = <[String; 8]>::try_from(arguments).ok()?;
        (node == NODE).then(|| Self {
            index: index.parse().expect("a number"),
            name,
            port: port.parse().expect("a port"),
            engine: Engine::of(&engine),
            url,
            is_optional: is_optional.parse().expect("true or false"),
            max_queued_bytes: max_queued_bytes.parse().expect("a number"),
        })
    }
}

/// Runs a node if this process was started as one, and returns whether it was.
pub(crate) fn run_if_asked() -> bool {
    let Some(settings) = Settings::of_arguments() else {
        return false;
    };
    log::set_logger(&Links).expect("the first logger");
    log::set_max_level(LevelFilter::Info);
    match start(&settings) {
        Ok(server) => {
            let status = server.cluster().expect("a cluster");
            println!("listening {}", status.node);
            let watched = server.clone();
            thread::spawn(move || watch(&watched));
            Member::new(settings.index, server).obey();
        }
        Err(error) => println!("refused {}", Report(&error)),
    }
    true
}

/// Writes the log, and reports the state of the link from it. A look at the state would miss short failures.
struct Links;

impl Log for Links {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let text = record.args().to_string();
        if text.contains("the link to the cluster has failed") {
            println!("down");
        } else if text.ends_with("of the cluster is up") {
            println!("up");
        }
        // Failures of a test show it.
        eprintln!("{text}");
    }

    fn flush(&self) {}
}

fn start(settings: &Settings) -> Result<RoomServer, ListenError> {
    let cluster = settings.engine.cluster(&settings.url).name(&settings.name);
    let cluster = cluster.presence(Presence::of(|topic| topic == TOPIC));
    let mut cluster = cluster.on_gap(|gap| {
        let channel = match &gap.channel {
            Channel::Topic(name) => channel::topic(name),
            Channel::User(name) => channel::user(name),
            _ => channel::ALL.into(),
        };
        println!(
            "gap {} {} {}",
            gap.lost,
            gap.node,
            channel::to_word(&channel)
        );
    });
    if settings.is_optional {
        cluster = cluster.optional();
    }
    let uri = port::uri(settings.port);
    let builder = RoomServer::builder(uri).cluster(cluster);
    let builder = builder
        .keep_alive_timeout(KEEP_ALIVE)
        .max_queued_bytes(settings.max_queued_bytes);
    port::when_free(|| match block_on(builder.clone().start(|_| Session)) {
        Err(error @ ListenError::Bind { .. }) => Err(error),
        started => Ok(started),
    })
}

/// Reports the other nodes and the number of members.
fn watch(server: &RoomServer) {
    let mut before = String::new();
    let mut members_before = 0;
    loop {
        let members = server.topic(TOPIC).member_count();
        if members != members_before {
            println!("members {members}");
            members_before = members;
        }
        let nodes = server.cluster().expect("a cluster").nodes;
        let others = nodes
            .iter()
            .map(|node| format!(" {}={}", node.id, node.name));
        let others: String = others.collect();
        if others != before {
            println!("others{others}");
            before = others;
        }
        thread::sleep(PERIOD);
    }
}

/// Sends notes on command.
struct Member {
    index: u32,
    server: RoomServer,
    /// The number of notes in each channel.
    sent: BTreeMap<String, u64>,
}

impl Member {
    fn new(index: u32, server: RoomServer) -> Self {
        Self {
            index,
            server,
            sent: BTreeMap::new(),
        }
    }

    /// Obeys commands until the process that started this one has ended.
    fn obey(mut self) {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            let words: Vec<_> = line.split(' ').collect();
            match words[..] {
                ["send", count, size, channel] => {
                    let count = count.parse().expect("a number");
                    let size = size.parse().expect("a number");
                    self.send(count, size, &channel::from_word(channel));
                }
                ["stats"] => self.report_stats(),
                _ => panic!("unknown command: {line}"),
            }
        }
    }

    fn send(&mut self, count: u64, size: usize, channel: &str) {
        for _ in 0..count {
            let sent = self.sent.entry(channel.into()).or_default();
            *sent += 1;
            let note = Note {
                node: self.index,
                channel: channel.into(),
                number: *sent,
                padding: vec![0; size],
            };
            match channel.split_once('/') {
                Some(("topic", name)) => self.server.topic(name).publish(note),
                Some(("user", name)) => self.server.user(name).send(note),
                _ => self.server.broadcast(note),
            }
        }
    }

    fn report_stats(&self) {
        let stats = self.server.stats().cluster;
        println!(
            "stats {} {} {} {} {}",
            stats.published, stats.dropped, stats.received, stats.lost, stats.refused
        );
    }
}

/// A client of the node.
struct Session;

impl RoomServerHandler for Session {
    async fn on_join_req(
        &mut self,
        client: &RoomServerClient,
        request: JoinReq,
        reply: Reply<JoinRsp>,
    ) {
        let error = match client.join(request.topic) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        };
        reply.send(JoinRsp { error });
    }

    async fn on_leave_req(
        &mut self,
        client: &RoomServerClient,
        request: LeaveReq,
        reply: Reply<LeaveRsp>,
    ) {
        client.leave(request.topic);
        reply.send(LeaveRsp {});
    }

    async fn on_log_in_req(
        &mut self,
        client: &RoomServerClient,
        request: LogInReq,
        reply: Reply<LogInRsp>,
    ) {
        client.log_in(request.user);
        reply.send(LogInRsp {});
    }

    async fn on_client_disconnected(&mut self, _: &RoomServerClient, reason: DisconnectReason) {
        println!("left {reason:?}");
    }
}
