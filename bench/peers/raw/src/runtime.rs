//! The runtimes: tasks, timers and sockets.

use std::io::Result;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use futures::io::{AsyncRead, AsyncWrite};
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};
use work::fail;

/// An async runtime.
pub(crate) trait Runtime: Clone + Send + Sync + 'static {
    type Listener: Send + Sync;
    type Stream: AsyncRead + AsyncWrite + Send + Unpin;

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static);

    fn sleep(duration: Duration) -> impl Future<Output = ()> + Send;

    /// Wraps a listener that does not block.
    fn listen(listener: TcpListener) -> Result<Self::Listener>;

    /// Accepts a connection without Nagle's algorithm.
    fn accept(listener: &Self::Listener) -> impl Future<Output = Result<Self::Stream>> + Send;

    /// Opens a connection without Nagle's algorithm.
    fn connect(server: SocketAddr) -> impl Future<Output = Result<Self::Stream>> + Send;
}

/// The reactor and the sockets of async-std.
#[derive(Clone)]
pub(crate) struct Reactor {
    executor: Executor,
}

/// The threads that run tasks.
#[derive(Clone)]
enum Executor {
    /// Those of messi's default runtime.
    Messi(messi::Runtime),
    AsyncStd,
}

impl Reactor {
    pub(crate) fn on_the_executor_of_messi() -> Self {
        let runtime = messi::Runtime::current().unwrap_or_else(|error| fail(error));
        Self {
            executor: Executor::Messi(runtime),
        }
    }

    pub(crate) fn on_async_std() -> Self {
        Self {
            executor: Executor::AsyncStd,
        }
    }
}

impl Runtime for Reactor {
    type Listener = async_std::net::TcpListener;
    type Stream = async_std::net::TcpStream;

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        // Both tasks go on when their handles are dropped.
        match &self.executor {
            Executor::Messi(runtime) => drop(runtime.spawn(task)),
            Executor::AsyncStd => drop(async_std::task::spawn(task)),
        }
    }

    fn sleep(duration: Duration) -> impl Future<Output = ()> + Send {
        async_std::task::sleep(duration)
    }

    fn listen(listener: TcpListener) -> Result<Self::Listener> {
        Ok(listener.into())
    }

    async fn accept(listener: &Self::Listener) -> Result<Self::Stream> {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    async fn connect(server: SocketAddr) -> Result<Self::Stream> {
        let stream = Self::Stream::connect(server).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

/// tokio with a thread for each core.
#[derive(Clone)]
pub(crate) struct Tokio(Arc<tokio::runtime::Runtime>);

impl Tokio {
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build();
        Self(Arc::new(runtime.unwrap_or_else(|error| fail(error))))
    }
}

impl Runtime for Tokio {
    type Listener = tokio::net::TcpListener;
    type Stream = Compat<tokio::net::TcpStream>;

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(task);
    }

    fn sleep(duration: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(duration)
    }

    fn listen(listener: TcpListener) -> Result<Self::Listener> {
        Self::Listener::from_std(listener)
    }

    async fn accept(listener: &Self::Listener) -> Result<Self::Stream> {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        Ok(stream.compat())
    }

    async fn connect(server: SocketAddr) -> Result<Self::Stream> {
        let stream = tokio::net::TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        Ok(stream.compat())
    }
}
