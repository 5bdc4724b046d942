# The smallest and the largest capacity of a buffer without a big frame.
_MIN_CAPACITY = 1 << 12
_MAX_CAPACITY = 1 << 17


class _ReceiveBuffer:
    """Received bytes that are not split into frames yet.

    The event loop reads into the free part. The capacity follows the amount that is read at once. For
    a big frame it grows with the bytes that come, not with the size that the header announces.
    """

    def __init__(self) -> None:
        #: The number of bytes.
        self.size = 0
        #: The number of bytes from which there is something to do with them.
        self.needed = _HEADER_SIZE
        self._memory = memoryview(bytearray(_MIN_CAPACITY))

    def free_part(self) -> memoryview:
        """Returns the memory for the next bytes, which is not empty."""
        if self.size == len(self._memory):
            self._resize(min(2 * self.size, self.needed))
        return self._memory[self.size :]

    def content(self) -> bytes:
        """Returns a copy of the bytes."""
        return bytes(self._memory[: self.size])

    def remove(self, count: int) -> None:
        """Removes the first bytes."""
        capacity = self._next_capacity()
        rest = self.size - count
        self._memory[:rest] = self._memory[count : self.size]
        self.size = rest
        self._resize(max(rest, capacity))

    def _next_capacity(self) -> int:
        """Returns twice the capacity if all of it was used, and half of it for less than a quarter."""
        capacity = len(self._memory)
        if self.size == capacity:
            capacity *= 2
        elif self.size < capacity // 4:
            capacity //= 2
        return max(_MIN_CAPACITY, min(capacity, _MAX_CAPACITY))

    def _resize(self, capacity: int) -> None:
        if capacity != len(self._memory):
            memory = memoryview(bytearray(capacity))
            memory[: self.size] = self._memory[: self.size]
            self._memory = memory
