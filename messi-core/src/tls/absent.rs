//! In the place of `tls` where the feature is off: nobody can set TLS up.

use std::io;
use std::sync::Arc;

use futures::future::BoxFuture;

use crate::cpu_limit::CpuLimit;
use crate::runtime::{BoxSocket, Runtime};
use crate::server::Certificates;

/// There is none.
#[derive(Clone, Debug)]
pub(crate) enum ServerTls {}

impl ServerTls {
    pub(crate) fn accept<'a>(
        &'a self,
        _runtime: &'a dyn Runtime,
        _cpu_limit: Arc<CpuLimit>,
        _socket: BoxSocket,
    ) -> BoxFuture<'a, Result<(BoxSocket, Certificates), String>> {
        match *self {}
    }
}

/// There is none.
#[derive(Clone, Debug)]
pub(crate) enum ClientTls {}

impl ClientTls {
    pub(crate) fn connect<'a>(
        &'a self,
        _runtime: &'a dyn Runtime,
        _host: &'a str,
        _socket: BoxSocket,
    ) -> BoxFuture<'a, Result<BoxSocket, String>> {
        match *self {}
    }
}

/// No error is one of TLS.
pub(crate) fn explain(_error: &io::Error) -> Option<String> {
    None
}
