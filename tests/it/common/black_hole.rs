//! An address on this machine where connection attempts get no reply.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use async_std::task;
use socket2::{Domain, SockRef, Socket, Type};

/// The time after which an attempt counts as without a reply.
const REPLY_TIMEOUT: Duration = Duration::from_millis(100);

/// A listener that accepts no connection and has a full backlog, so that Linux drops further attempts.
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
        let connect = || TcpStream::connect_timeout(&address, REPLY_TIMEOUT).ok();
        let fillers = std::iter::from_fn(connect).collect();
        Self {
            listener,
            _fillers: fillers,
        }
    }

    pub fn uri(&self) -> String {
        super::uri(self.listener.local_addr().unwrap())
    }

    /// Waits until a client tries to connect.
    pub async fn wait_for_attempt(&self) {
        super::within("an attempt", async {
            while !self.has_attempt() {
                task::yield_now().await;
            }
        })
        .await;
    }

    /// Returns whether a socket on this machine is connecting to this address (state 2, `SYN_SENT`).
    fn has_attempt(&self) -> bool {
        let port = self.listener.local_addr().unwrap().port();
        let remote = format!("0100007F:{port:04X} 02 ");
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
        table.contains(&remote)
    }

    /// Makes room in the backlog, so that the next attempts succeed.
    ///
    /// There is room for many, as an attempt that was abandoned early takes a place too.
    pub fn open(&self) {
        SockRef::from(&self.listener).listen(1_024).unwrap();
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
