//! The scope of the callback that runs while a connection opens.
//!
//! Its messages go before all else. All handles of a client are equal, so that it is recognized by the
//! thread: a message belongs to the callback if it is sent during a poll of it.

use std::cell::Cell;
use std::pin::Pin;
use std::ptr;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::Mailbox;
use crate::callback::RareCallback;
use crate::thread_scope::ThreadScope;

thread_local! {
    /// Address of the mailbox of the first callback that this thread is polling.
    // Only compared, never dereferenced.
    static CURRENT: Cell<*const Mailbox> = const { Cell::new(ptr::null()) };
}

/// The first callback of a connection.
pub(crate) struct Opening<'a, T> {
    callback: RareCallback<'a, T>,
    mailbox: Arc<Mailbox>,
}

impl<'a, T> Opening<'a, T> {
    pub(super) fn new(callback: RareCallback<'a, T>, mailbox: Arc<Mailbox>) -> Self {
        Self { callback, mailbox }
    }
}

impl<T> Future for Opening<'_, T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let this = &mut *self;
        // For this poll alone: until the next one, the thread runs other tasks.
        let _scope = ThreadScope::enter(&CURRENT, Arc::as_ptr(&this.mailbox));
        this.callback.as_mut().poll(cx)
    }
}

/// Returns whether this thread is polling the first callback of a connection of this mailbox.
#[inline]
pub(super) fn is_inside(mailbox: &Mailbox) -> bool {
    ptr::eq(CURRENT.get(), mailbox)
}
