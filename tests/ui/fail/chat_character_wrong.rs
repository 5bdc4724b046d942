mod chat {
    messi::protocol!("../proto/chat_character_wrong.proto");
}

include!("../program.rs");
