"""Replays the traces of `tests/traces`, which all implementations share: `README.md` there describes their form.

Each action is followed by all events that it causes. Bytes are compared in order, but not in time: a server in
Python looks once a second whether a pong is due. Cases in which the socket takes a part of the bytes are left out,
as are those of several connections, which have tests of their own.
"""

import pathlib
import unittest

import chat_pb2
from support import RecordingClient, RecordingServer, TestCase, asynchronous, settle

TRACES = pathlib.Path(__file__).parents[1] / 'traces'

# Reasons that have another name in Python.
REASONS = {'unexpected_type': 'UNEXPECTED_MESSAGE_TYPE'}


def cases(file):
    """Returns the names and the lines of the cases of a file."""
    found = []
    for line in (TRACES / file).read_text().splitlines():
        words = line.split()
        if words and words[0] == 'case':
            found.append((' '.join(words[1:]), []))
        elif words and not line.startswith('#'):
            found[-1][1].append(words)
    return found


def is_of_connection(name, lines):
    """Returns whether a case is about one connection, and needs nothing of the socket."""
    others = {'room', 'stop', 'failed'}
    is_too_big = name == 'a message that is too big to send ends the connection'
    return not is_too_big and not any(words[0] in others for words in lines)


def text(word):
    return '' if word == '-' else word.replace('_', ' ')


def message_of(direction, member, texts):
    """Returns a message of a direction with these texts as its fields."""
    message = direction()
    value = getattr(message, member)
    value.SetInParent()
    for field, word in zip(value.DESCRIPTOR.fields, texts):
        setattr(value, field.name, text(word))
    return message


class TracedClient(RecordingClient):
    async def on_message_ind(self, message):
        self.event('message', 'message_ind', message.user, message.text)

    async def on_connect_rsp(self, message):
        self.event('message', 'connect_rsp')


class TracedServer(RecordingServer):
    async def on_client_connected(self, client):
        self.event('connected')

    async def on_client_disconnected(self, client):
        self.event('disconnected', client.disconnect_reason.name)

    async def on_connect_req(self, client, message):
        self.event('message', 'connect_req', message.user)

    async def on_message_ind(self, client, message):
        self.event('message', 'message_ind', message.user, message.text)


class Replay:
    """One case, against a raw peer."""

    def __init__(self, test, lines):
        self.test = test
        # These come first in a case.
        self.settings = {'max_message_size': 124}
        self.settings.update(('max_message_size', int(it[1])) for it in lines if it[0] == 'limit')
        self.lines = [it for it in lines if it[0] not in ('side', 'limit')]
        self.start = test.loop.time()
        self.expected = self.received = b''
        self.is_closed = False

    async def run(self, step):
        """Replays the case, where `step` bytes are received at a time."""
        self.step = step
        await self.prepare()
        for word, *arguments in self.lines:
            await getattr(self, f'do_{word}')(*arguments)
            await settle()
        assert self.received == self.expected, f'found {self.received.hex(" ")}'
        await self.expect_no_event()

    async def do_at(self, milliseconds):
        await self.expect_no_event()
        await self.test.advance(self.start + int(milliseconds) / 1000 - self.test.loop.time())

    async def do_in(self, *words):
        data = bytes.fromhex(''.join(words))
        for position in range(0, len(data), self.step):
            self.peer.write(data[position : position + self.step])
            await settle()

    async def do_eof(self):
        self.peer.writer.write_eof()

    async def do_out(self, *words):
        self.expected += bytes.fromhex(''.join(words))

    async def do_event(self, kind, *words):
        if kind == 'close':
            assert self.is_closed, 'the connection is open'
        elif kind == 'disconnected':
            # A side that closes waits until the peer has closed as well.
            self.peer.writer.close()
            await settle()
            await self.expect(kind, REASONS.get(words[0], words[0].upper()))
        elif kind == 'message':
            await self.expect(kind, words[0], *map(text, words[1:]))
        elif kind == 'connected':
            await self.expect(kind)

    async def expect(self, *event):
        assert not self.side.is_quiet(), f'expected {event}, found nothing'
        await self.side.expect(*event)

    async def expect_no_event(self):
        assert self.side.is_quiet(), f'found {await self.side.next()}'

    def connect(self, peer):
        self.peer = peer
        self.test.loop.create_task(self.collect())

    async def collect(self):
        try:
            while data := await self.peer.reader.read(1 << 16):
                self.received += data
        finally:
            self.is_closed = True


class ClientReplay(Replay):
    async def prepare(self):
        listener = await self.test.raw_server()
        self.accept = listener.accept
        self.side = TracedClient(listener.uri, **self.settings)
        self.test.cleanups.append(self.side.abandon)

    async def do_start(self):
        """Does nothing yet: on this machine, an attempt to connect succeeds at once."""

    async def do_connected(self):
        self.side.start()
        self.connect(await self.accept())

    async def do_send(self, member, *texts):
        self.side._send(message_of(chat_pb2.ClientToServer, member, texts))


class ServerReplay(Replay):
    async def prepare(self):
        self.side = await self.test.server(TracedServer, **self.settings)

    async def do_connected(self):
        self.connect(await self.test.raw_client(self.side))

    async def do_send(self, member, *texts):
        message = message_of(chat_pb2.ServerToClient, member, texts)
        self.side.clients[0]._connection.send(message)


class Traces(TestCase):
    @asynchronous
    async def test_clients_behave_as_in_their_traces(self):
        await self.replay('client.txt', ClientReplay)

    @asynchronous
    async def test_servers_behave_as_in_their_traces(self):
        await self.replay('server.txt', ServerReplay)

    async def replay(self, file, kind):
        replayed = 0
        for name, lines in cases(file):
            if not is_of_connection(name, lines):
                continue
            for step in (1 << 16, 1):
                with self.subTest(name, step=step):
                    await kind(self, lines).run(step)
                    replayed += 1
        self.assertGreater(replayed, 20)


if __name__ == '__main__':
    unittest.main()
