"""Run the console blocks of a page as a reader would type them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
EXIT_CODE = re.compile(r"\s+# exit code (\d+)$")


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a page, the code it must end with, and lines that its output must hold."""

    text: str
    exit_code: int
    shown: tuple[str, ...]


def commands_of(page: Path) -> Iterator[Command]:
    """Read the commands of all console blocks in order; a line that is no command is output."""
    for block in BLOCK.findall(page.read_text(encoding="utf-8")):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            first, *shown = part.rstrip("\n").split("\n")
            code = EXIT_CODE.search(first)
            text = EXIT_CODE.sub("", first)
            yield Command(
                text, int(code[1]) if code else 0, tuple(line.strip() for line in shown if line.strip())
            )


def run_page(page: Path, folder: Path, environment: Mapping[str, str]) -> int:
    """Run a page in a folder; answers how many commands ran."""
    count = 0
    for command in commands_of(page):
        done = subprocess.run(
            ["bash", "-c", command.text],
            cwd=folder,
            env=dict(environment),
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        # Terminals break lines, and counts are written with spaces of several widths.
        output = " ".join((done.stdout + done.stderr).split())
        assert done.returncode == command.exit_code, f"{command.text}\n{output}"
        for line in command.shown:
            assert " ".join(line.split()) in output, f"{command.text}\nshould say {line!r}, said:\n{output}"
        count += 1
    return count
