# The request of each response, as names of members.
_REQUESTS: dict[str, str] = {
{% for pair in sent.requests %}
    '{{ pair.response }}': '{{ pair.member.name }}',
{% endfor %}
}

_REQUEST_MEMBERS = frozenset(_REQUESTS.values())


class _Requests:
    """The requests of one connection that have no response yet.

    The wire has no number that would connect a response with its request. So the n-th response of a
    kind belongs to the n-th request, whether a program waits for it or not.
    """

    def __init__(self) -> None:
        #: The number of requests without a response.
        self.open = 0
        self._sent = dict.fromkeys(_REQUEST_MEMBERS, 0)
        self._answered = dict.fromkeys(_REQUEST_MEMBERS, 0)
        self._awaited: dict[tuple[str, int], asyncio.Future[Any]] = {}

    def count(self, member: str | None) -> int:
        """Counts a sent message if it is a request, and returns its number in its kind."""
        if member not in _REQUEST_MEMBERS:
            return 0
        self.open += 1
        self._sent[member] += 1
        return self._sent[member]

    async def response(self, member: str, number: int, timeout: float | None) -> Any:
        """Waits for the response to a sent request."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._awaited[member, number] = future
        try:
            await asyncio.wait({future}, timeout=timeout)
        finally:
            del self._awaited[member, number]
        if not future.done():
            raise asyncio.TimeoutError(f'no response within {timeout} seconds')
        return future.result()

    def take(self, message: {{ received.type }}) -> bool:
        """Gives a message to the program that waits for it. Returns false if there is none."""
        response = message.WhichOneof('messages')
        request = _REQUESTS.get(response or '')
        if response is None or request is None or self._answered[request] == self._sent[request]:
            return False
        self.open -= 1
        self._answered[request] += 1
        future = self._awaited.get((request, self._answered[request]))
        if future is None:
            return False
        future.set_result(getattr(message, response))
        return True

    def fail(self, reason: DisconnectReason) -> None:
        """Fails the requests that wait for a response."""
        for future in self._awaited.values():
            if not future.done():
                future.set_exception(ConnectionLostError(reason))
