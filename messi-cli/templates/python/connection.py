# The number of bytes that are read at once.
_READ_SIZE = 1 << 18

# The number of bytes that the transport holds before further frames wait, so that a ping or a pong
# overtakes them.
_WRITE_SIZE = 1 << 16

# The number of messages that are handled before other tasks have their turn.
_TURN = 256

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

    Three parties work on it. `_read` splits received bytes into frames, and puts messages into the
    inbox. `_handle` takes them out, and awaits the callback of each. Frames to send are in the
    outbox until `_flush` passes them to the transport. So pings and pongs wait neither for a slow
    callback nor for a slow peer.

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
        self._transport = cast(asyncio.Transport, writer.transport)
        self._transport.set_write_buffer_limits(high=_WRITE_SIZE)
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
        # Set when `_handle` or `_read` has to look again.
        self._arrival = asyncio.Event()
        self._room = asyncio.Event()
        self._outbox: deque[bytes] = deque()
        self._queued_bytes = 0
        # Set when `ready` has to look again.
        self._progress = asyncio.Event()
        self._is_flush_due = False
        self._timer: asyncio.TimerHandle | None = None
        self._reading: asyncio.Task[None] | None = None
        self._handling: asyncio.Task[None] | None = None
        self._draining: asyncio.Task[None] | None = None

    async def run(
        self,
        on_open: Callable[[], Awaitable[None]],
        callbacks: dict[str, Callable[[Any], Awaitable[None]]],
    ) -> None:
        """Serves the connection until it has ended, and closes it."""
        self._handling = self._loop.create_task(self._handle(on_open, callbacks))
        self._reading = self._loop.create_task(self._read())
        self._schedule_check()
        try:
            await asyncio.wait({self._handling, self._reading})
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
        self._cancel(self._reading)
        if self._timer is not None:
            self._timer.cancel()
        self._requests.fail(reason)
        if reason not in _ENDS_OF_INPUT:
            self._inbox.clear()
            self._end_output()
        self._arrival.set()
        self._progress.set()

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
        # One message may always wait, whatever its size.
        if self._outbox and self._queued_bytes + len(frame) > self._limits.max_queued_bytes:
            LOGGER.info('The peer reads too slowly: %d bytes wait.', self._queued_bytes)
            self.end(DisconnectReason.SLOW_CONSUMER)
            return 0
        number = self._requests.count(member)
        self._outbox.append(frame)
        self._queued_bytes += len(frame)
        self._schedule_flush()
        return number

    async def ready(self) -> None:
        """Waits until less than half of `max_queued_bytes` wait to be written."""
        while self.reason is None and 2 * self._queued_bytes > self._limits.max_queued_bytes:
            self._progress.clear()
            await self._progress.wait()
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
        """Queues a ping or a pong before all messages, unless one is there already."""
        if self.reason is not None or (self._outbox and self._outbox[0] is frame):
            return
        self._outbox.appendleft(frame)
        self._queued_bytes += len(frame)
        self._schedule_flush()

    def _schedule_flush(self) -> None:
        if self._draining is not None:
            return
        if self._queued_bytes >= _WRITE_SIZE:
            self._flush()
        elif not self._is_flush_due:
            # Messages that are sent together are written together.
            self._is_flush_due = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._is_flush_due = False
        while self._outbox and not self._transport.is_closing():
            self._writer.write(self._take_output(_WRITE_SIZE))
            if self._transport.get_write_buffer_size() > _WRITE_SIZE:
                self._draining = self._loop.create_task(self._drain())
                return

    async def _drain(self) -> None:
        try:
            await self._writer.drain()
        except OSError:
            self.end(DisconnectReason.CONNECTION_CLOSED)
            return
        self._draining = None
        self._flush()

    def _take_output(self, size: int) -> bytes:
        frames = []
        while self._outbox and size > 0:
            frame = self._outbox.popleft()
            frames.append(frame)
            size -= len(frame)
            self._queued_bytes -= len(frame)
        self._progress.set()
        return b''.join(frames)

    def _end_output(self) -> None:
        """Passes the rest of the outbox to the transport, and ends this direction."""
        try:
            if self._outbox and not self._transport.is_closing():
                self._writer.write(self._take_output(self._queued_bytes))
            if self._writer.can_write_eof():
                self._writer.write_eof()
        except OSError:
            pass  # The peer has reset the connection.

    # Receiving

    async def _read(self) -> None:
        try:
            while self.reason is None:
                data = await self._reader.read(_READ_SIZE)
                if not data:
                    return
                self._last_received = self._loop.time()
                self._received_bytes += len(data)
                self._receive(data)
                is_full = self._unhandled_bytes > self._limits.max_unhandled_bytes
                if is_full and self.reason is None:
                    await self._pause()
        except OSError as error:
            LOGGER.info('The connection is lost: %s', error)
        finally:
            self.end(DisconnectReason.CONNECTION_CLOSED)

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
        self._buffer += data[self._take_frames(data) :]
        if self._inbox:
            self._arrival.set()

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
            await on_open()
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
        while self._inbox or await self._has_arrived():
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
                await callbacks[member](getattr(message, member))
            left -= 1
            if left == 0:
                left = _TURN
                await asyncio.sleep(0)

    async def _has_arrived(self) -> bool:
        """Waits for a message. Returns false at the end of the connection."""
        while not self._inbox and self.reason is None:
            self._arrival.clear()
            await self._arrival.wait()
        return bool(self._inbox)

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
        self._end_output()
        try:
            await asyncio.wait_for(self._read_rest(), _CLOSE_TIMEOUT)
        except (OSError, asyncio.TimeoutError):
            pass

    async def _read_rest(self) -> None:
        # Closing a socket with unread input would reset the connection, and the peer could lose the
        # last messages.
        while await self._reader.read(_READ_SIZE):
            pass
        self._writer.close()
        await self._writer.wait_closed()

    def _release(self) -> None:
        self.end(DisconnectReason.STOPPED)
        for task in (self._reading, self._handling, self._draining):
            self._cancel(task)
        _log_exception(self._handling)
        self._transport.abort()


def _log_exception(task: asyncio.Task[Any] | None) -> None:
    """Logs the exception of a task.

    SystemExit and KeyboardInterrupt have ended the event loop already, and are not logged.
    """
    if task is not None and task.done() and not task.cancelled():
        error = task.exception()
        if isinstance(error, Exception):
            LOGGER.error('A task has failed.', exc_info=error)
