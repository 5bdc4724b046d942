# The number of bytes that the transport holds before further frames wait, so that a ping or a pong
# overtakes them.
_WRITE_SIZE = 1 << 16


class _Outbox:
    """The frames that wait to be written.

    The first frame after each read is written at once, and those that follow it together. While the
    transport holds many bytes, frames wait here, where a ping or a pong gets before them.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        #: The number of bytes that wait.
        self.size = 0
        self._frames: deque[bytes] = deque()
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._transport.set_write_buffer_limits(high=_WRITE_SIZE)
        self._progress = asyncio.Event()
        self._may_write_at_once = True
        self._is_flush_due = False
        # Whether the transport holds as many bytes as it may.
        self._is_paused = False

    def has_room(self, frame: bytes, limit: int) -> bool:
        """Returns whether a frame may wait. One frame always may, whatever its size."""
        return not self._frames or self.size + len(frame) <= limit

    def append(self, frame: bytes) -> None:
        """Adds a frame."""
        if self._may_write_at_once and not self._frames and not self._is_paused:
            self._may_write_at_once = False
            self._pass(frame)
            return
        self._frames.append(frame)
        self.size += len(frame)
        self._write_soon()

    def prepend(self, frame: bytes) -> None:
        """Adds a frame before all others, unless it is there already."""
        if self._frames and self._frames[0] is frame:
            return
        self._frames.appendleft(frame)
        self.size += len(frame)
        self._write_soon()

    def begin_turn(self) -> None:
        """Lets the next frame be written at once."""
        self._may_write_at_once = True

    async def progress(self) -> None:
        """Waits until something is written, or `wake` is called."""
        self._progress.clear()
        await self._progress.wait()

    def wake(self) -> None:
        """Wakes the tasks in `progress`."""
        self._progress.set()

    def end(self) -> None:
        """Passes all frames to the transport, and ends this direction of the connection."""
        if self._transport.is_closing():
            return
        try:
            if self._frames:
                self._transport.write(self._take(self.size))
            if self._transport.can_write_eof():
                self._transport.write_eof()
        except OSError:
            pass  # The peer has reset the connection.

    def pause(self) -> None:
        """Holds frames back: the transport has enough."""
        self._is_paused = True

    def resume(self) -> None:
        """Passes frames to the transport again."""
        self._is_paused = False
        self._write()

    def _write_soon(self) -> None:
        if self._is_paused:
            return
        if self._may_write_at_once or self.size >= _WRITE_SIZE:
            self._may_write_at_once = False
            self._write()
        elif not self._is_flush_due:
            self._is_flush_due = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._is_flush_due = False
        self._may_write_at_once = True
        self._write()

    def _write(self) -> None:
        while self._frames and not self._is_paused:
            self._pass(self._take(_WRITE_SIZE))

    def _pass(self, data: bytes) -> None:
        """Passes bytes to the transport. If it has enough then, it calls `pause`."""
        if not self._transport.is_closing():
            self._transport.write(data)

    def _take(self, size: int) -> bytes:
        """Removes frames until they have at least this size."""
        frames = []
        taken = 0
        while self._frames and taken < size:
            frame = self._frames.popleft()
            frames.append(frame)
            taken += len(frame)
        self.size -= taken
        self.wake()
        return b''.join(frames)
