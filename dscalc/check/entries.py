"""Which networks are checked: those of a budget file, now or at a commit, or those of flags."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dscalc.errors import DscalcError, Problem
from dscalc.language.budget_file import Config, Entry, read_config
from dscalc.language.files import decode, is_shipped, read, shipped_names

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

    Raises DscalcError where it cannot be read.
    """
    if file != "-" and not os.path.lexists(file):
        raise DscalcError(f"{file}: no such file")
    config = read_config(*read(file))
    folder = _folder(file)
    for entry in config.entries:
        if _is_bare_shipped(entry.file) and (folder / entry.file).is_file():
            message = (
                f"'{entry.file}' is ambiguous: it may be the shipped network, or the file "
                f"./{entry.file}; rename that file, or write its path"
            )
            raise DscalcError(Problem(message, place=entry.place))
    return config._replace(entries=[_seen_from_here(entry, folder) for entry in config.entries])


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
    config = read_config(decode(data, name), name)
    folder = (commit.root / str(path)).parent
    return config._replace(entries=[_seen_from_here(entry, folder) for entry in config.entries])


def flag_entries(files: Sequence[str], asked: Entry, budget: Budget) -> list[Entry]:
    """An entry for every file, with the budget that flags say; without, the file's own one."""
    return [asked._replace(file=file, budget=budget) for file in files]


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
