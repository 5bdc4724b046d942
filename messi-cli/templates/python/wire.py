class MessageType:
    """The types of frames."""

    CLIENT_TO_SERVER_USER = 1
    SERVER_TO_CLIENT_USER = 2
    PING = 3
    PONG = 4


class DisconnectReason(enum.Enum):
    """The reason why a connection ended. The values up to 8 are those of C."""

    #: The peer has sent a message that can't be decoded.
    MESSAGE_DECODE_ERROR = 1
    #: The peer has closed the connection, or the network has.
    CONNECTION_CLOSED = 2
    #: The peer has given no sign of life.
    KEEP_ALIVE_TIMEOUT = 3
    #: The peer has sent a message above `max_message_size`.
    MESSAGE_TOO_BIG = 5
    #: More than `max_queued_bytes` waited for a peer that reads too slowly.
    SLOW_CONSUMER = 6
    #: The peer has sent a frame of an unknown type.
    UNEXPECTED_MESSAGE_TYPE = 7
    #: This side has called `disconnect()`.
    DISCONNECTED = 8
    #: A callback has raised an exception, which is in the log.
    HANDLER_FAILED = 9
    #: This side has called `stop()`.
    STOPPED = 10

    def __str__(self) -> str:
        return self.name.lower().replace('_', ' ')


class ConnectionLostError(ConnectionError):
    """A request has no response, because there is no connection or it has ended."""

    def __init__(self, reason: DisconnectReason | None) -> None:
        super().__init__('not connected' if reason is None else f'connection lost: {reason}')
        #: The reason why the connection ended. None if there was none.
        self.reason = reason


def parse_tcp_uri(uri: str) -> tuple[str, int]:
    """Splits `tcp://<host>:<port>` into the host and the port.

    The host may be empty. An IPv6 address stands in brackets.

    Raises ValueError if the URI has another form.
    """
    match = re.fullmatch(r'tcp://(?:\[([0-9A-Fa-f:.%\w]+)\]|([^\s/:\[\]]*)):([0-9]{1,5})', uri)
    if match is None or int(match[3]) > 65535:
        raise ValueError(f"Expected URI on the form tcp://<host>:<port>, but got '{uri}'.")
    return match[1] or match[2] or '', int(match[3])


# A header as one number: the type in the upper byte, and the size of the payload.
_HEADER = struct.Struct('>I')
_HEADER_SIZE = _HEADER.size

# The largest payload, of which the header has three bytes.
_MAX_PAYLOAD = (1 << 24) - 1

_PING = _HEADER.pack(MessageType.PING << 24)
_PONG = _HEADER.pack(MessageType.PONG << 24)


class _Limits(NamedTuple):
    """The limits of a connection, in bytes."""

    max_message_size: int
    max_sent_message_size: int
    max_queued_bytes: int
    max_unhandled_bytes: int


def _limits(
    max_message_size: int,
    max_sent_message_size: int | None,
    max_queued_bytes: int,
    max_unhandled_bytes: int,
) -> _Limits:
    sent = max_message_size if max_sent_message_size is None else max_sent_message_size
    return _Limits(
        max_message_size,
        min(sent, _MAX_PAYLOAD),
        max_queued_bytes,
        max_unhandled_bytes,
    )


def _at_least(seconds: float, minimum: float = 0.01) -> float:
    """Returns a time, or the minimum for a shorter one. NaN is not above it either."""
    return seconds if seconds > minimum else minimum
