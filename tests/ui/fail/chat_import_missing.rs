mod chat {
    messi::protocol!("../proto/chat_import_missing.proto");
}

include!("../program.rs");
