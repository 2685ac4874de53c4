"""Writes `tests/data/zoo_truth.csv`: what networks of real frameworks hold and do.

    python -m tests.oracles.frameworks                  # writes the table anew
    python -m tests.oracles.frameworks --check          # compares: 1 if any figure differs
    python -m tests.oracles.frameworks --only ghostnet  # prints what has that in its name
    python -m tests.oracles.frameworks --layers FOLDER  # and every network layer by layer

`pip install -r tests/oracles/requirements.txt` brings the frameworks, but for three that ask for
packages they do not need here: `pip install --no-deps pytorchvideo fvcore iopath`. Nothing of
dscalc is imported, and nothing is computed but shapes: most modules stay on the meta device. The
whole takes some minutes of one core.

mult-adds are counted by hooks (a layer's weights × its positions) and, for products of two
activations, at the call; each total is held to PyTorch's FlopCounterMode, halved. Where these
differ there is no row: the script stops.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

os.environ["KERAS_BACKEND"] = "torch"
os.environ["YOLO_VERBOSE"] = "false"

from timm.layers import set_fused_attn

from tests.oracles import (
    counting,
    from_keras,
    from_others,
    from_papers,
    from_timm,
    from_torchvision,
)
from tests.oracles.cases import Case, built, resolution, spelt
from tests.oracles.counting import Held, Line

TABLE = Path(__file__).parent.parent / "data" / "zoo_truth.csv"
WORDS = {"source", "note"}  # a new release of a framework is no difference; its figures are
LINEAR = {"linear", "free_linear"}
PRODUCTS = {"matmul", "attention"}
SOURCES = (from_timm, from_torchvision, from_others, from_keras, from_papers)


class Truth(NamedTuple):
    """One row of the table; the first ten columns are those of truth.csv."""

    case: str
    input: str
    weights: int
    biases: int
    norms: int
    other: int
    params: int
    conv_mult_adds: int
    linear_mult_adds: int
    mult_adds: int
    product_mult_adds: int
    network: str
    alpha: str
    depth: str
    given: str
    resolution: str
    source: str
    note: str


def truth(case: Case) -> tuple[Truth, list[Line]]:
    """A case built, fed with a batch of one, and counted; ValueError if two counts differ."""
    module, run = built(case)
    lines, operators = counting.lines(module, lambda: run(module))
    conv, linear, products = _by_kind(lines)
    if conv + linear + products != operators:
        raise ValueError(
            f"{case.case}: hooks count {conv + linear + products}, operators {operators}"
        )
    return _row(case, case.held(module), conv, linear, products), lines


def _by_kind(lines: Iterable[Line]) -> tuple[int, int, int]:
    conv = linear = products = 0
    for line in lines:
        if line.kind in LINEAR:
            linear += line.mult_adds
        elif line.kind in PRODUCTS:
            products += line.mult_adds
        else:
            conv += line.mult_adds
    return conv, linear, products


def _row(case: Case, held: Held, conv: int, linear: int, products: int) -> Truth:
    return Truth(
        case.case,
        spelt(case.input),
        *held,
        sum(held),
        conv,
        linear,
        conv + linear + products,
        products,
        case.network,
        f"{case.alpha:g}",
        f"{case.depth:g}",
        case.given,
        resolution(case.input),
        case.source,
        case.note,
    )


def cases() -> Iterator[Case]:
    """Every case of every framework; no name twice."""
    seen: set[str] = set()
    for source in SOURCES:
        for case in source.cases():
            if case.case in seen:
                raise ValueError(f"{case.case} is listed twice")
            seen.add(case.case)
            yield case


def text_of(rows: Iterable[tuple[Any, ...]], fields: tuple[str, ...]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(fields)
    for row in rows:
        writer.writerow([spelt(v) if isinstance(v, tuple) else v for v in row])
    return out.getvalue()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, add_help=True)
    parser.add_argument("--check", action="store_true", help="compare with the table")
    parser.add_argument("--only", default="", metavar="WORD", help="cases with WORD in their names")
    parser.add_argument("--layers", type=Path, metavar="FOLDER", help="write layers here, too")
    options = parser.parse_args(arguments)
    set_fused_attn(False)
    rows = []
    for case in cases():
        if options.only in case.case:
            row, lines = truth(case)
            rows.append(row)
            print(f"{row.case}: {row.params} {row.mult_adds}", file=sys.stderr, flush=True)
            if options.layers:
                path = options.layers / f"{case.case.replace('/', '_')}.csv"
                path.write_text(text_of(lines, Line._fields), encoding="utf-8")
    if options.check:
        return _compare(rows, whole=not options.only)
    text = text_of(rows, Truth._fields)
    if options.only:
        print(text, end="")
    else:
        TABLE.write_text(text, encoding="utf-8")
    return 0


def _compare(rows: list[Truth], *, whole: bool) -> int:
    with TABLE.open(encoding="utf-8", newline="") as file:
        written = {row["case"]: row for row in csv.DictReader(file)}
    wrong = 0
    for row in rows:
        was = written.get(row.case)
        now = {key: str(value) for key, value in row._asdict().items() if key not in WORDS}
        if was is None:
            print(f"{row.case} is not in {TABLE.name}")
            wrong += 1
        elif changed := [f"{key} {was[key]} -> {now[key]}" for key in now if now[key] != was[key]]:
            print(f"{row.case}: {', '.join(changed)}")
            wrong += 1
    for case in written.keys() - {row.case for row in rows} if whole else ():
        print(f"{case} is in {TABLE.name}, and nothing builds it")
        wrong += 1
    print(f"{len(rows)} cases built, {wrong} differences")
    return 1 if wrong or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
