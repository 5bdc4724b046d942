//! An address on this machine that answers nobody: new connections are dropped without a word.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use async_std::task;
use socket2::{Domain, Socket, Type};

/// An attempt that takes longer is not answered any more.
const UNANSWERED: Duration = Duration::from_millis(100);

/// A listener that accepts nobody and whose backlog is full, so that Linux drops what comes.
pub struct BlackHole {
    listener: TcpListener,
    _fillers: Vec<TcpStream>,
}

impl BlackHole {
    pub fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        socket.bind(&any.into()).unwrap();
        socket.listen(1).unwrap();
        let listener = TcpListener::from(socket);
        let address = listener.local_addr().unwrap();
        let connect = || TcpStream::connect_timeout(&address, UNANSWERED).ok();
        let fillers = std::iter::from_fn(connect).collect();
        Self {
            listener,
            _fillers: fillers,
        }
    }

    pub fn uri(&self) -> String {
        super::uri(self.listener.local_addr().unwrap())
    }

    /// Waits until someone tries to connect.
    pub async fn attempted(&self) {
        super::within("an attempt", async {
            while !self.is_attempted() {
                task::yield_now().await;
            }
        })
        .await;
    }

    /// Whether there is a socket here that has asked this address for a connection (state 2).
    fn is_attempted(&self) -> bool {
        let port = self.listener.local_addr().unwrap().port();
        let remote = format!("0100007F:{port:04X} 02 ");
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
        table.contains(&remote)
    }

    /// Makes room, so that whoever tries again is let in.
    pub fn open(&self) {
        self.listener.set_nonblocking(true).unwrap();
        loop {
            match self.listener.accept() {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => panic!("{error}"),
            }
        }
    }
}
