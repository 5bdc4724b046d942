"""Streams of damaged frames, in random pieces. A seed decides them, and a failing one is named."""

import logging
import random
import unittest

from support import (
    CLIENT_USER, CONNECT_REQ, CONNECT_RSP, PING, PONG, SERVER_USER, RecordingClient, TestCase, asynchronous, frame,
    settle, text_to_client, text_to_server,
)

SEEDS = 150

REASONS = {
    'CONNECTION_CLOSED', 'MESSAGE_DECODE_ERROR', 'MESSAGE_TOO_BIG', 'UNEXPECTED_MESSAGE_TYPE', 'KEEP_ALIVE_TIMEOUT',
}


def stream(chance, frames):
    """Returns some of the frames, with some bytes changed, removed or inserted."""
    data = bytearray(b''.join(chance.choices(frames, k=20)))
    for _ in range(chance.randrange(4)):
        place = chance.randrange(len(data))
        change = chance.randrange(3)
        if change == 0:
            data[place] = chance.randrange(256)
        elif change == 1:
            del data[place : place + chance.randrange(1, 5)]
        else:
            data[place:place] = chance.getrandbits(24).to_bytes(3, 'big')
    return bytes(data)


async def write_in_pieces(chance, peer, data):
    position = 0
    while position < len(data):
        end = position + chance.randrange(1, 100)
        peer.write(data[position:end])
        position = end
        if chance.randrange(2):
            await settle()


class Errors(logging.Handler):
    """Collects what is logged as an error: damaged input is none of this program."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.records = []

    def emit(self, record):
        self.records.append(record.getMessage())


class Hostile(TestCase):
    def setUp(self):
        self.errors = Errors()
        logging.getLogger().addHandler(self.errors)

    def tearDown(self):
        logging.getLogger().removeHandler(self.errors)

    @asynchronous
    async def test_a_server_survives_damaged_frames(self):
        frames = [CONNECT_REQ, text_to_server('x' * 50), frame(PING), frame(CLIENT_USER), frame(CLIENT_USER, b'\x0a')]
        server = await self.server(max_message_size=1000)
        for seed in range(SEEDS):
            chance = random.Random(seed)
            with self.subTest(seed=seed):
                peer = await self.raw_client(server)
                await server.expect('connected', seed + 1)
                await write_in_pieces(chance, peer, stream(chance, frames))
                await peer.close()
                event = await server.next()
                while event[0] != 'disconnected':
                    event = await server.next()
                self.assertEqual(event[1], seed + 1)
                self.assertIn(event[2], REASONS)
        peer = await self.raw_client(server)
        peer.write(frame(PING))
        self.assertEqual(await peer.read_frame(), (PONG, b''))
        self.assertEqual(self.errors.records, [])

    @asynchronous
    async def test_a_client_survives_damaged_frames(self):
        frames = [CONNECT_RSP, text_to_client('x' * 50), frame(PONG), frame(77), frame(SERVER_USER, b'\x0a')]
        server = await self.raw_server()
        client = RecordingClient(server.uri, reconnect_delay=0.01, max_reconnect_delay=0.01, max_message_size=1000)
        self.cleanups.append(client.abandon)
        client.start()
        for seed in range(SEEDS):
            chance = random.Random(seed)
            with self.subTest(seed=seed):
                peer = await self.advance_until(server.accept())
                await client.expect('connected')
                await write_in_pieces(chance, peer, stream(chance, frames))
                await peer.close()
                event = await client.next()
                while event[0] != 'disconnected':
                    event = await client.next()
                self.assertIn(event[1], REASONS)
        self.assertEqual(self.errors.records, [])


if __name__ == '__main__':
    unittest.main()
