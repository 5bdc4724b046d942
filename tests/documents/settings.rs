//! Compares a stated default with that of the builders.
//!
//! The builders do not return their settings. A stated default is right if setting it leaves the `Debug` output of a
//! builder as it was.

use std::fmt::Debug;
use std::time::Duration;

use messi::cluster::Presence;
use messi::tls::{ClientTls, Identity, Roots, ServerTls};
use messi::{ClientBuilder, Overflow, ServerBuilder, Session, Sessions};

mod chat {
    messi::protocol!("examples/chat/chat.proto");
}

use chat::{Chat, ChatClient, ChatServer};

/// Returns whether a stated default is that of the builders. `None` stands for an unknown setting.
pub(crate) fn is_default(setting: &str, stated: &str) -> Option<bool> {
    let quantities = quantities(stated);
    let is_default = match (quantities.first(), quantities.last()) {
        (Some(&first), Some(&last)) => is_default_quantity(setting, first, last)?,
        _ => is_default_word(setting, stated)?,
    };
    Some(is_default)
}

/// Returns the numbers of a text. Sizes are in bytes, and times in milliseconds.
fn quantities(text: &str) -> Vec<u64> {
    let is_punctuation = |it: char| !it.is_alphanumeric();
    let words: Vec<_> = text
        .split_whitespace()
        .map(|word| word.trim_matches(is_punctuation).replace(',', ""))
        .collect();
    let numbers = words.iter().enumerate().filter_map(|(at, word)| {
        let number: u64 = match word.as_str() {
            "zero" => 0,
            word => word.parse().ok()?,
        };
        let unit = match words.get(at + 1).map(String::as_str) {
            Some("KiB") => 1024,
            Some("MiB") => 1024 * 1024,
            Some("s") => 1000,
            Some("ms") => 1,
            _ => 1,
        };
        Some(number * unit)
    });
    numbers.collect()
}

/// Returns whether a change leaves the `Debug` output of a value as it was.
fn is_same<T: Clone + Debug>(value: &T, change: impl FnOnce(T) -> T) -> bool {
    format!("{:?}", change(value.clone())) == format!("{value:?}")
}

fn is_default_of_client(set: impl FnOnce(ClientBuilder<Chat>) -> ClientBuilder<Chat>) -> bool {
    is_same(&ChatClient::builder("tcp://localhost:6000"), set)
}

fn is_default_of_server(set: impl FnOnce(ServerBuilder<Chat>) -> ServerBuilder<Chat>) -> bool {
    is_same(&ChatServer::builder("tcp://localhost:6000"), set)
}

/// Evaluates whether a value is the default of a setting of both builders.
macro_rules! of_both {
    ($setting:ident($value:expr)) => {
        is_default_of_client(|it| it.$setting($value))
            && is_default_of_server(|it| it.$setting($value))
    };
}

fn is_default_quantity(setting: &str, first: u64, last: u64) -> Option<bool> {
    let number = first as usize;
    let time = Duration::from_millis(first);
    let last = Duration::from_millis(last);
    let is_default = match setting {
        "busy_poll" => of_both!(busy_poll(time)),
        "connect_timeout" => is_default_of_client(|it| it.connect_timeout(time)),
        "handshake_timeout" => is_default_handshake_timeout(time),
        "keep_alive_interval" => is_default_of_client(|it| it.keep_alive_interval(time)),
        "keep_alive_timeout" => is_default_of_server(|it| it.keep_alive_timeout(time)),
        "max_clients" => is_default_of_server(|it| it.max_clients(number)),
        "max_members" => is_same(&Presence::of(|_| true), |it| it.max_members(number)),
        "max_message_size" => of_both!(max_message_size(number)),
        "max_queued_bytes" => of_both!(max_queued_bytes(number)),
        "max_topics_per_client" => is_default_of_server(|it| it.max_topics_per_client(number)),
        "max_total_queued_bytes" => is_default_of_server(|it| it.max_total_queued_bytes(number)),
        "max_total_received_bytes" => {
            is_default_of_server(|it| it.max_total_received_bytes(number))
        }
        "max_unhandled_bytes" => of_both!(max_unhandled_bytes(number)),
        "message_timeout" => of_both!(message_timeout(time)),
        "min_message_rate" => of_both!(min_message_rate(number)),
        "reconnect_delay" => is_default_of_client(|it| it.reconnect_delay(time, last)),
        "request_timeout" => of_both!(request_timeout(time)),
        "stable_after" => is_default_of_client(|it| it.stable_after(time)),
        "failover_after" => is_same(&Session::default(), |it| it.failover_after(time)),
        "lifetime" => is_same(&Sessions::default(), |it| it.lifetime(time)),
        "remembered_ends" => is_same(&Sessions::default(), |it| it.remembered_ends(number, last)),
        "silent_client" => is_same(&Sessions::default(), |it| it.silent_client(time)),
        "window" => {
            is_same(&Session::default(), |it| it.window(number))
                && is_same(&Sessions::default(), |it| it.window(number))
        }
        "write_timeout" => of_both!(write_timeout(time)),
        _ => return None,
    };
    Some(is_default)
}

fn is_default_word(setting: &str, stated: &str) -> Option<bool> {
    let minute = Duration::from_secs(60);
    let is_default = match setting {
        "max_clients_per_address" => has_none(stated, |number| {
            is_default_of_server(|it| it.max_clients_per_address(number))
        }),
        "max_clients_per_second" => has_none(stated, |number| {
            is_default_of_server(|it| it.max_clients_per_second(number as u32))
        }),
        // That of a client; a server's is a number.
        "keep_alive_timeout" => stated == "as keep_alive_interval",
        "login_timeout" => has_none(stated, |seconds| {
            is_default_of_server(|it| it.login_timeout(Duration::from_secs(seconds as u64)))
        }),
        "max_interrupted" => has_none(stated, |number| {
            is_same(&Sessions::default(), |it| it.max_interrupted(number))
        }),
        "max_sent_message_size" => stated.starts_with("as "),
        "offline_queue" => has_none(stated, |number| {
            is_default_of_client(|it| it.offline_queue(number, minute))
        }),
        "proxy_protocol" => has_none(stated, |number| {
            is_default_of_server(|it| it.proxy_protocol([number]))
        }),
        "session" => has_none(stated, |_| {
            is_default_of_client(|it| it.session(Session::default()))
        }),
        "sessions" => has_none(stated, |_| {
            is_default_of_server(|it| it.sessions(Sessions::default()))
        }),
        "overflow" => overflow(stated).is_some_and(|it| of_both!(overflow(it))),
        _ => return None,
    };
    Some(is_default)
}

/// Returns whether a setting has no value by default, as stated: then any value changes it.
fn has_none(stated: &str, is_default: impl Fn(usize) -> bool) -> bool {
    let is_stated = stated.starts_with("no ") || stated.starts_with("nothing ");
    is_stated
        && [0, 1, 1_000, 1_000_000]
            .into_iter()
            .all(|it| !is_default(it))
}

fn overflow(stated: &str) -> Option<Overflow> {
    let variant = stated.rsplit("::").next().unwrap_or_default();
    match variant {
        "Disconnect" => Some(Overflow::Disconnect),
        "DropNewest" => Some(Overflow::DropNewest),
        "DropOldest" => Some(Overflow::DropOldest),
        _ => None,
    }
}

/// Returns whether a time is the default of both sides of TLS.
fn is_default_handshake_timeout(time: Duration) -> bool {
    let certified = rcgen::generate_simple_self_signed(["localhost".into()]).unwrap();
    let certificate = certified.cert.pem();
    let key = certified.signing_key.serialize_pem();
    let server = ServerTls::new(Identity::from_pem(&certificate, key).unwrap());
    let client = ClientTls::new(Roots::from_pem(&certificate).unwrap());
    is_same(&server, |it| it.handshake_timeout(time))
        && is_same(&client, |it| it.handshake_timeout(time))
}

#[test]
fn a_stated_default_that_differs_from_the_builders_is_detected() {
    assert_eq!(is_default("keep_alive_timeout", "3 s"), Some(true));
    assert_eq!(is_default("keep_alive_timeout", "2 s"), Some(false));
    assert_eq!(is_default("max_clients", "10,000"), Some(true));
    assert_eq!(is_default("max_clients", "1,000"), Some(false));
    assert_eq!(is_default("max_clients", "no limit"), None);
    assert_eq!(
        is_default("reconnect_delay", "1 s, doubling to 20 s"),
        Some(false)
    );
    assert_eq!(is_default("max_message_size", "1 KiB"), Some(false));
    assert_eq!(is_default("overflow", "DropOldest"), Some(false));
    assert_eq!(is_default("handshake_timeout", "6 s"), Some(false));
    assert_eq!(is_default("unknown", "6 s"), None);
}
