"""Which networks are checked: those of a budget file, now or at a commit, or those of flags."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dscalc.check.patterns import expanded, files_like, is_pattern, matches, named_files
from dscalc.errors import DscalcError, Problem
from dscalc.language.budget_file import Config, Entry, read_config
from dscalc.language.files import decode, read
from dscalc.language.shipped import is_shipped, shipped_names

if TYPE_CHECKING:
    from dscalc.analysis.budget import Budget
    from dscalc.check.revisions import Commit

CONFIG = "dscalc.yaml"


def find_config(folder: Path) -> Path:
    """The dscalc.yaml of this folder or of one around it, up to the repository's root.

    Raises DscalcError where there is none.
    """
    found = nearest_config(folder)
    if found is None:
        raise DscalcError(
            f"no {CONFIG} here or up to the repository's root; name a NETWORK, or --config FILE"
        )
    return found


def nearest_config(folder: Path) -> Path | None:
    """The same, None where there is none."""
    for place in (folder, *folder.parents):
        if (place / CONFIG).is_file():
            return Path(os.path.relpath(place / CONFIG, folder))
        if (place / ".git").exists():
            break
    return None


def root_of(folder: Path) -> Path:
    """The root of the repository around a folder, or the folder itself outside any."""
    inside = (place for place in (folder, *folder.parents) if (place / ".git").exists())
    return next(inside, folder)


def config_of(file: str) -> Config:
    """What a budget file says, the files in it seen from here and not from the budget file.

    Raises DscalcError where it cannot be read, and for a pattern that meets no file.
    """
    if file != "-" and not os.path.lexists(file):
        raise DscalcError(f"{file}: no such file")
    folder = _folder(file)

    def exists(name: str) -> bool:
        return os.path.lexists(folder / name) or _is_bare_shipped(name)

    config = read_config(*read(file))
    config = expanded(config, lambda pattern: files_like(pattern, folder), exists)
    for entry in config.entries:
        if _is_bare_shipped(entry.file) and (folder / entry.file).is_file():
            message = (
                f"'{entry.file}' is ambiguous: it may be the shipped network, or the file "
                f"./{entry.file}; rename that file, or write its path"
            )
            raise DscalcError(Problem(message, place=entry.place))
    return config._replace(entries=[_seen_from_here(entry, folder) for entry in config.entries])


def configs_of(files: Sequence[str]) -> dict[str, Config]:
    """What each of several budget files says; with more than one, networks are called by path.

    Raises DscalcError where one cannot be read.
    """
    if len(files) == 1:
        return {files[0]: config_of(files[0])}
    found = {file: config_of(file) for file in files}
    _require_apart(found)
    return {
        file: config._replace(
            entries=[entry._replace(name=entry.file) for entry in config.entries],
            absent=tuple(e._replace(name=str(_folder(file) / e.file)) for e in config.absent),
            by_path=True,
        )
        for file, config in found.items()
    }


def _require_apart(found: dict[str, Config]) -> None:
    """Raises DscalcError where two budget files have an entry of the same network and setting."""
    seen: set[str] = set()
    for config in found.values():
        for entry in config.entries:
            label = entry._replace(name=entry.file).label
            if label in seen:
                message = f"a second entry of {label}, by another budget file"
                raise DscalcError(Problem(message, place=entry.place))
            seen.add(label)


def config_entries(file: str) -> list[Entry]:
    """The entries of a budget file."""
    return config_of(file).entries


def config_at(commit: Commit, file: str) -> Config | None:
    """What a budget file said at a commit; None where there was none.

    Raises DscalcError where that cannot be known, or cannot be read.
    """
    from dscalc.check import tree
    from dscalc.check.baseline import earlier_name

    path = earlier_name(commit, file)
    data = None if path is None else tree.content(commit, path)
    if data is None:
        return None
    name = f"{commit.revision}:{path}"
    config = _as_it_was(read_config(decode(data, name), name), commit, str(path))
    folder = (commit.root / str(path)).parent
    return config._replace(entries=[_seen_from_here(entry, folder) for entry in config.entries])


def _as_it_was(config: Config, commit: Commit, path: str) -> Config:
    """The budget file with the files that the commit had of its patterns and optional entries."""
    if not any(is_pattern(entry.file) or entry.optional for entry in config.entries):
        return config
    from dscalc.check import tree

    folder = posixpath.dirname(path)
    there = [posixpath.relpath(name, folder or ".") for name in tree.whole_tree(commit)]

    def exists(name: str) -> bool:
        return posixpath.normpath(name) in there or _is_bare_shipped(name)

    def like(pattern: str) -> list[str]:
        return sorted(name for name in there if matches(name, pattern))

    entries = [e._replace(optional=e.optional or is_pattern(e.file)) for e in config.entries]
    return expanded(config._replace(entries=entries), like, exists)


def flag_entries(files: Sequence[str], asked: Entry, budget: Budget) -> list[Entry]:
    """An entry for every file, with the budget that flags say; without, the file's own one.

    Raises DscalcError for a pattern that meets no file.
    """
    return [asked._replace(file=file, budget=budget) for file in named_files(files)]


def comes_with_us(entry: Entry) -> bool:
    """Whether the entry names a network that comes with dscalc, and no file of the user's."""
    return is_shipped(entry.file) and not os.path.lexists(entry.file)


def _folder(config: str) -> Path:
    return Path() if config == "-" else Path(config).parent


def _is_bare_shipped(file: str) -> bool:
    """Whether a budget file means a shipped network: a bare name; with `.yaml` it is a file."""
    return file in shipped_names()


def _seen_from_here(entry: Entry, folder: Path) -> Entry:
    """The entry with the path of its file from here, spelled so that it can be nothing else."""
    if _is_bare_shipped(entry.file):
        return entry
    beside = folder / entry.file
    plain = os.path.normpath(beside)  # not where `..` goes back from a link: that leads elsewhere
    file = plain if Path(plain).resolve() == beside.resolve() else str(beside)
    return entry._replace(file=f"./{file}" if is_shipped(file) else file)
