//! A proxy that resets all its connections when it is told to.

use std::io::{self, BufRead};
use std::thread;
use std::time::Duration;

use tokio::io::copy_bidirectional_with_sizes;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use work::{BACKLOG, fail};

/// The size of each of the two buffers of a connection, in bytes.
const BUFFER_SIZE: usize = 1024;

/// Connects clients with the server at this address. With each line of the standard input, it resets all connections,
/// and then prints a line.
pub(crate) fn run(server: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build();
    let runtime = runtime.unwrap_or_else(|error| fail(error));
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
    let result = runtime.block_on(serve(server, cut));
    result.unwrap_or_else(|error| fail(error));
}

async fn serve(server: &str, cut: watch::Receiver<()>) -> io::Result<()> {
    let socket = tokio::net::TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, 1], 0).into())?;
    let listener: TcpListener = socket.listen(BACKLOG)?;
    println!("{}", listener.local_addr()?.port());
    loop {
        let (client, _) = listener.accept().await?;
        tokio::spawn(forward(client, server.to_owned(), cut.clone()));
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
