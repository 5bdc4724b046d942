//! A handler without the method that it must have.

mod notes {
    messi::protocol!("notes.proto", handlers = required);
}

use notes::*;

struct Reader;

impl NotesClientHandler for Reader {
    async fn on_note_ind(&mut self, _: &NotesClient, _: NoteInd) {}
}
