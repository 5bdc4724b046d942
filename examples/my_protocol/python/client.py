"""Shows each kind of event at a client: the connection, requests in both directions, and messages without a response.

The generated modules must be importable. The client ends after the server's request:

    messi generate_py_source -o examples/my_protocol/python examples/my_protocol.proto
    python examples/my_protocol/python/client.py [uri]
"""

from __future__ import annotations

import asyncio
import sys

import my_protocol_pb2
from my_protocol_client import MyProtocolClient


class Client(MyProtocolClient):
    def __init__(self, uri: str) -> None:
        super().__init__(uri)
        self.is_asked = asyncio.Event()

    async def on_connected(self) -> None:
        print('Connected. Sending FooReq.', flush=True)
        await self.foo_req()
        print('Got FooRsp. Sending BarInd twice.', flush=True)
        self.send_bar_ind()
        self.send_bar_ind()

    async def on_disconnected(self) -> None:
        print(f'Disconnected: {self.disconnect_reason}.', flush=True)

    async def on_connect_failure(self, exception: BaseException) -> float | None:
        print(f'Failed to connect: {exception}', flush=True)
        return await super().on_connect_failure(exception)

    async def on_fie_req(self, message: my_protocol_pb2.FieReq) -> None:
        print('Got FieReq. Sending FieRsp.', flush=True)
        self.send_fie_rsp()
        self.is_asked.set()


async def main() -> None:
    uri = sys.argv[1] if len(sys.argv) > 1 else 'tcp://127.0.0.1:7840'
    async with Client(uri) as client:
        await client.is_asked.wait()


if __name__ == '__main__':
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
