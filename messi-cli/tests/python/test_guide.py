"""The programs in the chapter of the guide."""

import contextlib
import inspect
import io
import pathlib
import re
import unittest

from room_client import RoomClient
from room_server import RoomServer

GUIDE = pathlib.Path(__file__).parents[3] / 'docs' / 'python.md'


class Guide(unittest.TestCase):
    def test_the_program_prints_its_line(self):
        (program,) = re.findall(r'^```python\n(.*?)^```$', GUIDE.read_text(), re.M | re.S)
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(compile(program, 'python.md', 'exec'), {})
        self.assertEqual(printed.getvalue(), '<Kalle> Hello!\n')

    def test_the_table_of_limits_has_the_defaults(self):
        parameters = {}
        for kind in (RoomClient, RoomServer):
            parameters.update(inspect.signature(kind).parameters)
        units = {'': 1, ' s': 1, ' MiB': 1 << 20}
        rows = re.findall(r'^\|.*\| ([0-9,]+)( s| MiB|) \| `(\w+)` \|', GUIDE.read_text(), re.M)
        for number, unit, name in rows:
            default = int(number.replace(',', '')) * units[unit]
            self.assertEqual(parameters[name].default, default, name)
        self.assertEqual(len(rows), 5)


if __name__ == '__main__':
    unittest.main()
