"""Measures messages per second of the generated client and server, and of the client of the original.

Usage: throughput.py <directory of the generated modules> [<directory of the original's modules>]

The other end is a process with plain sockets, which costs as little as possible. Each figure is the median of
several runs, which alternate between the programs.
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
RUNS = 5


def frames(pb2, direction, count):
    message = getattr(pb2, direction)()
    message.message_ind.user = 'Erik'
    message.message_ind.text = 'Hello, world!'
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
            message.text = 'Hello, world!'
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

    async with Server('tcp://127.0.0.1:0') as server:
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


MEASUREMENTS = {
    'client, receive': ('chat_client', receive),
    'client, send': ('chat_client', send),
    'client, ping-pong': ('chat_client', ping_pong),
    'server, receive': ('chat_server', server_receive),
    'server, ping-pong': ('chat_server', server_ping_pong),
}


def measure(directory, name):
    """Runs a measurement in a process of its own: two modules of the same name do not mix."""
    process = subprocess.run(
        [sys.executable, __file__, '--only', directory, name],
        stdout=subprocess.PIPE, timeout=60, check=True,
    )
    return float(process.stdout)


def measure_here(directory, name):
    sys.path.insert(0, os.path.abspath(directory))
    module, function = MEASUREMENTS[name]
    print(function(__import__(module)), flush=True)


def main():
    directories = sys.argv[1:]
    for name, (module, _) in MEASUREMENTS.items():
        measured = [it for it in directories if os.path.exists(os.path.join(it, module + '.py'))]
        runs = [[measure(directory, name) for directory in measured] for _ in range(RUNS)]
        figures = [statistics.median(column) for column in zip(*runs)]
        line = ', '.join(f'{figure:,.0f}/s' for figure in figures)
        ratio = f'  ({figures[0] / figures[1]:.2f} times)' if len(figures) == 2 else ''
        print(f'{name}: {line}{ratio}', flush=True)


if __name__ == '__main__':
    multiprocessing.set_start_method('fork')
    if sys.argv[1] == '--only':
        measure_here(sys.argv[2], sys.argv[3])
        os._exit(0)
    main()
