//! Safe wrappers of the functions of `shim.h`.

use std::ffi::{CStr, CString, c_char, c_void};
use std::net::SocketAddr;
use std::ptr::NonNull;

use work::{Action, Conversation, Message, Session, USER, fail};

/// [`USER`] for C.
const USER_C: &CStr = c"beat.box";

// --- The server ---

struct Server<F> {
    sessions: Vec<Session>,
    listening: Option<F>,
}

/// Serves until the process ends. Returns only if the server can't be started. `sessions` has one session
/// for each client.
pub(crate) fn serve(port: u16, text_size: usize, sessions: Vec<Session>, listening: impl FnOnce()) {
    let uri = uri(SocketAddr::from(([127, 0, 0, 1], port)));
    let clients = sessions.len();
    let mut server = Server {
        sessions,
        listening: Some(listening),
    };
    let (on_request, on_listening) = server_callbacks(&server);
    let context = (&raw mut server).cast();
    // SAFETY: `server` outlives the call, has the type that the callbacks expect, and is not used
    // elsewhere.
    unsafe {
        ffi::shim_serve(
            uri.as_ptr(),
            clients,
            text_size,
            on_request,
            on_listening,
            context,
        )
    };
}

fn server_callbacks<F: FnOnce()>(_: &Server<F>) -> (ffi::OnRequest, ffi::Listening) {
    (on_request::<F>, on_listening::<F>)
}

extern "C" fn on_listening<F: FnOnce()>(context: *mut c_void) {
    // SAFETY: the context is the one of `shim_serve`, and one callback runs at a time.
    let server: &mut Server<F> = unsafe { &mut *context.cast() };
    if let Some(listening) = server.listening.take() {
        listening();
    }
}

extern "C" fn on_request<F>(
    context: *mut c_void,
    client: usize,
    user: *const c_char,
    text: *const c_char,
) -> ffi::Action {
    // SAFETY: as above. The strings live until the callback returns.
    let (server, user, text) = unsafe {
        let server: &mut Server<F> = &mut *context.cast();
        (server, as_str(user), as_str(text))
    };
    match server.sessions[client].receive(user, text) {
        Action::Nothing => ffi::Action::Nothing,
        Action::Reply => ffi::Action::Reply,
        Action::Broadcast => ffi::Action::Broadcast,
    }
}

// --- Clients ---

/// Sends messages of one client during a callback.
struct SendHandle(NonNull<ffi::Client>);

impl SendHandle {
    fn send(&self, message: Message<'_>) {
        let (client, user) = (self.0.as_ptr(), USER_C.as_ptr());
        // SAFETY: the client lives until the callback returns, and its buffers are large enough for the
        // texts.
        match message {
            Message::Hello => unsafe { ffi::shim_send_hello(client, user) },
            Message::Chat { text, .. } => unsafe {
                ffi::shim_send(client, user, text.as_ptr().cast(), text.len());
            },
        }
    }
}

/// Clients on one thread.
pub(crate) struct Clients(Vec<Conversation>);

impl Clients {
    pub(crate) fn new(conversations: Vec<Conversation>) -> Self {
        debug_assert_eq!(USER_C.to_bytes(), USER.as_bytes());
        Self(conversations)
    }

    /// Runs until the process ends. Returns only if the clients can't be started.
    pub(crate) fn run(mut self, server: SocketAddr, text_size: usize) {
        let uri = uri(server);
        let conversations = self.0.iter_mut();
        let mut contexts: Vec<*mut c_void> = conversations
            .map(|conversation| (&raw mut *conversation).cast())
            .collect();
        let callbacks = ffi::Callbacks {
            on_connected,
            on_connect_rsp,
            on_message,
            on_disconnected,
        };
        let (first, count) = (contexts.as_mut_ptr(), contexts.len());
        // SAFETY: the conversations outlive the call, and have the type that the callbacks expect.
        unsafe {
            ffi::shim_run_clients(uri.as_ptr(), first, count, text_size, &raw const callbacks)
        };
    }
}

extern "C" fn on_connected(context: *mut c_void, client: NonNull<ffi::Client>) {
    // SAFETY: the context is one of `shim_run_clients`, and one callback runs at a time.
    let conversation: &mut Conversation = unsafe { &mut *context.cast() };
    conversation.connected(|message| SendHandle(client).send(message));
}

extern "C" fn on_connect_rsp(context: *mut c_void, client: NonNull<ffi::Client>) {
    // SAFETY: as above.
    let conversation: &mut Conversation = unsafe { &mut *context.cast() };
    conversation.receive(Message::Hello, |message| SendHandle(client).send(message));
}

extern "C" fn on_message(
    context: *mut c_void,
    client: NonNull<ffi::Client>,
    user: *const c_char,
    text: *const c_char,
) {
    // SAFETY: as above. The strings live until the callback returns.
    let (conversation, user, text) = unsafe {
        let conversation: &mut Conversation = &mut *context.cast();
        (conversation, as_str(user), as_str(text))
    };
    conversation.receive(Message::Chat { user, text }, |message| {
        SendHandle(client).send(message);
    });
}

extern "C" fn on_disconnected(context: *mut c_void, reason: *const c_char) {
    // SAFETY: as above. The reason is a static string.
    let (conversation, reason) = unsafe {
        let conversation: &mut Conversation = &mut *context.cast();
        (conversation, as_str(reason))
    };
    conversation.lost(reason);
}

fn uri(address: SocketAddr) -> CString {
    CString::new(format!("tcp://{address}")).expect("an address has no NUL")
}

/// # Safety
///
/// The string must end with a NUL, and live as long as the result.
unsafe fn as_str<'a>(string: *const c_char) -> &'a str {
    // SAFETY: guaranteed by the caller.
    let string = unsafe { CStr::from_ptr(string) };
    string.to_str().unwrap_or_else(|error| fail(error))
}

mod ffi {
    use std::ffi::{c_char, c_void};
    use std::ptr::NonNull;

    #[repr(C)]
    pub(super) enum Action {
        Nothing,
        Reply,
        Broadcast,
    }

    pub(super) type OnRequest =
        extern "C" fn(*mut c_void, usize, *const c_char, *const c_char) -> Action;
    pub(super) type Listening = extern "C" fn(*mut c_void);

    #[repr(C)]
    pub(super) struct Client {
        _opaque: [u8; 0],
    }

    #[repr(C)]
    pub(super) struct Callbacks {
        pub(super) on_connected: extern "C" fn(*mut c_void, NonNull<Client>),
        pub(super) on_connect_rsp: extern "C" fn(*mut c_void, NonNull<Client>),
        pub(super) on_message:
            extern "C" fn(*mut c_void, NonNull<Client>, *const c_char, *const c_char),
        pub(super) on_disconnected: extern "C" fn(*mut c_void, *const c_char),
    }

    unsafe extern "C" {
        pub(super) fn shim_serve(
            uri: *const c_char,
            clients_max: usize,
            message_size: usize,
            on_request: OnRequest,
            listening: Listening,
            context: *mut c_void,
        );
        pub(super) fn shim_run_clients(
            uri: *const c_char,
            contexts: *mut *mut c_void,
            length: usize,
            message_size: usize,
            callbacks: *const Callbacks,
        );
        pub(super) fn shim_send_hello(client: *mut Client, user: *const c_char);
        pub(super) fn shim_send(
            client: *mut Client,
            user: *const c_char,
            text: *const c_char,
            text_length: usize,
        );
    }
}
