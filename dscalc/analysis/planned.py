"""The map of a network's memory by any rule: where every tensor stands, from when to when."""

from __future__ import annotations

from typing import NamedTuple

from dscalc.analysis.arena import Placed, alive, head, plan
from dscalc.analysis.folding import WEIGHTED
from dscalc.analysis.lowering import lower
from dscalc.analysis.memory import (
    elements,
    peak_elements,
    peak_memory,
    planned_as,
    tensors,
    written_over,
)
from dscalc.analysis.operators import moments, running_order
from dscalc.analysis.terms import Dtype, MemoryRule, Terms, bytes_of
from dscalc.errors import DscalcError
from dscalc.law.layer import INPUT
from dscalc.law.lives import Buffer, Kept, Lives
from dscalc.law.network import Report

HOLDERS = 3  # tensors that a peak names


class Region(NamedTuple):
    """Where one tensor stands: the layer that makes it, its place, and what it writes over.

    `scratch` says that it is what an operator writes for itself.
    """

    placed: Placed
    over: str = ""
    scratch: bool = False


class MemoryMap(NamedTuple):
    """What of the memory is taken by what, from when to when.

    `layers` names the clocks, the first of which is before any layer runs. `peak` is what the rule
    says the network needs, in bytes, and `at` the clock at which it stands; `alive` is what is
    needed at each clock. `end` is the end of the last region. `tail` estimates what TensorFlow
    Lite Micro needs in its arena besides. Tensors are of `dtype`; where they are those of a model
    file, as it stands, most of them.
    """

    rule: MemoryRule
    dtype: Dtype
    layers: tuple[str, ...]
    regions: tuple[Region, ...]
    alive: tuple[int, ...]
    peak: int
    at: int
    tail: int | None = None

    @property
    def end(self) -> int:
        return head([region.placed for region in self.regions])

    @property
    def layer(self) -> str:
        """The layer at which the peak stands."""
        return self.layers[self.at]

    def holders(self) -> list[tuple[str, int]]:
        """The tensors that hold most at the peak, by the layer that makes them, and their bytes."""
        there = [one for one in self.regions if self._holds(one)]
        largest = sorted(there, key=lambda one: -one.placed.size)[:HOLDERS]
        return [(one.placed.buffer.name, one.placed.size) for one in largest]

    def _holds(self, region: Region) -> bool:
        """Whether a region is taken at the peak, and by nothing that is written over there."""
        buffer = region.placed.buffer
        begins_over = bool(region.over) and buffer.first == self.at
        return buffer.size > 0 and buffer.first <= self.at <= buffer.last and not begins_over


def memory_map(report: Report, terms: Terms) -> MemoryMap:
    """The map of a measured network's memory by the rule of the terms.

    Raises DscalcError where the rule cannot plan a layer.
    """
    return _arena_map(report, terms) if terms.memory == "arena" else _alive_map(report, terms)


def planned_bytes(report: Report, terms: Terms) -> int:
    """What a network needs by a rule, and nothing else."""
    if terms.memory == "arena":
        return head(plan(_lives(report, terms).buffers))
    return bytes_of(peak_elements(report, terms.memory == "in-place"), terms.dtype)


def least_planned(report: Report, terms: Terms) -> int:
    """What is at most as much as `planned_bytes` of any network with at least these layers.

    A convolution or linear layer needs what it takes and what it makes, whatever stands where and
    whichever layer runs when; in place, a depthwise one the larger of both.
    """
    most = 0
    for row in report.expanded():
        if isinstance(row.layer, WEIGHTED):
            ends = elements(row.input), elements(row.output)
            over = terms.memory == "in-place" and row.kind == "depthwise"
            most = max(most, max(ends) if over else sum(ends))
    return bytes_of(most, planned_as(report.network, terms))


# ---------------------------------------------------------------- the arena


def _lives(report: Report, terms: Terms) -> Lives:
    """What is to be planned: a model file's own tensors as they stand, or those of the layers.

    Raises DscalcError where either cannot be planned.
    """
    network = report.network
    if network.lives is not None and network.as_read:
        if network.lives.refused:
            raise DscalcError(f"its memory cannot be planned: {network.lives.refused}")
        return network.lives
    deployed = lower(report, terms._replace(dtype=planned_as(network, terms)))
    order = running_order(deployed)
    moments_of = zip(deployed.tensors, moments(deployed, order), strict=True)
    maps = [Buffer(tensor.name, tensor.size, *life) for tensor, life in moments_of]
    own = [
        Buffer(operator.layer, size, clock, clock)
        for clock, operator in enumerate(order, 1)
        for size in operator.scratch
    ]
    stored = deployed.stored
    kept = Kept(len(maps) + stored.parameters + stored.shapes, len(order), stored.biases)
    clocks = (INPUT, *(operator.layer for operator in order))
    return Lives((*maps, *own), len(maps), clocks, kept)


def _arena_map(report: Report, terms: Terms) -> MemoryMap:
    lives = _lives(report, terms)
    placed = plan(lives.buffers)
    needed = tuple(alive(placed))
    top = max(placed, key=lambda one: one.end)
    clocks = range(top.buffer.first, top.buffer.last + 1)
    at = max(clocks, key=needed.__getitem__)
    regions = tuple(
        Region(one, scratch=number >= lives.tensors) for number, one in enumerate(placed)
    )
    dtype = planned_as(report.network, terms)
    return MemoryMap("arena", dtype, lives.clocks, regions, needed, top.end, at, tail(lives.kept))


def tail(kept: Kept) -> int:
    """What the arena needs besides its head, in bytes, on a host of 64 bits.

    An estimate, within 320 bytes on twenty files of tflite-micro 0.dev20261023, and within 2 % on
    larger networks; the layers of a file of ours may leave out operators, of 150 bytes each, that
    a converter adds.
    """
    of_records = 69.6 * kept.tensors + 37.4 * kept.operators + 8.03 * kept.channels
    return round(of_records + 821) + kept.tables


# ---------------------------------------------------------------- what is alive


def _alive_map(report: Report, terms: Terms) -> MemoryMap:
    sizes, takes, outputs = tensors(report)
    names = [*report.network.inputs, *(row.name for row in report.expanded())]
    over = written_over(report) if terms.memory == "in-place" else {}
    buffers = _living(sizes, takes, outputs, names, terms)
    given = len(sizes) - len(takes)
    group = list(range(len(sizes)))  # the first tensor of those that stand in one place
    for step, source in sorted(over.items()):
        group[given + step] = group[source]
    ends: dict[int, int] = {}
    for number, first in enumerate(group):
        ends[first] = max(ends.get(first, 0), buffers[number].last)
    firsts = sorted(ends)
    places = [buffers[one]._replace(last=ends[one]) for one in firsts]
    planned = min((plan(places, 1, by_time) for by_time in (False, True)), key=head)
    offsets = {one: placed.offset for one, placed in zip(firsts, planned, strict=True)}
    regions = tuple(
        Region(
            Placed(buffer, offsets[group[number]], buffer.size),
            names[over[number - given]] if number - given in over else "",
        )
        for number, buffer in enumerate(buffers)
    )
    memory = peak_memory(report, bool(over))
    needed = [bytes_of(layer.alive, terms.dtype) for layer in memory.layers]
    at = needed.index(max(needed)) + 1 if needed else 0
    start = sum(buffer.size for buffer in buffers[:given])
    peak = bytes_of(memory.peak, terms.dtype)
    layers = (INPUT, *names[given:])
    return MemoryMap(terms.memory, terms.dtype, layers, regions, (start, *needed), peak, at)


def _living(
    sizes: list[int], takes: list[list[int]], outputs: set[int], names: list[str], terms: Terms
) -> list[Buffer]:
    """Every tensor with the clocks of its first and last layer."""
    given = len(sizes) - len(takes)
    last = {source: step + 1 for step, sources in enumerate(takes) for source in sources}
    last |= dict.fromkeys(outputs, len(takes))
    found = []
    for number, (name, size) in enumerate(zip(names, sizes, strict=True)):
        first = max(0, number - given + 1)
        taken = bytes_of(size, terms.dtype)
        found.append(Buffer(name, taken, first, last.get(number, first)))
    return found
