mod chat {
    messi::protocol!("../proto/chat_number_twice.proto");
}

include!("../program.rs");
