"""The versions that a network is compared with: in git, in another file, in a JSON report."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dscalc.analysis.versions import LayerFigures, Totals, Version, version
from dscalc.errors import DscalcError
from dscalc.language.files import LARGEST_FILE, top1_at
from dscalc.language.shipped import is_shipped
from dscalc.law.network import measure
from dscalc.law.setting import Setting, apply
from dscalc.models.source import Content, content, file_in

if TYPE_CHECKING:
    from dscalc.analysis.accuracy import Accuracy
    from dscalc.analysis.budget import Budget
    from dscalc.check.revisions import Commit
    from dscalc.language.budget_file import Entry
    from dscalc.language.network_file import NetworkFile
    from dscalc.law.network import Report

REPORT_VERSION = 1
JSON = re.compile(rb"(\xef\xbb\xbf)?\s*\{|\xff\xfe|\xfe\xff")  # how a report may begin
LARGEST_COUNT = 10**150  # beyond what a network can cost; shares of it are still floats


class Baseline(NamedTuple):
    """Where base versions come from: a commit, a file at a commit, or one file as it is.

    With `path` set it is that one file, in `commit` if there is one.
    """

    commit: Commit | None
    path: str | None

    @property
    def whole(self) -> Commit | None:
        """The commit, where every file has its own version there; None where one file is meant."""
        return self.commit if self.path is None else None


class Base(NamedTuple):
    """A network as it was, the budget that its file had then, and the path of that file in git.

    `model` says that its file is a model, which takes inputs. `top1` is what was published of it.
    """

    version: Version
    budget: Budget | None
    path: str = ""
    renamed: bool = False
    model: bool = False
    top1: Accuracy | None = None


def baseline(against: str, folder: Path) -> Baseline:
    """What `--against` means: a file that exists, a shipped network, REV:path, or a revision.

    A revision in full (`refs/…`) is never taken for a file. Raises DscalcError where it is none of
    them, or both a file and a revision.
    """
    if not against:  # such as a variable that CI left unset; as a path it would be this folder
        raise DscalcError("the version to compare with is empty")
    revision, colon, path = against.partition(":")
    file = "" if revision.startswith("refs/") else _file(against)
    if file and _says_file(against):
        return Baseline(None, against)
    from dscalc.check import revisions, tree

    if file and revisions.is_revision(against, folder):
        raise DscalcError(_two_readings(against, file, folder))
    if file:
        return Baseline(None, against)
    if not colon:
        return Baseline(revisions.commit(against, folder), None)

    commit = revisions.exact_commit(revision, folder)
    if path.startswith(("./", "../")):  # from this folder, as git takes it
        path = tree.path_in(commit, folder / path) or path
    return Baseline(commit, path)


def _file(text: str) -> str:
    """The file that a text names, in words; empty if it names none."""
    if text == "-":
        return "standard input"
    path = Path(text)
    try:
        if path.exists() and not path.is_dir():  # a branch and a folder may share a name
            return f"a file (./{text})"
    except (OSError, ValueError):
        return ""
    return f"the shipped network ({text.removesuffix('.yaml')}.yaml)" if is_shipped(text) else ""


def _says_file(text: str) -> bool:
    """Whether a text can mean nothing but a file."""
    return text == "-" or text.startswith(("./", "../")) or Path(text).is_absolute()


def _two_readings(text: str, file: str, folder: Path) -> str:
    from dscalc.check import git, revisions

    revision, colon, path = text.partition(":")
    names = revisions.full_names(git.repository(folder), revision)
    if len(names) != 1 or " (refs/" not in names[0]:
        names = [f"a revision ({revisions.SUFFIX.split(revision)[0]}^0{colon}{path})"]
    return f"'{text}' is ambiguous: it may be {file}, or {', or '.join(names)}"


class Now(NamedTuple):
    """A network as it is: the bytes of its file, what these say, and the report at the setting."""

    data: bytes
    file: NetworkFile
    report: Report


def base_version(
    found: Baseline, entry: Entry, file: str, later: Commit | None = None, now: Now | None = None
) -> Base | None:
    """The base version of the network in `file`, at the entry's setting; None if it is new.

    Where the file held the same as `now` it was the same network, which is not measured again.
    `file` is as it is now, or was at a `later` commit. Raises DscalcError where the base version
    cannot be read, or git can know nothing of the file.
    """
    if found.commit is None:
        name = found.path or file
        return _base_in(content(name), entry, name)
    from dscalc.check import tree

    commit = found.commit
    if found.path is None:
        here = _at(commit, file, later)
        if here is None:
            return None
        path, data = here
    else:
        path, there = found.path, tree.content(commit, found.path)
        if there is None:
            raise DscalcError(f"{commit.revision}:{path}: no such file there")
        data = there
    name = f"{commit.revision}:{path}"
    if now is not None and data == now.data:
        same = version(now.report, entry.terms.count)
        told = top1_at(name, now.file, now.report.network)
        base = Base(same._replace(file=name), now.file.budget, top1=told)
    else:
        base = _base_in(Content(name, data), entry, name)
    renamed = found.path is None and path != tree.path_in(commit, Path(file))
    return base._replace(path=path, renamed=renamed)


def earlier_name(commit: Commit, file: str, later: Commit | None = None) -> str | None:
    """The path that a file had at a commit, seen from the repository's root; None if it is new.

    Raises DscalcError where git can know nothing of it.
    """
    found = _at(commit, file, later)
    return None if found is None else found[0]


def _at(commit: Commit, file: str, later: Commit | None) -> tuple[str, bytes] | None:
    """The path that a file had at a commit, and what it held there."""
    from dscalc.check import renames, tree

    if file == "-":
        raise DscalcError(
            f"standard input has no path, so {commit.revision} has no version of it; "
            f"say --against {commit.revision}:PATH"
        )
    path = tree.path_in(commit, Path(file))
    if path is None:
        raise DscalcError(
            f"{file} is outside the repository, so {commit.revision} has no version of it"
        )
    data = tree.content(commit, path)
    if data is not None:
        return path, data
    now = tree.content(later, path) if later else _now(file, renames.LARGEST_COMPARED)
    earlier = None if now is None else renames.earlier_path(commit, path, now, later)
    data = None if earlier is None else tree.content(commit, earlier)
    return None if earlier is None or data is None else (earlier, data)


def _now(file: str, largest: int) -> bytes | None:
    """What a file holds now; None where there is none, or so much that it is not compared."""
    try:
        large = Path(file).stat().st_size > largest
        return None if large else Path(file).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DscalcError(f"{file}: {error.strerror}") from None


def _base_in(content: Content, entry: Entry, name: str) -> Base:
    """The base version in the content of what was named: a report of ours, or a network."""
    report = _json_report(content.start)
    if report is not None:
        return Base(_version_of_json(report, content.name, entry), None)
    file = file_in(content, dict(entry.setting.inputs))
    network = apply(file.network, entry.setting)
    found = version(measure(network), entry.terms.count)
    told = top1_at(name, file, network)
    return Base(found, file.budget, model=network.again is not None, top1=told)


def _json_report(data: bytes) -> dict[str, Any] | None:
    """The text as a report of ours, if it is one."""
    if not JSON.match(data) or len(data) > LARGEST_FILE:
        return None
    import json

    try:
        report = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return report if isinstance(report, dict) and "schema_version" in report else None


def _version_of_json(report: dict[str, Any], name: str, entry: Entry) -> Version:
    """What a report of `dscalc net` holds, if it answers the entry's own question."""
    if report["schema_version"] != REPORT_VERSION:
        raise DscalcError(
            f"{name}: a report of schema version {report['schema_version']!r}; "
            f"this dscalc reads version {REPORT_VERSION}"
        )
    if report.get("command") != "net" or "original" in report:
        raise DscalcError(f"{name}: not a report of `dscalc net` (without --as)")
    count = entry.terms.count
    if report.get("count") != count:
        raise DscalcError(f"{name}: counts {report.get('count')!r} parameters, not '{count}'")
    try:
        same = _is_at_setting(report, entry.setting)
        found = _listed_version(report, name)
    except (KeyError, TypeError, ValueError) as error:
        raise DscalcError(f"{name}: a damaged report: {error!r}") from None
    if not same:
        than = entry.label or "the one that is asked for"
        raise DscalcError(f"{name}: a report at another α, ρ or resolution than {than}")
    return found


def _is_at_setting(report: dict[str, Any], setting: Setting) -> bool:
    sides = tuple(report["input"][:-1])
    if setting.resolution is None:
        same = report["rho"] == setting.rho
    elif isinstance(setting.resolution, tuple):
        same = sides == setting.resolution
    else:
        same = set(sides) == {setting.resolution}
    as_deep = report.get("depth", 1.0) == setting.depth and not setting.parameters
    return bool(same and as_deep and report["alpha"] == setting.alpha)


def _listed_version(report: dict[str, Any], name: str) -> Version:
    layers = tuple(
        LayerFigures(
            str(layer["name"]),
            str(layer["kind"]),
            (tuple(map(_whole, layer["input"])), tuple(map(_whole, layer["output"]))),
            _totals(layer),
        )
        for layer in report["layers"]
    )
    if len({layer.name for layer in layers}) < len(layers):
        raise ValueError("two layers of one name")
    totals = _totals(report["total"])
    if totals != Totals(*map(sum, zip(*(layer.totals for layer in layers), strict=True))):
        raise ValueError("the layers do not add up to the total")
    peak = report.get("memory", {}).get("peak_elements")
    known = None if peak is None else _whole(peak)
    return Version(str(report["network"]), totals, layers, name, known)


def _totals(figures: dict[str, Any]) -> Totals:
    return Totals(_whole(figures["params"]), _whole(figures["mult_adds"]))


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is no count")
    if value > LARGEST_COUNT:
        raise ValueError(f"a number of {len(str(value))} digits is no count")
    return value
