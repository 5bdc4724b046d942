//! A connection to a server, on its thread.

use std::collections::HashMap;
use std::future::{pending, ready};
use std::mem;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Subscriber};
use futures::{FutureExt, StreamExt};
use messi_core::cluster::queue::Queue;
use messi_core::cluster::{EngineError, Order};
use tokio::sync::mpsc;
use tokio::task::yield_now;

use crate::error::Failure;
use crate::link::Batch;
use crate::nats::Settings;
use crate::reports::Reports;
use crate::subject;
use crate::subscription::Subscription;

/// A connection to a server.
pub(crate) struct Connection {
    client: Client,
    queue: Arc<Queue>,
    subscriptions: HashMap<String, Subscription>,
    /// Receives the messages that the connection sends to itself.
    own: Subscriber,
    own_subject: String,
    /// The size of the largest message that the server takes.
    max_payload: usize,
}

impl Connection {
    /// Connects to a server and logs in.
    pub(crate) async fn open(settings: &Settings, queue: Arc<Queue>) -> Result<Self, EngineError> {
        let client = connect(settings, &queue).await?;
        let server = client.server_info();
        let own_subject = subject::of_connection(&server.server_id, server.client_id);
        let own = client.subscribe(own_subject.clone()).await;
        Ok(Self {
            own: own.map_err(|_| ended(&queue))?,
            client,
            queue,
            subscriptions: HashMap::new(),
            own_subject,
            max_payload: server.max_payload,
        })
    }

    /// Carries out orders until it is dropped.
    pub(crate) async fn run(mut self, batches: &mut mpsc::Receiver<Batch>) {
        while let Some(Batch { orders, done }) = batches.recv().await {
            let result = self.carry_out(orders).await;
            let _ = done.send(result);
        }
        // There may be a receiver.
        pending().await
    }

    async fn carry_out(&mut self, orders: Vec<Order>) -> Result<(), EngineError> {
        let mut has_published = false;
        for order in orders {
            match order {
                Order::Subscribe(channel) => self.subscribe(channel).await?,
                Order::Unsubscribe(channel) => {
                    // async-nats drops messages that come later, also if they were published before.
                    if mem::take(&mut has_published) {
                        self.synchronize().await?;
                    }
                    self.unsubscribe(&channel).await?;
                }
                Order::Publish { channel, payload } => {
                    self.publish(&channel, payload).await?;
                    has_published = true;
                }
                _ => return Err(Failure::UnknownOrder.into()),
            }
        }
        self.synchronize().await
    }

    async fn subscribe(&mut self, channel: String) -> Result<(), EngineError> {
        if self.subscriptions.contains_key(&channel) {
            return Ok(());
        }
        let subscriber = self.client.subscribe(subject::of_channel(&channel)).await;
        let subscriber = subscriber.map_err(|_| ended(&self.queue))?;
        let subscription = Subscription::new(channel.clone(), subscriber, self.queue.clone());
        self.subscriptions.insert(channel, subscription);
        Ok(())
    }

    async fn unsubscribe(&mut self, channel: &str) -> Result<(), EngineError> {
        let subscription = self.subscriptions.remove(channel);
        if let Some(mut subscriber) = subscription.and_then(Subscription::into_subscriber) {
            let unsubscribed = subscriber.unsubscribe().await;
            unsubscribed.map_err(|_| ended(&self.queue))?;
        }
        Ok(())
    }

    async fn publish(&self, channel: &str, payload: Vec<u8>) -> Result<(), EngineError> {
        let (size, limit) = (payload.len(), self.max_payload);
        if size > limit {
            return Err(Failure::TooLarge { size, limit }.into());
        }
        let subject = subject::of_channel(channel);
        let published = self.client.publish(subject, payload.into()).await;
        published.map_err(|_| ended(&self.queue))
    }

    /// Waits until the server has all orders, by a message to the connection itself: it handles orders one after the
    /// other. The `flush` of async-nats waits for the socket only.
    async fn synchronize(&mut self) -> Result<(), EngineError> {
        let subject = self.own_subject.clone();
        let published = self.client.publish(subject, Vec::new().into()).await;
        published.map_err(|_| ended(&self.queue))?;
        if self.own.next().await.is_none() {
            return Err(ended(&self.queue));
        }
        // An error that has come before is reported by another task.
        yield_now().await;
        self.queue.end().map_or(Ok(()), Err)
    }
}

async fn connect(settings: &Settings, queue: &Arc<Queue>) -> Result<Client, EngineError> {
    let target = &settings.target;
    let address = target.address.to_string();
    let options = settings.options(queue)?;
    let url = format!("nats://{address}");
    // async-nats panics at some answers, and without TLS of its own if the server asks for it.
    let client = AssertUnwindSafe(options.connect(&*url));
    match client.catch_unwind().await {
        Ok(Ok(client)) => Ok(client),
        Ok(Err(error)) => Err(Failure::of_connect(address, target.is_tls, &error).into()),
        Err(_panic) => {
            let reason = if cfg!(feature = "tls") {
                "it does not speak the protocol of NATS"
            } else {
                "it requires TLS, which needs the feature `tls` of messi-nats, or does not speak the protocol of NATS"
            };
            let reason = reason.into();
            Err(Failure::Connect { address, reason }.into())
        }
    }
}

impl Settings {
    fn options(&self, queue: &Arc<Queue>) -> Result<ConnectOptions, EngineError> {
        let reports = Reports(queue.clone());
        let is_first = AtomicBool::new(true);
        let options = self.target.login.options()?;
        let options = options
            .require_tls(self.target.is_tls)
            .ignore_discovered_servers()
            // Subjects are escaped.
            .skip_subject_validation(true)
            .event_callback(move |event| {
                reports.take(event);
                ready(())
            })
            // async-nats always connects again. The connection ends before the second attempt begins.
            .reconnect_delay_callback(move |_attempt| {
                if is_first.swap(false, Ordering::Relaxed) {
                    Duration::ZERO
                } else {
                    Duration::MAX
                }
            });
        self.with_tls(options)
    }

    #[cfg(feature = "tls")]
    fn with_tls(&self, options: ConnectOptions) -> Result<ConnectOptions, EngineError> {
        let config = if self.target.is_tls {
            (*self.tls.config()?).clone()
        } else {
            crate::tls::of_nobody()?
        };
        Ok(options.tls_client_config(config))
    }

    #[cfg(not(feature = "tls"))]
    fn with_tls(&self, options: ConnectOptions) -> Result<ConnectOptions, EngineError> {
        Ok(options)
    }
}

/// Returns the reason why async-nats takes no orders any more.
fn ended(queue: &Queue) -> EngineError {
    queue.end().unwrap_or_else(|| Failure::ended().into())
}
