//! The client's end.

use std::time::Duration;

use async_std::task::block_on;
use messi::{DisconnectReason, SendError, Session};

use super::proto::{FlowClient, FlowClientHandler, Numbered};
use super::{Flow, Outlet, Report, Settings};
use crate::port;

/// The first reconnect delay. A killed server may close its connections a moment before its port.
const MIN_DELAY: Duration = Duration::from_millis(50);

/// The maximum reconnect delay.
pub(crate) const MAX_DELAY: Duration = Duration::from_millis(100);

/// A client of the stream.
#[derive(Debug)]
pub(crate) struct Client(FlowClient);

impl Client {
    pub(crate) fn start(port: u16, settings: Settings, report: Report) -> Self {
        let mut builder = FlowClient::builder(port::uri(port))
            .keep_alive_interval(settings.keep_alive)
            .reconnect_delay(MIN_DELAY, MAX_DELAY);
        if settings.has_session {
            builder = builder.session(Session::default());
        }
        let client = builder
            .start(Flow::new(settings, report))
            .expect("a valid URI");
        Self(client)
    }

    pub(crate) fn stop(&self) {
        block_on(self.0.stop());
    }
}

impl FlowClientHandler for Flow {
    async fn on_connected(&mut self, client: &FlowClient) {
        self.connected(client.clone());
    }

    async fn on_numbered(&mut self, _: &FlowClient, message: Numbered) {
        self.receive(&message);
    }

    async fn on_interrupted(&mut self, _: &FlowClient, _: DisconnectReason) {
        (self.report)("interrupted".into());
    }

    async fn on_disconnected(&mut self, _: &FlowClient, reason: DisconnectReason) {
        self.disconnected(reason).await;
    }
}

impl Outlet for FlowClient {
    fn try_send(&self, message: Numbered) -> Result<(), SendError> {
        Ok(self.try_send(message)?)
    }

    async fn ready(&self) -> Result<(), SendError> {
        Ok(self.ready().await?)
    }
}
