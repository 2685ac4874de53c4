"""Entries → findings: every network loaded, measured, and held to its budgets, and what to tell."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from dscalc.analysis.budget import Budget, Check, Status, checks_anything, judge, verdict
from dscalc.analysis.terms import USUAL
from dscalc.analysis.versions import Version, compare, version
from dscalc.check.baseline import Base, Baseline, Now, base_version
from dscalc.check.entries import CONFIG, comes_with_us
from dscalc.check.growth_from import growing, own_growing
from dscalc.check.notices import Notice, budget_notices
from dscalc.errors import DscalcError, Place, Problem
from dscalc.language.budget_file import Config, Entry
from dscalc.language.files import LARGEST_FILE
from dscalc.language.network_file import NetworkFile
from dscalc.language.shipped import is_shipped
from dscalc.law.layer import Cost
from dscalc.law.network import Network, Report, measure
from dscalc.law.setting import AS_WRITTEN, apply
from dscalc.law.tally import told
from dscalc.models.source import load_file

Verdict: TypeAlias = Literal["pass", "warn", "fail", "none"]
"""What all findings come to; none where a network could not be checked at all."""


class Outcome(NamedTuple):
    """What became of one entry.

    `compared` says whether a base version was asked for, `unasked` whether the budget limits a
    growth that nobody could ask about without one.
    """

    entry: Entry
    checks: tuple[Check, ...]
    base: Version | None
    compared: bool
    unasked: bool
    notices: tuple[Notice, ...] = ()

    @property
    def new(self) -> bool:
        """Whether the base knows nothing of this network."""
        return self.compared and self.base is None


class Unreadable(NamedTuple):
    """An entry whose network could not be checked, and why."""

    network: str
    problems: tuple[Problem, ...]


class Findings(NamedTuple):
    """All that a check found: of each network, of the budget file, and what could not be read.

    With `strict` warnings fail.
    """

    outcomes: tuple[Outcome, ...] = ()
    of_config: tuple[Notice, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    strict: bool = False

    @property
    def checks(self) -> list[Check]:
        return [check for outcome in self.outcomes for check in outcome.checks]

    @property
    def notices(self) -> list[Notice]:
        """What to tell besides the checks, of networks, then of the budget file."""
        of_networks = [notice for outcome in self.outcomes for notice in outcome.notices]
        return [*of_networks, *self.of_config]

    @property
    def unreadable_problems(self) -> list[tuple[str, Problem]]:
        """Why there is no verdict, each reason once, with the network that it is about."""
        first: dict[Problem, str] = {}
        for network, problems in self.unreadable:
            for problem in problems:
                first.setdefault(problem, network)
        return [(network, problem) for problem, network in first.items()]

    @property
    def problems(self) -> list[Problem]:
        return [problem for _, problem in self.unreadable_problems]

    @property
    def verdict(self) -> Verdict:
        if self.unreadable:
            return "none"
        worst: Status = verdict(self.checks)
        warns = any(notice.status == "warn" for notice in self.notices)
        return "warn" if worst == "pass" and warns else worst


def findings(
    config: Config,
    against: Baseline | None = None,
    config_file: str | None = None,
    only_worse: bool = False,
) -> Findings:
    """What the budgets say of every network, and where they say less than at the base.

    `config_file` is where the entries come from, None for those of flags. With `only_worse` all
    budgets have it. Raises DscalcError where several networks would have grown from one file, and
    where it cannot be known what a budget file said at the base that is to hold now.
    """
    if len(config.entries) > 1 and against is not None and against.path is not None:
        raise DscalcError(f"{against.path} is one network; a git revision has a version of each")
    found: list[Outcome] = []
    unreadable: list[Unreadable] = []
    names: dict[str, str] = {}
    _read_ahead(config.entries, against, config_file)
    entries, from_base = growing(config, against, config_file)
    for entry in entries:
        try:
            made, base = outcome(entry, against, from_base, only_worse)
        except DscalcError as error:
            problems = (p if p.place else p._replace(place=entry.place) for p in error.problems)
            unreadable.append(Unreadable(entry.label, tuple(problems)))
            continue
        found.append(made)
        if base is not None:
            names[entry.file] = base.path
    of_config = tuple(Notice("absent", e.label, "not there, and optional") for e in config.absent)
    if config_file is not None and against is not None and against.path is None and not unreadable:
        try:
            from dscalc.check.held_less import held_less

            of_config += tuple(held_less(config, config_file, against, names))
        except DscalcError as error:
            unreadable.append(Unreadable(config_file, error.problems))
    return Findings(tuple(found), of_config, tuple(unreadable))


def together(found: Sequence[Findings]) -> Findings:
    """The findings of several budget files as one."""
    return Findings(
        tuple(outcome for one in found for outcome in one.outcomes),
        tuple(notice for one in found for notice in one.of_config),
        tuple(unreadable for one in found for unreadable in one.unreadable),
    )


def outcomes(entries: Sequence[Entry], against: Baseline | None) -> list[Outcome]:
    """What the budgets say of every network.

    Raises DscalcError for all networks without an outcome at once, and where several would have
    grown from one file.
    """
    found = findings(Config(list(entries)), against)
    if found.problems:
        raise DscalcError(*found.problems)
    return list(found.outcomes)


# ---------------------------------------------------------------- one network


def outcome(
    entry: Entry, against: Baseline | None, from_base: bool = False, only_worse: bool = False
) -> tuple[Outcome, Base | None]:
    """What the budgets say of the entry's network, and its base version.

    With `from_base` the network's own file may have grown as far as it said at the base.
    Raises DscalcError where the network cannot be measured or nothing would be checked.
    """
    against = _against(entry, against)
    file = _file(entry)
    report = _measured(file.network, entry)
    data = _bytes(entry)
    now = None if data is None else Now(data, file, report)
    base = None if against is None else base_version(against, entry, entry.file, now=now)
    before = None if base is None else base.version
    own = own_growing(file.budget, base.budget) if from_base and base else file.budget
    budgets = _budgets(entry, file._replace(budget=own))
    if only_worse:
        budgets = [(budget._replace(only_worse=True), own) for budget, own in budgets]
    unasked = against is None and any(budget.growth for budget, _ in budgets)
    if unasked:
        budgets = _without_growth(budgets, entry)
    checks = tuple(
        check._replace(own=is_own)
        for budget, is_own in budgets
        for check in judge(report, budget, entry.label, before, entry.terms)
    )
    made = Outcome(entry, checks, before, against is not None, unasked)
    notices = [
        *_notices(made, file, base),
        *_of_rules(entry, budgets, base, report),
        *_of_rebuilt(entry, report),
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


def _read_ahead(
    entries: Sequence[Entry], against: Baseline | None, config_file: str | None
) -> None:
    """Reads what the base has of all networks, and of the budget file, at once."""
    if against is None or against.commit is None or against.path is not None:
        return
    from dscalc.check import tree

    commit = against.commit
    files = [entry.file for entry in entries if not comes_with_us(entry)]
    files += [config_file] if config_file else []
    tree.read_ahead(commit, [p for f in files if f != "-" and (p := tree.path_in(commit, Path(f)))])


def _against(entry: Entry, against: Baseline | None) -> Baseline | None:
    """What the entry is compared with; nothing, for a network that comes with dscalc.

    Raises DscalcError where that is checked in the place of a file that was taken away.
    """
    if against is None or against.commit is None or against.path or not comes_with_us(entry):
        return against
    from dscalc.check import tree

    path = tree.path_in(against.commit, Path(entry.file))
    if path is not None and tree.content(against.commit, path) is not None:
        raise DscalcError(
            f"{entry.file}: no such file any more, {against.commit.revision} has it; the shipped "
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
        text = f"compared with {base.version.file}, its earlier name"
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
