"""What a budget file holds less than it did at the base."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dscalc.check import tree
from dscalc.check.baseline import Baseline
from dscalc.check.notices import Notice, config_notices
from dscalc.check.pairs import config_before, place_of
from dscalc.language.budget_file import Config, Entry


def held_less(
    config: Config, file: str, against: Baseline, names: dict[str, str]
) -> Iterator[Notice]:
    """What the budget file says less than it did at the base."""
    commit = against.commit
    assert commit is not None
    if file == "-" or tree.path_in(commit, Path(file)) is None:
        yield _unknown(file, f"it is not of the repository, so {commit.revision} has none like it")
        return
    was = config_before(commit, config, file)
    if was is None:
        yield _unknown(file, f"new: {commit.revision} has no such budget file")
        return

    def before(entry: Entry) -> str:
        return place_of(entry, commit)

    def here(entry: Entry) -> str:
        return place_of(entry, commit, names.get(entry.file))

    yield from config_notices(file, was, config, before, here)


def _unknown(file: str, why: str) -> Notice:
    return Notice("unread", file, f"what it holds less than it did is not told: {why}")
