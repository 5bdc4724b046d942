mod chat {
    messi::protocol!("../proto/chat_type_undeclared.proto");
}

include!("../program.rs");
