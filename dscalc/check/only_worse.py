"""`only_worse`: the networks that a change asks for otherwise, of which it excuses nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dscalc.check.growth_from import known_config
from dscalc.check.pairs import at_same_setting, pairs
from dscalc.language.budget_file import Config, Entry

if TYPE_CHECKING:
    from dscalc.check.baseline import Baseline


def asked_otherwise(config: Config, against: Baseline | None, file: str | None) -> set[str]:
    """The labels of the entries that were at another setting, or of other rules, at the base.

    Such a network may be over its budget by what the budget file now asks for, though its own file
    is the same: that is worse than it was.
    """
    commit = against.whole if against else None
    if file is None or commit is None:
        return set()
    was = known_config(commit, config, file, needed=False)
    found = pairs(commit, was, config) if was else []
    return {new.label for old, new in found if new is not None and not _asks_alike(old, new)}


def _asks_alike(old: Entry, new: Entry) -> bool:
    rules = ({key: limit.rule for key, limit in one.budget.limits.items()} for one in (old, new))
    was, now = rules
    return at_same_setting(old, new) and all(now[key] == was.get(key, now[key]) for key in now)
