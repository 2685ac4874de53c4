"""The record of one network that a framework builds, and its spelling in the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import torch

from tests.oracles import counting
from tests.oracles.counting import Held


class Case(NamedTuple):
    """One network at one α, depth and size, and how a framework makes it.

    `network` is the name of the shipped file that should give these figures; it is empty where a
    framework builds something else under a like name, which `note` then explains. `input` is
    channels last, without the batch. `run` feeds the built module; by default it is called.
    """

    case: str
    network: str
    input: tuple[int, ...]
    source: str
    build: Callable[[], Any]
    alpha: float = 1.0
    depth: float = 1.0
    given: str = ""
    note: str = ""
    run: Callable[[Any, Any], Any] | None = None
    held: Callable[[Any], Held] = counting.held


def spelt(sides: Iterable[int]) -> str:
    """224x224x3"""
    return "x".join(map(str, sides))


def resolution(sides: tuple[int, ...]) -> str:
    """224 of a square map, 800x1066 of others, nothing of a vector; channels come last."""
    axes = sides[:-1]
    return str(axes[0]) if len(set(axes)) == 1 and len(axes) == 2 else spelt(axes)


def image(side: int) -> tuple[int, ...]:
    return (side, side, 3)


def at_sides(
    case: str,
    network: str,
    sides: Iterable[int],
    source: str,
    build: Callable[[], Any],
    **more: Any,
) -> Iterator[Case]:
    """The same network of square pictures at several sides."""
    for side in sides:
        name = f"{case}@r{side}"
        yield Case(name, network, image(side), source, build, **more)


def built(case: Case) -> tuple[Any, Callable[[Any], Any]]:
    """The module in evaluation mode, on the meta device where it can be built there, and what
    feeds it a batch of one."""
    try:
        with torch.device("meta"):
            module = case.build()
    except (NotImplementedError, RuntimeError, TypeError):
        module = case.build()
    device = "meta" if all(p.is_meta for p in module.parameters()) else "cpu"
    x = torch.zeros(1, case.input[-1], *case.input[:-1], device=device)
    run = case.run or (lambda made, fed: made(fed))
    return module.eval(), lambda made: run(made, x)
