mod chat {
    messi::protocol!("../proto/chat_oneof_renamed.proto");
}

include!("../program.rs");
