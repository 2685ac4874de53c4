"""One entry → its outcome: the network loaded, measured, held to its budgets, and what to tell."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from dscalc.analysis.budget import Budget, checks_anything
from dscalc.analysis.judging import judge
from dscalc.analysis.least_accuracy import judge_accuracy
from dscalc.analysis.terms import USUAL
from dscalc.analysis.versions import compare, version
from dscalc.check.baseline import Base, Baseline, Now, base_version
from dscalc.check.entries import CONFIG, comes_with_us
from dscalc.check.growth_from import own_growing
from dscalc.check.notices import Notice, budget_notices
from dscalc.check.outcomes import Outcome, short
from dscalc.errors import DscalcError, Place
from dscalc.language.budget_file import Entry
from dscalc.language.files import LARGEST_FILE, top1_at
from dscalc.language.network_file import NetworkFile
from dscalc.language.shipped import is_shipped
from dscalc.law.layer import Cost
from dscalc.law.network import Network, Report, measure
from dscalc.law.setting import AS_WRITTEN, apply
from dscalc.law.tally import told
from dscalc.models.source import load_file


class Ruling(NamedTuple):
    """How the networks of a run are held to their budgets.

    With `from_base` a network's own file may have grown as far as it said at the base. With
    `only_worse` all budgets have it, but for the networks that are now asked for `otherwise`, of
    which nothing is excused.
    """

    against: Baseline | None
    from_base: bool
    only_worse: bool
    otherwise: Callable[[], Collection[str]]


def outcome(entry: Entry, ruling: Ruling) -> tuple[Outcome, Base | None]:
    """What the budgets say of the entry's network, and its base version.

    Raises DscalcError where the network cannot be measured or nothing would be checked.
    """
    against = _against(entry, ruling.against)
    file = _file(entry)
    report = _measured(file.network, entry)
    data = _bytes(entry)
    now = None if data is None else Now(data, file, report)
    base = None if against is None else base_version(against, entry, entry.file, now=now)
    before = None if base is None else base.version
    own = own_growing(file.budget, base.budget) if ruling.from_base and base else file.budget
    budgets = _budgets(entry, file._replace(budget=own))
    budgets = _excusing(budgets, entry, ruling)
    unasked = against is None and any(budget.growth for budget, _ in budgets)
    if unasked:
        budgets = _without_growth(budgets, entry)
    told, was = top1_at(entry.file, file, report.network), base.top1 if base else None
    checks = tuple(
        check._replace(own=is_own)
        for budget, is_own in budgets
        for check in (
            *judge(report, budget, entry.label, before, entry.terms),
            *judge_accuracy(report.network.file, budget, entry.label, told, was),
        )
    )
    made = Outcome(entry, checks, before, against is not None, unasked, top1=told, base_top1=was)
    notices = [
        *_notices(made, file, base),
        *_of_rules(entry, budgets, base, report),
        *_of_rebuilt(entry, report),
        *_of_accuracy(made, report),
    ]
    return made._replace(notices=tuple(notices)), base


def _bytes(entry: Entry) -> bytes | None:
    """What the entry's file holds; None for what is no file, or too large to be read twice."""
    path = Path(entry.file)
    try:
        small = entry.file != "-" and path.is_file() and path.stat().st_size <= LARGEST_FILE
        return path.read_bytes() if small else None
    except OSError:
        return None


def _against(entry: Entry, against: Baseline | None) -> Baseline | None:
    """What the entry is compared with; nothing, for a network that comes with dscalc.

    Raises DscalcError where that is checked in the place of a file that was taken away.
    """
    commit = against.whole if against else None
    if commit is None or not comes_with_us(entry):
        return against
    from dscalc.check import tree

    path = tree.path_in(commit, Path(entry.file))
    if path is not None and tree.content(commit, path) is not None:
        raise DscalcError(
            f"{entry.file}: no such file any more, {commit.revision} has it; the shipped "
            "network of that name is another one"
        )
    return None


def _file(entry: Entry) -> NetworkFile:
    """What the entry's file says; for one of a budget file no shipped network stands in."""
    gone = entry.file != "-" and not comes_with_us(entry) and not Path(entry.file).exists()
    written = Path(entry.name or entry.file)
    if gone and os.path.lexists(entry.file):
        raise DscalcError(f"{written}: no such file: a link to nothing")
    if gone and entry.name and (written.suffix or len(written.parts) > 1):
        shipped = is_shipped(written.stem)
        hint = f"; the shipped network is written {written.stem}" if shipped else ""
        raise DscalcError(f"{written}: no such file{hint}")
    return load_file(entry.file, dict(entry.setting.inputs))


def _budgets(entry: Entry, file: NetworkFile) -> list[tuple[Budget, bool]]:
    """The budgets that hold: the entry's, and beside it the file's own (True).

    The file's own budget is for the network as it is written and counted by default; without any
    other it holds at whatever is asked for.
    """
    given = [(entry.budget, False)] if checks_anything(entry.budget) else []
    if file.budget is not None and (not given or _is_as_written(entry, file.network)):
        given.append((file.budget, bool(given)))
    if not given:
        raise DscalcError(
            f"{entry.file}: nothing to check: give a limit, as --max-mult-adds, or a budget in the "
            f"file; {CONFIG} is read where no network is named"
        )
    return given


def _is_as_written(entry: Entry, network: Network) -> bool:
    """Whether the entry asks for the network at the setting and in the terms of its own budget."""
    terms = entry.terms
    usual = terms._replace(weight_dtype=None) == USUAL and terms.of_weights == USUAL.of_weights
    same_else = entry.setting._replace(rho=1.0, resolution=None) == AS_WRITTEN
    return usual and same_else and apply(network, entry.setting).inputs == network.inputs


def _excusing(
    budgets: Sequence[tuple[Budget, bool]], entry: Entry, ruling: Ruling
) -> list[tuple[Budget, bool]]:
    """The budgets, each saying whether what is no worse than it was is excused."""
    asked = ruling.only_worse or any(budget.only_worse for budget, _ in budgets)
    may = asked and entry.label not in ruling.otherwise()
    return [
        (budget._replace(only_worse=may and (ruling.only_worse or budget.only_worse)), own)
        for budget, own in budgets
    ]


def _without_growth(
    budgets: Sequence[tuple[Budget, bool]], entry: Entry
) -> list[tuple[Budget, bool]]:
    """The budgets when there is nothing to have grown from."""
    rest = [(budget._replace(growth={}), own) for budget, own in budgets]
    if not any(checks_anything(budget) for budget, _ in rest):
        shipped = "a shipped network has no history to have grown from"
        why = shipped if comes_with_us(entry) else "say what it grew from with --against"
        raise DscalcError(f"{entry.file}: its budget limits growth alone; {why}")
    return rest


def measured(entry: Entry) -> Report:
    """The entry's network at its setting.

    Raises DscalcError where there is none, and where nothing in it has a cost.
    """
    return _measured(_file(entry).network, entry)


def _measured(network: Network, entry: Entry) -> Report:
    report = measure(apply(network, entry.setting))
    if report.total == Cost():
        raise DscalcError(f"{entry.file}: nothing in it has a cost, so that every limit would pass")
    return report


# ---------------------------------------------------------------- what to tell


def _of_rebuilt(entry: Entry, report: Report) -> Iterator[Notice]:
    """The written numbers of channels that are built as others."""
    for sentence, places in told(report.rebuilt).items():
        yield Notice("rebuilt", entry.label, sentence, next(iter(places), None))


def _of_accuracy(outcome: Outcome, report: Report) -> Iterator[Notice]:
    """That what is published is of the network as it was, and the network is another now."""
    told, was, base = outcome.top1, outcome.base_top1, outcome.base
    if told is None or was is None or base is None:
        return
    same = (told.value, told.source) == (was.value, was.source)
    if same and base.totals != version(report, outcome.entry.terms.count).totals:
        asked = any(check.kind == "min" for check in outcome.checks)
        text = f"top-1 of {told.value:g} was published of it before it changed ({told.source})"
        yield Notice("stale", outcome.entry.label, text, told.place, warns=asked)


def _notices(outcome: Outcome, file: NetworkFile, base: Base | None) -> Iterator[Notice]:
    """What to tell of one network."""
    label, place = outcome.entry.label, Place(file.network.file, 1, 1, "")
    if outcome.new:
        text = "it has no base version to have grown from"
        held = any(check.kind == "max" for check in outcome.checks)
        yield Notice("new", label, text, place, warns=not held)
    read = [budget for budget, _ in _budgets(outcome.entry, file)]
    if file.budget is not None and file.budget not in read:
        yield Notice("unread", label, "its own budget is not for this setting", file.budget.place)
    if base is None or not base.path:
        return
    if base.renamed:
        revision, _, path = base.version.file.partition(":")
        text = f"compared with {short(revision)}:{path}, its earlier name"
        yield Notice("renamed", label, text, place)
    if base.budget is not None:
        now = file.budget or Budget({}, {}, place=place)
        yield from budget_notices(f"{label}, its own budget", base.budget, now)


def _of_rules(
    entry: Entry, budgets: Sequence[tuple[Budget, bool]], base: Base | None, report: Report
) -> Iterator[Notice]:
    """The layers that a rule would have held, had they kept the names that they had."""
    rules = {rule.match: rule for budget, _ in budgets for rule in budget.layers}
    if base is None or not rules:
        return
    for change in compare(base.version, version(report, entry.terms.count)):
        if change.base is None or change.head is None:
            continue
        was, now = change.base.name, change.head.name
        for match, rule in rules.items():
            if fnmatchcase(was, match) and not fnmatchcase(now, match):
                text = f"layer {was}, now {now}: no longer held by '{match}'"
                yield Notice("unlimited", entry.label, text, rule.place, warns=True)
