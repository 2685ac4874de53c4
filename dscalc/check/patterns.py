"""Files by pattern, as nets/*.yaml: in the work tree, or among the paths that a commit has."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from dscalc.errors import DscalcError, Problem
from dscalc.language.budget_file import Config, Entry

WILD = "*?["


def is_pattern(name: str) -> bool:
    """Whether a name may stand for several files: it holds a star, a question mark, a bracket."""
    return any(character in name for character in WILD)


def matches(path: str, pattern: str) -> bool:
    """Whether a path, its folders apart by slashes, is one that a pattern means.

    `*` and `?` stay within a folder, `**` stands for any folders, and what begins with a dot is
    meant by what begins with one alone, all as in a shell.
    """
    parts = [part for part in pattern.split("/") if part != "."]
    alone = [part for part, next_one in zip(parts, [*parts[1:], ""], strict=True)
             if part != "**" or next_one != "**"]  # fmt: skip
    return _match([part for part in path.split("/") if part != "."], alone)


def _match(path: Sequence[str], pattern: Sequence[str]) -> bool:
    if not path or not pattern:
        return not path and not pattern
    hidden = path[0].startswith(".") and path[0] != ".."
    if pattern[0] == "**":
        further = not hidden and len(path) > 1 and _match(path[1:], pattern)
        return further or _match(path, pattern[1:] or ["*"])
    if hidden and not pattern[0].startswith("."):
        return False
    return fnmatchcase(path[0], pattern[0]) and _match(path[1:], pattern[1:])


def files_like(pattern: str, folder: Path) -> list[str]:
    """The files that a pattern seen from a folder means, seen from there too, in order."""
    parts = pattern.split("/")
    fixed = next(i for i, part in enumerate(parts) if is_pattern(part))
    start = "/".join(parts[:fixed]) or ("/" if pattern.startswith("/") else "")
    below = _files_below(folder / start, start, parts[fixed:])
    return sorted(file for file in below if matches(file, pattern))


def _files_below(folder: Path, name: str, pattern: Sequence[str]) -> Iterator[str]:
    """The files in a folder called so that a pattern of what is in there might mean.

    A link to a folder is followed where the pattern says how deep the files are.
    """
    deeper, hidden = "**" in pattern, any(part.startswith(".") for part in pattern)
    try:
        inside = list(os.scandir(folder))
    except OSError:
        return
    for one in inside:
        path = f"{name.rstrip('/')}/{one.name}" if name else one.name
        if one.name.startswith(".") and not hidden:
            continue
        if not one.is_dir():
            yield path
        elif deeper and not one.is_symlink():
            yield from _files_below(folder / one.name, path, pattern)
        elif len(pattern) > 1 and not deeper:
            yield from _files_below(folder / one.name, path, pattern[1:])


def named_files(names: Iterable[str]) -> list[str]:
    """The files that names on the command line mean; a pattern that meets none is an error."""
    found: list[str] = []
    for name in names:
        one = not is_pattern(name) or os.path.lexists(name)
        files = [name] if one else files_like(name.replace(os.sep, "/"), Path())
        if not files:
            raise DscalcError(f"'{name}' meets no file")
        found += [file for file in files if file not in found]
    return found


def expanded(
    config: Config, files: Callable[[str], list[str]], exists: Callable[[str], bool]
) -> Config:
    """The budget file with an entry for each file that a pattern means.

    `files` are those like a pattern, and `exists` says whether one is there, both as the budget
    file sees them. A file that an entry names is not for patterns. Raises DscalcError for a
    pattern that meets nothing, unless it is optional.
    """
    patterns = {e.file for e in config.entries if is_pattern(e.file) and not exists(e.file)}
    named = {os.path.normpath(e.file) for e in config.entries if e.file not in patterns}
    entries: dict[str, Entry] = {}
    absent: list[Entry] = []
    for entry in config.entries:
        if entry.file not in patterns:
            names = [entry.file] if not entry.optional or exists(entry.file) else []
        else:
            met = files(entry.file)
            names = [file for file in met if os.path.normpath(file) not in named]
            if not met and not entry.optional:
                raise DscalcError(Problem(f"'{entry.file}' meets no file", place=entry.place))
        if not names and entry.optional:
            absent.append(entry)
        for name in names:
            one = entry._replace(file=name, name=name)
            if one.label in entries:
                message = f"a second entry of {one.label}, by another pattern"
                raise DscalcError(Problem(message, place=entry.place))
            entries[one.label] = one
    return config._replace(entries=list(entries.values()), absent=tuple(absent))
