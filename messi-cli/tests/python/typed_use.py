"""Uses of generated code for a type checker. Each ignored error must be one: others are reported as unused."""

from __future__ import annotations

import shapes_pb2
from every_thing_v2_client import DisconnectReason, EveryThingV2Client
from every_thing_v2_pb2 import Everything, FirstRsp, SecondRsp
from every_thing_v2_server import EveryThingV2Server, EveryThingV2ServerClient


class Client(EveryThingV2Client):
    async def on_connected(self) -> None:
        first: FirstRsp = await self.first_req(timeout=3, timeout_=0.5)
        second: SecondRsp = await self.second_req(timeout=None)
        self.send_count(len(first.text) + second.number)
        self.send_color(shapes_pb2.COLOR_RED)
        self.send_color('COLOR_RED')
        self.send_everything(by_name={'a': Everything.Nested()}, one={'kind': 'KIND_LAST'}, optional='')
        self.send_everything(int='1')  # type: ignore[arg-type]
        self.send_point(z=1)  # type: ignore[call-arg]
        self.send_point(Everything())  # type: ignore[arg-type]
        self.init_point().x = 'x'  # type: ignore[assignment]

    async def on_everything(self, message: Everything) -> None:
        if message.WhichOneof('choice') == 'name' and message.HasField('last'):
            self.init_everything().int = message.last + sum(message.numbers)
        for key, nested in message.by_name.items():
            print(key.upper(), nested.children[0].kind)
        message.HasField('int')  # type: ignore[arg-type]
        message.WhichOneof('chioce')  # type: ignore[call-overload]

    async def on_data(self, message: str) -> None:  # type: ignore[override]
        pass

    async def on_disconnected(self) -> None:
        assert self.disconnect_reason is DisconnectReason.STOPPED


class Server(EveryThingV2Server):
    async def on_count(self, client: EveryThingV2ServerClient, message: int) -> None:
        client.send_data(bytes(message))
        client.send_none()
        self.init_first_rsp().text = str(client.id)
        self.reply()
