"""The chat client: sends each line of the standard input to the room, and prints all messages of the room, including
its own. It reconnects automatically, and stops at the end of the input. The generated modules must be importable:

    messi generate_py_source -o examples/chat/python examples/chat/chat.proto
    python examples/chat/python/client.py <user> [uri]
"""

from __future__ import annotations

import asyncio
import sys

import chat_pb2
from chat_client import ChatClient


class Client(ChatClient):
    def __init__(self, uri: str, user: str) -> None:
        super().__init__(uri)
        self._user = user

    async def on_connected(self) -> None:
        self.send_connect_req(user=self._user)

    async def on_disconnected(self) -> None:
        print('Disconnected from the server.', flush=True)

    async def on_connect_rsp(self, message: chat_pb2.ConnectRsp) -> None:
        print('Connected to the server.', flush=True)

    async def on_message_ind(self, message: chat_pb2.MessageInd) -> None:
        print(f'<{message.user}> {message.text}', flush=True)


async def main() -> None:
    if len(sys.argv) < 2:
        sys.exit('usage: client.py <user> [uri]')
    user = sys.argv[1]
    uri = sys.argv[2] if len(sys.argv) > 2 else 'tcp://127.0.0.1:6000'
    print(f'Server URI: {uri}', flush=True)
    async with Client(uri, user) as client:
        # Reading a line waits for the user, so it happens in another thread.
        while line := await asyncio.to_thread(sys.stdin.readline):
            client.send_message_ind(user=user, text=line.rstrip('\n'))


if __name__ == '__main__':
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
