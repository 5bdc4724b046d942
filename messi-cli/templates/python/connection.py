_SENT_TYPE = MessageType.{{ sent.frame_type }}
_RECEIVED_TYPE = MessageType.{{ received.frame_type }}

# Looking it up takes a fifth of the time of decoding a small message.
_decode = {{ received.type }}.FromString

# The number of messages that are handled before other tasks have their turn.
_TURN = 128

# The memory that a waiting message takes beside its bytes.
_MESSAGE_OVERHEAD = 64

# The time in which a peer may read the last messages.
_CLOSE_TIMEOUT = 1.0

# The reasons after which messages that were received before are still handled.
_ENDS_OF_INPUT = (
    DisconnectReason.CONNECTION_CLOSED,
    DisconnectReason.MESSAGE_TOO_BIG,
    DisconnectReason.UNEXPECTED_MESSAGE_TYPE,
)


class _Connection(asyncio.BufferedProtocol):
    """One connection: frames in and out, and the callbacks for its messages.

    The event loop reads, and `buffer_updated` splits what is read into frames. Messages wait in the
    inbox for the task `_handling`, which awaits the callback of each. So pings and pongs do not wait
    for a slow callback.

    The first call of `end` decides why the connection ended.
    """

    #: The types of frames. Those that are of no use are ignored, all others end the connection.
    _ACCEPTED_TYPES: Container[int]

    #: The time between two calls of `_check`.
    _check_interval: float

    # Set by `connection_made`, before anything else is called.
    _transport: asyncio.Transport
    _outbox: _Outbox

    def __init__(self, limits: _Limits) -> None:
        #: Whether the first callback has been called.
        self.is_open = False
        self.reason: DisconnectReason | None = None
        self._loop = asyncio.get_running_loop()
        self._limits = limits
        self._requests = _Requests()
        self._buffer = _ReceiveBuffer()
        self._received_bytes = 0
        self._last_received = self._loop.time()
        self._inbox: deque[bytes] = deque()
        self._unhandled_bytes = 0
        self._is_paused = False
        # Done when there is something to do for `_handling`.
        self._arrival: asyncio.Future[None] = self._loop.create_future()
        self._handling: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        # Whether the peer has ended its direction, and whether this side closes the connection then.
        self._is_input_over = False
        self._is_closing = False
        # Done when the transport is closed.
        self._lost: asyncio.Future[None] = self._loop.create_future()

    async def run(
        self,
        on_open: Callable[[], Awaitable[None]],
        callbacks: dict[str, Callable[[Any], Awaitable[None]]],
    ) -> None:
        """Serves the connection until it has ended, and closes it."""
        self._handling = self._loop.create_task(self._handle(on_open, callbacks))
        self._schedule_check()
        try:
            await asyncio.wait({self._handling})
            await self._close()
        finally:
            self._release()

    def abort(self) -> None:
        """Closes the connection at once."""
        self._transport.abort()

    def peer_address(self) -> Any:
        """Returns the address of the peer, as in the module `socket`."""
        return self._transport.get_extra_info('peername')

    def is_handled_by(self, task: asyncio.Task[Any] | None) -> bool:
        """Returns whether the callbacks run in this task."""
        return task is not None and task is self._handling

    def end(self, reason: DisconnectReason) -> None:
        """Ends the connection.

        If the peer has closed it or sent a bad frame, messages that were received before are still
        handled, and may be answered. In all other cases they are dropped, and the peer sees the end
        at once.
        """
        if self.reason is not None:
            return
        self.reason = reason
        if self._timer is not None:
            self._timer.cancel()
        self._requests.fail(reason)
        if reason not in _ENDS_OF_INPUT:
            self._inbox.clear()
            self._outbox.end()
        self._wake_handling()
        self._outbox.wake()

    def stop(self) -> None:
        """Ends the connection, and cancels the callback that runs, unless that calls this."""
        self.end(DisconnectReason.STOPPED)
        self._inbox.clear()
        self._cancel(self._handling)

    def _is_ended_here(self) -> bool:
        return self.reason is not None and self.reason not in _ENDS_OF_INPUT

    # Sending

    def send(self, message: {{ sent.type }}) -> int:
        """Queues a message. Returns its number if it is a request."""
        return self.send_frame(self.frame(message, self._limits), message.WhichOneof('messages'))

    def send_frame(self, frame: bytes, member: str | None) -> int:
        """Queues an encoded message with this member."""
        if self._is_ended_here():
            LOGGER.debug('Dropped the message %s: the connection has ended.', member)
            return 0
        if not self._outbox.has_room(frame, self._limits.max_queued_bytes):
            LOGGER.info('The peer reads too slowly: %d bytes wait.', self._outbox.size)
            self.end(DisconnectReason.SLOW_CONSUMER)
            return 0
        number = self._requests.count(member)
        self._outbox.append(frame)
        return number

    async def ready(self) -> None:
        """Waits until less than half of `max_queued_bytes` wait to be written."""
        while self.reason is None and 2 * self._outbox.size > self._limits.max_queued_bytes:
            await self._outbox.progress()
        if self.reason is not None:
            raise ConnectionLostError(self.reason)

    async def request(self, message: {{ sent.type }}, timeout: float | None) -> Any:
        """Sends a request and returns the response."""
        if self.reason is not None:
            raise ConnectionLostError(self.reason)
        member = message.WhichOneof('messages')
        number = self.send(message)
        if self.reason is not None:
            raise ConnectionLostError(self.reason)
        return await self._requests.response(member or '', number, timeout)

    @staticmethod
    def frame(message: {{ sent.type }}, limits: _Limits) -> bytes:
        """Encodes a message with its header. Raises ValueError if it is too big."""
        payload = message.SerializeToString()
        if len(payload) > limits.max_sent_message_size:
            raise ValueError(
                f'The message has {len(payload)} bytes, and max_sent_message_size is '
                f'{limits.max_sent_message_size}.'
            )
        return _HEADER.pack(_SENT_TYPE << 24 | len(payload)) + payload

    def _send_first(self, frame: bytes) -> None:
        """Queues a ping or a pong before all messages."""
        if self.reason is None:
            self._outbox.prepend(frame)

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._outbox = _Outbox(self._transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer.free_part()

    def buffer_updated(self, size: int) -> None:
        if self.reason is not None:
            return
        self._buffer.size += size
        self._last_received = self._loop.time()
        self._received_bytes += size
        self._outbox.begin_turn()
        if self._buffer.size >= self._buffer.needed:
            self._receive()

    def eof_received(self) -> bool:
        self._is_input_over = True
        self.end(DisconnectReason.CONNECTION_CLOSED)
        # True keeps the direction to the peer open.
        return not self._is_closing

    def connection_lost(self, error: Exception | None) -> None:
        if error is not None:
            LOGGER.info('The connection is lost: %s', error)
        self.end(DisconnectReason.CONNECTION_CLOSED)
        self._lost.set_result(None)

    def pause_writing(self) -> None:
        self._outbox.pause()

    def resume_writing(self) -> None:
        self._outbox.resume()

    # Receiving

    def _pause_reading(self) -> None:
        """Stops to read until half of the inbox is handled. Meanwhile, TCP pauses the peer."""
        if self.reason is None:
            self._is_paused = True
            self._transport.pause_reading()

    def _resume_reading(self) -> None:
        if self._is_paused and not self._transport.is_closing():
            self._is_paused = False
            # The silence was ours.
            self._last_received = self._loop.time()
            self._transport.resume_reading()

    def _receive(self) -> None:
        self._buffer.remove(self._take_frames(self._buffer.content()))
        if self._inbox:
            self._wake_handling()
        if self._unhandled_bytes > self._limits.max_unhandled_bytes:
            self._pause_reading()

    def _take_frames(self, data: bytes) -> int:
        """Takes complete frames, and returns where the first incomplete one begins."""
        unpack_header = _HEADER.unpack_from
        max_size = self._limits.max_message_size
        size = len(data)
        position = 0
        start = _HEADER_SIZE
        self._buffer.needed = _HEADER_SIZE
        while start <= size:
            (header,) = unpack_header(data, position)
            frame_type = header >> 24
            end = start + (header & _MAX_PAYLOAD)
            if end - start > max_size:
                self.end(DisconnectReason.MESSAGE_TOO_BIG)
                return size
            if frame_type != _RECEIVED_TYPE and frame_type not in self._ACCEPTED_TYPES:
                self.end(DisconnectReason.UNEXPECTED_MESSAGE_TYPE)
                return size
            if end > size:
                self._buffer.needed = end - position
                break
            if frame_type == _RECEIVED_TYPE:
                self._receive_message(data[start:end])
            elif frame_type == MessageType.PING:
                self._receive_ping()
            position = end
            start = end + _HEADER_SIZE
        return position

    def _receive_message(self, payload: bytes) -> None:
        if not self._requests.open or not self._take_response(payload):
            self._inbox.append(payload)
            self._unhandled_bytes += len(payload) + _MESSAGE_OVERHEAD

    def _receive_ping(self) -> None:
        """Answers a ping."""

    def _take_response(self, payload: bytes) -> bool:
        # Other messages are decoded when it is their turn: decoded ones may take a lot of memory.
        try:
            return self._requests.take(_decode(payload))
        except Exception:
            return False

    # Callbacks

    async def _handle(
        self,
        on_open: Callable[[], Awaitable[None]],
        callbacks: dict[str, Callable[[Any], Awaitable[None]]],
    ) -> None:
        if self._is_ended_here():
            return
        self.is_open = True
        try:
            await on_open()
            while await self._has_messages():
                await self._handle_some(callbacks)
        except Exception:
            LOGGER.exception('A callback has failed.')
        finally:
            # Unless it has ended before, a callback has failed or was cancelled.
            self.end(DisconnectReason.HANDLER_FAILED)

    async def _has_messages(self) -> bool:
        """Waits for a message, and lets other tasks run. Returns false at the end of the connection."""
        if self._inbox:
            await asyncio.sleep(0)
        elif self.reason is None:
            self._arrival = self._loop.create_future()
            await self._arrival
        return bool(self._inbox)

    async def _handle_some(self, callbacks: dict[str, Callable[[Any], Awaitable[None]]]) -> None:
        """Handles the messages of the inbox, but not more than those of a turn."""
        inbox = self._inbox
        for _ in range(_TURN):
            if not inbox:
                return
            payload = inbox.popleft()
            self._unhandled_bytes -= len(payload) + _MESSAGE_OVERHEAD
            if self._is_paused and self._unhandled_bytes <= self._limits.max_unhandled_bytes // 2:
                self._resume_reading()
            try:
                message = _decode(payload)
            except Exception:
                # The implementations of protobuf raise different exceptions.
                self.end(DisconnectReason.MESSAGE_DECODE_ERROR)
                inbox.clear()
                return
            member = message.WhichOneof('messages')
            if member is not None:
                await callbacks[member](getattr(message, member))

    def _wake_handling(self) -> None:
        if not self._arrival.done():
            self._arrival.set_result(None)

    # Keep-alive and the end

    def _check(self) -> None:
        """Checks whether the peer is alive."""

    def _schedule_check(self) -> None:
        # One turn later than due, so that bytes that have arrived while the program was busy are
        # read before.
        self._timer = self._loop.call_later(
            self._check_interval, self._loop.call_soon, self._check_if_open
        )

    def _check_if_open(self) -> None:
        if self.reason is None:
            self._check()
        if self.reason is None:
            self._schedule_check()

    def _cancel(self, task: asyncio.Task[None] | None) -> None:
        if task is not None and task is not asyncio.current_task(self._loop):
            task.cancel()

    async def _close(self) -> None:
        """Writes what is queued, and waits until the peer has closed the connection as well.

        Closing a socket with unread input would reset the connection, and the peer could lose the
        last messages.
        """
        self._outbox.end()
        self._is_closing = True
        self._resume_reading()
        if self._is_input_over:
            self._transport.close()
        await asyncio.wait({self._lost}, timeout=_CLOSE_TIMEOUT)

    def _release(self) -> None:
        self.end(DisconnectReason.STOPPED)
        self._cancel(self._handling)
        _log_exception(self._handling)
        self.abort()
