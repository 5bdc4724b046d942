//! The protocol of the example `chat`, expanded once for all examples in the documentation of messi-core.

messi::protocol!("../../../../examples/chat/chat.proto");
