"""A client and a server on each event loop, by its real clock. Without uvloop, its tests are skipped."""

import asyncio
import socket
import unittest

import chat_client
import chat_server
from support import CLIENT_USER, CONNECT_REQ, CONNECT_RSP, Events, frame, text_to_server

try:
    import uvloop
except ImportError:
    uvloop = None

# Seconds. Only a hang reaches it.
LIMIT = 60


class Server(chat_server.ChatServer, Events):
    def __init__(self):
        # Some of the messages are large.
        chat_server.ChatServer.__init__(self, 'tcp://127.0.0.1:0', max_message_size=1 << 23, max_queued_bytes=1 << 26)
        Events.__init__(self)

    async def on_client_disconnected(self, client):
        self.event('disconnected', client.disconnect_reason.name)

    async def on_connect_req(self, client, message):
        client.send_connect_rsp()

    async def on_message_ind(self, client, message):
        client.send_message_ind(message)
        if message.text == 'bye':
            client.disconnect()


class Client(chat_client.ChatClient, Events):
    def __init__(self, uri):
        chat_client.ChatClient.__init__(self, uri, max_message_size=1 << 23)
        Events.__init__(self)

    async def on_message_ind(self, message):
        self.event(message.text)

    async def on_disconnected(self):
        self.event('disconnected', self.disconnect_reason.name)
        self.stop()


class OnAsyncio(unittest.TestCase):
    def run_on_loop(self, test):
        async def run():
            async with Server() as server:
                await asyncio.wait_for(test(server), LIMIT)

        loop = self.new_loop()
        try:
            loop.run_until_complete(run())
        finally:
            loop.close()

    def new_loop(self):
        return asyncio.new_event_loop()

    def test_messages_of_all_sizes_go_both_ways(self):
        async def test(server):
            async with Client(server.uri) as client:
                await client.connected()
                sizes = [5_000_000, 10] + 1000 * [100] + 50 * [1 << 16] + [0]
                for size in sizes:
                    await client.ready()
                    client.send_message_ind(text='x' * size)
                for size in sizes:
                    self.assertEqual(len(await client.next()), size)
                client.send_message_ind(text='bye')
                await client.expect('bye')
                await client.expect('disconnected', 'CONNECTION_CLOSED')
            await server.expect('disconnected', 'DISCONNECTED')

        self.run_on_loop(test)

    def test_the_last_message_is_written_by_stop(self):
        async def test(server):
            async with Client(server.uri) as client:
                await client.connected()
                client.send_message_ind(text='x' * 1_000_000)
                client.send_message_ind(text='bye')
                client.stop()
                await client.expect('disconnected', 'STOPPED')
            await server.expect('disconnected', 'DISCONNECTED')

        self.run_on_loop(test)

    def test_raw_clients_see_the_end(self):
        async def test(server):
            reader, writer = await asyncio.open_connection(*server.local_addr)
            writer.write(CONNECT_REQ)
            writer.write_eof()
            self.assertEqual(await reader.read(), CONNECT_RSP)
            writer.close()
            await server.expect('disconnected', 'CONNECTION_CLOSED')
            reader, writer = await asyncio.open_connection(*server.local_addr)
            writer.write(CONNECT_REQ + frame(0))
            self.assertEqual(await reader.read(), CONNECT_RSP)
            writer.close()
            await server.expect('disconnected', 'UNEXPECTED_MESSAGE_TYPE')

        self.run_on_loop(test)

    def test_a_reset_connection_ends(self):
        async def test(server):
            # Closing it resets the connection, while the server writes.
            with socket.create_connection(server.local_addr) as raw:
                raw.sendall(CONNECT_REQ + text_to_server('x' * 1_000_000))
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
            await server.expect('disconnected', 'CONNECTION_CLOSED')

        self.run_on_loop(test)


@unittest.skipIf(uvloop is None, 'uvloop is not installed')
class OnUvloop(OnAsyncio):
    def new_loop(self):
        return uvloop.new_event_loop()


if __name__ == '__main__':
    unittest.main()
