"""What memory a network needs: activations in, out and alive at once, in elements and in bytes.

Layers run one at a time in the order of the file, blocks as the elementary layers they consist
of, and every layer's output is a tensor of its own. A tensor lives from the layer that makes it
to the last one that takes it, the network's inputs until their last use. What no layer takes is
an output of the network, as is what the file says goes out: it stays to the end, for whoever runs
the network takes it. In place, a layer that can may write over a tensor that it is the last to
take.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import compress
from typing import TYPE_CHECKING, NamedTuple

from dscalc.analysis.terms import DTYPES, USUAL, Dtype, Terms, bytes_of
from dscalc.law.convolutions import Conv, Depthwise, Norm
from dscalc.law.layer import INPUT, Block, Shape
from dscalc.law.weightless import Activation, Add, Multiply

if TYPE_CHECKING:
    from dscalc.law.network import Network, Report
    from dscalc.law.rows import Row


def elements(shape: Shape) -> int:
    """How many numbers a feature map holds."""
    return math.prod(shape.sides) * shape.channels


class LayerMemory(NamedTuple):
    """Elements of activations: what a layer takes and makes, and what is alive meanwhile."""

    name: str
    taken: int
    made: int
    alive: int


class Memory(NamedTuple):
    """The elementary layers of a network, and the most elements alive at once.

    `at` is the first layer at which that many are.
    """

    layers: tuple[LayerMemory, ...]
    peak: int
    at: str


def peak_memory(report: Report, in_place: bool = False) -> Memory:
    """What must be alive at each layer of a measured network, and the peak of it."""
    sizes, takes, outputs = tensors(report)
    alive = _alive(sizes, takes, outputs)
    if in_place:
        _share(alive, sizes, takes, written_over(report))
    layers = tuple(
        LayerMemory(row.name, sum(sizes[source] for source in set(sources)), made, together)
        for row, sources, made, together in zip(
            report.expanded(), takes, sizes[len(sizes) - len(takes) :], alive, strict=True
        )
    )
    if not layers:
        return Memory((), sum(sizes), INPUT)
    top = max(layers, key=lambda layer: layer.alive)
    return Memory(layers, top.alive, top.name)


def planned_as(network: Network, terms: Terms) -> Dtype:
    """The type that activations are planned in: by the arena's rule a model file's own, if it says.

    What a device runs is the file, in its types; at other α too, so that these can be compared.
    """
    of_file = network.lives.dtype if network.lives and terms.memory == "arena" else ""
    return DTYPES.get(of_file, terms.dtype)


def peak_elements(report: Report, in_place: bool = False) -> int:
    """The most elements alive at once, as `peak_memory` finds them, and nothing else."""
    return most_alive(*tensors(report), able_in_place(report) if in_place else ())


def most_alive(
    sizes: Sequence[int],
    takes: Sequence[Sequence[int]],
    outputs: set[int],
    able: Sequence[bool] = (),
) -> int:
    """The most elements alive at once, of tensors of these sizes (`tensors`).

    Layers that are `able` write in place.
    """
    alive = _alive(sizes, takes, outputs)
    if able:
        _share(alive, sizes, takes, _over(sizes, takes, outputs, able))
    return max(alive, default=sum(sizes))


def written_over(report: Report) -> dict[int, int]:
    """The layers that can write in place, by their steps, and the tensor that each writes over.

    A sum, a product, an activation, a batch norm or a depthwise convolution reads no position
    after it has written it, channel by channel, so it may take the place of an input that nobody
    needs after it, that does not go out, and that is no smaller; of several, the largest.
    """
    return _over(*tensors(report), able_in_place(report))


def able_in_place(report: Report) -> list[bool]:
    """Of each elementary layer, whether it can write in place where the sizes of maps allow it."""
    return [_writes_in_place(row) for row in report.expanded()]


def _over(
    sizes: Sequence[int], takes: Sequence[Sequence[int]], outputs: set[int], able: Sequence[bool]
) -> dict[int, int]:
    """The same of layers that are `able` to, on tensors of these sizes."""
    inputs = len(sizes) - len(takes)
    last = {source: step for step, sources in enumerate(takes) for source in sources}
    found = {}
    for step in compress(range(len(takes)), able):
        free = [
            source
            for source in takes[step]
            if last[source] == step
            and source not in outputs
            and sizes[source] >= sizes[inputs + step]
        ]
        if free:
            found[step] = max(free, key=sizes.__getitem__)
    return found


def _writes_in_place(row: Row) -> bool:
    """Whether each number that a layer makes can stand where one stood that only it needs."""
    if isinstance(row.layer, Conv | Depthwise):
        return row.kind == "depthwise" and row.output.channels == row.input.channels
    if isinstance(row.layer, Norm):
        return row.layer.type == "batch"
    return isinstance(row.layer, Activation | Add | Multiply)


def _share(
    alive: list[int], sizes: Sequence[int], takes: Sequence[Sequence[int]], over: Mapping[int, int]
) -> None:
    """Takes from what is alive at each step what is written over something else."""
    for step in over:
        alive[step] -= sizes[step - len(takes)]


# ---------------------------------------------------------------- layers as a report shows them


class Traffic(NamedTuple):
    """A row of a report, in bytes: what it takes, makes, and keeps alive, and its parameters.

    `moved` is what its elementary layers, which a block has several of, read and write.
    """

    taken: int
    made: int
    peak: int
    weights: int
    moved: int
    mult_adds: int

    @property
    def intensity(self) -> float:
        """Mult-adds for each byte moved; few of them mean a layer that waits for its memory."""
        return self.mult_adds / (self.moved or 1)


def traffic(memory: Memory, rows: Sequence[Row], terms: Terms = USUAL) -> list[Traffic]:
    """The traffic of each row, of all of a network's or of those with its blocks expanded."""
    steps = iter(memory.layers)
    return [_together([next(steps) for _ in row.expanded()], row, terms) for row in rows]


def _together(steps: Sequence[LayerMemory], row: Row, terms: Terms) -> Traffic:
    weights = bytes_of(row.cost.params(terms.count), terms.of_weights)
    activations = bytes_of(sum(step.taken + step.made for step in steps), terms.dtype)
    return Traffic(
        bytes_of(steps[0].taken if len(steps) == 1 else elements(row.input), terms.dtype),
        bytes_of(steps[-1].made, terms.dtype),
        bytes_of(max(step.alive for step in steps), terms.dtype),
        weights,
        activations + weights,
        row.cost.mult_adds,
    )


# ---------------------------------------------------------------- tensors and their lives


def tensors(report: Report) -> tuple[list[int], list[list[int]], set[int]]:
    """The size of every tensor, the network's inputs first, which ones each layer takes, and which
    go out."""
    sizes = [elements(shape) for shape in report.network.inputs.values()]
    takes: list[list[int]] = []
    given = {name: number for number, name in enumerate(report.network.inputs)}
    made = _follow(report.rows, given, sizes, takes)
    outputs = {made[name] for name in report.outputs if name in made}
    return sizes, takes, outputs | idle(takes, len(given))


def idle(takes: Sequence[Sequence[int]], inputs: int) -> set[int]:
    """The maps of layers, behind those of the `inputs`, that no layer takes."""
    return set(range(inputs, inputs + len(takes))).difference(*takes)


def _follow(
    rows: Sequence[Row], given: Mapping[str, int], sizes: list[int], takes: list[list[int]]
) -> dict[str, int]:
    """Adds the tensors of `rows`; returns them by the names that these rows have for them."""
    made = dict(given)
    for row in rows:
        sources = [made[name] for name in row.inputs]
        if row.parts and isinstance(row.layer, Block):
            inside = dict(zip(row.layer.given, sources, strict=False))
            parts = _follow(row.parts, inside, sizes, takes)
            made[row.name] = parts[row.parts[-1].name]
            made |= {f"{row.name}.{name}": tensor for name, tensor in parts.items()}
        else:
            takes.append(sources)
            sizes.append(elements(row.output))
            made[row.name] = len(sizes) - 1
    return made


def _alive(sizes: Sequence[int], takes: Sequence[Sequence[int]], outputs: set[int]) -> list[int]:
    """How many elements are alive while each layer runs, found from the last layer to the first."""
    alive = [0] * len(takes)
    needed = set(outputs)
    now = sum(sizes[tensor] for tensor in needed)
    for step in range(len(takes) - 1, -1, -1):
        for source in takes[step]:
            if source not in needed:
                needed.add(source)
                now += sizes[source]
        alive[step] = now
        now -= sizes[step - len(takes)]
    return alive
