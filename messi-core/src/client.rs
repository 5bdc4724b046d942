//! Stand-ins until the real client is here.
#![allow(missing_docs, missing_debug_implementations)]
use crate::*;
use std::marker::PhantomData;
pub struct Client<P: Protocol>(PhantomData<P>);
pub struct ClientBuilder<P: Protocol>(PhantomData<P>);
impl<P: Protocol> Client<P> {
    pub fn builder(_uri: impl Into<String>) -> ClientBuilder<P> { todo!() }
    pub fn send(&self, _message: impl Into<P::ClientToServer>) {}
    pub async fn stop(&self) {}
}
impl<P: Protocol> Clone for Client<P> { fn clone(&self) -> Self { Self(PhantomData) } }
impl<P: Protocol> ClientBuilder<P> {
    pub fn start<H: Send + 'static>(self, _handler: H) -> Result<Client<P>, UriError> where P: ConnectWith<H> { todo!() }
}
