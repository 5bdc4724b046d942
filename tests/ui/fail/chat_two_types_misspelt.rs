mod chat {
    messi::protocol!("../proto/chat_two_types_misspelt.proto");
}

include!("../program.rs");
