"""What a commit holds of a file: under its own path, and through links as the system reads it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from dscalc.check import git
from dscalc.check.revisions import Commit, Entry, quoted, remotes
from dscalc.errors import DscalcError
from dscalc.language.files import LARGEST_FILE

LINK, SUBMODULE, FOLDER = "120000", "160000", "040000"  # modes of git's
LARGEST_BLOB = 256 * 2**20  # bytes; git is asked for all of a file, and hosts refuse over 100 MB
MOST_LINKS = 40  # that are followed for one path, as by Linux


def path_in(commit: Commit, file: Path) -> str | None:
    """The file's own path inside the repository; None where it is outside.

    It is read as the system reads it: `..` after a link leads out of what the link is for. Else
    links stay as they are written, since what they are for now is not what they were.
    """
    written = Path.cwd() / file
    path = Path(written.anchor)
    for part in written.parts[1:]:
        if part == "..":
            path = (path.resolve() if path.is_symlink() else path).parent
        else:
            path = path / part
    root = commit.root.resolve()
    for prefix in reversed(path.parents):
        real = prefix.resolve()
        if real == root or root in real.parents:
            return (real.relative_to(root) / path.relative_to(prefix)).as_posix()
    return None


def content(commit: Commit, path: str) -> bytes | None:
    """What the file held at the commit, links followed; None where it did not exist.

    Raises DscalcError for a path outside the repository, what is no file, and what cannot be read.
    """
    name = f"{commit.revision}:{path}"
    if path.startswith("/") or ".." in path.split("/") or not path or "\0" in path:
        raise DscalcError(f"{name}: a path outside the repository")
    entry = _entry(commit, PurePosixPath(path).as_posix())
    if entry is None:
        return None
    if entry.mode == FOLDER:
        raise DscalcError(f"{name}: no file, but a folder")
    return blob_of(commit, entry.blob, name)


def _entry(commit: Commit, path: str) -> Entry | None:
    """What the commit's tree says of a path when its links are followed; None where it ends."""
    name = f"{commit.revision}:{path}"
    ahead, walked, links = deque(path.split("/")), list[str](), 0
    known = _listed(commit, _with_folders(path))
    entry: Entry | None = Entry(FOLDER, "")
    while ahead:
        part = ahead.popleft()
        if part in ("", "."):
            continue
        if part == "..":
            if not walked:
                raise DscalcError(f"{name}: a link out of the repository")
            walked.pop()
            continue
        walked.append(part)
        place = "/".join(walked)
        entry = known.get(place) or (_listed(commit, [place]).get(place) if links else None)
        if entry is None:
            return None
        if entry.mode == SUBMODULE:
            raise DscalcError(f"{name}: in the submodule {place}, of which git keeps no files here")
        if entry.mode == LINK:
            links += 1
            if links > MOST_LINKS:
                raise DscalcError(f"{name}: links that lead to each other")
            target = os.fsdecode(blob_of(commit, entry.blob, name))
            if target.startswith("/"):
                raise DscalcError(f"{name}: a link out of the repository")
            walked.pop()
            ahead.extendleft(reversed(target.split("/")))
            entry = Entry(FOLDER, "")
    return entry


def _with_folders(path: str) -> list[str]:
    return [*map(str, reversed(PurePosixPath(path).parents[:-1])), path]


def read_ahead(commit: Commit, paths: Iterable[str]) -> None:
    """Reads what the commit has under many paths, in three processes of git.

    What cannot be read here is a mistake where it is asked for.
    """
    paths = list(paths)
    if len(paths) < 2:
        return
    entries = _listed(commit, [part for path in paths for part in _with_folders(path)])
    files = (entries.get(path) for path in paths)
    blobs = dict.fromkeys(e.blob for e in files if e is not None and e.mode.startswith("100"))
    sizes = git.ask(commit.root, "cat-file", "--batch-check", given=_lines(blobs))
    whole = [line.split() for line in sizes.out.decode().splitlines()]
    small = {name: int(size) for name, kind, size in (line for line in whole if len(line) == 3)
             if kind == "blob" and int(size) <= LARGEST_FILE}  # fmt: skip
    data = git.ask(commit.root, "cat-file", "--batch", given=_lines(small))
    if data.code == 0 and not data.complaints:
        commit.known.blobs.update(_cut(data.out, small))


def _lines(blobs: Iterable[str]) -> bytes:
    return "".join(f"{blob}\n" for blob in blobs).encode()


def _cut(data: bytes, sizes: Mapping[str, int]) -> Iterator[tuple[str, bytes]]:
    """What `cat-file --batch` says: for each blob a line about it, what it holds, a line's end."""
    at = 0
    for blob, size in sizes.items():
        head, at = data[at : data.index(b"\n", at)], data.index(b"\n", at) + 1
        if head != f"{blob} blob {size}".encode():
            return
        yield blob, data[at : at + size]
        at += size + 1


def _listed(commit: Commit, paths: Sequence[str]) -> dict[str, Entry]:
    """What the commit's tree says of paths, as far as it has them."""
    known = commit.known.entries
    new = [path for path in dict.fromkeys(paths) if path not in known]
    if new:
        out = git.run(commit.root, "ls-tree", "-z", "-t", "--full-tree", commit.sha, "--", *new)
        found = _parsed(out, {os.fsencode(path) for path in new})
        known.update({path: found.get(path) for path in new})
    there = ((path, known[path]) for path in paths)
    return {path: entry for path, entry in there if entry is not None}


def _parsed(out: bytes, wanted: set[bytes] | None = None) -> dict[str, Entry]:
    found = {}
    for line in out.split(b"\0")[:-1]:
        words, _, name = line.partition(b"\t")
        if wanted is None or name in wanted:
            mode, _, blob = words.decode().split()
            found[os.fsdecode(name)] = Entry(mode, blob)
    return found


def whole_tree(commit: Commit) -> dict[str, Entry]:
    """Every file of the commit by its path."""
    return _parsed(git.run(commit.root, "ls-tree", "-r", "-z", "--full-tree", commit.sha))


def blob_of(commit: Commit, blob: str, name: str) -> bytes:
    """The bytes of a file in git; a missing one comes with the line that fetches it."""
    if blob in commit.known.blobs:
        return commit.known.blobs[blob]
    size = git.ask(commit.root, "cat-file", "-s", blob)
    if size.code == 0 and int(size.out) > LARGEST_BLOB:
        raise DscalcError(f"{name}: larger than {LARGEST_BLOB // 2**20} MiB")
    found = size if size.code else git.ask(commit.root, "cat-file", "blob", blob)
    if found.code == 0:
        if len(found.out) <= LARGEST_FILE:  # more is a model file, of which memory holds one
            commit.known.blobs[blob] = found.out
        return found.out
    if not found.damage and _is_partial(commit.root):
        raise DscalcError(
            f"{name} is not in this partial clone; fetch it with\n"
            f"    git fetch {quoted(remotes(commit.root)[0])} {blob}"
        )
    said = found.damage or next(iter(found.complaints), "")
    raise DscalcError(
        f"{name}: its object {blob} is missing or damaged in this repository (git says: {said}); "
        "`git fsck --full` shows what is"
    )


def _is_partial(root: Path) -> bool:
    pattern = r"^(extensions\.partialclone|remote\..*\.(promisor|partialclonefilter))$"
    return git.ask(root, "config", "--get-regexp", pattern).code == 0
