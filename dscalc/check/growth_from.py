"""`growth_from: base`: what may be added is what the budgets said at the base."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dscalc.analysis.budget import Budget
from dscalc.check.baseline import Baseline, earlier_name
from dscalc.check.entries import comes_with_us, config_at
from dscalc.check.notices import paired
from dscalc.errors import DscalcError
from dscalc.language.budget_file import Config, Entry

if TYPE_CHECKING:
    from dscalc.check.revisions import Commit


def growing(config: Config, against: Baseline | None, file: str | None) -> tuple[list[Entry], bool]:
    """The entries with the growth that the base allowed, and whether it is the base that says so.

    That is so if the budget file asks for it, or did at the base: a change that takes it away is
    still held to it, and so is a network that the change takes out of the file. Where the base has
    no such budget file or no such entry the growth is what is said now.
    """
    if file is None or against is None or against.commit is None or against.path is not None:
        return config.entries, False
    commit = against.commit
    was = _config_at(commit, file, config.growth_from_base)
    if was is None or not (was.growth_from_base or config.growth_from_base):
        return config.entries, config.growth_from_base

    def before(entry: Entry) -> str:
        return place_of(entry, commit)

    def here(entry: Entry) -> str:
        known = None if comes_with_us(entry) else earlier_name(commit, entry.file)
        return place_of(entry, commit, known)

    held, gone = {}, []
    for old, new in paired(was.entries, config.entries, before, here):
        if new is not None:
            held[new.label] = new._replace(budget=_with_growth(new.budget, old.budget))
        elif old.budget.growth and not comes_with_us(old) and Path(old.file).exists():
            only = Budget({}, old.budget.growth, message=old.budget.message, place=old.place)
            gone.append(old._replace(budget=only))
    return [*(held.get(entry.label, entry) for entry in config.entries), *gone], True


def _config_at(commit: Commit, file: str, needed: bool) -> Config | None:
    """What the budget file said at the base; None where there was none.

    Where that cannot be known the reason is an error if it is `needed`; else it is told as such
    once the networks have been checked.
    """
    from dscalc.check import tree

    if file == "-" or tree.path_in(commit, Path(file)) is None:
        if needed:
            raise DscalcError(f"{file} is not of the repository, so it has no growth_from: base")
        return None
    try:
        return config_at(commit, file)
    except DscalcError:
        if needed:
            raise
        return None


def own_growing(own: Budget | None, was: Budget | None) -> Budget | None:
    """A network's own budget with the growth that it allowed at the base."""
    if was is None or not was.growth:
        return own
    return _with_growth(own or Budget({}, {}, message=was.message, place=was.place), was)


def _with_growth(now: Budget, was: Budget) -> Budget:
    return now._replace(growth={**now.growth, **was.growth})


def place_of(entry: Entry, commit: Commit, known: str | None = None) -> str:
    """What tells an entry's network from others: the path that it has at the commit, or a name."""
    from dscalc.check import tree

    if comes_with_us(entry):
        return entry.file
    return known or tree.path_in(commit, Path(entry.file)) or entry.file
