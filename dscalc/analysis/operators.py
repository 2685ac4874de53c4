"""What a network is made of once it is deployed: operators, and the tensors between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Tensor(NamedTuple):
    """What an operator makes, or the network is given, by the layer that it belongs to."""

    name: str
    size: int
    """In bytes."""


class Operator(NamedTuple):
    """One operation: the numbers of the tensors that it takes and makes, and what it needs besides.

    `layer` is the layer that it does, or helps to; `scratch` has the sizes in bytes of what it
    writes for itself while it runs.
    """

    layer: str
    kind: str
    takes: tuple[int, ...]
    makes: tuple[int, ...]
    scratch: tuple[int, ...] = ()


class Stored(NamedTuple):
    """What a deployed network keeps of its parameters.

    `weights` are numbers in the type of weights, factors and shifts of norms that do not fold
    among them; `biases` one for each output channel of every layer that has weights. `parameters`
    is the number of tensors that hold them, `shapes` of those that say shapes and axes.
    """

    weights: int
    biases: int
    parameters: int
    shapes: int


class Deployed(NamedTuple):
    """A network as operators, in the order of its layers.

    The first `inputs` tensors are given; `outputs` are those that go out, in order.
    """

    tensors: tuple[Tensor, ...]
    inputs: int
    outputs: tuple[int, ...]
    operators: tuple[Operator, ...]
    stored: Stored


def running_order(deployed: Deployed) -> list[Operator]:
    """The operators as a converter puts them: output by output, of branches the deeper one first.

    Depth is the longest way from the input, in operators; equal ones stay in order of layers.
    """
    operators = deployed.operators
    maker = {tensor: number for number, one in enumerate(operators) for tensor in one.makes}
    depths: list[int] = []
    for one in operators:
        before = [depths[maker[tensor]] for tensor in one.takes if tensor in maker]
        depths.append(1 + max(before, default=0))
    order: list[int] = []
    done: set[int] = set()
    unused = [one.makes[0] for one in operators]  # what nobody takes comes last, in order
    for output in (*deployed.outputs, *unused):
        if output in maker:
            _after_what_it_takes(maker[output], operators, maker, depths, done, order)
    return [operators[number] for number in order]


def _after_what_it_takes(
    last: int,
    operators: Sequence[Operator],
    maker: dict[int, int],
    depths: Sequence[int],
    done: set[int],
    order: list[int],
) -> None:
    """Adds an operator to the order, behind those that make what it takes."""
    waiting = [last]
    while waiting:
        number = waiting[-1]
        before = {maker[tensor] for tensor in operators[number].takes if tensor in maker} - done
        if before and number not in done:
            # The last of the list runs first.
            waiting += sorted(before, key=lambda one: (depths[one], -one))[-1:]
            continue
        waiting.pop()
        if number not in done:
            done.add(number)
            order.append(number)


def moments(deployed: Deployed, order: Sequence[Operator]) -> Iterator[tuple[int, int]]:
    """The clocks at which every tensor is first and last needed; the inputs are there at 0.

    What goes out stays to the last clock; what nobody takes is there for its operator alone.
    """
    first = dict.fromkeys(range(deployed.inputs), 0)
    last = dict(first)
    for clock, operator in enumerate(order, 1):
        for tensor in (*operator.takes, *operator.makes):
            first.setdefault(tensor, clock)
            last[tensor] = clock
    last |= dict.fromkeys(deployed.outputs, len(order))
    for tensor in range(len(deployed.tensors)):
        yield first[tensor], last[tensor]
