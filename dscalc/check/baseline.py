"""The versions that a network is compared with: in git, in another file, in a JSON report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dscalc.analysis.versions import LayerFigures, Totals, Version, version
from dscalc.errors import DscalcError
from dscalc.language.files import decode, is_shipped, read
from dscalc.language.network_file import read_network
from dscalc.law.network import measure
from dscalc.law.setting import Setting, apply

if TYPE_CHECKING:
    from dscalc.check.git import Commit
    from dscalc.language.budget_file import Entry

REPORT_VERSION = 1


class Baseline(NamedTuple):
    """Where base versions come from: a commit, a file at a commit, or one file as it is.

    With `path` set it is that one file, in `commit` if there is one.
    """

    commit: Commit | None
    path: str | None


def baseline(against: str, folder: Path) -> Baseline:
    """What `--against` means: a file that exists, a shipped network, REV:path, or a revision.

    Raises DscalcError where it is none of them.
    """
    if not against:  # such as a variable that CI left unset; as a path it would be this folder
        raise DscalcError("the version to compare with is empty")
    if _names_a_file(against):
        return Baseline(None, against)
    from dscalc.check import git as history

    revision, colon, path = against.partition(":")
    if not colon:
        return Baseline(history.commit(against, folder), None)
    commit = history.exact_commit(revision, folder)
    if path.startswith(("./", "../")):  # from this folder, as git takes it
        path = history.path_in(commit, folder / path) or path
    return Baseline(commit, path)


def _names_a_file(text: str) -> bool:
    if text == "-" or is_shipped(text):
        return True
    path = Path(text)
    try:
        return path.exists() and not path.is_dir()  # a branch and a folder may share a name
    except (OSError, ValueError):
        return False


def base_version(found: Baseline, entry: Entry, file: str) -> Version | None:
    """The base version of the network in `file`, at the entry's setting; None if it is new.

    Raises DscalcError where it cannot be read, or git can know nothing of the file.
    """
    if found.commit is None:
        text, name = read(found.path or file)
        return _version_of_text(text, name, entry)
    from dscalc.check import git as history

    path = found.path
    if path is None:
        inside = history.path_in(found.commit, Path(file))
        if inside is None:
            raise DscalcError(
                f"{file} is outside the repository, so {found.commit.revision} has no version of it"
            )
        path = inside
    data = history.content(found.commit, path)
    if data is None and found.path is not None:
        raise DscalcError(f"{found.commit.revision}:{path}: no such file there")
    if data is None:
        path = history.earlier_path(found.commit, path)
        data = history.content(found.commit, path)
    name = f"{found.commit.revision}:{path}"
    return None if data is None else _version_of_text(decode(data, name), name, entry)


def _version_of_text(text: str, name: str, entry: Entry) -> Version:
    report = _json_report(text)
    if report is not None:
        return _version_of_json(report, name, entry)
    network = apply(read_network(text, name).network, entry.setting)
    return version(measure(network), entry.terms.count)


def _json_report(text: str) -> dict[str, Any] | None:
    """The text as a report of ours, if it is one."""
    if not text.lstrip().startswith("{"):
        return None
    import json

    try:
        report = json.loads(text)
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
    return bool(same and report["alpha"] == setting.alpha)


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
    return Version(str(report["network"]), totals, layers, name)


def _totals(figures: dict[str, Any]) -> Totals:
    return Totals(_whole(figures["params"]), _whole(figures["mult_adds"]))


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is no count")
    return value
