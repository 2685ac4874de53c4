"""Every answer in every format, on standard output and in files."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from dscalc.commands.group import COMMANDS
from dscalc.render.formats import FORMATS, FORMATS_OF_VERDICTS
from tests.commands import call, complaint

ASKED = {
    "layer": ("--m", "3", "--n", "4"),
    "net": ("example_net",),
    "memory": ("example_net",),
    "list": (),
    "sweep": ("example_net",),
    "fit": ("example_net", "--max-params", "1G"),
    "choose": ("mobilenet",),
    "explain": ("mobilenet", "separable2"),
    "verify": ("mobilenet",),
    "check": ("mobilenet", "--max-params", "5M", "--against", "mobilenet"),
    "diff": ("mobilenet_v2", "mobilenet"),
}
STARTS = {
    "json": "{\n",
    "latex": "\\begin{table}\n",
    "html": "<!doctype html>\n",
    "gitlab": "[",
    "junit": "<?xml ",
}
"""How a text of each format starts, where that tells it."""


def test_every_command_is_asked() -> None:
    # `yaml` and `schema` write one thing, and `budget` a file, which its own tests ask.
    assert ASKED.keys() == COMMANDS.keys() - {"yaml", "schema", "budget"}


@pytest.mark.parametrize("command", ASKED)
def test_every_answer_has_every_format(command: str) -> None:
    formats = FORMATS_OF_VERDICTS if command == "check" else FORMATS
    written = {}
    for form in formats:
        result = call(command, *ASKED[command], "--format", form)
        assert (result.code, result.err) == (0, ""), form
        assert result.out.startswith(STARTS.get(form, "")), form
        written[form] = result.out
    assert written["text"] == written["table"] == call(command, *ASKED[command]).out
    assert len(set(written.values())) == len(formats) - 1
    assert json.loads(written["json"])["command"] == command
    head, *rows = csv.reader(io.StringIO(written["csv"]))
    assert rows
    assert len(set(head)) == len(head)
    assert all(len(row) == len(head) for row in rows)


@pytest.mark.parametrize("command", ASKED)
def test_a_file_holds_what_standard_output_would(command: str, tmp_path: Path) -> None:
    formats = FORMATS_OF_VERDICTS if command == "check" else FORMATS
    outputs = [word for form in formats for word in ("--output", f"{form}:{tmp_path / form}")]
    result = call(command, *ASKED[command], *outputs, columns=60)
    assert (result.code, result.err) == (0, "")
    for form in formats:
        expected = call(command, *ASKED[command], "--format", form).out  # on no screen
        assert (tmp_path / form).read_text(encoding="utf-8") == expected


@pytest.mark.parametrize("command", [command for command in ASKED if command != "check"])
def test_formats_of_verdicts_are_for_verdicts(command: str, tmp_path: Path) -> None:
    said = complaint(command, *ASKED[command], "--format", "junit")
    assert (
        "'junit' is not one of 'table', 'text', 'json', 'csv', 'markdown', 'latex', 'html'" in said
    )
    said = complaint(command, *ASKED[command], "--output", f"junit:{tmp_path / 'x'}")
    assert "--output must be FORMAT:PATH with one of table, text, json, csv" in said
    assert not list(tmp_path.iterdir())


def test_csv_of_a_check_is_what_json_says() -> None:
    result = call("check", *ASKED["check"], "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(result.out))
    said = json.loads(call("check", *ASKED["check"], "--format", "json").out)
    (check,), (network,) = said["checks"], said["networks"]
    told = {**check, **{key: network[key] for key in ("top1", "top1_source")}}
    assert row == {key: "" if value is None else str(value) for key, value in told.items()}


def test_csv_of_a_diff_names_the_network_of_every_layer() -> None:
    rows = list(csv.DictReader(io.StringIO(call("diff", *ASKED["diff"], "--format", "csv").out)))
    (network,) = json.loads(call("diff", *ASKED["diff"], "--format", "json").out)["networks"]
    assert len(rows) == len(network["layers"]) > 1
    assert {row["network"] for row in rows} == {"MobileNet"}
    delta = network["head"]["params"] - network["base"]["params"]
    assert sum(int(row["params_delta"]) for row in rows) == delta
