//! Connections on tokio.

use std::io;

use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio_util::compat::TokioAsyncReadCompatExt;

use crate::socket::Stream;
use crate::target::Address;

pub(super) async fn open(address: &Address) -> io::Result<Box<dyn Stream>> {
    match address {
        Address::Tcp(host, port) => {
            let stream = TcpStream::connect((&**host, *port)).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream.compat()))
        }
        #[cfg(unix)]
        Address::Unix(path) => Ok(Box::new(UnixStream::connect(path).await?.compat())),
        #[cfg(not(unix))]
        Address::Unix(_) => Err(super::no_unix_sockets()),
    }
}

pub(super) fn spawn(driver: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
    // The driver reports its end itself.
    drop(tokio::spawn(driver));
    Ok(())
}
