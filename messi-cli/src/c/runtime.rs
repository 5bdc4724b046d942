//! The files of the runtime.

use crate::arguments::Platform;

/// A file: its name and its text.
type File = (&'static str, &'static str);

/// Returns a file of `runtime/c/`.
macro_rules! file {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/runtime/c/", $name)),
        )
    };
}

/// The codec of messages, and clients and servers without I/O.
const CORE: &[File] = &[
    file!("messi_codec.c"),
    file!("messi_codec.h"),
    file!("messi_codec_decode.c"),
    file!("messi_codec_encode.c"),
    file!("messi_codec_private.h"),
    file!("messi_connection.c"),
    file!("messi_connection.h"),
    file!("messi_core_client.c"),
    file!("messi_core_client.h"),
    file!("messi_core_server.c"),
    file!("messi_core_server.h"),
    file!("messi_frame.c"),
    file!("messi_frame.h"),
    file!("messi_output.c"),
    file!("messi_output.h"),
    file!("pbtools.h"),
];

/// The interface of the original that is the same on all of its platforms.
const MESSI: &[File] = &[file!("messi.c"), file!("messi.h")];

const LINUX: &[File] = &[
    file!("messi_client.c"),
    file!("messi_client.h"),
    file!("messi_linux.c"),
    file!("messi_linux.h"),
    file!("messi_server.c"),
    file!("messi_server.h"),
    file!("messi_server_client.c"),
    file!("messi_server_client.h"),
];

const ASYNC: &[File] = &[file!("messi_async.c"), file!("messi_async.h")];

/// Returns the files that generated C for a platform needs.
pub(super) fn files(platform: Platform) -> impl Iterator<Item = File> {
    let parts: &[&[File]] = match platform {
        Platform::Linux => &[CORE, MESSI, LINUX],
        Platform::Async => &[CORE, MESSI, ASYNC],
        Platform::None => &[CORE],
    };
    parts.iter().copied().flatten().copied()
}
