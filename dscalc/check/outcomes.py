"""Entries → outcomes: every network loaded, scaled, measured, and held to its budget."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from dscalc.analysis.budget import Budget, Check, checks_anything, judge
from dscalc.analysis.versions import Difference, Totals, Version, difference, version
from dscalc.check.baseline import Baseline, base_version, baseline
from dscalc.errors import DscalcError, Problem
from dscalc.language.budget_file import Entry, read_config
from dscalc.language.files import decode, is_shipped, load, load_file, read
from dscalc.law.network import Network, Report, measure
from dscalc.law.setting import apply

CONFIG = "dscalc.yaml"
NOTHING = Version("", Totals(), ())


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

    @property
    def new(self) -> bool:
        """Whether the base knows nothing of this network."""
        return self.compared and self.base is None


def find_config(folder: Path) -> Path:
    """The dscalc.yaml of this folder or of one around it, up to the repository's root.

    Raises DscalcError where there is none.
    """
    for place in (folder, *folder.parents):
        if (place / CONFIG).is_file():
            return Path(os.path.relpath(place / CONFIG, folder))
        if (place / ".git").exists():
            break
    raise DscalcError(
        f"no {CONFIG} here or up to the repository's root; name a NETWORK, or --config FILE"
    )


def root_of(folder: Path) -> Path:
    """The root of the repository around a folder, or the folder itself outside any."""
    inside = (place for place in (folder, *folder.parents) if (place / ".git").exists())
    return next(inside, folder)


def config_entries(config: str) -> list[Entry]:
    """The entries of a budget file, their files seen from here and not from the budget file."""
    entries = read_config(*read(config))
    folder = Path(config).parent if config != "-" else Path()
    return [_seen_from_here(entry, folder) for entry in entries]


def _seen_from_here(entry: Entry, folder: Path) -> Entry:
    beside = folder / entry.file
    if is_shipped(entry.file) and not beside.exists():
        return entry
    return entry._replace(file=os.path.normpath(beside))


def flag_entries(files: Sequence[str], asked: Entry, budget: Budget) -> list[Entry]:
    """An entry for every file, with the budget that flags say; without, the file's own one."""
    return [asked._replace(file=file, budget=budget) for file in files]


def outcomes(entries: Sequence[Entry], against: Baseline | None) -> list[Outcome]:
    """What the budgets say of every network.

    Raises DscalcError for all networks without an outcome at once, and where several would have
    grown from one file.
    """
    if len(entries) > 1 and against is not None and against.path is not None:
        raise DscalcError(f"{against.path} is one network; a git revision has a version of each")
    found: list[Outcome] = []
    problems: list[Problem] = []
    for entry in entries:
        try:
            found.append(outcome(entry, against))
        except DscalcError as error:
            problems += [p if p.place else p._replace(place=entry.place) for p in error.problems]
    if problems:
        raise DscalcError(*dict.fromkeys(problems))
    return found


def outcome(entry: Entry, against: Baseline | None) -> Outcome:
    """What the budget says of the entry's network.

    Raises DscalcError where the network cannot be measured or nothing would be checked.
    """
    file = load_file(entry.file)
    report = _measured(file.network, entry)
    budget = entry.budget if checks_anything(entry.budget) else file.budget or entry.budget
    if not checks_anything(budget):
        raise DscalcError(
            f"{entry.file}: nothing to check: give a limit, as --max-mult-adds, or a budget in the "
            f"file; {CONFIG} is read where no network is named"
        )
    if against is not None and against.path is None and _comes_with_us(entry):
        against = None  # it comes with dscalc, not with the user's history
    base = None if against is None else base_version(against, entry, report.network.file)
    unasked = bool(budget.growth) and against is None
    if unasked:
        budget = _without_growth(budget, entry)
    checks = judge(report, budget, entry.label, base, entry.terms)
    return Outcome(entry, tuple(checks), base, against is not None, unasked)


def _comes_with_us(entry: Entry) -> bool:
    """Whether the entry names a network that comes with dscalc, and no file of the user's."""
    return is_shipped(entry.file) and not Path(entry.file).exists()


def _without_growth(budget: Budget, entry: Entry) -> Budget:
    """The budget when there is nothing to have grown from."""
    rest = budget._replace(growth={})
    if not checks_anything(rest):
        shipped = "a shipped network has no history to have grown from"
        why = shipped if _comes_with_us(entry) else "say what it grew from with --against"
        raise DscalcError(f"{entry.file}: its budget limits growth alone; {why}")
    return rest


def _measured(network: Network, entry: Entry) -> Report:
    """The network at the entry's setting."""
    return measure(apply(network, entry.setting))


def differences(
    old: str, new: str | None, config: str | None, asked: Entry, folder: Path
) -> list[Difference]:
    """The networks of two versions: of one network, or of all in the budget file.

    A git revision stands for all; a file, a shipped network, a report or REV:path for one. Without
    `new` the old version is compared with the files as they are.
    """
    before = baseline(old, folder)
    after = None if new is None else baseline(new, folder)
    if before.path is not None or (after is not None and after.path is not None):
        base, head = _one_network(before, after, asked)
        return [difference((head or base or NOTHING).name, base, head)]
    now = config_entries(config or str(find_config(Path.cwd())))
    entries = [entry for entry in (*now, *_gone_entries(before, config, now))
               if not _comes_with_us(entry)]  # fmt: skip
    if not entries:
        raise DscalcError("nothing to compare: all networks of the budget file come with dscalc")
    return [_entry_difference(entry, before, after) for entry in entries]


def _entry_difference(entry: Entry, before: Baseline, after: Baseline | None) -> Difference:
    base, head = base_version(before, entry, entry.file), _head(after, entry)
    if base is None and head is None:
        raise DscalcError(Problem(f"{entry.file}: neither version has it", place=entry.place))
    return difference(entry.label, base, head)


def _one_network(
    before: Baseline, after: Baseline | None, asked: Entry
) -> tuple[Version | None, Version | None]:
    """Both versions of one network; where one side is a revision, of the other side's file."""
    if after is None:
        if before.commit is None or before.path is None:
            raise DscalcError("say NEW too: a file is compared with another version of it")
        file = str(before.commit.root / before.path)
        return base_version(before, asked, file), _head(None, asked._replace(file=file))
    file = after.path or before.path or ""
    return base_version(before, asked, file), base_version(after, asked, file)


def _gone_entries(before: Baseline, config: str | None, now: Sequence[Entry]) -> list[Entry]:
    """The entries that the budget file had at the base of networks that are no longer there."""
    from dscalc.check import git as history

    commit, path = before.commit, Path(config) if config else find_config(Path.cwd())
    assert commit is not None
    inside = history.path_in(commit, path)
    data = None if inside is None else history.content(commit, inside)
    if data is None:
        return []
    name = f"{commit.revision}:{inside}"
    entries = [
        _seen_from_here(entry, path.parent) for entry in read_config(decode(data, name), name)
    ]

    def place(entry: Entry) -> str:
        return history.path_in(commit, Path(entry.file)) or entry.file

    there = set(map(place, now))
    gone = [entry for entry in entries if place(entry) not in there]
    renamed = {history.earlier_path(commit, current) for current in there} if gone else set()
    return [entry for entry in gone if place(entry) not in renamed]


def _head(after: Baseline | None, entry: Entry) -> Version | None:
    """The later version of an entry; None where the file is gone."""
    if after is not None:
        return base_version(after, entry, entry.file)
    if not _comes_with_us(entry) and not Path(entry.file).exists():
        return None
    return version(_measured(load(entry.file), entry), entry.terms.count)
