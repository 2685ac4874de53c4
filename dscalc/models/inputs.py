"""The shapes at which a model file is run: its own, and those that are given for its inputs."""

from __future__ import annotations

from collections.abc import Mapping

from dscalc.errors import DscalcError, nearest
from dscalc.models.graph import Shape


def told_inputs(
    declared: Mapping[str, Shape], given: Mapping[str, tuple[int, ...]]
) -> dict[str, tuple[int, ...]]:
    """A shape without open sides for each input; a given one is in place of the file's.

    A batch that is open, the first axis of two or more, is one example. Raises DscalcError for
    other open sides, and for a given shape that names no input or has another number of axes.
    """
    for name, shape in given.items():
        if name not in declared:
            names = ", ".join(f"'{known}'" for known in list(declared)[:10])
            raise DscalcError(
                f"there is no input '{name}'{nearest(name, declared)}; the inputs are {names}"
            )
        if len(shape) != len(declared[name]):
            raise DscalcError(
                f"the input '{name}' has {len(declared[name])} axes, {_sides(declared[name])},"
                f" and {len(shape)} are given, {_sides(shape)}"
            )
    return {name: given.get(name) or _closed(name, shape) for name, shape in declared.items()}


def _closed(name: str, shape: Shape) -> tuple[int, ...]:
    first = shape[:1] if len(shape) < 2 or shape[0] is not None else (1,)
    closed = (*first, *shape[1:])
    if None in closed:
        example = "x".join(str(side or "…") for side in closed)
        raise DscalcError(
            f"the input '{name}' has open sides, {_sides(shape)};"
            f" say them with --input {name}={example}"
        )
    return tuple(side for side in closed if side is not None)


def _sides(shape: Shape) -> str:
    return "×".join("?" if side is None else str(side) for side in shape)
