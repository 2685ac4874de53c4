"""Published accuracies of networks: facts with a source each, at the setting they were measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from dscalc.analysis.published import IMAGENET, METRICS, STANDINGS, Published, Standing
from dscalc.errors import DscalcError, Place
from dscalc.law.fields import Sizes
from dscalc.law.network import Network
from dscalc.law.setting import AS_WRITTEN, Setting

COLUMNS = (
    *("network", "alpha", "depth", "resolution", "with", "dataset"),
    *("metric", "value", "standing", "source", "note"),
)
"""The columns of a file of accuracies; an empty α or depth is 1."""

Row: TypeAlias = tuple[int, str]
"""A line of such a file with its number: most are of networks that nobody asks for."""


class Accuracy(NamedTuple):
    """What a source prints of a network at one setting, in percent (AUC: between 0 and 1).

    Without a resolution the setting is at the input of the network's own file. `place` is where
    that says it.
    """

    setting: Setting
    value: float
    source: str
    metric: str = "top1"
    dataset: str = IMAGENET
    standing: Standing = "authors"
    note: str = ""
    place: Place | None = None


class Spot(NamedTuple):
    """One network of all that a file can be made into: where an accuracy belongs."""

    alpha: float
    depth: float
    sides: tuple[int, ...]
    parameters: tuple[tuple[str, object], ...]


def spot_of(network: Network, setting: Setting = AS_WRITTEN) -> Spot:
    """The spot of a network as it is, or at a setting whose resolution may be left out."""
    resolution = setting.resolution
    if resolution is None:
        sides = network.input.sides
    elif isinstance(resolution, tuple):
        sides = resolution
    else:
        sides = (resolution,) * len(network.input.sides)
    parameters = {**network.parameters, **dict(setting.parameters)}
    return Spot(
        network.alpha * setting.alpha,
        network.depth * setting.depth,
        sides,
        tuple(sorted(parameters.items())),
    )


def accuracies_in(figures: Iterable[Published]) -> list[Accuracy]:
    """The accuracies among the published figures of a network's own file."""
    return [
        Accuracy(
            figure.setting,
            value,
            figure.source,
            metric,
            figure.dataset,
            figure.standing,
            place=figure.place,
        )
        for figure in figures
        if figure.rewritten is None
        for metric, value in figure.accuracies.items()
    ]


def by_spot(network: Network, accuracies: Iterable[Accuracy]) -> dict[Spot, list[Accuracy]]:
    """The accuracies of a network as its file has it by where they belong, in their order."""
    found: dict[Spot, list[Accuracy]] = {}
    for accuracy in accuracies:
        found.setdefault(spot_of(network, accuracy.setting), []).append(accuracy)
    return found


def own(accuracies: Sequence[Accuracy]) -> list[Accuracy]:
    """The authors' own among the accuracies of one spot; else those that others quote of them."""
    for standing in ("authors", "quoted"):
        found = [accuracy for accuracy in accuracies if accuracy.standing == standing]
        if found:
            return found
    return []


class Top1(NamedTuple):
    """The top-1 on ImageNet that the authors of a network published, where they did."""

    found: Mapping[Spot, Accuracy] = {}

    def of(self, network: Network) -> Accuracy | None:
        """Of a network as it is; None where nothing is published of that."""
        return self.found.get(spot_of(network)) if self.found else None

    def at(self, network: Network, alpha: float, sides: tuple[int, ...]) -> Accuracy | None:
        """Of a network at α, with an input of these sides; None where nothing is published."""
        if not self.found:
            return None
        return self.found.get(spot_of(network, Setting(alpha=alpha, resolution=sides)))

    @property
    def alphas(self) -> set[float]:
        """The α of networks as files have them at which anything is published."""
        return {spot.alpha for spot in self.found}

    def between(
        self, network: Network, low: float, high: float, sides: tuple[int, ...]
    ) -> Accuracy | None:
        """The same for any α from `low` to `high`, all of which build the same network."""
        wanted = spot_of(network, Setting(resolution=sides))
        for spot, accuracy in self.found.items():
            if spot[1:] == wanted[1:] and low <= spot.alpha / wanted.alpha <= high:
                return accuracy
        return None


NOTHING = Top1()


def top1_of(network: Network, accuracies: Iterable[Accuracy]) -> Top1:
    """The authors' own top-1, the one that they put first, of a network as its file has it."""
    wanted = [one for one in accuracies if (one.metric, one.dataset) == ("top1", IMAGENET)]
    spots = by_spot(network, wanted).items()
    return Top1({spot: found[0] for spot, known in spots if (found := own(known))})


def rows_by_network(text: str, file: str) -> dict[str, list[Row]]:
    """The rows of a CSV file by the names of their networks, in the order of the file.

    Raises DscalcError where its columns are not COLUMNS.
    """
    head, *lines = text.splitlines() or [""]
    if head != ",".join(COLUMNS):
        raise DscalcError(f"{file}:1: its columns must be {', '.join(COLUMNS)}")
    found: dict[str, list[Row]] = {}
    for number, line in enumerate(lines, 2):
        found.setdefault(line.partition(",")[0], []).append((number, line))
    return found


def read_accuracies(rows: Iterable[Row], file: str) -> list[Accuracy]:
    """The accuracies that rows of a file say.

    Raises DscalcError with the line of what is not as COLUMNS says, or has no source.
    """
    import csv

    found = []
    for number, line in rows:
        try:
            found.append(_accuracy(next(csv.reader([line]))))
        except ValueError as error:
            raise DscalcError(f"{file}:{number}: {error}") from None
    return found


def _accuracy(cells: Sequence[str]) -> Accuracy:
    if len(cells) != len(COLUMNS):
        raise ValueError(f"has {len(cells)} columns, not {len(COLUMNS)}")
    row = dict(zip(COLUMNS, cells, strict=True))
    standing = row["standing"]
    if standing not in STANDINGS:
        raise ValueError(f"standing is one of {', '.join(STANDINGS)}, not '{standing}'")
    if row["metric"] not in METRICS:
        raise ValueError(f"metric is one of {', '.join(METRICS)}, not '{row['metric']}'")
    if not row["source"] or not row["dataset"]:
        raise ValueError("an accuracy needs its source and its dataset")
    setting = Setting(
        alpha=float(row["alpha"] or 1),
        resolution=_sides(row["resolution"]),
        depth=float(row["depth"] or 1),
        parameters=tuple(map(_parameter, row["with"].split())),
    )
    return Accuracy(
        setting,
        float(row["value"]),
        row["source"],
        row["metric"],
        row["dataset"],
        standing,
        row["note"],
    )


def _sides(text: str) -> Sizes | None:
    """49x10, 224, or nothing: the input of the network's file."""
    sides = tuple(int(side) for side in text.split("x") if text)
    return sides if len(sides) > 1 else next(iter(sides), None)


def _parameter(text: str) -> tuple[str, int]:
    name, _, value = text.partition("=")
    return name, int(value)
