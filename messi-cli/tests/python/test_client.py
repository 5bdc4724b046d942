"""The client against a peer that does only what a test says."""

import asyncio
import socket
import unittest
from unittest import mock

import chat_client
import chat_pb2
from chat_client import DisconnectReason
from support import (
    CLIENT_USER, CONNECT_RSP, PING, PONG, SERVER_USER, TestCase, asynchronous, frame, settle, text_to_client,
    unused_port,
)


class Messages(TestCase):
    @asynchronous
    async def test_messages_go_both_ways_in_order(self):
        client, peer = await self.connected()
        for number in range(500):
            client.send_message_ind(user='Kalle', text=str(number))
            peer.write(text_to_client(str(number)))
        for number in range(500):
            self.assertEqual(await peer.read_text(chat_pb2.ClientToServer), str(number))
            await client.expect(str(number))

    @asynchronous
    async def test_prepared_messages_are_sent_as_by_the_original(self):
        client, peer = await self.connected()
        client.init_connect_req().user = 'Erik'
        client.send()
        self.assertEqual(await peer.read_frame(), (CLIENT_USER, bytes.fromhex('0a060a044572696b')))
        # A message without content is sent, too, and the last one is sent again.
        client.init_connect_req()
        client.send()
        client.send()
        for _ in range(2):
            self.assertEqual(await peer.read_frame(), (CLIENT_USER, bytes.fromhex('0a00')))

    @asynchronous
    async def test_send_takes_a_message_or_its_fields(self):
        client, peer = await self.connected()
        client.send_message_ind(chat_pb2.MessageInd(text='whole'))
        client.send_message_ind(text='fields')
        self.assertEqual(await peer.read_text(chat_pb2.ClientToServer), 'whole')
        self.assertEqual(await peer.read_text(chat_pb2.ClientToServer), 'fields')

    @asynchronous
    async def test_frames_may_come_byte_by_byte(self):
        client, peer = await self.connected()
        for byte in text_to_client('slow') + frame(PONG) + text_to_client('again'):
            peer.write(bytes([byte]))
            await settle()
        await client.expect('slow')
        await client.expect('again')

    @asynchronous
    async def test_messages_of_all_sizes_come_whole_and_in_order(self):
        client, peer = await self.connected(max_message_size=1 << 20)
        # Around the capacities of the buffer, and with others behind them.
        sizes = [base + offset for base in (1 << 12, 1 << 16, 1 << 17, 1 << 19) for offset in range(-12, 4)]
        texts = [chr(ord('a') + number % 26) * size for number, size in enumerate(sizes)]
        for text in texts:
            peer.write(text_to_client(text) + text_to_client('between'))
        for text in texts:
            self.assertEqual(await client.next(), text)
            await client.expect('between')

    @asynchronous
    async def test_messages_that_come_before_on_connected_wait_for_it(self):
        server = await self.raw_server()
        create_connection = self.loop.create_connection

        async def slow(*arguments, **options):
            connection = await create_connection(*arguments, **options)
            peer = await server.accept()
            peer.write(text_to_client('early'))
            peer.writer.write_eof()
            await settle()
            return connection

        with mock.patch.object(self.loop, 'create_connection', slow):
            client = self.client(server.uri)
            await client.expect('connected')
        await client.expect('early')
        await server.peers[0].close()
        await client.expect('disconnected', 'CONNECTION_CLOSED')

    @asynchronous
    async def test_frames_of_no_use_are_ignored(self):
        client, peer = await self.connected()
        for kind in (0, CLIENT_USER, PING, 77, 255):
            peer.write(frame(kind, b'xyz'))
        peer.write(frame(PONG, b'payload'))
        # Neither an empty message nor unknown fields have a callback.
        peer.write(frame(SERVER_USER) + frame(SERVER_USER, b'\xf8\x07\x01'))
        peer.write(text_to_client('known'))
        await client.expect('known')
        self.assertTrue(client.is_connected)

    @asynchronous
    async def test_a_message_without_a_connection_is_dropped(self):
        client = chat_client.ChatClient('tcp://127.0.0.1:1')
        client.init_message_ind().text = 'lost'
        client.send()
        client.send_message_ind(text='lost')
        with self.assertRaises(RuntimeError):
            chat_client.ChatClient('tcp://127.0.0.1:1').send()

    @asynchronous
    async def test_what_on_connected_sends_comes_first(self):
        server = await self.raw_server()

        class Client(chat_client.ChatClient):
            async def on_connected(self):
                self.send_message_ind(text='first')

        client = Client(server.uri)

        async def send_all_the_time():
            while True:
                client.send_message_ind(text='other')
                await asyncio.sleep(0)

        client.start()
        sending = asyncio.ensure_future(send_all_the_time())
        peer = await server.accept()
        self.assertEqual(await peer.read_text(chat_pb2.ClientToServer), 'first')
        sending.cancel()
        client._task.cancel()


def capacity(client):
    """Returns the number of bytes that the receive buffer of a client takes."""
    return len(client._connection._buffer._memory)


class Limits(TestCase):
    @asynchronous
    async def test_a_big_message_closes_the_connection_by_its_header(self):
        client, peer = await self.connected(max_message_size=100)
        peer.write(frame(SERVER_USER, b'')[:1] + (101).to_bytes(3, 'big'))
        self.assertEqual(await peer.expect_end(), b'')
        await peer.close()
        await client.expect('disconnected', 'MESSAGE_TOO_BIG')

    @asynchronous
    async def test_messages_before_one_that_is_too_big_are_handled(self):
        client, peer = await self.connected()
        peer.write(text_to_client('good') + b'\x02\xff\xff\xff')
        await client.expect('good')
        self.assertEqual(await peer.expect_end(), b'')
        await peer.close()
        await client.expect('disconnected', 'MESSAGE_TOO_BIG')

    @asynchronous
    async def test_a_message_of_the_largest_size_is_received(self):
        data = text_to_client('x' * 1000)
        client, peer = await self.connected(max_message_size=len(data) - 4)
        peer.write(data)
        await client.expect('x' * 1000)

    @asynchronous
    async def test_an_undecodable_message_closes_the_connection_after_those_before(self):
        client, peer = await self.connected()
        peer.write(text_to_client('good') + frame(SERVER_USER, b'\x0a\xff') + text_to_client('late'))
        await client.expect('good')
        self.assertEqual(await peer.expect_end(), b'')
        await peer.close()
        await client.expect('disconnected', 'MESSAGE_DECODE_ERROR')

    @asynchronous
    async def test_a_string_that_is_not_utf_8_closes_the_connection(self):
        client, peer = await self.connected()
        peer.write(frame(SERVER_USER, b'\x12\x03\x0a\x01\xff'))
        await peer.expect_end()
        await peer.close()
        await client.expect('disconnected', 'MESSAGE_DECODE_ERROR')

    @asynchronous
    async def test_too_big_a_message_is_not_sent(self):
        client, peer = await self.connected(max_sent_message_size=100)
        with self.assertRaisesRegex(ValueError, 'max_sent_message_size is 100'):
            client.send_message_ind(text='x' * 100)
        client.send_message_ind(text='small')
        self.assertEqual(await peer.read_text(chat_pb2.ClientToServer), 'small')

    @asynchronous
    async def test_no_message_is_too_big_for_its_header(self):
        client, peer = await self.connected(max_sent_message_size=1 << 30)
        with self.assertRaisesRegex(ValueError, 'max_sent_message_size is 16777215'):
            client.send_message_ind(text='x' * (1 << 24))

    @asynchronous
    async def test_a_big_message_in_small_pieces_is_looked_at_a_few_times(self):
        client, peer = await self.connected()
        connection = client._connection
        with mock.patch.object(connection, '_take_frames', wraps=connection._take_frames) as looks:
            message = text_to_client('x' * 10_000)
            for start in range(0, len(message), 10):
                peer.write(message[start : start + 10])
                await settle()
            await client.expect('x' * 10_000)
        self.assertLess(looks.call_count, 5)

    @asynchronous
    async def test_a_header_alone_takes_no_memory(self):
        client, peer = await self.connected(max_message_size=1 << 24)
        peer.write(b'\x02\xff\xff\xff' + b'x' * 20_000)
        await settle()
        self.assertLess(capacity(client), 50_000)

    @asynchronous
    async def test_the_memory_of_a_burst_is_given_back(self):
        client, peer = await self.connected()
        peer.write(text_to_client('x' * 1_000_000))
        await client.expect('x' * 1_000_000)
        self.assertLess(capacity(client), 200_000)
        for _ in range(10):
            peer.write(frame(PONG))
            await settle()
        self.assertLess(capacity(client), 50_000)

    @asynchronous
    async def test_what_follows_a_bad_frame_is_dropped_while_a_callback_waits(self):
        client, peer = await self.connected(max_message_size=100)
        client.gate = asyncio.Event()
        peer.write(text_to_client('wait') + b'\x02\xff\xff\xff')
        await client.expect('wait')
        for _ in range(100):
            peer.write(b'x' * 100_000)
            await settle()
        self.assertEqual(peer.writer.transport.get_write_buffer_size(), 0)
        self.assertLess(capacity(client), 50_000)
        client.gate.set()
        await peer.expect_end()
        await peer.close()
        await client.expect('disconnected', 'MESSAGE_TOO_BIG')

    @asynchronous
    async def test_the_write_queue_is_bounded(self):
        client, peer = await self.connected(max_queued_bytes=1 << 20)
        sent = 0
        while client.is_connected:
            client.send_message_ind(text='x' * 10_000)
            sent += 10_000
            self.assertLess(sent, 100 << 20)
            await settle()
        # The peer has read nothing: the system has buffered the rest.
        await self.advance(1)
        await client.expect('disconnected', 'SLOW_CONSUMER')

    @asynchronous
    async def test_a_burst_goes_to_the_operating_system_before_the_queue_is_full(self):
        client, peer = await self.connected(max_queued_bytes=100_000)
        for _ in range(100):
            client.send_message_ind(text='x' * 2000)
        self.assertTrue(client.is_connected)
        for _ in range(100):
            await peer.read_text(chat_pb2.ClientToServer)

    @asynchronous
    async def test_a_long_series_waits_until_there_is_room(self):
        client, peer = await self.connected(max_queued_bytes=100_000)
        # Some systems would hold the whole series otherwise.
        peer.writer.get_extra_info('socket').setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        peer.writer.transport.pause_reading()

        async def send_all():
            for _ in range(1000):
                await client.ready()
                client.send_message_ind(text='x' * 20_000)

        sending = asyncio.ensure_future(send_all())
        # Long enough for all of them, if they did not wait.
        for _ in range(20):
            await settle()
        self.assertFalse(sending.done())
        self.assertTrue(client.is_connected)
        peer.writer.transport.resume_reading()
        for _ in range(1000):
            await peer.read_text(chat_pb2.ClientToServer)
        await sending

    @asynchronous
    async def test_waiting_for_room_fails_if_the_connection_ends(self):
        client, peer = await self.connected(max_queued_bytes=100_000)
        peer.writer.transport.pause_reading()
        with self.assertRaises(chat_client.ConnectionLostError):
            while True:
                client.send_message_ind(text='x' * 90_000)
                waiting = asyncio.ensure_future(client.ready())
                await settle()
                if not waiting.done():
                    client.stop()
                await waiting

    @asynchronous
    async def test_a_callback_that_waits_for_room_ends_with_the_connection(self):
        server = await self.raw_server()
        events = asyncio.Queue()

        class Client(chat_client.ChatClient):
            async def on_connected(self):
                try:
                    while True:
                        self.send_message_ind(text='x' * 90_000)
                        await self.ready()
                except chat_client.ConnectionLostError as error:
                    events.put_nowait(error.reason)

        client = Client(server.uri, max_queued_bytes=100_000)
        self.cleanups.append(client.aclose)
        client.start()
        peer = await server.accept()
        peer.writer.transport.pause_reading()
        await settle()
        await peer.close()
        self.assertIs(await events.get(), DisconnectReason.CONNECTION_CLOSED)

    @asynchronous
    async def test_one_message_may_wait_whatever_its_size(self):
        client, peer = await self.connected(max_queued_bytes=10)
        client.send_message_ind(text='x' * 1000)
        self.assertEqual(await peer.read_text(chat_pb2.ClientToServer), 'x' * 1000)

    @asynchronous
    async def test_reading_pauses_while_many_messages_wait(self):
        client, peer = await self.connected(max_unhandled_bytes=100_000)
        client.gate = asyncio.Event()
        message = text_to_client('x' * 1000)
        count = 0
        # What a connection of this machine holds, at most, is far below the limit.
        while peer.writer.transport.get_write_buffer_size() == 0:
            peer.write(message)
            count += 1
            self.assertLess(count, 100_000)
            await settle()
        self.assertLess(client._connection._unhandled_bytes, 1_000_000)
        client.gate.set()
        for _ in range(count):
            await client.expect('x' * 1000)


class KeepAlive(TestCase):
    @asynchronous
    async def test_a_silent_server_is_given_up_after_two_intervals(self):
        client, peer = await self.connected()
        await self.advance(1.75)
        client.send_message_ind(text='before the ping')
        await peer.read_frame()
        await self.advance(0.25)
        self.assertEqual(await peer.read_frame(), (PING, b''))
        await self.advance(1.75)
        self.assertTrue(client.is_connected)
        await self.advance(0.25)
        await peer.expect_end()
        await peer.close()
        await client.expect('disconnected', 'KEEP_ALIVE_TIMEOUT')

    @asynchronous
    async def test_pongs_keep_the_connection(self):
        client, peer = await self.connected()
        for _ in range(10):
            await self.advance(2)
            self.assertEqual(await peer.read_frame(), (PING, b''))
            peer.write(frame(PONG))
        self.assertTrue(client.is_connected and client.is_quiet())

    @asynchronous
    async def test_any_byte_is_a_sign_of_life(self):
        client, peer = await self.connected()
        # Pieces of one message that never ends.
        peer.write(frame(SERVER_USER)[:1] + b'\x00\xff\xff')
        for _ in range(10):
            await self.advance(1)
            peer.write(b'x')
        self.assertTrue(client.is_connected)

    @asynchronous
    async def test_a_slow_callback_does_not_stop_pings_and_pongs(self):
        client, peer = await self.connected()
        client.gate = asyncio.Event()
        peer.write(text_to_client('slow') + text_to_client('next'))
        await client.expect('slow')
        for _ in range(10):
            await self.advance(2)
            self.assertEqual(await peer.read_frame(), (PING, b''))
            peer.write(frame(PONG))
        self.assertTrue(client.is_connected and client.is_quiet())
        client.gate.set()
        await client.expect('next')

    @asynchronous
    async def test_the_silence_of_a_paused_reader_does_not_count(self):
        client, peer = await self.connected(max_unhandled_bytes=10)
        client.gate = asyncio.Event()
        peer.write(text_to_client('slow') + text_to_client('next'))
        await client.expect('slow')
        await self.advance(20)
        self.assertTrue(client.is_connected)
        client.gate.set()
        await client.expect('next')
        await self.advance(1.75)
        self.assertTrue(client.is_connected)
        await self.advance(2.5)
        self.assertFalse(client.is_connected)

    @asynchronous
    async def test_pings_overtake_bulk_output(self):
        client, peer = await self.connected(max_queued_bytes=100 << 20)
        while not client._connection._outbox.size:
            client.send_message_ind(text='x' * 100_000)
            await settle()
        for _ in range(100):
            client.send_message_ind(text='y' * 100_000)
        await self.advance(2)
        while (await peer.read_frame())[0] != PING:
            pass
        # All of these are still to come.
        for _ in range(100):
            text = await peer.read_text(chat_pb2.ClientToServer)
            if text[0] == 'y':
                break
        else:
            self.fail('the ping was behind all messages')


class Reconnecting(TestCase):
    @asynchronous
    async def test_a_lost_connection_is_replaced(self):
        server = await self.raw_server()
        client = self.client(server.uri)
        for _ in range(3):
            peer = await self.advance_until(server.accept())
            await client.expect('connected')
            await peer.close()
            await client.expect('disconnected', 'CONNECTION_CLOSED')

    @asynchronous
    async def test_messages_before_the_end_are_handled_and_may_be_answered(self):
        server = await self.raw_server()

        class Client(chat_client.ChatClient):
            async def on_message_ind(self, message):
                # The end is received meanwhile.
                await settle()
                self.send_message_ind(text=message.text)

        client = Client(server.uri)
        client.start()
        self.cleanups.append(client.aclose)
        peer = await server.accept()
        peer.write(text_to_client('one') + text_to_client('two'))
        peer.writer.write_eof()
        self.assertEqual(await peer.read_text(chat_pb2.ClientToServer), 'one')
        self.assertEqual(await peer.read_text(chat_pb2.ClientToServer), 'two')
        self.assertEqual(await peer.expect_end(), b'')

    @asynchronous
    async def test_a_server_that_accepts_and_closes_is_tried_less_and_less_often(self):
        server = await self.raw_server()
        client = self.client(server.uri)
        times = []
        start = self.loop.time()
        while len(times) < 8:
            while not server.accepted.empty():
                times.append(self.loop.time() - start)
                await server.accepted.get_nowait().close()
            await self.advance(0.25)
        pauses = [later - earlier for earlier, later in zip(times, times[1:])]
        for pause, floor in zip(pauses, (1, 2, 4, 8, 16, 30, 30)):
            self.assertGreaterEqual(pause, floor - 0.25)
            self.assertLessEqual(pause, floor * 1.25 + 0.5)

    @asynchronous
    async def test_a_stable_connection_resets_the_delay(self):
        server = await self.raw_server()
        client = self.client(server.uri)
        for _ in range(4):
            await (await self.advance_until(server.accept())).close()
        peer = await self.advance_until(server.accept())
        for _ in range(11):
            await self.advance(1)
            peer.write(frame(PONG))
        self.assertTrue(client.is_connected)
        await peer.close()
        await self.advance(1.5)
        await server.accept()

    @asynchronous
    async def test_delays_have_a_jitter(self):
        delays = {chat_client._Backoff(1, 30).delay() for _ in range(20)}
        self.assertGreater(len(delays), 10)
        self.assertTrue(all(1 <= delay <= 1.25 for delay in delays))

    @asynchronous
    async def test_failures_are_reported_and_the_callback_decides(self):
        attempts = []

        class Client(chat_client.ChatClient):
            async def on_connect_failure(self, exception):
                attempts.append(type(exception))
                return 5 if len(attempts) < 3 else None

        client = Client(f'tcp://127.0.0.1:{unused_port()}')
        client.start()
        while not attempts:
            await settle()
        await self.advance(4.75)
        self.assertEqual(len(attempts), 1)
        await self.advance(10)
        self.assertEqual(attempts, [ConnectionRefusedError] * 3)
        # It has given up, and may be started again.
        await client.stopped()
        client.start()
        while len(attempts) < 4:
            await settle()

    @asynchronous
    async def test_an_attempt_without_a_result_times_out(self):
        async def never(*_):
            await asyncio.Event().wait()

        with mock.patch.object(self.loop, 'create_connection', never):
            client = self.client('tcp://127.0.0.1:1')
            await self.advance(4.75)
            self.assertTrue(client.is_quiet())
            await self.advance(0.25)
            await client.expect('failure', asyncio.TimeoutError)

    @asynchronous
    async def test_a_callback_that_returns_zero_can_not_cause_a_busy_loop(self):
        attempts = []

        class Client(chat_client.ChatClient):
            async def on_connect_failure(self, exception):
                attempts.append(exception)
                return 0

        client = Client(f'tcp://127.0.0.1:{unused_port()}')
        client.start()
        self.cleanups.append(client.aclose)
        for _ in range(10):
            await settle()
        self.assertEqual(len(attempts), 1)

    @asynchronous
    async def test_a_failing_callback_ends_the_connection_alone(self):
        server = await self.raw_server()

        class Client(type(self.client(server.uri))):
            async def on_connect_rsp(self, message):
                raise ValueError('a fault of the program')

        client = Client(server.uri)
        self.cleanups.append(client.abandon)
        await (await server.accept()).close()
        client.start()
        peer = await server.accept()
        await client.expect('connected')
        with self.assertLogs('chat_client', 'ERROR') as log:
            peer.write(CONNECT_RSP)
            await peer.expect_end()
        self.assertIn('a fault of the program', log.output[0])
        await peer.close()
        await client.expect('disconnected', 'HANDLER_FAILED')
        await self.advance(1.5)
        await client.expect('connected')


class Stopping(TestCase):
    @asynchronous
    async def test_stop_ends_the_connection_and_the_client(self):
        server = await self.raw_server()
        client = self.client(server.uri)
        peer = await server.accept()
        await client.expect('connected')
        client.send_message_ind(text='last')
        client.stop()
        self.assertFalse(client.is_connected)
        self.assertEqual(await peer.read_text(chat_pb2.ClientToServer), 'last')
        self.assertEqual(await peer.expect_end(), b'')
        await peer.close()
        await client.aclose()
        await client.expect('disconnected', 'STOPPED')
        await self.advance(60)
        self.assertTrue(client.is_quiet() and server.accepted.empty())
        client.stop()

    @asynchronous
    async def test_the_last_message_survives_unread_input(self):
        client, peer = await self.connected(max_unhandled_bytes=10)
        client.gate = asyncio.Event()
        message = text_to_client('x' * 1000)
        # The client pauses, and the rest fills what this machine holds between the two.
        while peer.writer.transport.get_write_buffer_size() == 0:
            peer.write(message)
            await settle()
        client.send_message_ind(text='last')
        client.stop()
        self.assertEqual(await peer.read_text(chat_pb2.ClientToServer), 'last')
        self.assertEqual(await peer.reader.read(), b'')
        await peer.close()
        await client.aclose()

    @asynchronous
    async def test_a_callback_may_stop_the_client(self):
        server = await self.raw_server()
        events = []

        class Client(chat_client.ChatClient):
            async def on_message_ind(self, message):
                self.stop()
                await asyncio.sleep(0)
                events.append('stopped')

            async def on_disconnected(self):
                events.append(self.disconnect_reason)
                await self.aclose()

        client = Client(server.uri)
        client.start()
        peer = await server.accept()
        peer.write(text_to_client('one') + text_to_client('two'))
        await peer.expect_end()
        await peer.close()
        await client.aclose()
        self.assertEqual(events, ['stopped', DisconnectReason.STOPPED])

    @asynchronous
    async def test_aclose_cancels_a_callback_that_waits(self):
        server = await self.raw_server()
        events = asyncio.Queue()

        class Client(chat_client.ChatClient):
            async def on_message_ind(self, message):
                try:
                    events.put_nowait('waits')
                    await asyncio.Event().wait()
                finally:
                    # A callback may wait even now.
                    await asyncio.sleep(0)
                    events.put_nowait('cancelled')

            async def on_disconnected(self):
                events.put_nowait(self.disconnect_reason)

        client = Client(server.uri)
        client.start()
        peer = await server.accept()
        peer.write(text_to_client('for ever'))
        self.assertEqual(await events.get(), 'waits')
        closing = asyncio.ensure_future(client.aclose())
        await peer.expect_end()
        await peer.close()
        await closing
        self.assertEqual(events.get_nowait(), 'cancelled')
        self.assertEqual(events.get_nowait(), DisconnectReason.STOPPED)

    @asynchronous
    async def test_a_peer_that_does_not_close_delays_aclose_for_a_second(self):
        client, peer = await self.connected()
        closing = asyncio.ensure_future(client.aclose())
        await settle()
        self.assertFalse(closing.done())
        await self.advance(1)
        await closing

    @asynchronous
    async def test_stop_ends_an_attempt_and_a_pause(self):
        async def never(*_):
            await asyncio.Event().wait()

        with mock.patch.object(self.loop, 'create_connection', never):
            client = self.client('tcp://127.0.0.1:1')
            await settle()
            await client.aclose()
        client = self.client(f'tcp://127.0.0.1:{unused_port()}')
        await client.expect('failure', ConnectionRefusedError)
        await client.aclose()
        self.assertTrue(client.is_quiet())

    @asynchronous
    async def test_a_stopped_client_can_be_started_again(self):
        server = await self.raw_server()
        client = self.client(server.uri)
        peer = await server.accept()
        await client.expect('connected')
        client.stop()
        client.start()
        client.start()
        await peer.expect_end()
        await peer.close()
        await client.expect('disconnected', 'STOPPED')
        peer = await server.accept()
        await client.expect('connected')
        self.assertTrue(server.accepted.empty())
        client.stop()
        await peer.expect_end()
        await peer.close()
        await client.aclose()

    @asynchronous
    async def test_a_client_is_an_asynchronous_context(self):
        server = await self.raw_server()
        async with chat_client.ChatClient(server.uri) as client:
            await client.connected()
            peer = await server.accept()
            client.send_message_ind(text='hello')
            self.assertEqual(await peer.read_text(chat_pb2.ClientToServer), 'hello')
            await peer.close()
        self.assertFalse(client.is_connected)

    @asynchronous
    async def test_waiting_for_a_connection_fails_if_the_client_gives_up(self):
        class Client(chat_client.ChatClient):
            async def on_connect_failure(self, exception):
                return None

        client = Client(f'tcp://127.0.0.1:{unused_port()}')
        client.start()
        with self.assertRaises(chat_client.ConnectionLostError):
            await client.connected()
        with self.assertRaises(ConnectionError):
            await client.connected()

    def test_system_exit_in_a_callback_ends_the_program(self):
        for callback in ('on_connected', 'on_message_ind', 'on_disconnected'):
            for error in (SystemExit, KeyboardInterrupt):
                with self.subTest(callback=callback, error=error):
                    self.check_that_it_passes(callback, error)

    def check_that_it_passes(self, callback, error):
        async def fail(*_):
            raise error

        async def test(_):
            server = await self.raw_server()
            client = chat_client.ChatClient(server.uri)
            setattr(client, callback, fail)
            client.start()
            peer = await server.accept()
            peer.write(text_to_client('end'))
            await settle()
            await peer.close()
            await asyncio.Event().wait()

        with self.assertRaises(error):
            self.run_on_loop(test)


class Uris(unittest.TestCase):
    def test_good_ones(self):
        for uri, expected in (
            ('tcp://127.0.0.1:6000', ('127.0.0.1', 6000)),
            ('tcp://chat.example:0', ('chat.example', 0)),
            ('tcp://:6000', ('', 6000)),
            ('tcp://[::1]:65535', ('::1', 65535)),
        ):
            self.assertEqual(chat_client.parse_tcp_uri(uri), expected)

    def test_bad_ones(self):
        for uri in (
            '', 'tcp://', 'tcp://host', 'tcp://host:', 'tcp://host:x', 'tcp://host:65536', 'tcp://host:-1',
            'udp://host:1', 'tcp://host:1/', 'tcp://a/b:1', 'tcp://a b:1', 'tcp://a:b:1', 'tcp://::1:1', 'tcp://host: 1', 'tcp://host:1\n',
            'tcp://host:\u0661',
        ):
            with self.assertRaises(ValueError) as caught:
                chat_client.ChatClient(uri)
            self.assertEqual(
                str(caught.exception),
                f"Expected URI on the form tcp://<host>:<port>, but got '{uri}'.",
            )


if __name__ == '__main__':
    unittest.main()
