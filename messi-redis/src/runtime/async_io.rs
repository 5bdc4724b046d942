//! Connections on the reactor of async-std and smol.

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::thread;

use async_io::Async;

use crate::socket::Stream;
use crate::target::Address;

pub(super) async fn open(address: &Address) -> io::Result<Box<dyn Stream>> {
    match address {
        Address::Tcp(host, port) => Ok(Box::new(open_tcp(host.clone(), *port).await?)),
        #[cfg(unix)]
        Address::Unix(path) => Ok(Box::new(Async::<UnixStream>::connect(path).await?)),
        #[cfg(not(unix))]
        Address::Unix(_) => Err(super::no_unix_sockets()),
    }
}

/// Tries each address of the host, and returns the last error.
async fn open_tcp(host: String, port: u16) -> io::Result<Async<TcpStream>> {
    let mut result = Err(io::Error::new(io::ErrorKind::NotFound, "no address found"));
    for address in blocking::unblock(move || look_up(&host, port)).await? {
        result = Async::<TcpStream>::connect(address).await;
        if result.is_ok() {
            break;
        }
    }
    let stream = result?;
    stream.get_ref().set_nodelay(true)?;
    Ok(stream)
}

fn look_up(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok((host, port).to_socket_addrs()?.collect())
}

/// Runs the driver on a thread of its own, of which a server has one: async-std and smol have different executors, but the
/// same reactor, which the thread polls itself while it waits.
pub(super) fn spawn(driver: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
    let thread = thread::Builder::new().name("messi-redis".into());
    thread.spawn(|| async_io::block_on(driver)).map(drop)
}
