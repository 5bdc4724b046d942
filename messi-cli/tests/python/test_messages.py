"""The generated messages, and clients and servers of a schema with everything in it."""

import asyncio
import copy
import os
import pickle
import subprocess
import sys
import unittest

from google.protobuf import struct_pb2, timestamp_pb2

import chat_pb2
import colors_pb2
import every_thing_v2_client
import every_thing_v2_pb2 as pb2
import every_thing_v2_server
import shapes_pb2
from support import SERVER_USER, TestCase, asynchronous, frame


def everything():
    return pb2.Everything(
        int=-1,
        str='å',
        bool=True,
        float=0.5,
        bytes=b'\0\xff',
        optional='',
        numbers=[1, -2],
        unpacked=[3],
        nested=[pb2.Everything.Nested(children=[{}, {'kind': 'KIND_LAST'}])],
        colors=['COLOR_RED', 0],
        by_name={'a': pb2.Everything.Nested()},
        kinds={7: pb2.Everything.KIND_LAST},
        struct=struct_pb2.Struct(),
        point={'x': 1},
        one={},
        yes=False,
    )


class Messages(unittest.TestCase):
    def test_values_survive_the_wire(self):
        message = everything()
        decoded = pb2.Everything.FromString(message.SerializeToString())
        self.assertEqual(decoded, message)
        self.assertEqual(decoded.nested[0].children[1].kind, -1)
        self.assertEqual(decoded.kinds[7], pb2.Everything.Kind.Value('KIND_LAST'))
        self.assertEqual(decoded.colors, [colors_pb2.COLOR_RED, 0])

    def test_presence_is_that_of_proto3(self):
        message = everything()
        self.assertTrue(message.HasField('optional'))
        self.assertFalse(message.HasField('last'))
        self.assertFalse(message.HasField('none'))
        self.assertEqual(message.WhichOneof('choice'), 'one')
        self.assertEqual(message.WhichOneof('other'), 'yes')
        message.ClearField('choice')
        self.assertIsNone(message.WhichOneof('choice'))

    def test_encoding_is_that_of_the_schema(self):
        self.assertEqual(pb2.Everything(numbers=[1, -2]).SerializeToString(), bytes.fromhex('3a020203'))
        unpacked = pb2.Everything(unpacked=[3, 4]).SerializeToString()
        self.assertEqual(unpacked, bytes.fromhex('450300000045040000 00'.replace(' ', '')))

    def test_fields_and_types_with_the_names_of_keywords_are_reached_by_getattr(self):
        none = getattr(pb2, 'None')(**{'class': 3})
        self.assertEqual(getattr(none, 'class'), 3)
        self.assertEqual(pb2.Everything(**{'lambda': 'x', 'none': none}).none, none)

    def test_messages_can_be_copied_and_pickled(self):
        message = everything()
        for other in (copy.deepcopy(message), pickle.loads(pickle.dumps(message))):
            self.assertEqual(other, message)
            self.assertIs(type(other), pb2.Everything)
        self.assertEqual(pb2.Everything.__module__, 'every_thing_v2_pb2')

    def test_public_imports_are_names_of_the_module(self):
        self.assertEqual(shapes_pb2.COLOR_RED, 1)
        self.assertIs(shapes_pb2.Color, colors_pb2.Color)

    def test_descriptors_know_their_file(self):
        self.assertEqual(chat_pb2.DESCRIPTOR.name, 'chat.proto')
        self.assertEqual(pb2.DESCRIPTOR.package, 'acme.every_thing.v2')
        self.assertEqual(
            [it.name for it in pb2.DESCRIPTOR.dependencies],
            ['google/protobuf/struct.proto', 'google/protobuf/timestamp.proto', 'shapes/shapes.proto'],
        )


class Server(every_thing_v2_server.EveryThingV2Server):
    def __init__(self):
        super().__init__('tcp://127.0.0.1:0')
        self.events = asyncio.Queue()

    async def on_first_req(self, client, message):
        self.init_first_rsp().text = f'{message.self} {message.message} {message.timeout}'
        self.reply()

    async def on_second_req(self, client, message):
        client.send_second_rsp(number=2)

    async def on_everything(self, client, message):
        client.send_everything(message)

    async def on_count(self, client, message):
        self.events.put_nowait(('count', message))

    async def on_color(self, client, message):
        self.events.put_nowait(('color', message))

    async def on_time(self, client, message):
        self.events.put_nowait(('time', message.seconds))

    async def on_from(self, client, message):
        self.events.put_nowait(('from', message.timeout))

    async def on_point(self, client, message):
        self.events.put_nowait(('point', message.x, message.y))

    async def on_nested(self, client, message):
        self.events.put_nowait(('nested', message.kind))

    async def on_camelCase(self, client, message):
        self.events.put_nowait(('camelCase', message))


class Client(every_thing_v2_client.EveryThingV2Client):
    def __init__(self, uri):
        super().__init__(uri)
        self.events = asyncio.Queue()

    async def on_everything(self, message):
        self.events.put_nowait(message)

    async def on_data(self, message):
        self.events.put_nowait(message)

    async def on_second_rsp(self, message):
        self.events.put_nowait(message.number)


class Protocol(TestCase):
    @asynchronous
    async def test_members_of_all_types_arrive(self):
        async with Server() as server, Client(server.uri) as client:
            await client.connected()
            client.send_count(7)
            client.init_count(8)
            client.send()
            client.send_color('COLOR_RED')
            client.send_time(seconds=9)
            client.send_time(timestamp_pb2.Timestamp(seconds=10))
            client.send_from(timeout=11)
            client.init_from().timeout = 12
            client.send()
            client.send_point(x=1, y=2)
            client.send_nested(kind=pb2.Everything.KIND_LAST)
            client.send_camelCase('')
            for expected in (
                ('count', 7), ('count', 8), ('color', 1), ('time', 9), ('time', 10), ('from', 11), ('from', 12),
                ('point', 1, 2), ('nested', -1), ('camelCase', ''),
            ):
                self.assertEqual(await server.events.get(), expected)
            client.send_everything(everything())
            self.assertEqual(await client.events.get(), everything())
            server.broadcast_data(b'\xff')
            self.assertEqual(await client.events.get(), b'\xff')
            server.init_data(b'')
            server.broadcast()
            self.assertEqual(await client.events.get(), b'')

    @asynchronous
    async def test_names_of_parameters_may_be_names_of_fields(self):
        async with Server() as server, Client(server.uri) as client:
            await client.connected()
            response = await client.first_req(**{'message': 'b', 'timeout': 3, 'timeout_': 5})
            self.assertEqual(response.text, ' b 3')
            # Old versions of protobuf do not take `self` as an argument either.
            request = pb2.FirstReq()
            setattr(request, 'self', 'a')
            response = await client.first_req(request, timeout_=5)
            self.assertEqual(response.text, 'a  0')

    @asynchronous
    async def test_requests_of_different_kinds_do_not_disturb_each_other(self):
        server = await self.raw_server()
        client = Client(server.uri)
        client.start()
        self.cleanups.append(client.aclose)
        peer = await server.accept()
        await client.connected()

        def respond(**member):
            peer.write(frame(SERVER_USER, pb2.ServerToClient(**member).SerializeToString()))

        first = asyncio.ensure_future(client.first_req())
        await peer.read_frame()
        # A response of the other kind, without a request.
        respond(second_rsp=pb2.SecondRsp(number=1))
        self.assertEqual(await client.events.get(), 1)
        second = asyncio.ensure_future(client.second_req())
        await peer.read_frame()
        respond(second_rsp=pb2.SecondRsp(number=2))
        self.assertEqual((await second).number, 2)
        self.assertFalse(first.done())
        respond(first_rsp=pb2.FirstRsp(text='last'))
        self.assertEqual((await first).text, 'last')
        await peer.close()


class Package(unittest.TestCase):
    def test_modules_of_a_package_import_each_other(self):
        program = (
            'from acme.proto.every_thing_v2_client import EveryThingV2Client\n'
            'from acme.proto import every_thing_v2_server, shapes_pb2, every_thing_v2_pb2\n'
            'import pickle, acme.proto, os\n'
            'print(shapes_pb2.Point.__module__, shapes_pb2.Color.Name(1))\n'
            'message = every_thing_v2_pb2.Everything(int=3)\n'
            'assert pickle.loads(pickle.dumps(message)) == message\n'
            'print(os.listdir(acme.proto.__path__[0]).count("py.typed"))\n'
        )
        environment = {**os.environ, 'PYTHONPATH': os.environ['MESSI_PACKAGE']}
        printed = subprocess.run(
            [sys.executable, '-c', program], env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
        self.assertEqual(printed.stdout, 'acme.proto.shapes_pb2 COLOR_RED\n1\n')


if __name__ == '__main__':
    unittest.main()
