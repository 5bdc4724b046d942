//! The receivers of a message, as text: in notes, in commands to nodes, and in their reports.

/// All clients.
pub(crate) const ALL: &str = "all";

/// Returns the members of a topic.
pub(crate) fn topic(name: &str) -> String {
    format!("topic/{name}")
}

/// Returns the clients of a user.
pub(crate) fn user(name: &str) -> String {
    format!("user/{name}")
}

/// Returns a channel as a single word, whatever characters its name has.
pub(crate) fn to_word(channel: &str) -> String {
    channel.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the channel of a word.
pub(crate) fn from_word(word: &str) -> String {
    let digits = word.as_bytes().chunks(2);
    let bytes = digits.map(|digits| {
        let digits = str::from_utf8(digits).expect("digits");
        u8::from_str_radix(digits, 16).expect("hexadecimal digits")
    });
    String::from_utf8(bytes.collect()).expect("UTF-8")
}
