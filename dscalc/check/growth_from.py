"""`growth_from: base`: what may be added is what the budgets said at the base."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from dscalc.analysis.budget import Budget
from dscalc.check.baseline import Baseline
from dscalc.check.entries import comes_with_us
from dscalc.check.pairs import config_before, pairs
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
    commit = against.whole if against else None
    if file is None or commit is None:
        return config.entries, False
    was = known_config(commit, config, file, config.growth_from_base)
    if was is None or not (was.growth_from_base or config.growth_from_base):
        return config.entries, config.growth_from_base

    held, gone = {}, []
    for old, new in pairs(commit, was, config):
        if new is not None:
            held[new.label] = new._replace(budget=_with_growth(new.budget, old.budget))
        elif old.budget.growth and (file_now := _file_now(commit, old)):
            only = Budget({}, old.budget.growth, message=old.budget.message, place=old.place)
            gone.append(old._replace(file=file_now, budget=only))
    return [*(held.get(entry.label, entry) for entry in config.entries), *gone], True


def known_config(commit: Commit, config: Config, file: str, needed: bool) -> Config | None:
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
        return config_before(commit, config, file)
    except DscalcError:
        if needed:
            raise
        return None


def _file_now(commit: Commit, old: Entry) -> str:
    """The file of a network that has no entry any more, under another name too; empty if none."""
    if comes_with_us(old):
        return ""
    if Path(old.file).exists():
        return old.file
    from dscalc.check import renames, tree

    path = tree.path_in(commit, Path(old.file))
    later = None if path is None else renames.later_path(commit, path)
    return "" if later is None else os.path.relpath(commit.root / later)


def own_growing(own: Budget | None, was: Budget | None) -> Budget | None:
    """A network's own budget with the growth that it allowed at the base."""
    if was is None or not was.growth:
        return own
    return _with_growth(own or Budget({}, {}, message=was.message, place=was.place), was)


def _with_growth(now: Budget, was: Budget) -> Budget:
    return now._replace(growth={**now.growth, **was.growth})
