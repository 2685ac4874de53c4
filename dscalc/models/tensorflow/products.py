"""TensorFlow's products: matrices of weights, of two maps, and rows of a table."""

from __future__ import annotations

from math import prod

from dscalc.errors import DscalcError
from dscalc.models.kinds import Arithmetic, Embedding, Linear, Matmul
from dscalc.models.products import einstein_product, matrix_product
from dscalc.models.tensorflow.moves import put_shape
from dscalc.models.tensorflow.numbers import broadcast
from dscalc.models.tensorflow.run import Call, Run, Sides, take
from dscalc.models.tensorflow.slices import gather


def fully_connected(run: Run, call: Call) -> None:
    """TFLite's: x's last axis, or all behind what fills the weights, by a matrix of rows."""
    x, weights = run.shape(take(call, 0)), run.shape(take(call, 1))
    if len(weights) != 2 or weights[1] == 0 or prod(x) % weights[1]:
        raise DscalcError(f"weights {list(weights)} do not fit a map of {list(x)}")
    made, taken = weights
    source = call.inputs[0]
    if call.attributes.get("keep"):
        if not x or x[-1] != taken:
            raise DscalcError(f"weights {list(weights)} do not fit a map of {list(x)}")
        shape: Sides = (*x[:-1], made)
    else:
        shape = (prod(x) // taken, made)
        if x != (shape[0], taken):
            source = flatten(run, call, source, (shape[0], taken))
    stored = run.stored(call.inputs[1])
    kind = Linear(len(shape) - 1) if stored else Matmul(taken)
    _put(run, call, kind, (source, call.inputs[1]), shape)


def flatten(run: Run, call: Call, source: str, shape: Sides) -> str:
    """The name of a map's numbers under another shape, inside of a call."""
    output = f"{run.output(call)}→flat"
    put_shape(run, call._replace(inputs=(source,), outputs=(output,)), source, shape)
    return output


def matmul(run: Run, call: Call) -> None:
    """Matrices in the last two axes of both, of which each may be turned; a bias may follow."""
    names = take(call, 0), take(call, 1)
    a, b = (run.shape(name) for name in names)
    if min(len(a), len(b)) < 2:
        raise DscalcError(f"{list(a)} and {list(b)} are no matrices")
    turns = [bool(call.attributes.get(key)) for key in ("transpose_a", "transpose_b")]
    a, b = ((*s[:-2], s[-1], s[-2]) if turn else s for s, turn in zip((a, b), turns, strict=True))
    # The channels of a map that is turned are not on the axis of the product.
    stored = run.stored(names[0]) and not turns[1], run.stored(names[1]) and not turns[0]
    kind, shape, swapped = matrix_product(a, b, stored)
    given = names[::-1] if swapped else names
    _put(run, call, kind, given, shape)


def einsum(run: Run, call: Call) -> None:
    """A sum of products by letters, of two inputs."""
    equation = str(call.attributes.get("equation", ""))
    names = take(call, 0), take(call, 1)
    shapes = tuple(run.shape(name) for name in names)
    stored = tuple(run.stored(name) for name in names)
    kind, shape, swapped = einstein_product(equation, shapes, stored)
    _put(run, call, kind, names[::-1] if swapped else names, shape)


def _put(run: Run, call: Call, kind: Linear | Matmul, names: tuple[str, ...], shape: Sides) -> None:
    """A product, with the bias that is a linear layer's third input or is added to others."""
    bias = next(iter(call.inputs[2:3]), "")
    made = shape[kind.axis] if isinstance(kind, Linear) else 0
    if not bias:
        run.emit(call, kind, names, (shape,))
    elif made and run.stored(bias) and run.shape(bias) == (made,):
        run.emit(call, kind, (*names, bias), (shape,))
    else:
        inner = f"{run.output(call)}→product"
        run.emit(call._replace(outputs=(inner,)), kind, names, (shape,))
        sides = broadcast([shape, run.shape(bias)])
        run.emit(call, Arithmetic("add"), (inner, bias), (sides,))


def rows(run: Run, call: Call) -> None:
    """Entries of a tensor by number: of a stored table by numbers of the run, an embedding."""
    table, numbers = take(call, 0), take(call, 1)
    shape = run.shape(table)
    first = call.integer("axis", 0) in (0, -len(shape)) and not call.integer("batch_dims", 0)
    if not (run.stored(table) and not run.constant(numbers) and len(shape) > 1 and first):
        gather(run, call)
        return
    kind = Embedding(shape[0], prod(shape[1:]))
    run.emit(call, kind, call.inputs[:2], ((*run.shape(numbers), *shape[1:]),))


def lookup(run: Run, call: Call) -> None:
    """TFLite's EMBEDDING_LOOKUP, which has the numbers before the table."""
    rows(run, call._replace(inputs=(take(call, 1), take(call, 0))))
