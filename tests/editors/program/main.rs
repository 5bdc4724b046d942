//! A program in the layout of the guide.

mod east;
mod lost;
mod notes;
mod room {
    messi::protocol!("room.proto");
}
mod required;
mod typing;
mod west;

use room::*;

struct Terminal {
    mood: Option<Tone>,
}

impl RoomClientHandler for Terminal {
    async fn on_connected(&mut self, client: &RoomClient) {
        let name = "Erik".to_string();
        let Ok(EnterRsp { history, .. }) = client.enter_req(EnterReq { name }).await else {
            return;
        };
        println!("{} lines", history.len());
    }

    async fn on_line_ind(&mut self, client: &RoomClient, mut line: LineInd) {
        self.mood = Some(line.tone());
        line.name.clear();
        line.tone = Tone::Calm.into();
        client.send(line);
    }
}

async fn connect() -> Result<RoomClient, messi::Error> {
    Ok(RoomClient::builder("tcp://127.0.0.1:6000").start(Terminal { mood: None })?)
}

fn main() {
    drop(connect());
}
