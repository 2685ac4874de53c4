"""The shapes at which a model file is run: its own, and those that are given for its inputs."""

from __future__ import annotations

from collections.abc import Mapping

from dscalc.errors import DscalcError, nearest
from dscalc.models.graph import Shape

# A shape for an input by its name, or the value of an input that is a single number.
Given = Mapping[str, tuple[int, ...] | int | float]


def told_inputs(declared: Mapping[str, Shape], given: Given) -> dict[str, tuple[int, ...]]:
    """A shape without open sides for each input; a given one is in place of the file's.

    A batch that is open, the first axis of two or more, is one example. Raises DscalcError for
    other open sides, for a given shape that names no input or has another number of axes, and for
    a number that is given to an input which is none.
    """
    for name, value in given.items():
        if name not in declared:
            hint = nearest(name, declared) or f"; there are: {', '.join(list(declared)[:10])}"
            raise DscalcError(f"the model has no input '{name}'{hint}")
        _check(name, declared[name], value)
    shapes = {name: _told(shape, given.get(name)) for name, shape in declared.items()}
    problems = [_open(name, shape) for name, shape in shapes.items() if None in shape]
    if problems:
        raise DscalcError(*problems)
    return {name: tuple(side or 0 for side in shape) for name, shape in shapes.items()}


def _check(name: str, shape: Shape, value: tuple[int, ...] | int | float) -> None:
    if isinstance(value, tuple):
        if len(value) != len(shape):
            raise DscalcError(f"the input '{name}' has {len(shape)} axes: {_sides(shape)}")
    elif any(side not in (None, 1) for side in shape):
        raise DscalcError(f"the input '{name}' is no single number: {_sides(shape)}")


def _told(shape: Shape, value: tuple[int, ...] | int | float | None) -> Shape:
    """The shape that is given, or the file's with one example in the place of an open batch."""
    if isinstance(value, tuple):
        return value
    if value is not None:
        return (1,) * len(shape)
    return (1, *shape[1:]) if len(shape) > 1 and shape[0] is None else shape


def _open(name: str, shape: Shape) -> str:
    example = "x".join(str(224 if side is None else side) for side in shape)
    return (
        f"the input '{name}' has open sides: {_sides(shape)};"
        f" say them, as in --input {name}={example}"
    )


def _sides(shape: Shape) -> str:
    return "×".join("?" if side is None else str(side) for side in shape) or "a single number"
