//! The program that has one error if its schema has one, with a valid schema.

mod chat {
    messi::protocol!("../proto/chat.proto");
}

include!("../program.rs");
