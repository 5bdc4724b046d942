mod chat {
    messi::protocol!("../proto/chat_brace_missing.proto");
}

include!("../program.rs");
