//! The labels of servers and clients.

use crate::{Protocol, Uri};

/// The names and values of labels.
pub(crate) type Labels = [(&'static str, String); 3];

/// Returns the labels of a server that is reached at `uri`.
pub(crate) fn labels_of_server<P: Protocol>(uri: &Uri) -> Labels {
    labels::<P>("server", uri)
}

/// Returns the labels of a client with its first server at `uri`.
pub(crate) fn labels_of_client<P: Protocol>(uri: &Uri) -> Labels {
    labels::<P>("client", uri)
}

fn labels<P: Protocol>(side: &str, uri: &Uri) -> Labels {
    [
        ("protocol", P::NAME.into()),
        ("side", side.into()),
        ("uri", uri.to_string()),
    ]
}
