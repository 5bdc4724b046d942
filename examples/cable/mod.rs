//! A proxy between a client and a server, which prints the frames of both directions.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_std::net::{TcpListener, TcpStream};
use async_std::task;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::future::join;
use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};

/// A proxy for one connection, which can simulate an unplugged network cable.
pub(crate) struct Cable {
    local_addr: SocketAddr,
    is_unplugged: Arc<AtomicBool>,
    pongs: UnboundedReceiver<()>,
}

impl Cable {
    /// Starts a proxy to the server at this address.
    pub(crate) async fn new(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let local_addr = listener.local_addr()?;
        let is_unplugged = Arc::new(AtomicBool::new(false));
        let (pong_sender, pongs) = unbounded();
        task::spawn(forward(listener, server, is_unplugged.clone(), pong_sender));
        Ok(Self {
            local_addr,
            is_unplugged,
            pongs,
        })
    }

    /// Returns the address that the client connects to.
    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Waits until the next pong has been forwarded.
    pub(crate) async fn next_pong(&mut self) {
        self.pongs.next().await;
    }

    /// Drops all data from now on. Both connections stay open.
    pub(crate) fn unplug(&self) {
        self.is_unplugged.store(true, Ordering::Relaxed);
    }
}

/// Accepts one connection, and forwards its frames in both directions.
async fn forward(
    listener: TcpListener,
    server: SocketAddr,
    is_unplugged: Arc<AtomicBool>,
    pongs: UnboundedSender<()>,
) -> io::Result<()> {
    let (client, _) = listener.accept().await?;
    let server = TcpStream::connect(server).await?;
    let to_server = forward_one_way(client.clone(), server.clone(), "-->", &is_unplugged, &pongs);
    let to_client = forward_one_way(server, client, "<--", &is_unplugged, &pongs);
    let _ = join(to_server, to_client).await;
    Ok(())
}

/// Forwards the frames of one direction, until one of the connections is closed.
async fn forward_one_way(
    mut from: TcpStream,
    mut to: TcpStream,
    arrow: &str,
    is_unplugged: &AtomicBool,
    pongs: &UnboundedSender<()>,
) -> io::Result<()> {
    loop {
        let mut frame = vec![0; 4];
        from.read_exact(&mut frame).await?;
        let size = u32::from_be_bytes([0, frame[1], frame[2], frame[3]]) as usize;
        frame.resize(4 + size, 0);
        from.read_exact(&mut frame[4..]).await?;
        if is_unplugged.load(Ordering::Relaxed) {
            continue;
        }
        println!("    client {arrow} server: {}", describe(&frame));
        to.write_all(&frame).await?;
        if frame[0] == 4 {
            let _ = pongs.unbounded_send(());
        }
    }
}

/// Returns a description of a frame.
fn describe(frame: &[u8]) -> String {
    match frame[0] {
        1 => format!("message to the server, {} bytes", frame.len()),
        2 => format!("message to the client, {} bytes", frame.len()),
        3 => "ping".into(),
        4 => "pong".into(),
        other => format!("unknown type {other}"),
    }
}
