"""Verdicts for GitHub: workflow commands, which it shows as annotations."""

from __future__ import annotations

from pathlib import Path

from dscalc.check.outcomes import Findings
from dscalc.render.blocks import blocks
from dscalc.render.sentences import all_notices, location, spot_of, summary
from dscalc.render.text import plain

MOST = 10  # annotations of a kind that GitHub shows for a step


def as_github(findings: Findings, root: Path) -> str:
    """A workflow command for everything that is not as it should be, ten of each; the verdict."""
    lines: list[str] = []
    for command, made in _commands(findings, root).items():
        single = made if len(made) <= MOST else made[: MOST - 1]
        lines += [f"::{command} {text}" for text in single]
        if len(made) > len(single):
            rest = len(made) - len(single)
            lines.append(f"::{command} title=dscalc::and {rest} more; see the log for all of them")
    return "\n".join([*lines, plain(summary(findings))]) + "\n"


def _commands(findings: Findings, root: Path) -> dict[str, list[str]]:
    """What follows the name of each command."""
    found: dict[str, list[str]] = {"error": [], "warning": [], "notice": []}
    for network, problem in findings.unreadable_problems:
        found["error"].append(_text(spot_of(problem.place, root), network, problem.sentence))
    for block in blocks(findings):
        command = "error" if block.status == "fail" else "warning"
        place = location(block.checks[0], root)
        text = ". ".join([block.title, *block.notes])
        found[command].append(_text(place, block.network, text))
    for notice in all_notices(findings):
        command = "warning" if notice.status == "warn" else "notice"
        found[command].append(_text(spot_of(notice.place, root), notice.network, notice.sentence))
    return found


def _text(place: tuple[str, int] | None, about: str, text: str) -> str:
    properties = {} if place is None else {"file": place[0], "line": str(place[1])}
    properties["title"] = f"dscalc: {about}" if about else "dscalc"
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"{listed}::{_data(text)}"


def _data(text: str) -> str:
    return plain(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
