"""What a product of two tensors is: a linear layer if one of them is a stored matrix, else maps."""

from __future__ import annotations

from math import prod

from dscalc.errors import DscalcError
from dscalc.models.kinds import Linear, Matmul

Sides = tuple[int, ...]


def matrix_product(
    left: Sides, right: Sides, stored: tuple[bool, bool]
) -> tuple[Linear | Matmul, Sides, bool]:
    """Of numpy's matmul: the kind, the shape that comes out, and whether `right` is the map.

    Raises DscalcError where the two do not meet.
    """
    if not left or not right:
        raise DscalcError("a product with a single number")
    rows, columns = left[-2:-1], right[-1:] if len(right) > 1 else ()
    inner, other = left[-1], right[-2] if len(right) > 1 else right[0]
    if inner != other:
        raise DscalcError(f"{inner} numbers come in and its weights take {other}")
    shape = (*meet(left[:-2], right[:-2]), *rows, *columns)
    if stored[1] and len(right) >= 2 and prod(right[:-2]) == 1 and (rows or len(left) == 1):
        return Linear(len(shape) - 1), shape, False
    if stored[0] and len(left) >= 2 and prod(left[:-2]) == 1 and columns:
        return Linear(len(shape) - 2), shape, True
    return Matmul(inner), shape, False


def meet(left: Sides, right: Sides) -> Sides:
    """The shape of two that broadcast as in numpy."""
    rank = max(len(left), len(right))
    pairs = zip((1,) * (rank - len(left)) + left, (1,) * (rank - len(right)) + right, strict=True)
    sides = []
    for a, b in pairs:
        if a != b and 1 not in (a, b):
            raise DscalcError(f"the shapes {list(left)} and {list(right)} do not fit together")
        sides.append(b if a == 1 else a)
    return tuple(sides)


def einstein_product(
    equation: str, shapes: tuple[Sides, ...], stored: tuple[bool, ...]
) -> tuple[Linear | Matmul, Sides, bool]:
    """Of an einsum over two: as `matrix_product`; what the result leaves out is summed.

    Raises DscalcError for any other number of inputs, and for an equation with dots or without
    a result.
    """
    terms, _, result = equation.replace(" ", "").partition("->")
    letters = terms.split(",")
    if len(shapes) != 2 or len(letters) != 2 or not result.isalpha() or "." in terms:
        raise DscalcError(f"the equation '{equation[:60]}' is none that is read here")
    sides: dict[str, int] = {}
    for term, shape in zip(letters, shapes, strict=True):
        if len(term) != len(shape):
            raise DscalcError(f"'{term}' on the shape {list(shape)}")
        for letter, side in zip(term, shape, strict=True):
            if sides.setdefault(letter, side) != side and 1 not in (side, sides[letter]):
                raise DscalcError(f"'{letter}' is {sides[letter]} and {side}")
            sides[letter] = max(side, sides[letter])
    if not set(result) <= set(sides):
        raise DscalcError(f"the equation '{equation[:60]}' makes what it does not take")
    shape = tuple(sides[letter] for letter in result)
    summed = [letter for letter in sides if letter not in result]
    for swapped in (False, True):
        x, w = letters[::-1] if swapped else letters
        new = w.replace(summed[0], "") if len(summed) == 1 and len(w) == 2 else ""
        if stored[not swapped] and len(new) == 1 and x.replace(summed[0], new) == result:
            return Linear(result.index(new)), shape, swapped
    return Matmul(prod(sides[letter] for letter in summed)), shape, False
