"""Two versions of networks without a verdict: of one network, or of all in the budget file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dscalc.analysis.versions import Difference, Totals, Version, difference
from dscalc.check.baseline import Base, Baseline, base_version, baseline, earlier_name
from dscalc.check.entries import comes_with_us, config_at, config_entries, find_config
from dscalc.errors import DscalcError, Problem
from dscalc.language.budget_file import Entry

NOTHING = Version("", Totals(), ())


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
    file = config or str(find_config(Path.cwd()))
    now = config_entries(file)
    entries = [entry for entry in (*now, *_gone_entries(before, file, now))
               if not comes_with_us(entry)]  # fmt: skip
    if not entries:
        raise DscalcError("nothing to compare: all networks of the budget file come with dscalc")
    return [_entry_difference(entry, before, after) for entry in entries]


def _entry_difference(entry: Entry, before: Baseline, after: Baseline | None) -> Difference:
    later = None if after is None else after.commit
    base = base_version(before, entry, entry.file, later)
    head = _head(after, entry)
    if base is None and head is None:
        raise DscalcError(Problem(f"{entry.file}: neither version has it", place=entry.place))
    return difference(entry.label, *_versions(entry, base, head))


def _one_network(
    before: Baseline, after: Baseline | None, asked: Entry
) -> tuple[Version | None, Version | None]:
    """Both versions of one network; where one side is a revision, of the other side's file."""
    if after is None:
        if before.commit is None or before.path is None:
            raise DscalcError("say NEW too: a file is compared with another version of it")
        file = str(before.commit.root / before.path)
        base = base_version(before, asked, file)
        return _versions(asked, base, _head(None, asked._replace(file=file)))
    file = after.path or before.path or ""
    if before.path is None and after.commit is not None:
        file = str(after.commit.root / file)
    elif after.path is None and before.commit is not None:
        file = str(before.commit.root / file)
    base = base_version(before, asked, file, after.commit)
    return _versions(asked, base, base_version(after, asked, file))


def _gone_entries(before: Baseline, config: str, now: Sequence[Entry]) -> list[Entry]:
    """The entries that the budget file had at the base of networks that are no longer there."""
    from dscalc.check import tree

    commit = before.commit
    assert commit is not None
    if config == "-" or tree.path_in(commit, Path(config)) is None:
        return []
    was = config_at(commit, config)

    def place(entry: Entry) -> str:
        return tree.path_in(commit, Path(entry.file)) or entry.file

    there = set(map(place, now))
    gone = [entry for entry in (was.entries if was else ()) if place(entry) not in there]
    current = [entry.file for entry in now if not comes_with_us(entry)] if gone else []
    renamed = {earlier_name(commit, file) for file in current}
    return [entry for entry in gone if place(entry) not in renamed]


def _head(after: Baseline | None, entry: Entry) -> Base | None:
    """The later version of an entry; None where the file is gone."""
    if after is not None:
        return base_version(after, entry, entry.file)
    if not comes_with_us(entry) and not Path(entry.file).exists():
        return None
    return base_version(Baseline(None, entry.file), entry, entry.file)


def _versions(
    entry: Entry, base: Base | None, head: Base | None
) -> tuple[Version | None, Version | None]:
    """Both versions; raises DscalcError where inputs are said and neither file is a model."""
    there = [one for one in (base, head) if one is not None]
    if entry.setting.inputs and not any(one.model for one in there):
        message = "inputs are said of model files, and neither version is one"
        raise DscalcError(Problem(message, place=entry.place))
    return (base.version if base else None), (head.version if head else None)
