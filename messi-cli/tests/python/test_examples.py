"""Runs the examples as programs, and compares their output."""

import faulthandler
import pathlib
import signal
import subprocess
import sys
import unittest

from support import LIMIT, unused_port

EXAMPLES = pathlib.Path(__file__).parents[3] / 'examples'


class Examples(unittest.TestCase):
    def setUp(self):
        faulthandler.dump_traceback_later(LIMIT, exit=True)
        self.addCleanup(faulthandler.cancel_dump_traceback_later)
        # A shell starts programs in the background with SIGINT ignored, which they would pass on.
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def start(self, example, *arguments):
        process = subprocess.Popen(
            [sys.executable, str(EXAMPLES / example), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Whoever runs the tests waits for the end of their output, also if a program outlives them.
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()

    def expect(self, process, *lines):
        for line in lines:
            self.assertEqual(process.stdout.readline(), line + '\n')

    def write(self, process, line):
        process.stdin.write(line + '\n')
        process.stdin.flush()

    def test_users_of_the_chat_receive_each_others_messages(self):
        uri = f'tcp://127.0.0.1:{unused_port()}'
        server = self.start('chat/python/server.py', uri)
        self.expect(server, f'Server URI: {uri}', 'Server started.')
        users = []
        for number, name in enumerate(('Kalle', 'Erik'), 1):
            user = self.start('chat/python/client.py', name, uri)
            self.expect(user, f'Server URI: {uri}', 'Connected to the server.')
            self.expect(server, f'Client <{name}> connected.', f'Number of connected clients: {number}')
            users.append(user)
        kalle, erik = users
        self.write(kalle, 'Hello!')
        for user in users:
            self.expect(user, '<Kalle> Hello!')
        erik.stdin.close()
        self.expect(erik, 'Disconnected from the server.')
        self.assertEqual(erik.wait(), 0)
        self.expect(server, 'Number of connected clients: 1')
        server.send_signal(signal.SIGINT)
        self.assertEqual(server.wait(), 0)
        self.expect(kalle, 'Disconnected from the server.')

    def test_my_protocol_prints_all_of_its_events(self):
        server = self.start('my_protocol/python/server.py', 'tcp://127.0.0.1:0')
        uri = server.stdout.readline().strip().replace('Listening on ', '').rstrip('.')
        client = self.start('my_protocol/python/client.py', uri)
        self.expect(
            client,
            'Connected. Sending FooReq.',
            'Got FooRsp. Sending BarInd twice.',
            'Got FieReq. Sending FieRsp.',
            'Disconnected: stopped.',
        )
        self.assertEqual(client.wait(), 0)
        self.expect(
            server,
            'Client 1 connected.',
            'Got FooReq. Sending FooRsp.',
            'Got BarInd number 1.',
            'Got BarInd number 2.',
            'Sending FieReq.',
        )
        # The response and the end arrive at the same time, for different tasks.
        last = sorted(server.stdout.readline() for _ in range(2))
        self.assertEqual(last, ['Client 1 disconnected: connection closed.\n', 'Got FieRsp.\n'])


if __name__ == '__main__':
    unittest.main()
