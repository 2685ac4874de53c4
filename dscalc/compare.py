"""Two versions of a network layer by layer: what was added, removed or changed, at what price."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

from dscalc.layers import Count
from dscalc.network import Report

Metric: TypeAlias = Literal["params", "mult_adds"]
METRICS: tuple[Metric, ...] = ("params", "mult_adds")
Status: TypeAlias = Literal["added", "removed", "changed", "unchanged"]


class Totals(NamedTuple):
    """The two figures that versions are compared by."""

    params: int = 0
    mult_adds: int = 0


class LayerFigures(NamedTuple):
    """One layer of a version; shapes are written out, since a report may come from JSON."""

    name: str
    kind: str
    shapes: tuple[tuple[int, ...], tuple[int, ...]]
    totals: Totals
    line: int | None = None

    @property
    def named(self) -> bool:
        """Whether the file names the layer: a name made from its place says nothing of it."""
        return re.fullmatch(rf"{self.kind}[0-9]+", self.name.rpartition(".")[2]) is None


class Version(NamedTuple):
    """A network at one time, as far as a comparison needs it."""

    name: str
    totals: Totals
    layers: tuple[LayerFigures, ...]
    file: str = ""


class Change(NamedTuple):
    """One layer in two versions; `base` or `head` is None where it does not exist."""

    base: LayerFigures | None
    head: LayerFigures | None

    @property
    def name(self) -> str:
        return (self.head or self.base or LayerFigures("", "", ((), ()), Totals())).name

    @property
    def status(self) -> Status:
        if self.base is None:
            return "added"
        if self.head is None:
            return "removed"
        same = self.base.totals == self.head.totals and self.base.shapes == self.head.shapes
        return "unchanged" if same else "changed"

    def delta(self, metric: Metric) -> int:
        """What the change adds to the network's total."""
        before, after = (
            0 if layer is None else getattr(layer.totals, metric)
            for layer in (self.base, self.head)
        )
        return int(after - before)


class Difference(NamedTuple):
    """A network in two versions, None where a version does not have it; `changes` in layers."""

    network: str
    base: Version | None
    head: Version | None
    changes: tuple[Change, ...]


def version(report: Report, count: Count = "trainable") -> Version:
    """A report as a version."""
    layers = tuple(
        LayerFigures(
            row.name,
            row.kind,
            ((*row.input.sides, row.input.channels), (*row.output.sides, row.output.channels)),
            Totals(row.cost.params(count), row.cost.mult_adds),
            row.line,
        )
        for row in report.rows
    )
    totals = Totals(report.total.params(count), report.total.mult_adds)
    return Version(report.network.name, totals, layers, report.network.file)


def compare(base: Version, head: Version) -> list[Change]:
    """The layers of both versions side by side, in the order of the head.

    A layer that the file names is matched by that name. The others are matched by place: first
    runs of layers that are the same in both, then what is left between them, by kind. So a layer
    put in the middle is one addition, although it shifts the numbers in all later names.
    """
    changes: list[Change] = []
    for old, new in _aligned(base.layers, head.layers, _same):
        if old and new and len(old) == len(new) == 1 and _same(old[0]) == _same(new[0]):
            changes.append(Change(old[0], new[0]))
            continue
        for older, newer in _aligned(old, new, _alike):
            changes += _paired(older, newer)
    return _reunited(changes)


def difference(network: str, base: Version | None, head: Version | None) -> Difference:
    """Two versions of a network with the layers in which they differ."""
    absent = Version(network, Totals(), ())
    changes = compare(base or absent, head or absent)
    return Difference(network, base, head, tuple(c for c in changes if c.status != "unchanged"))


def _same(layer: LayerFigures) -> Hashable:
    return (layer.name if layer.named else "", *layer[1:4])


def _alike(layer: LayerFigures) -> Hashable:
    return layer.name if layer.named else "", layer.kind


Layers: TypeAlias = Sequence[LayerFigures]


def _aligned(old: Layers, new: Layers, key: object) -> Iterator[tuple[Layers, Layers]]:
    """Both sequences cut at the same places: pairs of one equal layer, and what lies between."""
    from difflib import SequenceMatcher

    assert callable(key)
    keys = [key(layer) for layer in old], [key(layer) for layer in new]
    matcher = SequenceMatcher(None, *keys, autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            yield from ((old[i + n : i + n + 1], new[k + n : k + n + 1]) for n in range(j - i))
        else:
            yield old[i:j], new[k:m]


def _paired(old: Layers, new: Layers) -> list[Change]:
    """What has no counterpart by kind: a single one on each side is the same layer, changed."""
    if len(old) == len(new) == 1:
        return [Change(old[0], new[0])]
    return [*(Change(layer, None) for layer in old), *(Change(None, layer) for layer in new)]


def _reunited(changes: list[Change]) -> list[Change]:
    """A named layer that was removed here and added there has moved, and is one change."""
    removed = {c.base.name: c.base for c in changes if c.head is None and c.base and c.base.named}
    united = []
    for change in changes:
        head = change.head
        if change.base is None and head is not None and head.named and head.name in removed:
            united.append(Change(removed.pop(head.name), head))
        else:
            united.append(change)
    moved = {c.base for c in united if c.base and c.head and c.base.name == c.head.name}
    return [c for c in united if c.head is not None or c.base not in moved]
