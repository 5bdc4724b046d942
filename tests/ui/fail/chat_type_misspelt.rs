mod chat {
    messi::protocol!("../proto/chat_type_misspelt.proto");
}

include!("../program.rs");
