"""What a command line met at the base and meets no more: files of patterns, nearer budget files."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dscalc.check import tree
from dscalc.check.baseline import earlier_name
from dscalc.check.entries import CONFIG
from dscalc.check.patterns import is_pattern, matches

if TYPE_CHECKING:
    from dscalc.check.revisions import Commit


def met_before(patterns: Sequence[str], met: Sequence[str], commit: Commit) -> list[str]:
    """The files that patterns met at a commit and that no file they meet now was, seen from here.

    Raises DscalcError where it cannot be known what a file was called then.
    """
    wild = [name.replace(os.sep, "/") for name in patterns if is_pattern(name)]
    if not wild:
        return []
    here = posixpath.dirname(tree.path_in(commit, Path("_")) or "_")
    there = {posixpath.relpath(path, here or "."): path for path in tree.whole_tree(commit)}
    root, now = Path.cwd().as_posix(), {posixpath.normpath(Path(file).as_posix()) for file in met}
    found = [
        name
        for name in there
        if not {name, f"{root}/{name}"} & now
        and any(matches(f"{root}/{name}" if p.startswith("/") else name, p) for p in wild)
    ]
    if not found:
        return []
    known = {earlier_name(commit, file) for file in met if os.path.lexists(file)}
    return [name for name in found if there[name] not in known]


def nearer_before(config: str, commit: Commit) -> list[str]:
    """The budget files that were nearer to this folder than the one that is found now."""
    up = Path(config).parent.parts  # as many `..` as there are folders between
    files = [Path(*[".."] * steps, CONFIG) for steps in range(len(up))]
    if not files:
        return []
    paths = {file: tree.path_in(commit, file) for file in files}
    known = earlier_name(commit, config)
    return [
        str(file)
        for file, path in paths.items()
        if path and path != known and tree.content(commit, path) is not None
    ]
