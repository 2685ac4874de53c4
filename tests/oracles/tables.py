"""What the tables of `tests/data` that are made of networks as they are written have in common."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from timm.layers import set_fused_attn

from tests.oracles.cases import Case
from tests.oracles.frameworks import cases, text_of

DATA = Path(__file__).parent.parent / "data"


def as_written() -> Iterator[Case]:
    """Every network as its file is written, once for each framework that builds it."""
    seen = set()
    for case in cases():
        framework = case.case.partition("/")[0]
        written = case.alpha == case.depth == 1 and not case.given
        if case.network and written and (framework, case.network) not in seen:
            seen.add((framework, case.network))
            yield case


def main(
    about: str | None,
    table: str,
    fields: tuple[str, ...],
    rows_of: Callable[[Case], Iterable[tuple[Any, ...]]],
) -> int:
    """Writes a table anew, compares it, or prints some of it: 1 where it differs.

    `fields` end with the source, of which another release is no difference.
    """
    parser = argparse.ArgumentParser(description=about, add_help=True)
    parser.add_argument("--check", action="store_true", help="compare with the table")
    parser.add_argument("--only", default="", metavar="WORD", help="cases with WORD in their names")
    options = parser.parse_args()
    set_fused_attn(False)
    rows: list[tuple[Any, ...]] = []
    for case in as_written():
        if options.only in case.case:
            print(case.case, file=sys.stderr, flush=True)
            rows += rows_of(case)
    text = text_of(rows, fields)
    if options.check:
        return _compare(text, DATA / table, whole=not options.only)
    if options.only:
        print(text, end="")
    else:
        (DATA / table).write_text(text, encoding="utf-8")
    return 0


def _compare(text: str, table: Path, *, whole: bool) -> int:
    now, was = _told(text), _told(table.read_text(encoding="utf-8"))
    wrong = sorted((now - was) | (was - now if whole else set()))
    for row in wrong:
        print(f"{'new' if row in now else 'gone'}: {', '.join(row)}")
    print(f"{len(now)} rows found, {len(wrong)} differences")
    return 1 if wrong or not now else 0


def _told(text: str) -> set[tuple[str, ...]]:
    return {tuple(row.values())[:-1] for row in csv.DictReader(text.splitlines())}
