"""The programs in the chapter of the guide."""

import contextlib
import io
import pathlib
import re
import unittest

GUIDE = pathlib.Path(__file__).parents[3] / 'docs' / 'python.md'


class Guide(unittest.TestCase):
    def test_the_program_prints_its_line(self):
        (program,) = re.findall(r'^```python\n(.*?)^```$', GUIDE.read_text(), re.M | re.S)
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(compile(program, 'python.md', 'exec'), {})
        self.assertEqual(printed.getvalue(), '<Kalle> Hello!\n')


if __name__ == '__main__':
    unittest.main()
