"""The chat server: sends each message to all clients.

Any number of clients can connect, in any language. The generated modules must be importable:

    messi generate_py_source -o examples/chat/python examples/chat/chat.proto
    python examples/chat/python/server.py [uri]
"""

from __future__ import annotations

import asyncio
import sys

import chat_pb2
from chat_server import ChatServer, ChatServerClient


class Server(ChatServer):
    def __init__(self, uri: str) -> None:
        super().__init__(uri)
        self._users: set[ChatServerClient] = set()

    async def on_client_disconnected(self, client: ChatServerClient) -> None:
        if client in self._users:
            self._users.remove(client)
            print(f'Number of connected clients: {len(self._users)}', flush=True)

    async def on_connect_req(self, client: ChatServerClient, message: chat_pb2.ConnectReq) -> None:
        self._users.add(client)
        print(f'Client <{message.user}> connected.', flush=True)
        print(f'Number of connected clients: {len(self._users)}', flush=True)
        client.send_connect_rsp()

    async def on_message_ind(self, client: ChatServerClient, message: chat_pb2.MessageInd) -> None:
        self.broadcast_message_ind(message)


async def main() -> None:
    uri = sys.argv[1] if len(sys.argv) > 1 else 'tcp://127.0.0.1:6000'
    print(f'Server URI: {uri}', flush=True)
    async with Server(uri) as server:
        print('Server started.', flush=True)
        await server.serve_forever()


if __name__ == '__main__':
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
