"""Verdicts for CI services: GitHub's commands, GitLab's code quality, JUnit; names stay names."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from dscalc.analysis.accuracy import Accuracy
from dscalc.analysis.budget import SEVERITY, Check, Culprit, Status
from dscalc.check.baseline import baseline
from dscalc.check.entries import config_entries, root_of
from dscalc.check.notices import Notice
from dscalc.check.outcomes import Findings, Outcome
from dscalc.check.runs import outcomes
from dscalc.errors import Place
from dscalc.language.budget_file import Entry
from dscalc.law.setting import AS_WRITTEN
from dscalc.render import check as checking
from dscalc.render import comment as commenting
from dscalc.render import github as for_github
from dscalc.render import gitlab as for_gitlab
from dscalc.render import junit as for_junit
from dscalc.render import verdict as reading
from dscalc.render.github import MOST
from dscalc.render.grid import Grid
from dscalc.render.json import as_json
from dscalc.render.table import Screen, as_table
from tests.scratch import (
    FIRST_LINE,
    HOSTILE,
    TINY,
    WIDER,
    Repository,
    config,
    judged,
    network,
    quoted,
)

NET = "nets/tiny.yaml"
COMMAND = re.compile(r"::(error|warning|notice) (file=[^:,]*,line=\d+,)?title=([^:,]*)::([^\r\n]*)")


def as_github(found: Sequence[Outcome], root: Path) -> str:
    return for_github.as_github(Findings(tuple(found)), root)


def as_gitlab(found: Sequence[Outcome], root: Path) -> str:
    return for_gitlab.as_gitlab(Findings(tuple(found)), root)


def as_junit(found: Sequence[Outcome]) -> str:
    return for_junit.as_junit(Findings(tuple(found)), Path())


def check_grids(found: Sequence[Outcome]) -> list[Grid]:
    return reading.check_grids(Findings(tuple(found)))


def check_document(found: Sequence[Outcome]) -> dict[str, Any]:
    return checking.check_document(Findings(tuple(found)))


def check_comment(found: Sequence[Outcome]) -> str:
    return commenting.check_comment(Findings(tuple(found)))


def github(found: Sequence[Outcome], root: Path) -> list[tuple[str, dict[str, str], str]]:
    """The commands as a runner understands them: the command, its properties, its message."""
    *lines, _ = as_github(found, root).splitlines()
    commands = []
    for line in lines:
        match = COMMAND.fullmatch(line)
        assert match is not None, line
        head, _, data = line.removeprefix("::").partition("::")
        command, _, listed = head.partition(" ")
        pairs = (pair.partition("=") for pair in listed.split(","))
        commands.append((command, {key: _read(value) for key, _, value in pairs}, _read(data)))
    return commands


def _read(text: str) -> str:
    for escape, character in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r")):
        text = text.replace(escape, character)
    return text.replace("%25", "%")


def many(status: Status, number: int) -> list[Outcome]:
    """Outcomes of `number` networks with one check of that status each."""
    return [
        Outcome(
            Entry(f"nets/{n}.yaml"),
            (Check(f"nets/{n}.yaml", "network", "params", "max", 9, 5, None, status, NET, 4),),
            None,
            compared=False,
            unasked=False,
        )
        for n in range(number)
    ]


# ---------------------------------------------------------------- GitHub


def test_a_command_stands_on_the_line_of_the_layer(tmp_path: Path) -> None:
    budgets = config(f"{{file: {NET}, budget: {{params: 300}}, message: 'Ask, first: 100%'}}")
    found = judged(tmp_path, budgets, {NET: TINY})
    text = as_github(found, tmp_path)
    place = tmp_path / "dscalc.yaml"
    assert text == (
        f"::error file={NET},line={FIRST_LINE + 1},title=dscalc%3A {NET}::{NET}: 396 parameters. "
        f"96 (32.00 %25) over the limit of 300 ({place}:3). "
        "weigh most: conv2 (line 5) 288, conv1 (line 4) 108. Ask, first: 100%25\n"
        "1 of 1 network over budget: 1 of 1 checks fail.\n"
    )


def test_a_warning_is_a_warning_and_what_passes_is_silent(tmp_path: Path) -> None:
    budgets = config(
        f"{{file: {NET}, budget: {{params: {{max: 400, warn: 300}}, mult_adds: 1M}},"
        " layers: [{match: conv1, params: 100}]}"
    )
    commands = github(judged(tmp_path, budgets, {NET: TINY}), tmp_path)
    assert [(command, properties["title"]) for command, properties, _ in commands] == [
        ("error", f"dscalc: {NET}")
    ]
    assert commands[0][1]["line"] == str(FIRST_LINE)
    assert "96 (32.00 %) over the warning mark of 300" in commands[0][2]


def test_a_shipped_network_is_annotated_at_its_budget(tmp_path: Path) -> None:
    """The file of the layer is none of the repository's."""
    (tmp_path / "ci").mkdir()
    judged(tmp_path, config("{file: mobilenet, budget: {params: 1M}}"), {})
    (tmp_path / "dscalc.yaml").rename(tmp_path / "ci" / "dscalc.yaml")
    found = outcomes(config_entries(str(tmp_path / "ci" / "dscalc.yaml")), None)
    (command,) = github(found, tmp_path)
    assert (command[1]["file"], command[1]["line"]) == ("ci/dscalc.yaml", "3")
    (issue,) = json.loads(as_gitlab(found, tmp_path))
    assert issue["location"] == {"path": "ci/dscalc.yaml", "lines": {"begin": 3}}


@pytest.mark.parametrize(("number", "shown"), [(1, 1), (9, 9), (10, 10), (11, 9), (500, 9)])
@pytest.mark.parametrize(("status", "command"), [("fail", "error"), ("warn", "warning")])
def test_ten_of_a_kind_at_most_and_the_last_sums_up_the_rest(
    tmp_path: Path, status: Status, command: str, number: int, shown: int
) -> None:
    commands = github(many(status, number), tmp_path)
    assert len(commands) == min(number, MOST) == min(number, 10)
    assert {kind for kind, _, _ in commands} == {command}
    assert sum("file" in properties for _, properties, _ in commands) == shown
    if number > shown:
        assert commands[-1] == (
            command, {"title": "dscalc"}, f"and {number - shown} more; see the log for all of them"
        )  # fmt: skip


def test_ten_errors_and_ten_warnings(tmp_path: Path) -> None:
    commands = github([*many("warn", 30), *many("pass", 30), *many("fail", 30)], tmp_path)
    assert [command for command, _, _ in commands] == ["error"] * 10 + ["warning"] * 10


# ---------------------------------------------------------------- GitLab


SEVERITIES = {"info", "minor", "major", "critical", "blocker"}


def issues(found: Sequence[Outcome], root: Path) -> list[dict[str, Any]]:
    """A code quality report, checked for every field that GitLab requires."""
    parsed = json.loads(as_gitlab(found, root))
    assert isinstance(parsed, list)
    for issue in parsed:
        assert isinstance(issue["description"], str)
        assert isinstance(issue["check_name"], str)
        assert re.fullmatch(r"[0-9a-f]{64}", issue["fingerprint"])
        assert issue["severity"] in SEVERITIES
        assert isinstance(issue["location"]["path"], str)
        assert not issue["location"]["path"].startswith(("/", "./"))
        assert type(issue["location"]["lines"]["begin"]) is int
        assert issue["location"]["lines"]["begin"] >= 1
    fingerprints = [issue["fingerprint"] for issue in parsed]
    assert len(set(fingerprints)) == len(fingerprints)
    return parsed


BUDGETS = config(
    f"{{file: {NET}, budget: {{params: 300, mult_adds: {{max: 1M, warn: 20k}}}},"
    " layers: [{match: 'conv*', params: 100}, {match: conv2, params: 200}]}",
    f"{{file: {NET}, alpha: 0.5, budget: {{params: 100}}}}",
)


def test_every_failure_and_warning_is_an_issue(tmp_path: Path) -> None:
    found = issues(judged(tmp_path, BUDGETS, {NET: TINY}), tmp_path)
    assert [(i["severity"], i["check_name"], i["location"]["lines"]["begin"]) for i in found] == [
        ("major", "dscalc/params/max", 5),
        ("major", "dscalc/params/max", 4),
        ("major", "dscalc/params/max", 5),
        ("major", "dscalc/params/max", 5),
        ("major", "dscalc/params/max", 5),
        ("minor", "dscalc/mult_adds/max", 5),
    ]
    assert {issue["location"]["path"] for issue in found} == {NET}


def test_without_a_finding_the_report_is_an_empty_list(tmp_path: Path) -> None:
    passing = config(f"{{file: {NET}, budget: {{params: 400}}}}")
    assert as_gitlab(judged(tmp_path, passing, {NET: TINY}), tmp_path) == "[]\n"


def test_fingerprints_stay_while_values_and_lines_move(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fingerprints(found: list[Outcome]) -> list[str]:
        return [issue["fingerprint"] for issue in issues(found, tmp_path)]

    before = fingerprints(judged(tmp_path, BUDGETS, {NET: TINY}))
    moved = "# a line\n" + WIDER.replace("n: 4", "n: 5")
    assert fingerprints(judged(tmp_path, "# a line\n" + BUDGETS, {NET: moved})) == before
    larger = BUDGETS.replace("300,", "301,").replace("params: 100}", "params: 101}")
    assert fingerprints(judged(tmp_path, larger, {NET: moved})) == before
    monkeypatch.chdir(tmp_path / "nets")
    assert fingerprints(outcomes(config_entries("../dscalc.yaml"), None)) == before


# ---------------------------------------------------------------- JUnit


SCHEMA: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": ({"testsuite"}, set(), {"name", "time", "tests", "failures", "errors"}),
    "testsuite": (
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
        {"name", "tests", "failures", "errors"},
        {"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log",
         "url"},
    ),
    "testcase": (
        {"skipped", "error", "failure", "system-out", "system-err"},
        {"name"},
        {"time", "classname", "group"},
    ),
    "failure": (set(), set(), {"type", "message"}),
    "error": (set(), set(), {"type", "message"}),
    "skipped": (set(), set(), {"message"}),
    "system-out": (set(), set(), set()),
}  # fmt: skip
"""Each element of the schema that Jenkins publishes (junit-10.xsd), as far as we write it: what may
stand in it, the attributes that it must have, and those that it may have."""
TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")


def junit(text: str) -> Xml.Element:
    """The root of a report, checked against the schema and for tallies that add up."""
    root = Xml.fromstring(text.encode())
    assert root.tag == "testsuites"
    for element in root.iter():
        children, required, optional = SCHEMA[element.tag]
        assert {child.tag for child in element} <= children
        assert required <= set(element.attrib) <= required | optional
        assert TIME.fullmatch(element.get("time", "0"))
        if element.tag not in ("failure", "error", "system-out"):
            assert not (element.text or "").strip()
        assert not (element.tail or "").strip()
    for element in (root, *root.iter("testsuite")):
        assert element.get("tests") == str(len(list(element.iter("testcase"))))
        assert element.get("failures") == str(len(list(element.iter("failure"))))
        assert element.get("errors") == str(len(list(element.iter("error"))))
    return root


def test_every_check_is_a_test_case(tmp_path: Path) -> None:
    found = judged(tmp_path, BUDGETS, {NET: TINY})
    root = junit(as_junit(found))
    cases = {
        (case.get("classname"), case.get("name")): [child.tag for child in case]
        for case in root.iter("testcase")
    }
    assert cases == {
        (NET, "network params max"): ["failure"],
        (NET, "network mult_adds max"): ["system-out"],
        (NET, "conv1 params max"): ["failure"],
        (NET, "conv2 params max"): ["failure"],
        (f"{NET} · α 0.5", "network params max"): ["failure"],
    }
    assert [suite.get("name") for suite in root] == [NET, f"{NET} · α 0.5"]


def test_a_failure_says_all_and_what_passes_says_its_margin(tmp_path: Path) -> None:
    budgets = config(f"{{file: {NET}, budget: {{params: 400, mult_adds: 20k}}}}")
    root = junit(as_junit(judged(tmp_path, budgets, {NET: TINY})))
    assert [out.text for out in root.iter("system-out")] == ["pass: 396 parameters, within 400"]
    (failure,) = root.iter("failure")
    assert failure.get("message") == "25,344 mult-adds, 5,344 (26.72 %) over the limit of 20,000"
    assert failure.get("type") == "max"
    assert failure.text is not None
    assert failure.text.startswith(f"{NET}: 25,344 mult-adds")
    assert "weigh most: conv2 (line 5) 18,432" in failure.text
    assert f"budget: {tmp_path}/dscalc.yaml:3" in failure.text


def test_what_could_not_be_asked_is_skipped_with_the_reason(tmp_path: Path) -> None:
    """Growth without a base; the file's own budget at another setting; an optional file."""
    own = "budget: {params: 1k}\n"
    asked = f"{{file: {NET}, alpha: 0.5, budget: {{params: 1k}}, growth: {{params: 0}}}}"
    found = judged(tmp_path, config(asked), {NET: TINY + own})
    absent = Notice("absent", "later.yaml", "not there, and optional")
    root = junit(for_junit.as_junit(Findings(tuple(found), (absent,)), Path()))
    skipped = {
        case.get("name"): case[0].get("message")
        for case in root.iter("testcase")
        if case[0].tag == "skipped"
    }
    assert skipped == {
        "growth": "growth is not checked without a base version",
        "unread": f"{NET} · α 0.5: its own budget is not for this setting",
        "absent": "later.yaml: not there, and optional",
    }
    assert [suite.get("skipped") for suite in root] == ["2", "1"]


def test_the_declaration_names_the_encoding_in_which_files_are_written() -> None:
    text = as_junit(many("fail", 1))
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ')
    assert text.endswith("</testsuites>\n")


# ---------------------------------------------------------------- against a base version


def test_growth_is_told_by_every_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = Repository(tmp_path / "repo")
    budgets = config(f"{{file: {NET}, growth: {{params: 10%}}}}")
    repo.commit({NET: TINY, "dscalc.yaml": budgets})
    repo.write({NET: network("conv: {n: 4}", "norm", "conv: {n: 16}")})
    monkeypatch.chdir(repo.root)
    found = outcomes(config_entries("dscalc.yaml"), baseline("main", Path()))
    said = (
        "parameters from 396 to 692, +296 (74.75 %), 257 (658.97 %) over the growth of 39 that "
        "is allowed"
    )
    ((_, properties, message),) = github(found, repo.root)
    assert properties == {"file": NET, "line": "6", "title": f"dscalc: {NET}"}
    grew = "grew most: conv3 (line 6) 288, norm2 (line 5) 8"
    assert message == (
        f"{NET}: 692 parameters. +296 (74.75 %) of +39 allowed, 257 too many (dscalc.yaml:3). "
        f"+296 since main, where it was 396. {grew}"
    )
    (issue,) = issues(found, repo.root)
    assert (issue["check_name"], issue["description"]) == (
        "dscalc/params/growth", f"{NET}: {said}. {grew}. budget: dscalc.yaml:3"
    )  # fmt: skip
    (failure,) = junit(as_junit(found)).iter("failure")
    assert (failure.get("message"), failure.get("type")) == (said, "growth")


# ---------------------------------------------------------------- hostile names


def _text(found: Sequence[Outcome], root: Path) -> str:
    return as_table(check_grids(found), Screen())


def _narrow_text(found: Sequence[Outcome], root: Path) -> str:
    return as_table(check_grids(found), Screen(width=40))


FORMATS: dict[str, Callable[[Sequence[Outcome], Path], str]] = {
    "text": _text,
    "narrow text": _narrow_text,
    "json": lambda found, root: "".join(as_json(check_document(found))),
    "markdown": lambda found, root: check_comment(found),
    "github": as_github,
    "gitlab": as_gitlab,
    "junit": lambda found, root: as_junit(found),
}
OWN_COMMANDS = re.compile(r"^::(error|warning|notice) (file=|title=dscalc::and )", re.MULTILINE)


def harmless(form: str, text: str) -> None:
    """Nothing but line ends and printable characters, and no command to a runner but our own."""
    invisible = {"Cc", "Cf", "Cs", "Zl", "Zp", "Cn"}
    allowed = {"\n"} | ({"\u2060"} if form == "markdown" else set())
    assert {c for c in text if unicodedata.category(c) in invisible} <= allowed
    assert "##[" not in text
    if form == "github":
        text = OWN_COMMANDS.sub("", text)
    assert not re.search(r"^\s*::", text, re.MULTILINE)


def hostile_outcome(name: str) -> Outcome:
    """An outcome in which everything that a file can name has that name."""
    place = Place(name, 3, 1, name)
    culprits = (Culprit(name, 5, 4), Culprit(name, 4, None))

    def check(scope: str, status: Status) -> Check:
        return Check(name, scope, "params", "max", 9, 5, 7, status, name, 4, culprits,
                     message=name, place=place)  # fmt: skip

    checks = tuple(check(scope, s) for scope in ("network", name) for s in SEVERITY)
    told = Accuracy(AS_WRITTEN, 70.6, name)
    checks += (Check(name, "network", "top1", "min", 70.6, 72, None, "fail", name, 4,
                     message=name, place=place, source=name),)  # fmt: skip
    notices = (
        Notice("new", name, name, place),
        Notice("raised", name, name, place, warns=True, accepted=name),
    )
    return Outcome(Entry(name), checks, None, compared=True, unasked=False, notices=notices,
                   top1=told)  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
@pytest.mark.parametrize("form", FORMATS)
def test_a_hostile_name_stays_a_name(tmp_path: Path, form: str, name: str) -> None:
    harmless(form, FORMATS[form]([hostile_outcome(name)], tmp_path))


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_hostile_name_is_data_in_every_format_that_a_machine_reads(
    tmp_path: Path, name: str
) -> None:
    """Each report has as many findings as for a harmless name, and says the name as data."""
    outcome, plain = hostile_outcome(name), hostile_outcome("plain")
    (checks,) = (json.loads("".join(as_json(check_document([outcome]))))["checks"],)
    assert {check["network"] for check in checks} == {name}
    assert {check["message"] for check in checks} == {name}
    shapes = []
    for found in (outcome, plain):
        commands = github([found], tmp_path)
        assert all(set(properties) == {"file", "line", "title"} for _, properties, _ in commands)
        root = junit(as_junit([found]))
        shapes.append(
            (
                [command for command, _, _ in commands],
                [sorted(issue) for issue in json.loads(as_gitlab([found], tmp_path))],
                [element.tag for element in root.iter()],
                _text([found], tmp_path).count("\n"),
            )
        )
    assert shapes[0] == shapes[1]


FILES = [name for name in HOSTILE if not re.search("[\ufffe\uffff]", name)]


@pytest.mark.parametrize("name", FILES, ids=ascii)
def test_files_layers_and_messages_may_be_called_anything(tmp_path: Path, name: str) -> None:
    """All the way from files of these names to every format."""
    path = f"nets/{name}.yaml"
    layers = [f"{{name: {quoted(name)}, conv: {{n: 4}}}}", "conv: {n: 8}"]
    budgets = config(
        f"{{file: {quoted(path)}, budget: {{params: 300}}, message: {quoted(name)},"
        " layers: [{match: '*', mult_adds: 1}]}"
    )
    repo = Repository(tmp_path / "repo")
    found = judged(repo.root, budgets, {path: network(*layers)})
    assert {check.network for check in found[0].checks} == {path}
    assert name in {check.scope for check in found[0].checks}
    for form, rendered in FORMATS.items():
        harmless(form, rendered(found, root_of(repo.root)))
    (command, *_) = github(found, root_of(repo.root))
    assert command[1]["line"] == "5"
    junit(as_junit(found))
    assert len(issues(found, root_of(repo.root))) == 3


# ---------------------------------------------------------------- on a screen


def test_the_table_fits_a_screen_with_all_figures_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Failures, growth, layers, sizes and long names at once, in 80 columns."""
    repo = Repository(tmp_path / "repo")
    name = "networks/detectors/detector_of_the_second_generation.yaml"
    asked = (
        f"{{file: {name}, resolution: 1024, budget: {{params: 300, mult_adds: 1M, memory: 1MB}}, "
        "growth: {mult_adds: 1%, memory: 0}, layers: [{match: 'conv*', mult_adds: 1M}]}"
    )
    repo.commit({name: TINY, "dscalc.yaml": config(asked)})
    repo.write({name: WIDER})
    monkeypatch.chdir(repo.root)
    found = outcomes(config_entries("dscalc.yaml"), baseline("main", Path()))
    text = as_table(check_grids(found), Screen(width=80))
    assert max(map(len, text.splitlines())) <= 80
    table = text[text.index("  Status") :]
    for check in (check for outcome in found for check in outcome.checks):
        assert f"{check.value:,}" in table
        assert f"{check.limit:,}" in table
    assert len(table.splitlines()) == 2 + 7
    assert "growth of mult-adds" in table
    assert "Change" not in table  # the blocks above say it


@pytest.mark.parametrize("colour", [True, False])
def test_the_status_is_in_colour_where_colour_is_wanted(tmp_path: Path, colour: bool) -> None:
    asked = "budget: {params: 300, mult_adds: {max: 1M, warn: 20k}, memory: 1MB}"
    found = judged(tmp_path, config(f"{{file: {NET}, {asked}}}"), {NET: TINY})
    text = as_table(check_grids(found), Screen(colour=colour))
    for status, code in (("pass", 32), ("warn", 33), ("fail", 31)):
        if status != "pass":
            assert (f"\x1b[1;{code}m{status}: " in text) is colour
        assert (f"\x1b[{code}m{status}\x1b[0m" in text) is colour
