"""Which network for a device: published accuracies beside costs, the best within limits first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from dscalc.analysis.accuracy import Accuracy, by_spot, own
from dscalc.analysis.published import IMAGENET, METRICS
from dscalc.analysis.sweep import Point, point_of
from dscalc.analysis.terms import USUAL, Terms
from dscalc.errors import DscalcError
from dscalc.law.fields import Sizes
from dscalc.law.items import Given
from dscalc.law.network import Network, measure
from dscalc.law.setting import apply


class Candidate(NamedTuple):
    """A network as its file has it, the name to call it by, and what is published of it.

    `family` is the name of what it is a variant of, or its own.
    """

    name: str
    network: Network
    accuracies: Sequence[Accuracy]
    family: str


class Question(NamedTuple):
    """What is asked: limits, how figures are counted, and which accuracies count.

    Those of one `dataset`, since others cannot be compared; the authors' own, unless `every` one
    is asked for or those of a `source`, whose name has that text. `resolutions` are the inputs that
    are asked for, all where there are none. With `parameters`, such as two classes, networks cost
    what they cost with these, and have the accuracies that they are published with.
    """

    limits: Mapping[str, int] = {}
    terms: Terms = USUAL
    dataset: str = IMAGENET
    every: bool = False
    source: str = ""
    resolutions: Sequence[Sizes] = ()
    parameters: tuple[tuple[str, Given], ...] = ()

    def among(self, accuracies: Iterable[Accuracy]) -> bool:
        """Whether some of the accuracies are on the dataset and may count."""
        here = [one for one in accuracies if one.dataset == self.dataset]
        return bool(_counted(here, self))

    def at(self, sides: tuple[int, ...]) -> bool:
        """Whether an input of these sides is asked for."""
        same = (one if isinstance(one, tuple) else (one,) * len(sides) for one in self.resolutions)
        return not self.resolutions or sides in same


class Choice(NamedTuple):
    """A network at one setting whose accuracy is published.

    α, depth and parameters are those of the accuracy, beside what the network has by its name.
    `others` are what else is published of the same point and counts.
    """

    name: str
    network: Network
    accuracy: Accuracy
    point: Point
    others: tuple[Accuracy, ...] = ()
    family: str = ""


class Choices(NamedTuple):
    """The answer: what keeps every limit and what does not, the most accurate first each.

    `metric` is the measure that all their accuracies are by.
    """

    question: Question
    metric: str
    fitting: tuple[Choice, ...]
    beyond: tuple[Choice, ...]

    def left(self, choice: Choice) -> dict[str, int]:
        """What a choice leaves of each limit; negative where it breaks it."""
        figures = choice.point.figures(self.question.terms)
        return {key: limit - figures[key] for key, limit in self.question.limits.items()}

    def over(self, choice: Choice) -> dict[str, int]:
        """By how much a choice is over each limit that it breaks."""
        return choice.point.excess(self.question.limits, self.question.terms)

    def next_better(self, choice: Choice) -> Choice | None:
        """The least accurate of those beyond the limits that are more accurate than a choice."""
        better = [one for one in self.beyond if one.accuracy.value > choice.accuracy.value]
        return min(better, key=lambda one: (one.accuracy.value, self.strain(one)), default=None)

    def nearest(self) -> Choice | None:
        """Of those beyond the limits the one that is least over, as a share of its worst limit."""
        return min(self.beyond, key=self.strain, default=None)

    def front(self, figure: str) -> list[Choice]:
        """Those that no other one beats: none that costs no more is as accurate, cheapest first."""
        terms = self.question.terms
        ordered = sorted(
            [*self.fitting, *self.beyond],
            key=lambda one: (one.point.figures(terms)[figure], -one.accuracy.value),
        )
        kept: list[Choice] = []
        for one in ordered:
            if not kept or one.accuracy.value > kept[-1].accuracy.value:
                kept.append(one)
        return kept

    def strain(self, choice: Choice) -> float:
        """The share of its worst limit that a choice takes; over 1 where it breaks one."""
        figures = choice.point.figures(self.question.terms)
        return max(figures[key] / limit for key, limit in self.question.limits.items())


def choose(candidates: Iterable[Candidate], question: Question = Question()) -> Choices:  # noqa: B008
    """All published points of the candidates, those that keep every limit apart.

    A point is told once, by the figure that its authors put first, or with `every` one once for
    each figure. Raises DscalcError where nothing is published that was asked for.
    """
    given = list(candidates)
    metric = _metric(given, question)
    found = [choice for one in given for choice in _choices(one, question, metric)]
    if not found:
        raise DscalcError(_nothing(given, question))
    found.sort(key=lambda one: (-one.accuracy.value, one.point.cost.mult_adds, one.name))
    kept = [one.point.keeps(question.limits, question.terms) for one in found]
    return Choices(
        question,
        metric,
        tuple(one for one, keeps in zip(found, kept, strict=True) if keeps),
        tuple(one for one, keeps in zip(found, kept, strict=True) if not keeps),
    )


def _metric(candidates: Iterable[Candidate], question: Question) -> str:
    """The measure that figures on the dataset are by; where there are several the first."""
    published = {
        accuracy.metric
        for candidate in candidates
        for accuracy in candidate.accuracies
        if accuracy.dataset == question.dataset
    }
    return next((metric for metric in METRICS if metric in published), "top1")


def _choices(candidate: Candidate, question: Question, metric: str) -> Iterable[Choice]:
    wanted = [
        accuracy
        for accuracy in candidate.accuracies
        if (accuracy.metric, accuracy.dataset) == (metric, question.dataset)
    ]
    for spot, published in by_spot(candidate.network, wanted).items():
        counted = _counted(published, question)
        if counted and question.at(spot.sides):
            first, *others = counted
            point = _point(candidate, first, question)
            choice = Choice(
                candidate.name, candidate.network, first, point, tuple(others), candidate.family
            )
            yield choice
            if question.every:
                yield from (choice._replace(accuracy=other, others=()) for other in others)


def _counted(published: Sequence[Accuracy], question: Question) -> list[Accuracy]:
    if question.source:
        text = question.source.casefold()
        return [one for one in published if text in one.source.casefold()]
    return list(published) if question.every else own(published)


def _point(candidate: Candidate, accuracy: Accuracy, question: Question) -> Point:
    parameters = {**dict(accuracy.setting.parameters), **dict(question.parameters)}
    setting = accuracy.setting._replace(parameters=tuple(parameters.items()))
    measured = measure(apply(candidate.network, setting))
    return point_of(setting.alpha, measured, question.terms)


def _nothing(candidates: Sequence[Candidate], question: Question) -> str:
    names = ", ".join(candidate.name for candidate in candidates[:5])
    of_whom = f" of {names}" if names else ""
    datasets = dict.fromkeys(one.dataset for known in candidates for one in known.accuracies)
    asked = [f"on {question.dataset}"]
    asked += [f"from a source like '{question.source}'"] if question.source else []
    asked += ["at these resolutions"] if question.resolutions else []
    there = f"; there are figures on {', '.join(datasets)}" if datasets else ""
    others = any(
        one.dataset == question.dataset for known in candidates for one in known.accuracies
    )
    whose = " by the authors; --all has those of others" if others and not question.source else ""
    return f"no accuracy{of_whom} is published {' '.join(asked)}{whose}{there}"
