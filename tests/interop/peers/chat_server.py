"""A server of ours, driven over stdin and stdout. It responds to each
ConnectReq and broadcasts each MessageInd, also to its sender.

Usage: chat_server.py <directory of the generated modules> <uri>
                      <largest message in bytes>

Commands: send <text>, burst <count> (both to all clients, as the user
          "server"), quit
Events:   listening, client_connected, client_disconnected,
          connect_req <user>, message <user> <text>, failed <problem>
"""

import asyncio
import sys

sys.path.insert(0, sys.argv[1])

import chat_server  # noqa: E402 (found in the directory given)

# The text of a message that takes SLOW_TIME to handle, which is longer than
# every keep-alive time.
SLOW = 'handle this slowly'
SLOW_TIME = 5


def event(line):
    # As bytes: the locale of the machine says nothing about messages.
    sys.stdout.buffer.write(line.encode() + b'\n')
    sys.stdout.buffer.flush()


class Server(chat_server.ChatServer):
    async def on_client_connected(self, client):
        event('client_connected')

    async def on_client_disconnected(self, client):
        event('client_disconnected')

    async def on_connect_req(self, client, message):
        event(f'connect_req {message.user}')
        self.init_connect_rsp()
        self.reply()

    async def on_message_ind(self, client, message):
        event(f'message {message.user} {message.text}')

        if message.text == SLOW:
            await asyncio.sleep(SLOW_TIME)

        self.init_message_ind().CopyFrom(message)
        self.broadcast()


async def commands():
    reader = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader),
        sys.stdin)

    async for line in reader:
        name, _, argument = line.decode().rstrip('\n').partition(' ')
        yield name, argument


async def main():
    server = Server(sys.argv[2], max_message_size=int(sys.argv[3]))

    try:
        await server.start()
    except OSError:
        event('failed start')
        return

    event('listening')

    async for name, argument in commands():
        if name == 'send':
            server.broadcast_message_ind(user='server', text=argument)
        elif name == 'burst':
            for number in range(1, int(argument) + 1):
                server.broadcast_message_ind(user='server', text=str(number))
        elif name == 'quit':
            break
        else:
            event('failed unknown command')
            break

    await server.stop()


asyncio.run(main())
