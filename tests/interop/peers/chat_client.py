"""A client, of the original or ours, driven over stdin and stdout.

Usage: chat_client.py <directory of the generated modules> <uri> <user>

Commands: send <text>, burst <count>, quit
Events:   connected, disconnected, connect_rsp, message <user> <text>,
          failed <problem>
"""

import asyncio
import os
import sys

sys.path.insert(0, sys.argv[1])

import chat_client  # noqa: E402 (found in the directory given)


def event(line):
    # As bytes: the locale of the machine says nothing about messages.
    sys.stdout.buffer.write(line.encode() + b'\n')
    sys.stdout.buffer.flush()


class Client(chat_client.ChatClient):

    def __init__(self, uri, user):
        super().__init__(uri)
        self._user = user

    async def on_connected(self):
        event('connected')
        self.init_connect_req().user = self._user
        self.send()

    async def on_disconnected(self):
        event('disconnected')

    async def on_connect_rsp(self, message):
        event('connect_rsp')

    async def on_message_ind(self, message):
        event(f'message {message.user} {message.text}')

    def send_text(self, text):
        message = self.init_message_ind()
        message.user = self._user
        message.text = text
        self.send()

    def send_burst(self, count):
        for number in range(1, count + 1):
            self.send_text(str(number))


async def commands():
    reader = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader),
        sys.stdin)

    async for line in reader:
        name, _, argument = line.decode().rstrip('\n').partition(' ')
        yield name, argument


async def main():
    client = Client(sys.argv[2], sys.argv[3])
    client.start()

    async for name, argument in commands():
        if name == 'send':
            client.send_text(argument)
        elif name == 'burst':
            client.send_burst(int(argument))
        elif name == 'quit':
            break
        else:
            event('failed unknown command')
            break

    # A connected client of the original can't be stopped in any other way.
    os._exit(0)


asyncio.run(main())
