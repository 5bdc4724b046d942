mod chat {
    messi::protocol!("../proto/chat_two_mistakes.proto");
}

include!("../program.rs");
