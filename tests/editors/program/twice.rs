//! A schema with a name that another one has too.

messi::protocol!("twice.proto");
