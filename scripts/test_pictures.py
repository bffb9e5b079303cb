"""The pictures of the docs are those of their sources."""

import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from unittest import mock

import pictures


class Pictures(unittest.TestCase):
    def test_every_picture_is_of_its_source_as_it_is(self):
        self.assertTrue(pictures.sources())
        for source in pictures.sources():
            self.assertTrue(pictures.is_up_to_date(source), f"{source.name} was changed: run `make pictures`")
            picture = ElementTree.parse(source.with_suffix(".svg")).getroot()
            self.assertEqual(picture.tag, "{http://www.w3.org/2000/svg}svg")

    def test_a_picture_of_another_source_or_style_or_none_is_noticed(self):
        with tempfile.TemporaryDirectory() as folder:
            style, source = Path(folder, "mermaid.json"), Path(folder, "a.mmd")
            style.write_text("{}")
            source.write_text("flowchart LR\nA --> B\n")
            with mock.patch.object(pictures, "STYLE", style):
                self.assertFalse(pictures.is_up_to_date(source))
                source.with_suffix(".svg").write_text(f"<svg/>\n{pictures.mark(source)}\n")
                self.assertTrue(pictures.is_up_to_date(source))
                style.write_text('{"theme": "dark"}')
                self.assertFalse(pictures.is_up_to_date(source))
                style.write_text("{}")
                source.write_text("flowchart LR\nA --> C\n")
                self.assertFalse(pictures.is_up_to_date(source))


if __name__ == "__main__":
    unittest.main()
