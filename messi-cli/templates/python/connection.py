# The number of bytes that are read at once.
_READ_SIZE = 1 << 18

# The number of messages that are handled before other tasks have their turn.
_TURN = 64

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


class _Connection:
    """One connection: frames in and out, and the callbacks for its messages.

    Received bytes are split into frames, whose messages wait in the inbox. The task `_handling`
    awaits the callback of each, and reads while there is none. Once a callback has waited, the
    task `_reading` reads instead. So pings and pongs do not wait for a slow callback.

    The first call of `end` decides why the connection ended.
    """

    #: The types of frames. Those that are of no use are ignored, all others end the connection.
    _ACCEPTED_TYPES: Container[int]

    #: The time between two calls of `_check`.
    _check_interval: float

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limits: _Limits
    ) -> None:
        #: Whether the first callback has been called.
        self.is_open = False
        self.reason: DisconnectReason | None = None
        self._loop = asyncio.get_running_loop()
        self._reader = reader
        self._writer = writer
        self._limits = limits
        self._requests = _Requests()
        # The beginning of a frame, and the size from which there is something to do with it.
        self._buffer = bytearray()
        self._needed = _HEADER.size
        self._received_bytes = 0
        self._last_received = self._loop.time()
        self._inbox: deque[bytes] = deque()
        self._unhandled_bytes = 0
        self._is_paused = False
        # Whether the task of the callbacks reads.
        self._is_idle = False
        # What `_handle` and `_read` wait for.
        self._arrival: asyncio.Future[None] = self._loop.create_future()
        self._room = asyncio.Event()
        self._outbox = _Outbox(writer, lambda: self.end(DisconnectReason.CONNECTION_CLOSED))
        self._timer: asyncio.TimerHandle | None = None
        self._reading: asyncio.Task[None] | None = None
        self._handling: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None

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
            if self._reading is not None:
                await asyncio.wait({self._reading})
            await self._close()
        finally:
            self._release()

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
        self._cancel(self._handling if self._is_idle else self._reading)
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

    # Sending

    def send(self, message: {{ sent.type }}) -> int:
        """Queues a message. Returns its number if it is a request."""
        return self.send_frame(self.frame(message, self._limits), message.WhichOneof('messages'))

    def send_frame(self, frame: bytes, member: str | None) -> int:
        """Queues an encoded message with this member."""
        if self.reason is not None and self.reason not in _ENDS_OF_INPUT:
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
        return _HEADER.pack(MessageType.{{ sent.frame_type }} << 24 | len(payload)) + payload

    def _send_first(self, frame: bytes) -> None:
        """Queues a ping or a pong before all messages."""
        if self.reason is None:
            self._outbox.prepend(frame)

    # Receiving

    def _start_reading(self) -> None:
        if self._reading is None and self.reason is None:
            self._reading = self._loop.create_task(self._read())

    async def _read(self) -> None:
        try:
            while self.reason is None:
                if self._unhandled_bytes > self._limits.max_unhandled_bytes:
                    await self._pause()
                await self._read_once()
        finally:
            self.end(DisconnectReason.CONNECTION_CLOSED)

    async def _read_once(self) -> None:
        try:
            data = await self._reader.read(_READ_SIZE)
        except OSError as error:
            LOGGER.info('The connection is lost: %s', error)
            data = b''
        if not data:
            self.end(DisconnectReason.CONNECTION_CLOSED)
            return
        self._last_received = self._loop.time()
        self._received_bytes += len(data)
        self._outbox.begin_turn()
        self._receive(data)

    async def _pause(self) -> None:
        """Waits until half of the inbox is handled. Meanwhile, TCP pauses the peer."""
        self._is_paused = True
        self._room.clear()
        await self._room.wait()
        self._is_paused = False
        # Nobody has listened meanwhile.
        self._last_received = self._loop.time()

    def _receive(self, data: bytes) -> None:
        if self._buffer:
            self._buffer += data
            if len(self._buffer) < self._needed:
                return
            data = bytes(self._buffer)
            self._buffer.clear()
        position = self._take_frames(data)
        if position < len(data):
            self._buffer += data[position:]
        if self._inbox:
            self._wake_handling()

    def _take_frames(self, data: bytes) -> int:
        """Takes complete frames, and returns where the first incomplete one begins."""
        unpack_header = _HEADER.unpack_from
        accepted_types = self._ACCEPTED_TYPES
        max_size = self._limits.max_message_size
        size = len(data)
        position = 0
        self._needed = _HEADER.size
        while size - position >= _HEADER.size:
            header = unpack_header(data, position)[0]
            frame_type, payload_size = header >> 24, header & _MAX_PAYLOAD
            if payload_size > max_size:
                self.end(DisconnectReason.MESSAGE_TOO_BIG)
                return size
            if frame_type not in accepted_types:
                self.end(DisconnectReason.UNEXPECTED_MESSAGE_TYPE)
                return size
            start = position + _HEADER.size
            end = start + payload_size
            if end > size:
                self._needed = end - position
                break
            position = end
            if frame_type == MessageType.{{ received.frame_type }}:
                payload = data[start:end]
                if not self._requests.open or not self._take_response(payload):
                    self._inbox.append(payload)
                    self._unhandled_bytes += payload_size + _MESSAGE_OVERHEAD
            elif frame_type == MessageType.PING:
                self._receive_ping()
        return position

    def _receive_ping(self) -> None:
        """Answers a ping."""

    def _take_response(self, payload: bytes) -> bool:
        # Other messages are decoded when it is their turn: decoded ones may take a lot of memory.
        try:
            return self._requests.take({{ received.type }}.FromString(payload))
        except Exception:
            return False

    # Callbacks

    async def _handle(
        self,
        on_open: Callable[[], Awaitable[None]],
        callbacks: dict[str, Callable[[Any], Awaitable[None]]],
    ) -> None:
        if self.reason is not None:
            return
        self.is_open = True
        try:
            await _Watched(on_open(), self._start_reading)
            await self._handle_messages(callbacks)
        except Exception:
            LOGGER.exception('A callback has failed.')
            self.end(DisconnectReason.HANDLER_FAILED)
        finally:
            # Ends the connection if the callback was cancelled.
            self.end(DisconnectReason.HANDLER_FAILED)

    async def _handle_messages(
        self, callbacks: dict[str, Callable[[Any], Awaitable[None]]]
    ) -> None:
        left = _TURN
        while True:
            if not self._inbox:
                # Other tasks have their turn while this one waits.
                left = _TURN
                if not await self._has_arrived():
                    return
            payload = self._inbox.popleft()
            self._unhandled_bytes -= len(payload) + _MESSAGE_OVERHEAD
            if self._is_paused and self._unhandled_bytes <= self._limits.max_unhandled_bytes // 2:
                self._room.set()
            try:
                message = {{ received.type }}.FromString(payload)
            except Exception:
                # The implementations of protobuf raise different exceptions.
                self.end(DisconnectReason.MESSAGE_DECODE_ERROR)
                return
            member = message.WhichOneof('messages')
            if member is not None:
                callback = callbacks[member](getattr(message, member))
                if self._reading is None:
                    callback = _Watched(callback, self._start_reading)
                await callback
            left -= 1
            if left == 0:
                left = _TURN
                self._start_reading()
                await asyncio.sleep(0)

    async def _has_arrived(self) -> bool:
        """Waits for a message. Returns false at the end of the connection."""
        while not self._inbox and self.reason is None:
            if self._reading is None:
                # To wake this task, `end` cancels it.
                self._is_idle = True
                await self._read_once()
                self._is_idle = False
            else:
                self._arrival = self._loop.create_future()
                await self._arrival
        return bool(self._inbox)

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
        self._outbox.end()
        self._closing = self._loop.create_task(self._read_rest())
        await asyncio.wait({self._closing}, timeout=_CLOSE_TIMEOUT)

    async def _read_rest(self) -> None:
        # Closing a socket with unread input would reset the connection, and the peer could lose the
        # last messages.
        try:
            while await self._reader.read(_READ_SIZE):
                pass
            self._writer.close()
            await self._writer.wait_closed()
        except OSError:
            pass  # The peer has reset the connection.

    def _release(self) -> None:
        self.end(DisconnectReason.STOPPED)
        for task in (self._reading, self._handling, self._closing):
            self._cancel(task)
        self._outbox.release()
        _log_exception(self._handling)
        self._writer.transport.abort()
