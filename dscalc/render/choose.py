"""The answer of `dscalc choose`: published accuracies with their costs and what limits leave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dscalc.analysis.accuracy import Accuracy
from dscalc.analysis.choose import Choice, Choices
from dscalc.analysis.figures import COMPARED, FIGURES
from dscalc.analysis.published import METRICS
from dscalc.law.fields import written
from dscalc.render.formats import Answer
from dscalc.render.grid import Cell, Column, Fact, Grid, Page, shown
from dscalc.render.json import document
from dscalc.render.points import (
    SHOWN,
    figure_column,
    limits_text,
    point_document,
    terms_document,
)
from dscalc.render.words import sides_text, terms_text

if TYPE_CHECKING:
    from dscalc.render.scene import Scene

NEAREST = 3  # of those that break a limit, where all do


def choose_answer(choices: Choices, against: str = "mult_adds") -> Answer:
    """What keeps every limit, or where nothing does, what comes nearest.

    A page draws accuracy `against` a figure.
    """
    return Answer(
        lambda: choose_document(choices),
        lambda: choose_grids(choices),
        page=lambda: choose_page(choices, against),
    )


def choose_page(choices: Choices, against: str) -> Page:
    """The most accurate within the limits, and the picture."""

    def scene() -> Scene:
        from dscalc.render.plot_choices import choices_scene

        return choices_scene(choices, against)

    return Page(_facts(choices), scene=scene)


def _facts(choices: Choices) -> list[Fact]:
    if not choices.fitting:
        return [Fact("none", "keeps every limit")]
    best = choices.fitting[0]
    cost = best.point.figures(choices.question.terms)
    accuracy = shown(best.accuracy.value, "percent")
    return [
        Fact(accuracy, f"{best.name} at {sides_text(best.point.sides)}, the most accurate"),
        *(Fact(f"{cost[key]:,}", f"its {figure.word}") for key, figure in COMPARED.items()),
    ]


def choose_document(choices: Choices) -> dict[str, Any]:
    """`dscalc choose --format json`."""
    question, nearest = choices.question, choices.nearest()
    beyond = choices.beyond if question.every else ()
    return document(
        "choose",
        **terms_document(question.terms, question.limits),
        parameters=dict(question.parameters),
        dataset=question.dataset,
        metric=choices.metric,
        choices=[_choice(choices, one) for one in choices.fitting],
        beyond=[_choice(choices, one) for one in beyond],
        nearest=None if choices.fitting or nearest is None else _choice(choices, nearest),
    )


def _choice(choices: Choices, choice: Choice) -> dict[str, Any]:
    better = choices.next_better(choice)
    return {
        **_named(choices, choice),
        "left": choices.left(choice),
        "over": choices.over(choice),
        "others": [_accuracy(other) for other in choice.others],
        "next_better": None
        if better is None
        else {**_named(choices, better), "over": choices.over(better)},
    }


def _named(choices: Choices, choice: Choice) -> dict[str, Any]:
    setting = choice.accuracy.setting
    return {
        "network": choice.name,
        "file": choice.network.file,
        **_accuracy(choice.accuracy),
        **point_document(choice.point, choices.question.terms),
        "depth": setting.depth,
        "parameters": dict(setting.parameters),
    }


def _accuracy(accuracy: Accuracy) -> dict[str, Any]:
    return {
        "accuracy": accuracy.value,
        "standing": accuracy.standing,
        "source": accuracy.source,
        "note": accuracy.note,
    }


# ---------------------------------------------------------------- the grid


def choose_grids(choices: Choices) -> list[Grid]:
    """A row for each choice that keeps every limit; with `every` those beyond too, after these."""
    question = choices.question
    shown: Sequence[Choice] = choices.fitting
    if question.every:
        shown = [*choices.fitting, *choices.beyond]
    elif not shown:
        shown = sorted(choices.beyond, key=choices.strain)[:NEAREST]
    columns = _columns(choices, shown)
    rows = [[cell for _, cell in _cells(choices, choice, shown)] for choice in shown]
    return [Grid(columns, rows, _title(choices), notes=_notes(choices, shown))]


def _columns(choices: Choices, shown: Sequence[Choice]) -> tuple[Column, ...]:
    return tuple(column for column, _ in _cells(choices, shown[0], shown))


def _cells(choices: Choices, choice: Choice, shown: Sequence[Choice]) -> list[tuple[Column, Cell]]:
    """The columns that there are, each with what it says of a choice."""
    question, setting = choices.question, choice.accuracy.setting
    figures = choice.point.figures(question.terms)
    left, better = choices.left(choice), choices.next_better(choice)
    cells: list[tuple[Column, Cell]] = [
        (Column("accuracy", METRICS[choices.metric], "percent"), choice.accuracy.value),
        (Column("network", "Network", "name"), choice.name),
        (Column("alpha", "α", "factor"), setting.alpha),
        (Column("resolution", "Input"), sides_text(choice.point.sides)),
    ]
    if any(one.accuracy.setting.depth != 1.0 for one in shown):
        cells.append((Column("depth", "Depth", "factor"), setting.depth))
    if any(one.accuracy.setting.parameters for one in shown):
        given = ", ".join(f"{name}={written(value)}" for name, value in setting.parameters)
        cells.append((Column("with", "With"), given))
    for key in FIGURES:
        if key in SHOWN or key in question.limits:
            drop = 0 if key in question.limits or key in COMPARED else 1
            cells.append((figure_column(key, question.terms, drop), figures[key]))
        if key in question.limits:
            head = f"{FIGURES[key].head} left"
            cells.append((Column(f"{key}_left", head, "margin", 3), left[key]))
    if any(one.accuracy.standing != "authors" for one in shown):
        cells.append((Column("standing", "By"), choice.accuracy.standing))
    cells.append((Column("source", "Source", drop=4), choice.accuracy.source))
    if choices.fitting and choices.beyond:
        breaks = "" if better is None else f"{_told(better)}: {_words(choices.over(better))}"
        cells.append((Column("next_better", "Next better breaks", drop=2), breaks))
    return cells


def _told(choice: Choice) -> str:
    """A choice in a few words: its accuracy, its name, and at what setting."""
    parts = [f"{choice.accuracy.value:g} {choice.name}", *choice.accuracy.setting.parts]
    return " · ".join(parts)


def _words(figures: Sequence[str] | dict[str, int]) -> str:
    return ", ".join(FIGURES[key].name for key in figures)


def _title(choices: Choices) -> str:
    question = choices.question
    parts = [f"{METRICS[choices.metric]} on {question.dataset}, as published"]
    if question.limits:
        parts.append(limits_text(question.limits, question.terms))
    parts += [f"with {name} {written(value)}" for name, value in question.parameters]
    return " · ".join([*parts, terms_text(question.terms)])


def _notes(choices: Choices, shown: Sequence[Choice]) -> list[str]:
    question = choices.question
    notes = []
    if not choices.fitting:
        near = shown[0] if not question.every else choices.nearest()
        assert near is not None
        over = ", ".join(
            f"{amount:,} {FIGURES[key].word}" for key, amount in choices.over(near).items()
        )
        notes.append(
            f"Nothing keeps every limit. What comes nearest, {near.name}, is over by {over}."
        )
    elif question.limits:
        more = "the rest follows" if question.every else "--all shows the rest too"
        count = f"{len(choices.fitting):,} of {len(choices.fitting) + len(choices.beyond):,}"
        notes.append(f"{count} published points keep every limit; {more}.")
    if not question.every and not question.source:
        notes.append("The authors' own figures; --all has those of others, with their standing.")
    if question.parameters:
        notes.append("Costs are with the parameters given; accuracies as published, without them.")
    return notes
