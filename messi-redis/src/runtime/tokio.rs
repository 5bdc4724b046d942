//! Connections on tokio.

use std::io;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio_util::compat::TokioAsyncReadCompatExt;

use crate::socket::Stream;
use crate::target::Address;

pub(super) async fn open(address: &Address) -> io::Result<Box<dyn Stream>> {
    // There is no other way to learn that a runtime was built without a reactor.
    let opened = AssertUnwindSafe(open_socket(address)).catch_unwind().await;
    opened.unwrap_or_else(|_panic| {
        let text = "the runtime of tokio was built without `enable_io`";
        Err(io::Error::new(io::ErrorKind::Unsupported, text))
    })
}

async fn open_socket(address: &Address) -> io::Result<Box<dyn Stream>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_without_sockets_is_an_error() {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let address = Address::Tcp("127.0.0.1".into(), 1);
        let opened = runtime.unwrap().block_on(open(&address));
        let error = opened.err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
    }
}
