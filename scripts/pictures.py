"""Draws the pictures of the docs: docs/pictures/NAME.svg from NAME.mmd, with merman (https://github.com/Latias94/merman).

Usage: scripts/pictures.py MERMAN-CLI

A picture says of which source it is, so that a test can tell one that is out of date without drawing it.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
STYLE = FOLDER / "mermaid.json"


def sources():
    return sorted(FOLDER.glob("*.mmd"))


def mark(source):
    """What the last line of a picture says of its source."""
    digest = hashlib.sha256(source.read_bytes() + STYLE.read_bytes()).hexdigest()
    return f"<!-- {source.name} {digest} -->"


def is_up_to_date(source):
    picture = source.with_suffix(".svg")
    return picture.exists() and picture.read_text().splitlines()[-1:] == [mark(source)]


def draw(tool, source):
    command = [tool, "render", source, "--output", "-", "--format", "svg", "--config-file", STYLE]
    # The labels as SVG's own text: viewers that are no browsers show no HTML.
    command += ["--svg-pipeline", "resvg-safe", "--background", "white"]
    drawn = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    source.with_suffix(".svg").write_text(f"{drawn.strip()}\n{mark(source)}\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for path in sources():
        draw(sys.argv[1], path)
        print(path.with_suffix(".svg").relative_to(FOLDER.parent.parent))
