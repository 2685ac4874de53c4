"""What a file that a commit does not have was called there, or why that cannot be known."""

from __future__ import annotations

import io
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from dscalc.check import git
from dscalc.check.revisions import Commit, Entry
from dscalc.check.tree import blob_of, whole_tree
from dscalc.errors import DscalcError
from dscalc.language.files import LARGEST_FILE

NETWORK_SUFFIXES = (".yaml", ".yml", ".json")
LARGEST_COMPARED = 64 * 2**20  # bytes of a model whose past is looked for by what it holds
ALIKE = 50  # per cent that an earlier file has in common with a later one at least, as for git
CLOSE = 10  # per cent between two earlier files of which either could be meant


def earlier_path(commit: Commit, path: str, text: bytes, later: Commit | None = None) -> str | None:
    """What a file that the commit does not have was called there; None if it is new.

    `text` is what it holds now: in the work tree, or at a `later` commit. It is compared with the
    network files that the commit has and that are gone, by git's own measure. Raises DscalcError
    where two of them could be meant, and where git can know nothing of the file's past.
    """
    tree = whole_tree(commit)
    if later is None:
        other_case = _in_other_case(commit.root, path, tree)
        if other_case is not None:
            return other_case
        index = _index(commit.root)
        _require_history(commit, path, index)
        there = {name for name in index if _is_there(commit.root, name, index)}
        new = {entry.blob for name, (_, entry) in index.items() if name not in tree}
    else:
        after = whole_tree(later)
        there, new = set(after), {after[name].blob for name in after.keys() - tree.keys()}
    suffixes = {*NETWORK_SUFFIXES, PurePosixPath(path).suffix}
    gone = {
        name: entry.blob
        for name, entry in tree.items()
        if name not in there
        and entry.mode.startswith("100")
        and PurePosixPath(name).suffix in suffixes
    }
    texts = _texts(commit, gone, len(text))
    scores = {name: similarity(earlier, text) for name, earlier in texts}
    alike = {name: score for name, score in scores.items() if score >= ALIKE}
    # One that lives on unchanged under another new name is the earlier name of that other file.
    alike = {n: s for n, s in alike.items() if s == 100 or gone[n] not in new} or alike
    return _meant(commit, path, alike, gone)


def later_path(commit: Commit, path: str) -> str | None:
    """What a file of the commit that is gone is called now; None if it is nowhere.

    Raises DscalcError where a new file may have been that one, or another one.
    """
    listed = git.run(
        commit.root, "ls-files", "-z", "--full-name", "--cached", "--others", "--exclude-standard"
    )
    tree = whole_tree(commit)
    suffixes = {*NETWORK_SUFFIXES, PurePosixPath(path).suffix}
    for name in map(os.fsdecode, listed.split(b"\0")[:-1]):
        file = commit.root / name
        if name in tree or PurePosixPath(name).suffix not in suffixes or not file.is_file():
            continue
        small = file.stat().st_size <= LARGEST_COMPARED
        if small and earlier_path(commit, name, file.read_bytes()) == path:
            return name
    return None


def _meant(commit: Commit, path: str, alike: dict[str, float], gone: dict[str, str]) -> str | None:
    """The earlier name among those that are alike: the most alike, or one of the same name."""
    if not alike:
        return None
    name = PurePosixPath(path).name
    same_name = {earlier for earlier in alike if PurePosixPath(earlier).name == name}
    if len(same_name) == 1:
        return same_name.pop()
    best, *others = sorted(alike, key=lambda earlier: alike[earlier], reverse=True)
    for other in others:
        exact = alike[best] == 100 > alike[other]
        if not exact and alike[best] - alike[other] < CLOSE and gone[best] != gone[other]:
            raise DscalcError(
                f"{path} may have been {best} or {other} at {commit.revision}: both are gone and "
                "like it; rename in one change and edit in the next, or say --against REV:path"
            )
    return best


def _in_other_case(root: Path, path: str, tree: dict[str, Entry]) -> str | None:
    """The path that the commit has of the same file, where the system does not tell case.

    Nor does it then tell letters with their accents from letters and accents.
    """
    from unicodedata import normalize

    meant = normalize("NFC", path).casefold()
    for earlier in tree:
        if normalize("NFC", earlier).casefold() == meant and earlier != path:
            try:
                if (root / earlier).samefile(root / path):
                    return earlier
            except OSError:
                continue
    return None


def _index(root: Path) -> dict[str, tuple[str, Entry]]:
    """What the index says of every path, and the letter of its state."""
    chosen = os.environ.get("GIT_INDEX_FILE")
    if chosen and not (root / chosen).exists():
        raise DscalcError(f"the index {chosen}, which GIT_INDEX_FILE names, does not exist")
    found = {}
    for line in git.run(root, "ls-files", "-t", "-s", "-z", "--full-name").split(b"\0")[:-1]:
        words, _, name = line.partition(b"\t")
        state, mode, blob, _ = words.decode().split()
        found[os.fsdecode(name)] = (state, Entry(mode, blob))
    return found


def _is_there(root: Path, path: str, index: dict[str, tuple[str, Entry]]) -> bool:
    """Whether a file of the index is in the work tree, or was left out of a sparse one."""
    return index[path][0] == "S" or os.path.lexists(root / path)


def _require_history(commit: Commit, path: str, index: dict[str, tuple[str, Entry]]) -> None:
    """Raises DscalcError for a file that is none of this repository's."""
    root = commit.root.resolve()
    for place in {root / path, (root / path).resolve()}:
        inside = root in place.parents
        between = [folder for folder in place.parents if root in folder.parents]
        nested = [folder for folder in between if (folder / ".git").exists()]
        if nested or not inside:
            where = (nested or [place.parent])[0]
            raise DscalcError(
                f"{path} is in {where}, which is not of the repository of {commit.revision}, so "
                "git cannot know what it was; run dscalc in there"
            )
    ignored = ("ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--", path)
    if path not in index and git.run(root, *ignored):
        raise DscalcError(
            f"git ignores {path}, so {commit.revision} cannot know what it was; add it to git, or "
            "say --against FILE"
        )


def _texts(commit: Commit, blobs: dict[str, str], length: int) -> Iterator[tuple[str, bytes]]:
    """What files hold at the commit, of those that are not so short or so long as to be unlike.

    Network files come together, in one process of git; models one by one, as memory holds two.
    """
    wanted = "".join(f"{blob}\n" for blob in blobs.values()).encode()
    listed = git.run(commit.root, "cat-file", "--batch-check", given=wanted).decode().splitlines()
    near: dict[str, int] = {}
    for (name, blob), line in zip(blobs.items(), listed, strict=True):
        if line.endswith(" missing"):
            blob_of(commit, blob, f"{commit.revision}:{name}")  # says what is to be done
        size = int(line.split()[-1])
        if ALIKE * max(size, length) <= 100 * min(size, length) and size <= LARGEST_COMPARED:
            near[name] = size
    small = {name: size for name, size in near.items() if size <= LARGEST_FILE}
    wanted = "".join(f"{blobs[name]}\n" for name in small).encode()
    data = git.run(commit.root, "cat-file", "--batch", given=wanted)
    at = 0
    for name, size in small.items():
        at = data.index(b"\n", at) + 1
        yield name, data[at : at + size]
        at += size + 1
    for name in near.keys() - small.keys():
        yield name, blob_of(commit, blobs[name], f"{commit.revision}:{name}")


def similarity(earlier: bytes, later: bytes) -> float:
    """How much two files have in common, in per cent of the longer one, line by line as git."""
    longest = max(len(earlier), len(later))
    if longest == 0:
        return 100.0
    there, here = _lines(earlier), _lines(later)
    return 100 * sum(min(there[line], length) for line, length in here.items()) / longest


def _lines(data: bytes) -> Counter[int]:
    """The bytes in each line; those of a large model would themselves take too much memory."""
    found: Counter[int] = Counter()
    for line in io.BytesIO(data):
        found[hash(line)] += len(line)
    return found
