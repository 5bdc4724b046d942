"""Shows each kind of event at a server: clients, requests in both directions, and messages without a response.

The generated modules must be importable:

    messi generate_py_source -o examples/my_protocol/python examples/my_protocol.proto
    python examples/my_protocol/python/server.py [uri]
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter

import my_protocol_pb2
from my_protocol_server import ConnectionLostError, MyProtocolServer, MyProtocolServerClient


class Server(MyProtocolServer):
    def __init__(self, uri: str) -> None:
        super().__init__(uri)
        self._bars: Counter[int] = Counter()
        # A task that nothing refers to may be collected before its end.
        self._tasks: set[asyncio.Task[None]] = set()

    async def on_client_connected(self, client: MyProtocolServerClient) -> None:
        print(f'Client {client.id} connected.', flush=True)

    async def on_client_disconnected(self, client: MyProtocolServerClient) -> None:
        del self._bars[client.id]
        print(f'Client {client.id} disconnected: {client.disconnect_reason}.', flush=True)

    async def on_foo_req(
        self, client: MyProtocolServerClient, message: my_protocol_pb2.FooReq
    ) -> None:
        print('Got FooReq. Sending FooRsp.', flush=True)
        # The same in two steps, as in C: prepare the message, then reply.
        self.init_foo_rsp()
        self.reply()

    async def on_bar_ind(
        self, client: MyProtocolServerClient, message: my_protocol_pb2.BarInd
    ) -> None:
        self._bars[client.id] += 1
        print(f'Got BarInd number {self._bars[client.id]}.', flush=True)
        if self._bars[client.id] == 2:
            # The next message of the client is handled when this callback returns, so the task waits instead.
            task = asyncio.create_task(self._ask(client))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _ask(self, client: MyProtocolServerClient) -> None:
        print('Sending FieReq.', flush=True)
        try:
            await client.fie_req(timeout=5)
            print('Got FieRsp.', flush=True)
        except (ConnectionLostError, asyncio.TimeoutError) as error:
            print(f'No FieRsp: {error!r}', flush=True)


async def main() -> None:
    uri = sys.argv[1] if len(sys.argv) > 1 else 'tcp://127.0.0.1:7840'
    async with Server(uri) as server:
        print(f'Listening on {server.uri}.', flush=True)
        await server.serve_forever()


if __name__ == '__main__':
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
