mod chat {
    messi::protocol!("../proto/chat_option_wrong.proto");
}

include!("../program.rs");
