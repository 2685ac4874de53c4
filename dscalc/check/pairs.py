"""The entries of a budget file as it was at the base, each with the one that it is now."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dscalc.check.baseline import earlier_name
from dscalc.check.entries import comes_with_us, config_at
from dscalc.language.budget_file import Config, Entry

if TYPE_CHECKING:
    from dscalc.check.revisions import Commit

Pair = tuple[Entry, Entry | None]


def config_before(commit: Commit, config: Config, file: str) -> Config | None:
    """What a budget file said at a commit, its networks called as now; None if it was not there.

    Raises DscalcError where that cannot be known, or cannot be read.
    """
    was = config_at(commit, file)
    if was is None or not config.by_path:
        return was
    entries = [entry._replace(name=_from_here(entry)) for entry in was.entries]
    return was._replace(entries=entries)


def _from_here(entry: Entry) -> str:
    return entry.file if comes_with_us(entry) else os.path.relpath(entry.file)


def pairs(commit: Commit, was: Config, now: Config) -> list[Pair]:
    """Every entry that there was with the one of the same network now, if there is one."""

    def before(entry: Entry) -> str:
        return place_of(entry, commit)

    def here(entry: Entry) -> str:
        known = None if comes_with_us(entry) else earlier_name(commit, entry.file)
        return place_of(entry, commit, known)

    return paired(was.entries, now.entries, before, here)


def paired(
    was: Sequence[Entry],
    now: Sequence[Entry],
    before: Callable[[Entry], str],
    here: Callable[[Entry], str],
) -> list[Pair]:
    """The same, where `before` and `here` say by which name an entry of each is one network.

    One at the same setting comes first, then what is left of the same network, in order.
    """
    left: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in now:
        left[here(entry)].append(entry)
    found: dict[int, Entry] = {}
    for exactly in (True, False):
        for number, old in enumerate(was):
            candidates = left[before(old)] if number not in found else []
            alike = (new for new in candidates if not exactly or at_same_setting(old, new))
            match = next(alike, None)
            if match is not None:
                found[number] = match
                candidates.remove(match)
    return [(old, found.get(number)) for number, old in enumerate(was)]


def at_same_setting(old: Entry, new: Entry) -> bool:
    """Whether two entries ask for a network at one setting and in the same terms."""
    return (old.setting, old.terms) == (new.setting, new.terms)


def place_of(entry: Entry, commit: Commit, known: str | None = None) -> str:
    """What tells an entry's network from others: the path that it has at the commit, or a name."""
    from dscalc.check import tree

    if comes_with_us(entry):
        return entry.file
    return known or tree.path_in(commit, Path(entry.file)) or entry.file
