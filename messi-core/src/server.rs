//! Stand-ins until the real server is here.
#![allow(missing_docs, missing_debug_implementations)]
use crate::*;
use std::marker::PhantomData;
pub struct Server<P: Protocol>(PhantomData<P>);
pub struct ServerBuilder<P: Protocol>(PhantomData<P>);
pub struct ServerClient<P: Protocol>(PhantomData<P>);
pub struct ClientId(());
impl<P: Protocol> Server<P> {
    pub fn builder(_uri: impl Into<String>) -> ServerBuilder<P> { todo!() }
    pub fn broadcast(&self, _message: impl Into<P::ServerToClient>) {}
}
impl<P: Protocol> ServerClient<P> {
    pub fn reply(&self, _message: impl Into<P::ServerToClient>) {}
    pub fn send(&self, _message: impl Into<P::ServerToClient>) {}
    pub fn server(&self) -> &Server<P> { todo!() }
}
impl<P: Protocol> Clone for ServerClient<P> { fn clone(&self) -> Self { Self(PhantomData) } }
impl<P: Protocol> ServerBuilder<P> {
    pub async fn start<H, F>(self, _handler: F) -> Result<Server<P>, ListenError>
    where H: Send + 'static, F: FnMut(&ServerClient<P>) -> H + Send + 'static, P: ServeWith<H> { todo!() }
}
