"""Measures the generated client and server, and the client of the original: rates, and CPU time per message.

Usage: throughput.py <directory of the generated modules> [<directory of the original's modules>]

The other end is a process with plain sockets, which costs as little as possible. Each figure is the median of
several runs, which alternate between the programs. A ratio is the median of those of the runs.
"""

import asyncio
import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import time

MESSAGES = 100_000
ROUND_TRIPS = 5_000
LARGE_ROUND_TRIPS = 2_000
LARGE_TEXT = 'x' * (1 << 16)
RUNS = 5


def frames(pb2, direction, count, text='Hello, world!'):
    message = getattr(pb2, direction)()
    message.message_ind.user = 'Erik'
    message.message_ind.text = text
    payload = message.SerializeToString()
    kind = 1 if direction == 'ClientToServer' else 2
    return (bytes([kind]) + len(payload).to_bytes(3, 'big') + payload) * count


class Other(multiprocessing.Process):
    """The other end of the connection, as a server or a client."""

    def __init__(self, behaviour, argument, port=None):
        super().__init__(daemon=True)
        self.behaviour, self.argument, self.port = behaviour, argument, port
        if port is None:
            self.listener = socket.create_server(('127.0.0.1', 0))
            self.uri = 'tcp://127.0.0.1:%d' % self.listener.getsockname()[1]

    def run(self):
        if self.port is None:
            connection = self.listener.accept()[0]
        else:
            connection = socket.create_connection(('127.0.0.1', self.port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.behaviour(connection, self.argument)


def feed(connection, data):
    connection.sendall(data)
    connection.recv(1)


def swallow(connection, size):
    while size > 0:
        size -= len(connection.recv(1 << 18))
    connection.sendall(frames(sys.modules['chat_pb2'], 'ServerToClient', 1))
    connection.recv(1)


def swallow_each(connection, sizes_and_data):
    """Sends the data for each message of this size that is received."""
    size, data = sizes_and_data
    while True:
        left = size
        while left > 0:
            received = len(connection.recv(1 << 18))
            if received == 0:
                return
            left -= received
        connection.sendall(data)


def echo(connection, data):
    """Sends the data for each piece that is received: there is one message under way at a time."""
    while connection.recv(1 << 16):
        connection.sendall(data)


def begin_and_echo(connection, data):
    connection.sendall(data)
    echo(connection, data)


def run(coroutine):
    # Unlike `asyncio.run`, it leaves tasks alone: a client of the original would connect again when cancelled.
    return asyncio.new_event_loop().run_until_complete(coroutine)


def client_class(module):
    class Client(module.ChatClient):
        received = 0
        text = 'Hello, world!'

        async def on_connected(self):
            self.start_time = time.perf_counter()
            self.begin()

        async def on_message_ind(self, message):
            self.received += 1
            if self.received == self.expected:
                self.done.set_result(time.perf_counter() - self.start_time)
            elif self.answers:
                self.send_one()

        def begin(self):
            pass

        def send_one(self):
            message = self.init_message_ind()
            message.user = 'Erik'
            message.text = self.text
            self.send()

    return Client


async def run_client(module, behaviour, argument, expected, begin=None, answers=False):
    other = Other(behaviour, argument)
    other.start()
    # Without pings: the other end would take them for messages.
    client = client_class(module)(other.uri, keep_alive_interval=1000)
    client.expected, client.answers = expected, answers
    client.done = asyncio.get_running_loop().create_future()
    if begin is not None:
        client.begin = lambda: begin(client)
    client.start()
    try:
        return await client.done
    finally:
        other.kill()


def receive(module):
    data = frames(module.chat_pb2, 'ServerToClient', MESSAGES)
    return MESSAGES / run(run_client(module, feed, data, MESSAGES))


def send(module):
    size = len(frames(module.chat_pb2, 'ClientToServer', MESSAGES))

    def begin(client):
        asyncio.ensure_future(send_all(client))

    async def send_all(client):
        for number in range(MESSAGES):
            client.send_one()
            if number % 1000 == 0:
                await asyncio.sleep(0)

    return MESSAGES / run(run_client(module, swallow, size, 1, begin))


def ping_pong(module):
    data = frames(module.chat_pb2, 'ServerToClient', 1)
    return ROUND_TRIPS / run(
        run_client(module, echo, data, ROUND_TRIPS, lambda client: client.send_one(), answers=True)
    )


def large_ping_pong(module):
    data = frames(module.chat_pb2, 'ServerToClient', 1)
    message = module.chat_pb2.ClientToServer()
    message.message_ind.user = 'Erik'
    message.message_ind.text = LARGE_TEXT

    def begin(client):
        client.text = LARGE_TEXT
        client.send_one()

    argument = 4 + message.ByteSize(), data
    return LARGE_ROUND_TRIPS / run(
        run_client(module, swallow_each, argument, LARGE_ROUND_TRIPS, begin, answers=True)
    )


def large_receive(module):
    data = frames(module.chat_pb2, 'ServerToClient', LARGE_ROUND_TRIPS, LARGE_TEXT)
    return LARGE_ROUND_TRIPS / run(run_client(module, feed, data, LARGE_ROUND_TRIPS))


async def run_server(module, behaviour, data, expected, answers):
    done = asyncio.get_running_loop().create_future()

    class Server(module.ChatServer):
        received = 0

        async def on_message_ind(self, client, message):
            if self.received == 0:
                self.start_time = time.perf_counter()
            self.received += 1
            if self.received == expected:
                done.set_result(time.perf_counter() - self.start_time)
            elif answers:
                reply = self.init_message_ind()
                reply.user = 'Erik'
                reply.text = 'Hello, world!'
                self.reply()

    # Without a limit for silence: the other end sends no pings.
    async with Server('tcp://127.0.0.1:0', keep_alive_timeout=1000) as server:
        other = Other(behaviour, data, server.local_addr[1])
        other.start()
        try:
            return await done
        finally:
            other.kill()


def server_receive(module):
    data = frames(module.chat_pb2, 'ClientToServer', MESSAGES)
    return MESSAGES / run(run_server(module, feed, data, MESSAGES, False))


def server_ping_pong(module):
    data = frames(module.chat_pb2, 'ClientToServer', 1)
    return ROUND_TRIPS / run(
        run_server(module, begin_and_echo, data, ROUND_TRIPS, True)
    )


# The module, the function, and the number of messages.
MEASUREMENTS = {
    'client, receive': ('chat_client', receive, MESSAGES),
    'client, send': ('chat_client', send, MESSAGES),
    'client, ping-pong': ('chat_client', ping_pong, ROUND_TRIPS),
    'client, receive 64 KiB': ('chat_client', large_receive, LARGE_ROUND_TRIPS),
    'client, ping-pong with requests of 64 KiB': ('chat_client', large_ping_pong, LARGE_ROUND_TRIPS),
    'server, receive': ('chat_server', server_receive, MESSAGES),
    'server, ping-pong': ('chat_server', server_ping_pong, ROUND_TRIPS),
}


def measure(directory, name):
    """Runs a measurement in a process of its own: two modules of the same name do not mix.

    Returns messages per second, and microseconds of CPU time per message.
    """
    process = subprocess.run(
        [sys.executable, __file__, '--only', directory, name],
        stdout=subprocess.PIPE, timeout=60, check=True,
    )
    rate, cpu = process.stdout.split()
    return float(rate), float(cpu)


def measure_here(directory, name):
    sys.path.insert(0, os.path.abspath(directory))
    module, function, count = MEASUREMENTS[name]
    module = __import__(module)
    start = time.process_time()
    rate = function(module)
    print(rate, (time.process_time() - start) / count * 1e6, flush=True)


def main():
    directories = sys.argv[1:]
    for name, (module, *_) in MEASUREMENTS.items():
        measured = [it for it in directories if os.path.exists(os.path.join(it, module + '.py'))]
        runs = [[measure(directory, name) for directory in measured] for _ in range(RUNS)]
        figures = [
            f'{statistics.median(rate for rate, _ in column):,.0f}/s '
            f'with {statistics.median(cpu for _, cpu in column):.2f} µs'
            for column in zip(*runs)
        ]
        ratio = ''
        if len(measured) == 2:
            rate = statistics.median(ours / other for (ours, _), (other, _) in runs)
            cpu = statistics.median(ours / other for (_, ours), (_, other) in runs)
            ratio = f'  ({rate:.2f} times the rate, {cpu:.2f} times the CPU time)'
        print(f'{name}: {", ".join(figures)}{ratio}', flush=True)


if __name__ == '__main__':
    multiprocessing.set_start_method('fork')
    if sys.argv[1] == '--only':
        measure_here(sys.argv[2], sys.argv[3])
        os._exit(0)
    main()
