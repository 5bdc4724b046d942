//! Tests of the simulation: its executor and its sockets.

use std::cell::Cell;
use std::future::{pending, poll_fn};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use futures::future::{BoxFuture, FutureExt, join, join_all};
use futures::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::runtime::AsyncRuntime;
use crate::transport::{BoxListener, BoxSocket};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);

/// Returns the panic message of a run.
fn panic_of(run: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic.downcast_ref::<&str>().unwrap().to_string(),
    }
}

fn listen(simulation: &Simulation, address: &str) -> std::io::Result<BoxListener> {
    let address: SocketAddr = address.parse().unwrap();
    simulation.world.listen(&address.into())
}

async fn connect(simulation: &Simulation, address: SocketAddr) -> std::io::Result<BoxSocket> {
    simulation.world.connect(&address.into()).await
}

/// Connects two sockets, and returns the client's first.
async fn pair(simulation: &Simulation) -> (BoxSocket, BoxSocket) {
    let listener = listen(simulation, "1.2.3.4:0").unwrap();
    let address = listener.local_addr().unwrap().socket_addr().unwrap();
    let (client, server) = join(connect(simulation, address), listener.accept()).await;
    (client.unwrap(), server.unwrap().0)
}

async fn read_all(socket: &mut BoxSocket) -> std::io::Result<Vec<u8>> {
    let mut received = Vec::new();
    socket.read_to_end(&mut received).await.map(|_| received)
}

// --- Time and tasks ---

#[test]
fn the_clock_jumps_when_no_task_is_ready() {
    let simulation = Simulation::new(1);
    let day = 24 * 3_600 * SECOND;
    simulation.run(simulation.sleep(day));
    assert_eq!(simulation.elapsed(), day);
    let never = simulation.run(simulation.timeout(SECOND, pending::<()>()));
    assert_eq!(never, None);
    assert_eq!(simulation.elapsed(), day + SECOND);
}

/// Returns the order in which ten tasks are first polled.
fn order(seed: u64) -> Vec<u32> {
    let simulation = Simulation::new(seed);
    let order = Arc::new(Mutex::new(Vec::new()));
    for number in 0..10 {
        let order = order.clone();
        let task = async move { order.lock().unwrap().push(number) };
        simulation.world.spawn(task.boxed());
    }
    simulation.run(simulation.sleep(SECOND));
    assert_eq!(simulation.tasks(), 0);
    let order = order.lock().unwrap();
    order.clone()
}

#[test]
fn the_seed_determines_the_order_of_tasks() {
    assert_eq!(order(1), order(1));
    assert_ne!(order(1), order(2));
    assert_eq!(order(2).len(), 10);
}

#[test]
fn a_wake_up_from_another_thread_is_not_lost() {
    let simulation = Simulation::new(1);
    let (sender, receiver) = futures::channel::oneshot::channel();
    thread::spawn(move || sender.send(5))
        .join()
        .unwrap()
        .unwrap();
    assert_eq!(simulation.run(receiver), Ok(5));
}

#[test]
fn a_run_without_ready_tasks_and_timers_panics() {
    let simulation = Simulation::new(1);
    let text = panic_of(|| simulation.run(pending()));
    assert!(
        text.contains("come to a standstill 0ns after its start"),
        "{text}"
    );
    // The simulation can be run again.
    simulation.run(async {});
}

#[test]
fn a_run_that_never_becomes_pending_panics() {
    let simulation = Simulation::new(1);
    let busy = poll_fn(|cx| {
        cx.waker().wake_by_ref();
        std::task::Poll::<()>::Pending
    });
    let text = panic_of(|| simulation.run(busy));
    assert!(text.contains("goes on and on at one moment"), "{text}");
}

#[test]
fn a_run_that_only_handles_timers_for_ever_panics() {
    let simulation = Simulation::new(1);
    let clock = simulation.clock();
    let task = async move {
        loop {
            clock.sleep(3_600 * SECOND).await;
        }
    };
    simulation.world.spawn(task.boxed());
    let text = panic_of(|| simulation.run(pending()));
    assert!(text.contains("what never happens"), "{text}");
}

#[test]
fn a_run_within_a_run_panics() {
    let simulation = Simulation::new(1);
    let text = panic_of(|| simulation.run(async { simulation.run(async {}) }));
    assert!(text.contains("being run already"), "{text}");
}

#[test]
fn a_dropped_simulation_drops_its_tasks_and_listeners() {
    let simulation = Simulation::new(1);
    let kept = Arc::new(());
    let (clock, world) = (simulation.clock(), simulation.runtime().0);
    let mine = kept.clone();
    let task: BoxFuture<'static, ()> = async move {
        let _listener = world.listen(&([1, 2, 3, 4], 5).into());
        clock.sleep(SECOND).await;
        drop(mine);
    }
    .boxed();
    simulation.world.spawn(task);
    simulation.run(async {});
    let world = Arc::downgrade(&simulation.world);
    assert_eq!(simulation.tasks(), 1);
    drop(simulation);
    assert_eq!(Arc::strong_count(&kept), 1);
    assert_eq!(world.strong_count(), 0);
}

// --- Tasks of the test ---

#[test]
fn a_spawned_task_runs_beside_the_run_and_returns_its_output() {
    let simulation = Simulation::new(1);
    let clock = simulation.clock();
    let task = simulation.spawn(async move {
        clock.sleep(SECOND).await;
        7
    });
    assert_eq!(simulation.tasks(), 1);
    assert_eq!(simulation.run(task), 7);
    assert_eq!((simulation.elapsed(), simulation.tasks()), (SECOND, 0));
}

#[test]
fn a_spawned_task_goes_on_in_the_next_run_even_without_its_handle() {
    let simulation = Simulation::new(1);
    let (clock, progress) = (simulation.clock(), Arc::new(Mutex::new(0)));
    let seen = progress.clone();
    drop(simulation.spawn(async move {
        for step in 1..=2 {
            *progress.lock().unwrap() = step;
            clock.sleep(2 * SECOND).await;
        }
    }));
    assert_eq!(*seen.lock().unwrap(), 0);
    simulation.run(simulation.sleep(SECOND));
    assert_eq!((*seen.lock().unwrap(), simulation.tasks()), (1, 1));
    simulation.run(simulation.sleep(4 * SECOND));
    assert_eq!((*seen.lock().unwrap(), simulation.tasks()), (2, 0));
}

#[test]
fn a_panic_of_a_spawned_task_ends_the_run_and_the_task_alone() {
    let simulation = Simulation::new(1);
    let failed = simulation.spawn(async { panic!("expected: the test has failed") });
    let other = simulation.spawn(async { 7 });
    let text = panic_of(|| simulation.run(simulation.sleep(SECOND)));
    assert_eq!(text, "expected: the test has failed");
    assert_eq!(simulation.run(other), 7);
    assert_eq!(simulation.tasks(), 0);
    let text = panic_of(|| simulation.run(failed));
    assert!(text.contains("the task has panicked"), "{text}");
}

#[test]
fn a_spawned_task_is_dropped_with_its_simulation() {
    let simulation = Simulation::new(1);
    let kept = Arc::new(());
    let (mine, clock) = (kept.clone(), simulation.clock());
    let task = simulation.spawn(async move {
        clock.sleep(SECOND).await;
        drop(mine);
    });
    simulation.run(async {});
    drop(simulation);
    assert_eq!(Arc::strong_count(&kept), 1);
    let text = panic_of(|| Simulation::new(1).run(task));
    assert!(text.contains("dropped with its simulation"), "{text}");
}

// --- Callbacks that wait for something foreign ---

/// Polls the callback of a handler, which an observer names `name`, for as long as the test runs.
fn observe(simulation: &Simulation, name: &str, callback: BoxFuture<'static, ()>) {
    let world = &simulation.world;
    let mut observer = world.observe_callbacks(&name).unwrap();
    let mut callback = callback;
    let task = poll_fn(move |cx| {
        observer.begin_poll();
        let poll = callback.poll_unpin(cx);
        observer.end_poll(poll.is_pending());
        poll
    });
    drop(simulation.spawn(task));
}

#[test]
fn callbacks_that_the_clock_has_overtaken_are_reported() {
    let simulation = Simulation::new(7);
    let clock = simulation.clock();
    simulation.run(simulation.sleep(SECOND));
    observe(&simulation, "client 1", pending().boxed());
    simulation.run(async {});
    observe(&simulation, "client 2", clock.sleep(HOUR).boxed());
    let finished = clock.clone();
    let foreign = async move {
        finished.sleep(2 * SECOND).await;
        pending().await
    };
    observe(&simulation, "client 3", foreign.boxed());
    let (sender, receiver) = futures::channel::oneshot::channel::<()>();
    let known = async move {
        receiver.await.unwrap();
        clock.sleep(HOUR).await;
    };
    observe(&simulation, "client 4", known.boxed());
    simulation.run(simulation.sleep(SECOND));
    let report = simulation.report();
    assert!(report.starts_with("the simulation with the seed 7 ended 2s after its start\n"));
    assert!(
        report.contains("client 1: since 1s after the start, a callback"),
        "{report}"
    );
    assert!(report.contains("client 4"), "{report}");
    assert!(
        !report.contains("client 2") && !report.contains("client 3"),
        "{report}"
    );

    // One begins to wait for something foreign later, and another one for the clock.
    sender.send(()).unwrap();
    simulation.run(simulation.sleep(5 * SECOND));
    let report = simulation.report();
    assert!(
        report.contains("client 3: since 3s after the start, a callback"),
        "{report}"
    );
    assert!(!report.contains("client 4"), "{report}");
}

#[test]
fn a_callback_that_has_just_begun_to_wait_is_not_reported() {
    let simulation = Simulation::new(7);
    observe(&simulation, "client 1", pending().boxed());
    simulation.run(async {
        for _ in 0..10 {
            let mut is_first = true;
            poll_fn(|cx| {
                cx.waker().wake_by_ref();
                match std::mem::take(&mut is_first) {
                    true => std::task::Poll::Pending,
                    false => std::task::Poll::Ready(()),
                }
            })
            .await;
        }
    });
    let report = simulation.report();
    assert_eq!(
        report,
        "the simulation with the seed 7 ended 0ns after its start"
    );
}

// --- Hosts and ports ---

#[test]
fn a_port_is_in_use_until_its_listener_is_dropped() {
    let simulation = Simulation::new(1);
    let first = listen(&simulation, "1.2.3.4:5").unwrap();
    for address in ["1.2.3.4:5", "0.0.0.0:5"] {
        let error = listen(&simulation, address).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::AddrInUse, "{address}");
    }
    let other_host = listen(&simulation, "1.2.3.5:5").unwrap();
    let any_port = listen(&simulation, "1.2.3.4:0").unwrap();
    assert_ne!(any_port.local_addr().unwrap().port(), Some(0));
    assert_eq!(simulation.sockets(), 3);
    drop((first, other_host, any_port));
    assert_eq!(simulation.sockets(), 0);
    listen(&simulation, "0.0.0.0:5").unwrap();
}

#[test]
fn a_connection_to_a_port_without_a_listener_is_refused() {
    let simulation = Simulation::new(1);
    let address = "1.2.3.4:5".parse().unwrap();
    let error = simulation.run(connect(&simulation, address)).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn a_connection_to_a_black_hole_is_never_established() {
    let simulation = Simulation::new(1);
    let _listener = listen(&simulation, "0.0.0.0:5").unwrap();
    simulation.run(async {
        let address = simulation.world.resolve("room".into(), 5).await.unwrap()[0];
        simulation.set_host("room", Host::BlackHole);
        let attempt = connect(&simulation, address);
        assert!(simulation.timeout(60 * SECOND, attempt).await.is_none());
        simulation.set_host("room", Host::Reachable);
        assert!(connect(&simulation, address).await.is_ok());
    });
}

#[test]
fn an_unknown_host_has_no_address() {
    let simulation = Simulation::new(1);
    simulation.set_host("room", Host::Unknown);
    let result = simulation.run(simulation.world.resolve("room".into(), 5));
    assert_eq!(result.unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn connections_not_yet_accepted_are_reset_with_their_listener() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let listener = listen(&simulation, "1.2.3.4:5").unwrap();
        let mut client = connect(&simulation, "1.2.3.4:5".parse().unwrap())
            .await
            .unwrap();
        drop(listener);
        let error = read_all(&mut client).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    });
}

// --- Connections ---

#[test]
fn bytes_written_before_the_close_arrive_before_it() {
    let simulation = Simulation::new(1);
    simulation.later_connections().set_delay(SECOND);
    simulation.run(async {
        let (mut client, mut server) = pair(&simulation).await;
        assert_eq!(simulation.elapsed(), 2 * SECOND);
        client.write_all(b"last words").await.unwrap();
        drop(client);
        assert_eq!(read_all(&mut server).await.unwrap(), b"last words");
        assert_eq!(simulation.elapsed(), 3 * SECOND);
        drop(server);
        assert_eq!(simulation.sockets(), 0);
    });
}

#[test]
fn each_direction_is_closed_separately() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (mut client, mut server) = pair(&simulation).await;
        client.close().await.unwrap();
        assert_eq!(read_all(&mut server).await.unwrap(), b"");
        server.write_all(b"and yet").await.unwrap();
        server.close().await.unwrap();
        assert_eq!(read_all(&mut client).await.unwrap(), b"and yet");
        let error = client.write(b"more").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn dropping_a_socket_with_unread_input_resets_the_connection() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (mut client, mut server) = pair(&simulation).await;
        client.write_all(b"never read").await.unwrap();
        server.write_all(b"lost").await.unwrap();
        drop(server);
        let error = read_all(&mut client).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        let error = client.write(b"more").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn writing_to_a_dropped_socket_resets_the_connection() {
    let simulation = Simulation::new(1);
    simulation.later_connections().set_delay(SECOND);
    simulation.run(async {
        let (mut client, mut server) = pair(&simulation).await;
        server.write_all(b"goodbye").await.unwrap();
        drop(server);
        client.write_all(b"too late").await.unwrap();
        let mut goodbye = [0; 7];
        client.read_exact(&mut goodbye).await.unwrap();
        assert_eq!(client.write(b"more").await.unwrap(), 4);
        simulation.sleep(2 * SECOND).await;
        let error = client.write(b"more").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn a_cut_fails_both_sides_at_once() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (mut client, mut server) = pair(&simulation).await;
        client.write_all(b"lost").await.unwrap();
        let connection = simulation.connections().remove(0);
        assert!(connection.is_open());
        let cut = async {
            simulation.sleep(SECOND).await;
            connection.to_client().stall();
            connection.cut();
        };
        let (result, ()) = join(read_all(&mut client), cut).await;
        assert_eq!(result.unwrap_err().kind(), ErrorKind::ConnectionReset);
        let result = read_all(&mut server).await;
        assert_eq!(result.unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert!(!connection.is_open());
    });
}

#[test]
fn a_connection_can_be_cut_after_some_bytes() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (mut client, mut server) = pair(&simulation).await;
        simulation.connections()[0].to_server().cut_after(3);
        client.write_all(b"abcdef").await.unwrap();
        let mut received = [0; 10];
        assert_eq!(server.read(&mut received).await.unwrap(), 3);
        let error = server.read(&mut received).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        let error = client.write(b"more").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn writes_are_pending_while_the_buffer_is_full() {
    let simulation = Simulation::new(1);
    simulation.later_connections().to_server().set_buffer(10);
    simulation.run(async {
        let (mut client, mut server) = pair(&simulation).await;
        let to_server = simulation.connections()[0].to_server();
        to_server.stall();
        let is_written = Cell::new(false);
        let write = async {
            client.write_all(&[7; 100]).await.unwrap();
            is_written.set(true);
            client.close().await.unwrap();
        };
        let watch = async {
            simulation.sleep(SECOND).await;
            assert_eq!((to_server.written(), is_written.get()), (10, false));
            to_server.resume();
        };
        let (_, _, received) = futures::future::join3(write, watch, read_all(&mut server)).await;
        assert_eq!(received.unwrap(), [7; 100]);
        assert_eq!((to_server.written(), to_server.read()), (100, 100));
    });
}

#[test]
fn lost_bytes_and_closes_cause_no_error() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (mut client, mut server) = pair(&simulation).await;
        simulation.connections()[0].lose();
        client.write_all(b"lost").await.unwrap();
        drop(client);
        let read = read_all(&mut server);
        assert!(simulation.timeout(60 * SECOND, read).await.is_none());
        server.write_all(b"lost too").await.unwrap();
    });
}

#[test]
fn bytes_can_be_split_singly_or_at_random() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (mut client, mut server) = pair(&simulation).await;
        let connection = simulation.connections().remove(0);
        connection.to_server().split(1);
        connection.to_client().split_at_random();
        client.write_all(b"abc").await.unwrap();
        let mut received = [0; 10];
        assert_eq!(server.read(&mut received).await.unwrap(), 1);
        server.write_all(&[0; 1_000]).await.unwrap();
        drop(server);
        // The server left input unread, so that this may fail, but must not hang.
        let _ = read_all(&mut client).await;
    });
}

#[test]
fn connections_are_listed_in_their_order() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let _listener = listen(&simulation, "0.0.0.0:5").unwrap();
        let address = "1.2.3.4:5".parse().unwrap();
        let sockets = join_all((0..3).map(|_| connect(&simulation, address))).await;
        assert_eq!(sockets.len(), 3);
        let connections = simulation.connections();
        let clients: Vec<_> = connections
            .iter()
            .map(SimulatedConnection::client_addr)
            .collect();
        assert!(clients.is_sorted_by(|a, b| a < b), "{clients:?}");
        assert_eq!(connections[0].server_addr(), address);
    });
}
