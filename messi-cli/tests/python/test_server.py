"""The server against peers that do only what a test says."""

import asyncio
import unittest
from unittest import mock

import chat_pb2
import chat_server
from support import (
    CONNECT_REQ, CONNECT_RSP, PING, PONG, SERVER_USER, CLIENT_USER, RecordingServer, TestCase, asynchronous, frame,
    settle, text_to_server,
)


class Messages(TestCase):
    @asynchronous
    async def test_messages_of_a_client_are_handled_in_order(self):
        server = await self.server()
        peer = await self.raw_client(server)
        await server.expect('connected', 1)
        for number in range(500):
            peer.write(text_to_server(str(number)))
        for number in range(500):
            await server.expect(1, str(number))

    @asynchronous
    async def test_reply_answers_the_client_whose_callback_runs(self):
        server = await self.server()
        first, second = await self.raw_client(server), await self.raw_client(server)
        second.write(CONNECT_REQ)
        self.assertEqual(await second.read_frame(), (SERVER_USER, bytes.fromhex('0a00')))
        first.write(text_to_server('silent'))
        first.writer.write_eof()
        self.assertEqual(await first.expect_end(), b'')

    @asynchronous
    async def test_send_and_broadcast_reach_their_clients(self):
        server = await self.server()
        peers = [await self.raw_client(server) for _ in range(3)]
        for number in (1, 2, 3):
            await server.expect('connected', number)
        server.init_message_ind().text = 'to one'
        server.send(server.clients[1])
        server.init_message_ind().text = 'to all'
        server.broadcast()
        server.broadcast_message_ind(text='to all, too')
        server.clients[2].send_message_ind(text='to the last')
        expected = (['to all', 'to all, too'], ['to one', 'to all', 'to all, too'],
                    ['to all', 'to all, too', 'to the last'])
        for peer, texts in zip(peers, expected):
            for text in texts:
                self.assertEqual(await peer.read_text(chat_pb2.ServerToClient), text)

    @asynchronous
    async def test_messages_prepared_by_callbacks_of_several_clients_are_not_mixed(self):
        both = asyncio.Event()
        waiting = []

        class Server(RecordingServer):
            async def on_message_ind(self, client, message):
                self.init_message_ind().text = message.text
                waiting.append(client)
                if len(waiting) == 2:
                    both.set()
                await both.wait()
                self.reply()

        server = await self.server(Server)
        peers = [await self.raw_client(server) for _ in range(2)]
        for number, peer in enumerate(peers):
            peer.write(text_to_server(str(number)))
        for number, peer in enumerate(peers):
            self.assertEqual(await peer.read_text(chat_pb2.ServerToClient), str(number))

    @asynchronous
    async def test_calls_without_a_client_or_a_message(self):
        server = await self.server()
        server.reply()
        server.disconnect()
        with self.assertRaises(RuntimeError):
            server.broadcast()

    @asynchronous
    async def test_a_callback_does_not_reply_for_another_server(self):
        other = await self.server()

        class Server(RecordingServer):
            async def on_message_ind(self, client, message):
                other.init_message_ind()
                other.reply()
                other.disconnect()
                client.send_message_ind(text='done')

        server = await self.server(Server)
        peer = await self.raw_client(server)
        peer.write(text_to_server('ask'))
        self.assertEqual(await peer.read_text(chat_pb2.ServerToClient), 'done')

    @asynchronous
    async def test_input_may_come_in_pieces(self):
        server = await self.server()
        peer = await self.raw_client(server)
        await server.expect('connected', 1)
        for byte in text_to_server('slow') + frame(PING) + text_to_server('again'):
            peer.write(bytes([byte]))
            await settle()
        await server.expect(1, 'slow')
        await server.expect(1, 'again')
        self.assertEqual(await peer.read_frame(), (PONG, b''))

    @asynchronous
    async def test_a_slow_callback_delays_its_client_alone(self):
        server = await self.server()
        server.gate = asyncio.Event()
        slow, other = await self.raw_client(server), await self.raw_client(server)
        await server.expect('connected', 1)
        await server.expect('connected', 2)
        slow.write(text_to_server('first') + text_to_server('second'))
        await server.expect(1, 'first')
        other.write(CONNECT_REQ)
        await server.expect('connect_req', 2, '')
        self.assertTrue(server.is_quiet())
        server.gate.set()
        await server.expect(1, 'second')


class Ends(TestCase):
    @asynchronous
    async def test_a_client_that_leaves_is_forgotten(self):
        server = await self.server()
        peer = await self.raw_client(server)
        await server.expect('connected', 1)
        client = server.clients[0]
        self.assertEqual(client.address, peer.writer.get_extra_info('sockname'))
        await peer.close()
        await server.expect('disconnected', 1, 'CONNECTION_CLOSED')
        await settle()
        self.assertEqual(server.clients, [])
        # To a client that has left, nothing is sent; the next one has another number.
        client.send_message_ind(text='lost')
        client.disconnect()
        self.assertFalse(client.is_connected)
        await self.raw_client(server)
        await server.expect('connected', 2)

    @asynchronous
    async def test_the_half_that_is_open_gets_the_answers(self):
        server = await self.server()
        peer = await self.raw_client(server)
        peer.write(CONNECT_REQ + CONNECT_REQ)
        peer.writer.write_eof()
        self.assertEqual(await peer.expect_end(), 2 * bytes.fromhex('020000020a00'))

    @asynchronous
    async def test_disconnect_in_a_callback_and_outside(self):
        class Server(RecordingServer):
            async def on_message_ind(self, client, message):
                self.event('message')
                client.send_message_ind(text='bye')
                self.disconnect()

        server = await self.server(Server)
        for number in (1, 2):
            peer = await self.raw_client(server)
            await server.expect('connected', number)
            if number == 1:
                # The second one is dropped: this side has ended the connection.
                peer.write(2 * text_to_server('out'))
                await server.expect('message')
                self.assertEqual(await peer.read_text(chat_pb2.ServerToClient), 'bye')
            else:
                server.disconnect(server.clients[0])
            self.assertEqual(await peer.expect_end(), b'')
            await peer.close()
            await server.expect('disconnected', number, 'DISCONNECTED')

    @asynchronous
    async def test_the_last_message_survives_a_client_that_sends_all_the_time(self):
        server = await self.server()
        peer = await self.raw_client(server)
        await server.expect('connected', 1)
        for _ in range(100):
            peer.write(text_to_server('x' * 1000))
        client = server.clients[0]
        client.send_message_ind(text='bye')
        client.disconnect()
        for _ in range(100):
            peer.write(text_to_server('x' * 1000))
        self.assertEqual(await peer.read_text(chat_pb2.ServerToClient), 'bye')
        self.assertEqual(await peer.reader.read(), b'')

    @asynchronous
    async def test_bad_frames_end_their_connection(self):
        server = await self.server(max_message_size=1000)
        for data, reason in (
            (frame(0), 'UNEXPECTED_MESSAGE_TYPE'),
            (frame(SERVER_USER), 'UNEXPECTED_MESSAGE_TYPE'),
            (frame(PONG), 'UNEXPECTED_MESSAGE_TYPE'),
            (b'\xff\x00\x00\x01', 'UNEXPECTED_MESSAGE_TYPE'),
            (b'\x01\x00\x03\xe9', 'MESSAGE_TOO_BIG'),
            (b'\x03\xff\xff\xff', 'MESSAGE_TOO_BIG'),
            (frame(CLIENT_USER, b'\x0a\x05abc'), 'MESSAGE_DECODE_ERROR'),
        ):
            with self.subTest(data=data):
                peer = await self.raw_client(server)
                _, number = await server.next()
                peer.write(data)
                self.assertEqual(await peer.expect_end(), b'')
                await peer.close()
                await server.expect('disconnected', number, reason)

    @asynchronous
    async def test_messages_before_a_bad_frame_are_handled_and_answered(self):
        server = await self.server()
        for data, reason in (
            (frame(0), 'UNEXPECTED_MESSAGE_TYPE'),
            (b'\x01\xff\xff\xff', 'MESSAGE_TOO_BIG'),
            (frame(CLIENT_USER, b'\x0a\x05abc'), 'MESSAGE_DECODE_ERROR'),
        ):
            with self.subTest(data=data):
                peer = await self.raw_client(server)
                _, number = await server.next()
                peer.write(text_to_server('before') + CONNECT_REQ + data + text_to_server('late'))
                await server.expect(number, 'before')
                self.assertEqual((await server.next())[0], 'connect_req')
                self.assertEqual(await peer.expect_end(), CONNECT_RSP)
                await peer.close()
                await server.expect('disconnected', number, reason)

    @asynchronous
    async def test_a_broadcast_reaches_a_client_that_has_ended_its_input(self):
        class Server(RecordingServer):
            async def on_message_ind(self, client, message):
                self.broadcast_message_ind(message)

        server = await self.server(Server)
        for last in (b'', frame(0)):
            with self.subTest(last=last):
                peer = await self.raw_client(server)
                peer.write(text_to_server('to all') + last)
                peer.writer.write_eof()
                self.assertEqual(await peer.read_text(chat_pb2.ServerToClient), 'to all')
                self.assertEqual(await peer.expect_end(), b'')

    @asynchronous
    async def test_a_server_with_a_slow_callback_is_stopped_after_a_bad_frame(self):
        server = await self.server(max_unhandled_bytes=100)
        server.gate = asyncio.Event()
        peer = await self.raw_client(server)
        await server.expect('connected', 1)
        # More than may wait for callbacks.
        peer.write(text_to_server('x' * 90) * 3 + frame(0))
        await server.expect(1, 'x' * 90)
        await peer.close()
        await server.stop()
        await server.expect('disconnected', 1, 'UNEXPECTED_MESSAGE_TYPE')

    @asynchronous
    async def test_messages_without_a_member_are_ignored(self):
        server = await self.server()
        peer = await self.raw_client(server)
        await server.expect('connected', 1)
        peer.write(frame(CLIENT_USER) + frame(CLIENT_USER, b'\xf8\x07\x01') + text_to_server('known'))
        await server.expect(1, 'known')

    @asynchronous
    async def test_a_failing_callback_ends_the_connection_of_its_client_alone(self):
        class Server(RecordingServer):
            async def on_connect_req(self, client, message):
                raise ValueError('a fault of the program')

        server = await self.server(Server)
        bad, good = await self.raw_client(server), await self.raw_client(server)
        await server.expect('connected', 1)
        await server.expect('connected', 2)
        with self.assertLogs('chat_server', 'ERROR') as log:
            bad.write(CONNECT_REQ)
            self.assertEqual(await bad.expect_end(), b'')
        self.assertIn('a fault of the program', log.output[0])
        await bad.close()
        await server.expect('disconnected', 1, 'HANDLER_FAILED')
        good.write(text_to_server('still here'))
        await server.expect(2, 'still here')

    def test_system_exit_in_a_callback_ends_the_program(self):
        async def test(_):
            class Server(RecordingServer):
                async def on_message_ind(self, client, message):
                    raise SystemExit

            peer = await self.raw_client(await self.server(Server))
            peer.write(text_to_server('end'))
            await asyncio.Event().wait()

        with self.assertRaises(SystemExit):
            self.run_on_loop(test)


class Limits(TestCase):
    @asynchronous
    async def test_a_client_above_the_maximum_is_closed_at_once(self):
        server = await self.server(max_clients=1)
        first = await self.raw_client(server)
        await server.expect('connected', 1)
        self.assertEqual(await (await self.raw_client(server)).expect_end(), b'')
        await first.close()
        await server.expect('disconnected', 1, 'CONNECTION_CLOSED')
        await settle()
        await self.raw_client(server)
        await server.expect('connected', 2)

    @asynchronous
    async def test_a_client_that_does_not_read_ends_its_connection_alone(self):
        server = await self.server(max_queued_bytes=1 << 20)
        slow, good = await self.raw_client(server), await self.raw_client(server)
        slow.writer.transport.pause_reading()
        await server.expect('connected', 1)
        await server.expect('connected', 2)
        sent = 0
        while len(server.clients) == 2:
            server.broadcast_message_ind(text='x' * 10_000)
            sent += 1
            self.assertLess(sent, 10_000)
            await good.read_text(chat_pb2.ServerToClient)
        await self.advance(1)
        await server.expect('disconnected', 1, 'SLOW_CONSUMER')
        self.assertTrue(server.is_quiet())

    @asynchronous
    async def test_reading_pauses_while_many_messages_wait(self):
        server = await self.server(max_unhandled_bytes=100_000)
        server.gate = asyncio.Event()
        peer = await self.raw_client(server)
        await server.expect('connected', 1)
        message = text_to_server('x' * 1000)
        count = 0
        while peer.writer.transport.get_write_buffer_size() == 0:
            peer.write(message)
            count += 1
            self.assertLess(count, 100_000)
            await settle()
        server.gate.set()
        for _ in range(count):
            await server.expect(1, 'x' * 1000)

    @asynchronous
    async def test_empty_messages_that_wait_are_bounded_too(self):
        server = await self.server(max_unhandled_bytes=100_000)
        server.gate = asyncio.Event()
        peer = await self.raw_client(server)
        peer.write(text_to_server('wait'))
        await settle()
        peer.write(frame(CLIENT_USER) * 1_000_000)
        await self.advance(1)
        inbox = server.clients[0]._connection._inbox
        # One read beyond the limit.
        self.assertLess(len(inbox), 100_000 / 64 + (1 << 18) / 4 + 1)

    @asynchronous
    async def test_too_big_a_message_is_not_sent(self):
        server = await self.server(max_sent_message_size=100)
        with self.assertRaisesRegex(ValueError, 'max_sent_message_size is 100'):
            server.broadcast_message_ind(text='x' * 100)


    @asynchronous
    async def test_other_tasks_have_their_turn_while_many_messages_are_handled(self):
        server = await self.server()
        peer = await self.raw_client(server)
        await server.expect('connected', 1)
        peer.write(frame(CLIENT_USER) * 10_000)
        turns = 0
        while not server.clients[0]._connection._inbox:
            await asyncio.sleep(0)
        while server.clients[0]._connection._inbox:
            await asyncio.sleep(0)
            turns += 1
        self.assertGreater(turns, 20)


class KeepAlive(TestCase):
    @asynchronous
    async def test_a_silent_client_is_given_up_after_the_timeout(self):
        server = await self.server()
        peer = await self.raw_client(server)
        await server.expect('connected', 1)
        await self.advance(2.75)
        self.assertTrue(server.is_quiet())
        await self.advance(0.25)
        await peer.expect_end()
        await peer.close()
        await server.expect('disconnected', 1, 'KEEP_ALIVE_TIMEOUT')

    @asynchronous
    async def test_a_ping_is_answered_at_once_and_keeps_the_connection(self):
        server = await self.server()
        peer = await self.raw_client(server)
        await server.expect('connected', 1)
        for _ in range(5):
            await self.advance(2.5)
            peer.write(frame(PING, b'payload'))
            self.assertEqual(await peer.read_frame(), (PONG, b''))
        await self.advance(2.75)
        self.assertEqual(len(server.clients), 1)
        await self.advance(0.5)
        self.assertEqual(server.clients, [])

    @asynchronous
    async def test_any_byte_is_a_sign_of_life_and_causes_pongs(self):
        server = await self.server()
        peer = await self.raw_client(server)
        await server.expect('connected', 1)
        # A long upload, with the pings of the client behind it.
        peer.write(b'\x01\x00\xff\xff')
        for _ in range(10):
            peer.write(b'x')
            await self.advance(1)
            self.assertEqual(await peer.read_frame(), (PONG, b''))
        self.assertTrue(server.is_quiet())

    @asynchronous
    async def test_a_paused_reader_sends_pongs_and_does_not_count_silence(self):
        server = await self.server(max_unhandled_bytes=10)
        server.gate = asyncio.Event()
        peer = await self.raw_client(server)
        peer.write(text_to_server('slow') + text_to_server('next'))
        await server.expect('connected', 1)
        await server.expect(1, 'slow')
        for _ in range(10):
            await self.advance(1)
            self.assertEqual(await peer.read_frame(), (PONG, b''))
        server.gate.set()
        await server.expect(1, 'next')
        await self.advance(2.75)
        self.assertEqual(len(server.clients), 1)
        await self.advance(0.5)
        self.assertEqual(server.clients, [])

    @asynchronous
    async def test_a_ping_is_answered_while_many_messages_are_handled(self):
        server = await self.server()
        peer = await self.raw_client(server)
        await server.expect('connected', 1)
        peer.write(text_to_server('x') * 5000)
        await server.expect(1, 'x')
        peer.write(frame(PING))
        self.assertEqual(await peer.read_frame(), (PONG, b''))
        self.assertLess(server.queue.qsize(), 2500)

    @asynchronous
    async def test_a_flood_of_pings_has_few_pongs(self):
        server = await self.server()
        peer = await self.raw_client(server)
        peer.write(frame(PING) * 10_000)
        await settle()
        peer.writer.write_eof()
        pongs = await peer.expect_end()
        self.assertTrue(0 < len(pongs) < 400, len(pongs))

    @asynchronous
    async def test_pongs_overtake_bulk_output(self):
        server = await self.server(max_queued_bytes=100 << 20)
        peer = await self.raw_client(server)
        peer.writer.transport.pause_reading()
        await server.expect('connected', 1)
        client = server.clients[0]
        while not client._connection._outbox.size:
            client.send_message_ind(text='x' * 100_000)
            await settle()
        for _ in range(100):
            client.send_message_ind(text='y' * 100_000)
        peer.write(frame(PING))
        await settle()
        peer.writer.transport.resume_reading()
        texts = []
        while True:
            kind, payload = await peer.read_frame()
            if kind == PONG:
                break
            texts.append(chat_pb2.ServerToClient.FromString(payload).message_ind.text[0])
        self.assertNotIn('y', texts)

    @asynchronous
    async def test_bytes_that_came_while_the_program_was_busy_count(self):
        server = await self.server()
        peer = await self.raw_client(server)
        await server.expect('connected', 1)
        peer.writer.transport.get_extra_info('socket')._sock.send(frame(PING))
        # All at once, as if a callback had computed for so long.
        self.loop._now += 10
        self.assertEqual(await peer.read_frame(), (PONG, b''))
        self.assertTrue(server.is_quiet())


class StartAndStop(TestCase):
    @asynchronous
    async def test_stop_closes_everything_and_the_server_can_start_again(self):
        server = await self.server()
        uri = server.uri
        self.assertEqual(uri, 'tcp://127.0.0.1:%d' % server.local_addr[1])
        server.gate = asyncio.Event()
        peers = [await self.raw_client(server) for _ in range(2)]
        peers[0].write(text_to_server('waits'))
        await server.expect('connected', 1)
        await server.expect('connected', 2)
        await server.expect(1, 'waits')
        server.broadcast_message_ind(text='bye')
        stopping = asyncio.ensure_future(server.stop())
        for peer in peers:
            self.assertEqual(await peer.read_text(chat_pb2.ServerToClient), 'bye')
            self.assertEqual(await peer.expect_end(), b'')
            await peer.close()
        await stopping
        events = sorted([await server.next(), await server.next()])
        self.assertEqual(events, [('disconnected', 1, 'STOPPED'), ('disconnected', 2, 'STOPPED')])
        with self.assertRaises(ConnectionRefusedError):
            await asyncio.open_connection('127.0.0.1', int(uri.rsplit(':', 1)[1]))
        with self.assertRaises(RuntimeError):
            server.local_addr
        await server.start()
        await server.start()
        await self.raw_client(server)
        await server.expect('connected', 3)

    @asynchronous
    async def test_a_callback_may_stop_the_server(self):
        class Server(RecordingServer):
            async def on_message_ind(self, client, message):
                await self.stop()
                self.event('stopped')

        server = await self.server(Server)
        serving = asyncio.ensure_future(server.serve_forever())
        peers = [await self.raw_client(server) for _ in range(2)]
        await server.expect('connected', 1)
        await server.expect('connected', 2)
        peers[0].write(text_to_server('stop'))
        for peer in reversed(peers):
            await peer.expect_end()
            await peer.close()
        await serving
        events = sorted([str(await server.next()) for _ in range(3)])
        self.assertEqual(events, ["('disconnected', 1, 'STOPPED')", "('disconnected', 2, 'STOPPED')", 'stopped'])

    @asynchronous
    async def test_a_server_is_an_asynchronous_context(self):
        async with chat_server.ChatServer('tcp://127.0.0.1:0') as server:
            peer = await self.raw_client(server)
            peer.write(frame(PING))
            await peer.read_frame()
            await peer.close()

    @asynchronous
    async def test_a_cancelled_serve_forever_stops_the_server(self):
        server = chat_server.ChatServer('tcp://127.0.0.1:0')
        serving = asyncio.ensure_future(server.serve_forever())
        await settle()
        peer = await self.raw_client(server)
        await settle()
        serving.cancel()
        await peer.expect_end()
        await peer.close()
        with self.assertRaises(asyncio.CancelledError):
            await serving

    @asynchronous
    async def test_a_client_may_come_while_the_server_starts(self):
        create_server = self.loop.create_server
        peers = []

        async def slow(*arguments, **options):
            listener = await create_server(*arguments, **options)
            peers.append(await asyncio.open_connection(*listener.sockets[0].getsockname()))
            await settle()
            return listener

        with mock.patch.object(self.loop, 'create_server', slow):
            server = await self.server()
        await server.expect('connected', 1)
        self.assertEqual(len(server.clients), 1)
        peers[0][1].close()

    @asynchronous
    async def test_a_port_in_use_is_an_error(self):
        server = await self.server()
        with self.assertRaises(OSError):
            await chat_server.ChatServer(server.uri).start()

    @asynchronous
    async def test_a_server_may_listen_on_ipv6(self):
        server = await self.server_on('tcp://[::1]:0')
        if server is None:
            self.skipTest('no IPv6')
        self.assertRegex(server.uri, r'^tcp://\[::1\]:\d+$')
        self.assertEqual(chat_server.parse_tcp_uri(server.uri), server.local_addr)

    async def server_on(self, uri):
        server = RecordingServer(uri)
        self.cleanups.append(server.abandon)
        try:
            await server.start()
        except OSError:
            return None
        return server

    def test_bad_uris_are_refused(self):
        with self.assertRaises(ValueError):
            chat_server.ChatServer('127.0.0.1:6000')


if __name__ == '__main__':
    unittest.main()
