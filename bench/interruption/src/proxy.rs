//! Proxies that reset all their connections on command, or each at random.

use std::io::{self, BufRead};
use std::thread;
use std::time::Duration;

use tokio::io::copy_bidirectional_with_sizes;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use work::{BACKLOG, fail};

/// The size of each of the two buffers of a connection, in bytes.
const BUFFER_SIZE: usize = 1024;

/// Connects clients with the server at this address. With each line of the standard input, it resets all connections,
/// and then prints a line.
pub(crate) fn run(server: &str) {
    let runtime = runtime();
    let (cuts, cut) = watch::channel(());
    let handle = runtime.handle().clone();
    thread::spawn(move || {
        for _line in io::stdin().lock().lines() {
            cuts.send_replace(());
            // Behind the tasks that the line above has woken: they have run when this one does.
            let done = handle.spawn(tokio::task::yield_now());
            while !done.is_finished() {
                thread::sleep(Duration::from_micros(50));
            }
            println!("cut");
        }
        std::process::exit(0);
    });
    let forward = |client, server| forward(client, server, cut.clone());
    let result = runtime.block_on(serve(server, forward));
    result.unwrap_or_else(|error| fail(error));
}

/// Connects clients with the server at this address. Each connection is ended after a while, at random, until the
/// standard input is closed.
pub(crate) fn run_unruly(server: &str) {
    thread::spawn(|| {
        let _ = io::stdin().read_line(&mut String::new());
        std::process::exit(0);
    });
    let result = runtime().block_on(serve(server, disturb));
    result.unwrap_or_else(|error| fail(error));
}

fn runtime() -> tokio::runtime::Runtime {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap_or_else(|error| fail(error))
}

async fn serve<F>(server: &str, forward: impl Fn(TcpStream, String) -> F) -> io::Result<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let socket = tokio::net::TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, 1], 0).into())?;
    let listener: TcpListener = socket.listen(BACKLOG)?;
    println!("{}", listener.local_addr()?.port());
    loop {
        let (client, _) = listener.accept().await?;
        tokio::spawn(forward(client, server.to_owned()));
    }
}

/// Copies bytes in both directions until one side closes, or all connections are reset.
async fn forward(mut client: TcpStream, server: String, mut cut: watch::Receiver<()>) {
    let Ok(mut server) = TcpStream::connect(server).await else {
        return;
    };
    cut.mark_unchanged();
    for socket in [&client, &server] {
        // Dropped, it is reset.
        let _ = socket.set_nodelay(true);
        let _ = socket.set_zero_linger();
    }
    let copying = copy_bidirectional_with_sizes(&mut client, &mut server, BUFFER_SIZE, BUFFER_SIZE);
    let copying = std::pin::pin!(copying);
    let cutting = std::pin::pin!(cut.changed());
    let _ = futures::future::select(copying, cutting).await;
}

/// Copies bytes in both directions for a while. Then it resets the connection, at once, after a time without a byte, or
/// after bytes of one direction were lost.
async fn disturb(mut client: TcpStream, server: String) {
    let Ok(mut server) = TcpStream::connect(server).await else {
        return;
    };
    for socket in [&client, &server] {
        let _ = socket.set_nodelay(true);
        let _ = socket.set_zero_linger();
    }
    let millis = |range| Duration::from_millis(fastrand::u64(range));
    let copying = copy_bidirectional_with_sizes(&mut client, &mut server, BUFFER_SIZE, BUFFER_SIZE);
    if timeout(millis(10..4_000), copying).await.is_ok() {
        return;
    }
    match fastrand::u32(0..3) {
        0 => {}
        // Neither side notices before its keep-alive timeout, if it is long enough.
        1 => sleep(millis(0..6_000)).await,
        _ => {
            let swallowed = if fastrand::bool() {
                &mut client
            } else {
                &mut server
            };
            let mut sink = tokio::io::sink();
            let swallowing = tokio::io::copy(swallowed, &mut sink);
            let _ = timeout(millis(0..2_000), swallowing).await;
        }
    }
}
