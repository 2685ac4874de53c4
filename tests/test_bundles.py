"""One parameter of a command, several options of the command line."""

from __future__ import annotations

import re
from inspect import Parameter, signature
from typing import Annotated, Any

import pytest

from dscalc.analysis.figures import FIGURES
from dscalc.commands import options
from dscalc.commands.bundles import Bundle, expanded, of_function
from dscalc.commands.group import COMMANDS
from tests.commands import call, complaint


def _pair(left: int, right: int = 2) -> tuple[int, int]:
    return left, right


KEYS = [Parameter(key, Parameter.KEYWORD_ONLY, default=None, annotation=str) for key in "xy"]
Texts = Annotated[dict[str, str], Bundle(KEYS, lambda **texts: texts)]
Pair = Annotated[tuple[int, int], of_function(_pair)]


def test_a_parameter_gives_way_to_the_options_of_its_bundle() -> None:
    seen: list[Any] = []

    def command(name: str, pair: Pair, loud: bool = False) -> None:
        """What it does."""
        seen.append((name, pair, loud))

    run = expanded(command)
    parameters = signature(run).parameters
    assert list(parameters) == ["name", "left", "right", "loud"]
    assert {p.kind for p in parameters.values()} == {Parameter.KEYWORD_ONLY}
    assert parameters["left"].default is Parameter.empty
    assert (parameters["right"].default, parameters["loud"].default) == (2, False)
    assert run.__doc__ == "What it does."
    run(name="a", left=1, right=3, loud=True)
    assert seen == [("a", (1, 3), True)]


def test_a_bundle_of_options_that_a_table_declares() -> None:
    def command(texts: Texts) -> None:
        seen.append(texts)

    seen: list[dict[str, str]] = []
    expanded(command)(x="1", y="2")
    assert seen == [{"x": "1", "y": "2"}]


def sections(command: str) -> dict[str, list[str]]:
    """The options under each heading of a command's help."""
    found: dict[str, list[str]] = {}
    heading = ""
    for line in call(command, "--help").out.splitlines():
        if line.endswith(":") and not line.startswith(" "):
            heading = line[:-1]
        elif flag := re.match(r"  (?:-h, )?(--[a-z-]+)", line):
            found.setdefault(heading, []).append(flag[1])
    return found


SETTING = ["--alpha", "--rho", "--resolution", "--depth", "--with", "--input"]
GRID = ["--resolution", "--rho", "--depth", "--with", "--input"]
TERMS = ["--count", "--dtype", "--weight-dtype", "--memory", "--size"]
OUTPUT = ["--format", "--output"]
LIMITS = [figure.flag for figure in FIGURES.values()]


@pytest.mark.parametrize(
    ("command", "heading", "flags"),
    [
        *((command, options.SETTING, SETTING) for command in ("net", "explain", "check", "diff")),
        ("layer", options.SETTING, ["--alpha", "--rho"]),
        (
            "sweep",
            options.SETTING,
            ["--alpha", "--resolution", "--rho", "--depth", "--with", "--input"],
        ),
        ("fit", options.SETTING, ["--resolution", "--rho", "--depth", "--with", "--input"]),
        *(
            (command, options.TERMS, TERMS)
            for command in ("net", "memory", "sweep", "fit", "choose", "check")
        ),
        ("diff", options.TERMS, ["--count"]),
        ("net", options.OUTPUT, [*OUTPUT, "--columns", "--plot"]),
        *(
            (command, options.OUTPUT, [*OUTPUT, "--plot"])
            for command in ("memory", "sweep", "diff")
        ),
        ("choose", options.OUTPUT, [*OUTPUT, "--plot", "--x"]),
        *(
            (command, options.OUTPUT, OUTPUT)
            for command in COMMANDS
            if command not in ("net", "memory", "sweep", "diff", "choose", "yaml", "schema")
        ),
        *((command, options.OUTPUT, ["--output"]) for command in ("yaml", "schema")),
        *((command, options.LIMITS, LIMITS) for command in ("sweep", "fit", "choose", "check")),
    ],
)
def test_help_shows_what_belongs_together(command: str, heading: str, flags: list[str]) -> None:
    assert [flag for flag in sections(command)[heading] if flag in flags] == flags


def test_no_option_of_a_bundle_stands_elsewhere() -> None:
    of_bundles = {*SETTING, *TERMS, *LIMITS, *OUTPUT, "--columns", "--plot"}
    for command in COMMANDS:
        assert not of_bundles & set(sections(command)["Options"])


@pytest.mark.parametrize("command", ["net", "check", "diff"])
def test_a_resolution_that_is_none_is_refused_by_its_flag(command: str) -> None:
    said = complaint(command, "mobilenet", "--resolution", "large")
    assert said == "error: --resolution must be a whole number, not 'large'\n"
