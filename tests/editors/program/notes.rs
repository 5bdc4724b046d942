//! A schema that is edited.

messi::protocol!("notes.proto");

fn read(note: NoteInd) -> String {
    note.text
}
