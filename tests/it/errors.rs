//! All errors: their texts, their sources, and their conversions.

use std::error::Error as StdError;
use std::io::{self, ErrorKind};
use std::time::Duration;

use messi::prost::{DecodeError, Message};
use messi::tls::{Identity, Roots, TlsError};
use messi::{
    ClientState, ConnectError, DisconnectReason, Error, JoinError, ListenError, NoRuntime,
    NotConnected, Overflow, Report, RequestError, Retry, Runtime, SendError, StartError,
    TrySendError, Uri, UriError, WithHandlerError,
};

fn decode_error() -> DecodeError {
    <()>::decode(&b"\xff"[..]).unwrap_err()
}

fn io_error() -> io::Error {
    io::Error::from_raw_os_error(1)
}

fn tls_failure() -> io::Error {
    io::Error::other("the certificate has expired")
}

fn uri_error() -> UriError {
    "udp://chat:1".parse::<Uri>().unwrap_err()
}

/// This thread is not inside of a runtime of tokio.
fn no_runtime() -> NoRuntime {
    Runtime::tokio().unwrap_err()
}

fn start_errors() -> Vec<StartError> {
    vec![uri_error().into(), no_runtime().into()]
}

fn send_errors() -> Vec<SendError> {
    vec![
        SendError::NotConnected,
        SendError::QueueFull,
        SendError::MessageTooBig { size: 2, limit: 1 },
        SendError::WrongSize {
            announced: 1,
            encoded: 2,
        },
        SendError::Expired,
        SendError::AlreadyResponded,
        SendError::RequestAbandoned,
    ]
}

fn disconnect_reasons() -> Vec<DisconnectReason> {
    vec![
        DisconnectReason::ConnectionClosed,
        DisconnectReason::KeepAliveTimeout,
        DisconnectReason::MessageTooBig { size: 2, limit: 1 },
        DisconnectReason::MessageTimeout,
        DisconnectReason::MessageDecodeError(decode_error()),
        DisconnectReason::UnexpectedMessageType(9),
        DisconnectReason::SlowConsumer,
        DisconnectReason::HandlerPanicked,
        DisconnectReason::RequestAbandoned,
        DisconnectReason::Disconnected,
        DisconnectReason::Stopped,
        DisconnectReason::Tls(tls_failure().into()),
        DisconnectReason::Io(io_error().into()),
    ]
}

fn request_errors() -> Vec<RequestError> {
    let mut errors = vec![
        RequestError::Replaced,
        RequestError::Cancelled,
        RequestError::Completed,
        RequestError::Timeout {
            limit: Duration::from_secs(1),
        },
    ];
    errors.extend(send_errors().into_iter().map(RequestError::NotSent));
    errors.extend(
        disconnect_reasons()
            .into_iter()
            .map(RequestError::Disconnected),
    );
    errors
}

fn listen_errors() -> Vec<ListenError> {
    vec![
        ListenError::Uri(uri_error()),
        ListenError::Resolve {
            host: "chat".into(),
            source: io_error().into(),
        },
        ListenError::Bind {
            address: ([127, 0, 0, 1], 1).into(),
            source: io_error().into(),
        },
        ListenError::Listener {
            source: io_error().into(),
        },
        ListenError::ProxyProtocol {
            problem: "there is no network".into(),
        },
        ListenError::NoRuntime(no_runtime()),
    ]
}

fn connect_errors() -> Vec<ConnectError> {
    vec![
        ConnectError::Resolve {
            host: "chat".into(),
            source: io_error().into(),
        },
        ConnectError::Io {
            address: ([127, 0, 0, 1], 1).into(),
            source: io_error().into(),
        },
        ConnectError::Tls {
            host: "chat".into(),
            source: tls_failure().into(),
        },
        ConnectError::Timeout {
            limit: Duration::from_secs(1),
        },
    ]
}

fn tls_errors() -> Vec<TlsError> {
    vec![
        Identity::from_pem_files("no/such.pem", "no/such.key").unwrap_err(),
        Identity::from_pem("no certificate", "no key").unwrap_err(),
        Roots::from_pem("").unwrap_err(),
    ]
}

fn errors() -> Vec<Error> {
    let mut errors: Vec<Error> = vec![uri_error().into(), NotConnected.into()];
    errors.push(no_runtime().into());
    errors.extend(start_errors().into_iter().map(Error::from));
    errors.extend(listen_errors().into_iter().map(Error::from));
    errors.extend(send_errors().into_iter().map(Error::from));
    errors.extend(request_errors().into_iter().map(Error::from));
    errors.extend(join_errors().into_iter().map(Error::from));
    errors.extend(tls_errors().into_iter().map(Error::from));
    errors
}

fn join_errors() -> Vec<JoinError> {
    vec![
        JoinError::NotConnected,
        JoinError::EmptyName,
        JoinError::NameTooLong { length: 201 },
        JoinError::TooManyTopics { limit: 1_000 },
    ]
}

fn with_handler_errors() -> Vec<WithHandlerError> {
    vec![
        WithHandlerError::NotConnected,
        WithHandlerError::WrongType { expected: "Ui" },
        WithHandlerError::Busy,
    ]
}

/// Returns a value of each kind of each public error.
fn all() -> Vec<Box<dyn StdError>> {
    fn boxed<E: StdError + 'static>(errors: Vec<E>) -> Vec<Box<dyn StdError>> {
        errors
            .into_iter()
            .map(|error| Box::new(error) as Box<dyn StdError>)
            .collect()
    }
    let try_send = send_errors().into_iter().map(|error| TrySendError {
        error,
        message: "a message",
    });
    [
        boxed(vec![NotConnected]),
        boxed(join_errors()),
        boxed(with_handler_errors()),
        boxed(vec![uri_error()]),
        boxed(vec![no_runtime()]),
        boxed(start_errors()),
        boxed(send_errors()),
        boxed(try_send.collect()),
        boxed(disconnect_reasons()),
        boxed(request_errors()),
        boxed(listen_errors()),
        boxed(connect_errors()),
        boxed(tls_errors()),
        boxed(errors()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Returns the first source of a type.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        source = error.source();
    }
    None
}

#[test]
fn no_error_contains_the_text_of_its_source() {
    for error in all() {
        let mut outer: &dyn StdError = &*error;
        while let Some(source) = outer.source() {
            let (text, inner) = (outer.to_string(), source.to_string());
            assert!(!text.contains(&inner), "{text:?} contains {inner:?}");
            outer = source;
        }
    }
}

#[test]
fn a_report_has_the_text_of_each_source_once() {
    for error in all() {
        let mut texts = vec![error.to_string()];
        let mut source = error.source();
        while let Some(error) = source {
            texts.push(error.to_string());
            source = error.source();
        }
        assert_eq!(Report(&*error).to_string(), texts.join(": "));
    }
    let error = ListenError::Bind {
        address: ([127, 0, 0, 1], 6000).into(),
        source: io::Error::from(ErrorKind::AddrInUse).into(),
    };
    assert_eq!(
        Report(&error).to_string(),
        "can't listen on 127.0.0.1:6000: address in use"
    );
}

#[test]
fn sources_have_the_types_of_their_errors() {
    let error = DisconnectReason::MessageDecodeError(decode_error());
    assert_eq!(find::<DecodeError>(&error), Some(&decode_error()));
    let error = RequestError::Disconnected(DisconnectReason::Io(io_error().into()));
    let reason = find::<DisconnectReason>(&error).unwrap();
    assert!(matches!(reason, DisconnectReason::Io(_)));
    for error in [
        &error as &(dyn StdError + 'static),
        &Error::from(error.clone()),
        &listen_errors()[1],
        &listen_errors()[2],
        &listen_errors()[3],
        &connect_errors()[0],
        &connect_errors()[1],
    ] {
        let source = find::<io::Error>(error);
        assert_eq!(source.unwrap().raw_os_error(), Some(1), "{error}");
    }
    let missing = &tls_errors()[0];
    let source = find::<io::Error>(missing).unwrap();
    assert_eq!(source.kind(), ErrorKind::NotFound);
}

#[test]
fn equal_errors_are_equal() {
    let lists = [errors, || {
        let errors = request_errors();
        errors.into_iter().map(Error::from).collect()
    }];
    for list in lists {
        for (number, error) in list().into_iter().enumerate() {
            for (other, another) in list().into_iter().enumerate() {
                // The texts of the errors show which of them are listed twice.
                let is_same = number == other || format!("{error:?}") == format!("{another:?}");
                assert_eq!(error == another, is_same, "{error:?} {another:?}");
            }
        }
    }
}

#[test]
fn every_error_converts_into_an_io_error_that_has_it() {
    fn check<E: StdError + Clone + PartialEq + Send + Sync + 'static>(errors: Vec<E>)
    where
        io::Error: From<E>,
    {
        for error in errors {
            let converted = io::Error::from(error.clone());
            let inner = converted.get_ref().and_then(|it| it.downcast_ref::<E>());
            assert_eq!(inner, Some(&error));
        }
    }
    check(vec![NotConnected]);
    check(join_errors());
    check(with_handler_errors());
    check(vec![uri_error()]);
    check(send_errors());
    check(disconnect_reasons());
    check(request_errors());
    check(listen_errors());
    check(connect_errors());
    check(tls_errors());
    for error in errors() {
        assert_eq!(
            Report(&io::Error::from(error.clone())).to_string(),
            Report(&error).to_string()
        );
    }
}

#[test]
fn the_kind_of_an_io_error_is_that_of_its_cause() {
    let kind = |error: io::Error| error.kind();
    assert_eq!(kind(NotConnected.into()), ErrorKind::NotConnected);
    assert_eq!(kind(SendError::QueueFull.into()), ErrorKind::WouldBlock);
    let error = RequestError::NotSent(SendError::NotConnected);
    assert_eq!(kind(error.into()), ErrorKind::NotConnected);
    let kinds = join_errors().into_iter().map(|error| kind(error.into()));
    let expected = [
        ErrorKind::NotConnected,
        ErrorKind::InvalidInput,
        ErrorKind::InvalidInput,
        ErrorKind::QuotaExceeded,
    ];
    assert!(kinds.eq(expected));
    let limit = Duration::from_secs(1);
    let timeout = RequestError::Timeout { limit };
    assert_eq!(kind(timeout.into()), ErrorKind::TimedOut);
    let in_use = ListenError::Bind {
        address: ([127, 0, 0, 1], 1).into(),
        source: io::Error::from(ErrorKind::AddrInUse).into(),
    };
    assert_eq!(kind(Error::from(in_use).into()), ErrorKind::AddrInUse);
    let problem = "there is no network".into();
    let networks = ListenError::ProxyProtocol { problem };
    assert_eq!(kind(networks.into()), ErrorKind::InvalidInput);
    let reason = DisconnectReason::Io(io_error().into());
    let error = RequestError::Disconnected(reason);
    assert_eq!(kind(error.into()), io_error().kind());
    assert_eq!(kind(uri_error().into()), ErrorKind::InvalidInput);
    assert_eq!(kind(tls_errors().remove(0).into()), ErrorKind::NotFound);
}

#[test]
fn try_send_errors_convert_into_all_errors_of_sending() {
    fn error<T: From<TrySendError<&'static str>>>() -> T {
        let refused = TrySendError {
            error: SendError::QueueFull,
            message: "secret",
        };
        assert!(!format!("{refused:?} {refused}").contains("secret"));
        refused.into()
    }
    assert_eq!(error::<SendError>(), SendError::QueueFull);
    assert_eq!(error::<Error>(), Error::Send(SendError::QueueFull));
    assert_eq!(error::<io::Error>().kind(), ErrorKind::WouldBlock);
    assert_eq!(SendError::from(NotConnected), SendError::NotConnected);
    let expected = Error::Send(SendError::NotConnected);
    assert_eq!(Error::from(NotConnected), expected);
}

#[test]
fn states_and_settings_have_a_text() {
    let texts = [
        (ClientState::Connecting.to_string(), "connecting"),
        (ClientState::Connected.to_string(), "connected"),
        (ClientState::Waiting.to_string(), "waiting"),
        (ClientState::Stopped.to_string(), "stopped"),
        (Overflow::Disconnect.to_string(), "disconnect"),
        (Overflow::DropNewest.to_string(), "drop the newest"),
        (Overflow::DropOldest.to_string(), "drop the oldest"),
        (
            Retry::Backoff.to_string(),
            "after the delay of the back-off",
        ),
        (
            Retry::After(Duration::from_millis(1_500)).to_string(),
            "after 1.5 s",
        ),
        (Retry::Never.to_string(), "never"),
    ];
    for (text, expected) in texts {
        assert_eq!(text, expected);
    }
}
