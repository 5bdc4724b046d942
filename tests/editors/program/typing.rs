//! A handler that is being written.

use crate::room::*;

struct Session;

impl RoomServerHandler for Session {
    on_
}
