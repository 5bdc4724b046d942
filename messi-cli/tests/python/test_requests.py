"""Requests and their responses, in both directions."""

import asyncio
import unittest

import my_protocol_client
import my_protocol_pb2
import my_protocol_server
from chat_client import ConnectionLostError
from support import CONNECT_RSP, TestCase, asynchronous, frame, settle, text_to_client


class OfClients(TestCase):
    @asynchronous
    async def test_the_response_is_the_result_and_has_no_callback(self):
        client, peer = await self.connected()
        request = asyncio.ensure_future(client.connect_req(user='Erik'))
        self.assertEqual(await peer.read_frame(), (1, bytes.fromhex('0a060a044572696b')))
        peer.write(text_to_client('before') + CONNECT_RSP + text_to_client('after'))
        self.assertEqual(str(await request), '')
        await client.expect('before')
        await client.expect('after')

    @asynchronous
    async def test_a_callback_may_wait_for_a_response(self):
        server = await self.raw_server()
        done = asyncio.Event()

        class Client(type(self.client(server.uri))):
            async def on_connected(self):
                await self.connect_req(user='Kalle')
                done.set()

        await (await server.accept()).close()
        client = Client(server.uri)
        self.cleanups.append(client.abandon)
        client.start()
        peer = await server.accept()
        await peer.read_frame()
        # Behind a message that waits for the callback.
        peer.write(text_to_client('waits') + CONNECT_RSP)
        await done.wait()
        await client.expect('waits')

    @asynchronous
    async def test_responses_belong_to_requests_in_their_order(self):
        client, peer = await self.connected()
        client.send_connect_req(user='no one waits for this response')
        requests = [asyncio.ensure_future(client.connect_req(user=str(number))) for number in range(3)]
        for _ in range(4):
            await peer.read_frame()
        peer.write(CONNECT_RSP)
        await client.expect('connect_rsp')
        self.assertFalse(any(request.done() for request in requests))
        for number, request in enumerate(requests):
            peer.write(CONNECT_RSP)
            await request
            self.assertFalse(any(later.done() for later in requests[number + 1:]))
        # No request is left for this one.
        peer.write(CONNECT_RSP)
        await client.expect('connect_rsp')

    @asynchronous
    async def test_a_late_response_goes_to_its_callback_and_to_no_later_request(self):
        client, peer = await self.connected()
        first = asyncio.ensure_future(client.connect_req(timeout=1.5))
        await self.advance(1.25)
        self.assertFalse(first.done())
        await self.advance(0.25)
        with self.assertRaises(asyncio.TimeoutError):
            await first
        second = asyncio.ensure_future(client.connect_req(timeout=None))
        await settle()
        peer.write(CONNECT_RSP)
        await client.expect('connect_rsp')
        self.assertFalse(second.done())
        peer.write(CONNECT_RSP)
        await second
        self.assertFalse(client._connection._requests._awaited)

    @asynchronous
    async def test_a_cancelled_request_keeps_its_place(self):
        client, peer = await self.connected()
        first = asyncio.ensure_future(client.connect_req())
        second = asyncio.ensure_future(client.connect_req())
        await settle()
        first.cancel()
        await settle()
        peer.write(CONNECT_RSP)
        await client.expect('connect_rsp')
        self.assertFalse(second.done())
        peer.write(CONNECT_RSP)
        await second

    @asynchronous
    async def test_a_lost_connection_fails_the_requests(self):
        client, peer = await self.connected()
        requests = [asyncio.ensure_future(client.connect_req()) for _ in range(3)]
        await settle()
        await peer.close()
        for request in requests:
            with self.assertRaisesRegex(ConnectionLostError, 'connection closed') as caught:
                await request
            self.assertEqual(caught.exception.reason.name, 'CONNECTION_CLOSED')

    @asynchronous
    async def test_a_request_without_a_connection_fails_at_once(self):
        client, peer = await self.connected()
        await peer.close()
        await client.expect('disconnected', 'CONNECTION_CLOSED')
        with self.assertRaisesRegex(ConnectionError, 'not connected'):
            await client.connect_req()

    @asynchronous
    async def test_too_big_a_request_fails_and_is_not_counted(self):
        client, peer = await self.connected(max_sent_message_size=100)
        with self.assertRaises(ValueError):
            await client.connect_req(user='x' * 100)
        request = asyncio.ensure_future(client.connect_req(user='small'))
        await peer.read_frame()
        peer.write(CONNECT_RSP)
        await request

    @asynchronous
    async def test_an_undecodable_message_during_a_request_closes_the_connection(self):
        client, peer = await self.connected()
        request = asyncio.ensure_future(client.connect_req())
        await peer.read_frame()
        peer.write(frame(2, b'\xff'))
        with self.assertRaisesRegex(ConnectionLostError, 'message decode error'):
            await request


class Server(my_protocol_server.MyProtocolServer):
    def __init__(self):
        super().__init__('tcp://127.0.0.1:0')
        self.answers = asyncio.Queue()

    async def on_foo_req(self, client, message):
        client.send_foo_rsp()

    async def on_bar_ind(self, client, message):
        # In its own task: the callback of the response must be able to run.
        asyncio.ensure_future(self.ask(client))

    async def ask(self, client):
        self.answers.put_nowait(await client.fie_req(timeout=5))

    async def on_fie_rsp(self, client, message):
        self.answers.put_nowait('callback')


class Client(my_protocol_client.MyProtocolClient):
    async def on_fie_req(self, message):
        self.send_fie_rsp()


class OfServers(TestCase):
    @asynchronous
    async def test_both_sides_may_ask(self):
        async with Server() as server:
            client = Client(server.uri)
            client.start()
            await client.connected()
            response = await client.foo_req()
            self.assertIsInstance(response, my_protocol_pb2.FooRsp)
            client.send_bar_ind()
            self.assertIsInstance(await server.answers.get(), my_protocol_pb2.FieRsp)
            client.send_fie_rsp()
            self.assertEqual(await server.answers.get(), 'callback')
            # A broadcast is a request to each client.
            server.broadcast_fie_req()
            self.assertEqual(await server.answers.get(), 'callback')
            client.send_bar_ind()
            self.assertIsInstance(await server.answers.get(), my_protocol_pb2.FieRsp)
            client_of_server = server.clients[0]
            await client.aclose()
            with self.assertRaises(ConnectionError):
                await client_of_server.fie_req()


if __name__ == '__main__':
    unittest.main()
