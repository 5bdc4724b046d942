"""Helpers of the tests: a pretended clock, raw peers, and clients and servers that record their events."""

from __future__ import annotations

import asyncio
import faulthandler
import functools
import socket
import unittest

import chat_client
import chat_pb2
import chat_server

CLIENT_USER, SERVER_USER, PING, PONG = 1, 2, 3, 4

# The time limit of a test, in real seconds. Only a hang reaches it.
LIMIT = 60


class PretendedLoop(asyncio.SelectorEventLoop):
    """An event loop with real sockets, whose clock only moves when a test says so."""

    def __init__(self):
        super().__init__()
        self._now = 1000.0

    def time(self):
        return self._now

    async def advance(self, seconds, step=0.25):
        """Lets time pass in small steps, each with some turns of the loop for what it causes."""
        await settle()
        end = self._now + seconds
        while self._now < end:
            self._now = min(end, self._now + step)
            await settle()


async def settle():
    """Lets all that is ready happen, also what passes through the sockets of this machine."""
    for _ in range(50):
        await asyncio.sleep(0)


class TestCase(unittest.TestCase):
    """A test whose coroutine runs on a loop with a pretended clock."""

    def run_on_loop(self, test):
        faulthandler.dump_traceback_later(LIMIT, exit=True)
        self.loop = PretendedLoop()
        asyncio.set_event_loop(self.loop)
        self.cleanups = []
        try:
            self.loop.run_until_complete(test(self))
        finally:
            self.loop.run_until_complete(self._clean_up())
            asyncio.set_event_loop(None)
            self.loop.close()
            faulthandler.cancel_dump_traceback_later()

    async def _clean_up(self):
        for cleanup in reversed(self.cleanups):
            await cleanup()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await settle()

    async def advance(self, seconds):
        await self.loop.advance(seconds)

    async def advance_until(self, awaitable):
        """Lets time pass until something happens, and returns its result."""
        task = asyncio.ensure_future(awaitable)
        await settle()
        while not task.done():
            await self.advance(0.25)
        return task.result()

    async def raw_server(self):
        server = RawServer()
        await server.start()
        self.cleanups.append(server.close)
        return server

    async def raw_client(self, server):
        peer = Peer(*await asyncio.open_connection(*server.local_addr))
        self.cleanups.append(peer.close)
        return peer

    def client(self, uri, **settings):
        client = RecordingClient(uri, **settings)
        self.cleanups.append(client.abandon)
        client.start()
        return client

    async def connected(self, **settings):
        """Returns a client and the raw peer that it is connected to."""
        server = await self.raw_server()
        client = self.client(server.uri, **settings)
        peer = await server.accept()
        await client.expect('connected')
        return client, peer

    async def server(self, kind=None, **settings):
        server = (kind or RecordingServer)('tcp://127.0.0.1:0', **settings)
        self.cleanups.append(server.abandon)
        await server.start()
        return server


def asynchronous(test):
    """Runs the coroutine of a test on a loop with a pretended clock."""

    @functools.wraps(test)
    def wrapper(self):
        self.run_on_loop(test)

    return wrapper


def frame(kind, payload=b''):
    return bytes([kind]) + len(payload).to_bytes(3, 'big') + payload


def text_to_client(text, user='server'):
    message = chat_pb2.ServerToClient()
    message.message_ind.user = user
    message.message_ind.text = text
    return frame(SERVER_USER, message.SerializeToString())


def text_to_server(text, user='client'):
    message = chat_pb2.ClientToServer()
    message.message_ind.user = user
    message.message_ind.text = text
    return frame(CLIENT_USER, message.SerializeToString())


CONNECT_REQ = frame(CLIENT_USER, chat_pb2.ClientToServer(connect_req={}).SerializeToString())
CONNECT_RSP = frame(SERVER_USER, chat_pb2.ServerToClient(connect_rsp={}).SerializeToString())


class Peer:
    """The other end of a connection, which does only what the test says."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer

    def write(self, data):
        self.writer.write(data)

    async def read_frame(self):
        header = await self.reader.readexactly(4)
        payload = await self.reader.readexactly(int.from_bytes(header[1:], 'big'))
        return header[0], payload

    async def read_text(self, kind):
        """Reads the text of the next message, skipping pings and pongs."""
        while True:
            frame_type, payload = await self.read_frame()
            if frame_type in (CLIENT_USER, SERVER_USER):
                return kind.FromString(payload).message_ind.text

    async def expect_end(self):
        """Reads until the other side has closed the connection, and returns what came before."""
        try:
            return await self.reader.read()
        except ConnectionResetError:
            return b''

    async def close(self):
        self.writer.transport.abort()


class RawServer:
    """A server that accepts connections, and nothing else."""

    async def start(self):
        self.accepted = asyncio.Queue()
        self.peers = []
        self.server = await asyncio.start_server(self._accept, '127.0.0.1', 0)
        self.local_addr = self.server.sockets[0].getsockname()
        self.uri = f'tcp://127.0.0.1:{self.local_addr[1]}'

    def _accept(self, reader, writer):
        peer = Peer(reader, writer)
        self.peers.append(peer)
        self.accepted.put_nowait(peer)

    async def accept(self):
        return await self.accepted.get()

    async def close(self):
        self.server.close()
        for peer in self.peers:
            await peer.close()


class Events:
    """The events of a client or a server, in order."""

    def __init__(self):
        self.queue = asyncio.Queue()

    def event(self, *event):
        self.queue.put_nowait(event if len(event) > 1 else event[0])

    async def next(self):
        return await self.queue.get()

    async def expect(self, *expected):
        found = await self.queue.get()
        wanted = expected if len(expected) > 1 else expected[0]
        assert found == wanted, f'expected {wanted!r}, found {found!r}'

    def is_quiet(self):
        return self.queue.empty()


class RecordingClient(chat_client.ChatClient, Events):
    def __init__(self, uri, **settings):
        chat_client.ChatClient.__init__(self, uri, **settings)
        Events.__init__(self)
        #: A callback waits for it, if it is set.
        self.gate = None

    async def abandon(self):
        if self._task is not None:
            self._task.cancel()

    async def on_connected(self):
        self.event('connected')

    async def on_disconnected(self):
        self.event('disconnected', self.disconnect_reason.name)

    async def on_connect_failure(self, exception):
        self.event('failure', type(exception))
        return await super().on_connect_failure(exception)

    async def on_connect_rsp(self, message):
        self.event('connect_rsp')

    async def on_message_ind(self, message):
        self.event(message.text)
        if self.gate is not None:
            await self.gate.wait()


class RecordingServer(chat_server.ChatServer, Events):
    def __init__(self, uri, **settings):
        chat_server.ChatServer.__init__(self, uri, **settings)
        Events.__init__(self)
        self.gate = None

    async def abandon(self):
        if self._listener is not None:
            self._listener.close()
        for task in self._clients.values():
            task.cancel()

    async def on_client_connected(self, client):
        self.event('connected', client.id)

    async def on_client_disconnected(self, client):
        self.event('disconnected', client.id, client.disconnect_reason.name)

    async def on_connect_req(self, client, message):
        self.event('connect_req', client.id, message.user)
        self.init_connect_rsp()
        self.reply()

    async def on_message_ind(self, client, message):
        self.event(client.id, message.text)
        if self.gate is not None:
            await self.gate.wait()


def unused_port():
    """Returns a port on which nothing listens."""
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        return free.getsockname()[1]
