"""The versions that a network is compared with: in git, in another file, in a JSON report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dscalc.compare import LayerFigures, Totals, Version, version
from dscalc.errors import DscalcError
from dscalc.files import decode, read, shipped_names
from dscalc.network import measure
from dscalc.rewrite import scale
from dscalc.spec import network_from_text

if TYPE_CHECKING:
    from dscalc.budget_spec import Entry
    from dscalc.history import Commit

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
    from dscalc import history

    if _names_a_file(against):
        return Baseline(None, against)
    revision, colon, path = against.partition(":")
    if colon:
        return Baseline(history.exact_commit(revision, folder), path)
    return Baseline(history.commit(against, folder), None)


def _names_a_file(text: str) -> bool:
    if text == "-" or text.removesuffix(".yaml") in shipped_names():
        return True
    try:
        return Path(text).exists()
    except (OSError, ValueError):
        return False


def base_version(found: Baseline, entry: Entry, file: str) -> Version | None:
    """The base version of the network in `file`, at the entry's multipliers; None if it is new.

    Raises DscalcError where it cannot be read, or git can know nothing of the file.
    """
    if found.commit is None:
        text, name = read(found.path or file)
        return _version_of_text(text, name, entry)
    from dscalc import history

    path = found.path
    if path is None:
        inside = history.path_in(found.commit, Path(file))
        if inside is None:
            raise DscalcError(
                f"{file} is outside the repository, so {found.commit.revision} has no version of it"
            )
        path = history.earlier_path(found.commit, inside)
    data = history.content(found.commit, path)
    if data is None:
        if found.path is not None:
            raise DscalcError(f"{found.commit.revision}:{path}: no such file there")
        return None
    name = f"{found.commit.revision}:{path}"
    return _version_of_text(decode(data, name), name, entry)


def _version_of_text(text: str, name: str, entry: Entry) -> Version:
    report = _json_report(text)
    if report is not None:
        return _version_of_json(report, name, entry.count)
    network = scale(
        network_from_text(text, name),
        alpha=entry.alpha,
        rho=entry.rho,
        resolution=entry.resolution,
    )
    return version(measure(network), entry.count)


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


def _version_of_json(report: dict[str, Any], name: str, count: str) -> Version:
    if report["schema_version"] != REPORT_VERSION:
        raise DscalcError(
            f"{name}: a report of schema version {report['schema_version']!r}; "
            f"this dscalc reads version {REPORT_VERSION}"
        )
    if report.get("command") != "net":
        raise DscalcError(f"{name}: not a report of `dscalc net`")
    if report.get("count") != count:
        raise DscalcError(f"{name}: counts {report.get('count')!r} parameters, not '{count}'")
    try:
        layers = tuple(
            LayerFigures(
                str(layer["name"]),
                str(layer["kind"]),
                (tuple(map(int, layer["input"])), tuple(map(int, layer["output"]))),
                _totals(layer),
                layer["line"],
            )
            for layer in report["layers"]
        )
        return Version(str(report["network"]), _totals(report["total"]), layers, name)
    except (KeyError, TypeError, ValueError) as error:
        raise DscalcError(f"{name}: a damaged report: {error!r}") from None


def _totals(figures: dict[str, Any]) -> Totals:
    return Totals(int(figures["params"]), int(figures["mult_adds"]))
