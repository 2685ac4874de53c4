"""The pages of the documentation, taken apart: their fenced blocks, examples, tables and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
FRONT = "README.md"
LANGUAGE = "configs/README.md"
COMMANDS = "dscalc/commands/README.md"
BUDGETS = ".github/actions/check/README.md"
PYTHON = "dscalc/README.md"
SPEED = "tests/README.md"
MAP = ".github/CONTRIBUTING.md"
PAGES = (FRONT, LANGUAGE, COMMANDS, BUDGETS, PYTHON, SPEED, MAP)

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLE = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


class Example(NamedTuple):
    """A command line of a page, and what the page says that it prints, from `start` in its text."""

    page: str
    command: str
    output: str
    start: int


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[tuple[str, int]]:
    """The fenced blocks of a language, each with where its text starts."""
    found = BLOCK.finditer(text_of(page))
    return [(match[2], match.start(2)) for match in found if match[1] == language]


def prose(page: str) -> str:
    """A page without its fenced blocks."""
    return BLOCK.sub("", text_of(page))


def examples() -> list[Example]:
    """The commands of all ```console blocks of all pages, in order."""
    return [
        Example(page, match[1], match[2], start + match.start(2))
        for page in PAGES
        for block, start in blocks(page, "console")
        for match in EXAMPLE.finditer(block)
    ]


def files(page: str, language: str = "yaml") -> dict[str, str]:
    """The files that a page shows, by the path in their first line: `# tiny.yaml`."""
    shown = {}
    for block, _ in blocks(page, language):
        name = re.match(r"# (\S+\.ya?ml)\n", block)
        assert name, f"{page}: a file without a name: {block[:50]}"
        shown[name[1]] = block
    return shown


def tables(page: str) -> Iterator[list[list[str]]]:
    """The tables of a page as rows of cells, the heads first, the rules left out."""
    for match in re.finditer(r"(?:^\|.*\|\n)+", text_of(page), re.MULTILINE):
        rows = [
            [cell.strip() for cell in line.strip("|\n").split("|")] for line in match[0].split("\n")
        ]
        yield [row for row in rows if row != [""] and not set("".join(row)) <= set(":- ")]


def table(page: str, head: str) -> list[list[str]]:
    """The rows under the one table of a page whose first head is that."""
    (found,) = (rows for rows in tables(page) if rows[0][0] == head)
    return found[1:]


def anchors(page: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.*)$", BLOCK.sub("", text_of(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
