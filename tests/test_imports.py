"""What each command may load: a module too many is milliseconds on every run of every hook."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dscalc.commands.group import COMMANDS
from tests.commands import environment

PACKAGE = Path(__file__).parents[1] / "dscalc"

FLOORS = (
    *("errors", "quantities", "law", "analysis", "language", "models", "check", "render"),
    *("commands", "cli"),
)
"""The rooms of the house from the ground up: each knows those below it, and none above."""

LONGEST_MODULE = 375  # lines

PURE = ("errors", "quantities", "law", "analysis")
"""The rooms that are the Python API: the standard library only, and each other."""

SMALLEST = """
import sys, typer
app = typer.Typer(add_completion=False, rich_markup_mode=None)
@app.command()
def main() -> None:
    print("x", file=sys.stderr)
sys.argv = ["x"]
"""
DSCALC = "import sys\nfrom dscalc.cli import main as app\nsys.argv = ['dscalc', {}]\n"
LOADED = """
import io, json
out, sys.stdout = sys.stdout, io.TextIOWrapper(io.BytesIO(), "utf-8")
try:
    app()
except SystemExit:
    pass
print(json.dumps(sorted(sys.modules)), file=out)
"""

HEAVY = {
    *("asyncio", "concurrent", "configparser", "ctypes", "decimal", "doctest", "email"),
    *("fractions", "glob", "hashlib", "html", "http", "importlib.metadata", "importlib.resources"),
    *("logging", "multiprocessing", "numbers", "pickle", "pprint", "pydantic", "random"),
    *("socket", "sqlite3", "ssl", "statistics", "tempfile", "tomllib", "unittest", "xml"),
}
"""Modules that cost a millisecond or more, which no command here needs."""


def loaded(program: str) -> set[str]:
    """The modules that a program has loaded when it ends."""
    done = subprocess.run(
        [sys.executable, "-c", program + LOADED],
        env=environment(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    return set(json.loads(done.stdout))


@pytest.fixture(scope="module")
def smallest() -> set[str]:
    """What Typer loads for a program that prints one letter."""
    return loaded(SMALLEST)


def more_than(smallest: set[str], *arguments: str) -> set[str]:
    """What a command loads beyond that."""
    return loaded(DSCALC.format(", ".join(map(repr, arguments)))) - smallest


@pytest.mark.parametrize(
    "arguments",
    [
        ("layer", "--m", "3", "--n", "4", "--format", "json"),
        ("layer", "--m", "3", "--n", "4", "--format", "csv"),
        ("layer", "--m", "3", "--n", "4"),
        ("layer", "--m", "0", "--n", "4"),
        ("net", "mobilenet", "--format", "json"),
        ("net", "mobilenet", "--format", "csv"),
        ("net", "mobilenet", "--format", "markdown"),
        ("net", "mobilenet"),
        ("net", "nowhere"),
        ("check", "mobilenet", "--max-params", "5M"),
        ("list", "--format", "json"),
        ("list",),
        ("--version",),
    ],
)
def test_a_command_loads_no_package_but_typer(
    smallest: set[str], arguments: tuple[str, ...]
) -> None:
    extra = more_than(smallest, *arguments)
    tops = {name.partition(".")[0] for name in extra}
    assert tops - sys.stdlib_module_names <= {"dscalc", "typer", "__main__"}
    assert not extra & HEAVY


LAYER = ("layer", "--m", "3", "--n", "4", "--format", "json")
NET = ("net", "mobilenet", "--format", "json")
UNNEEDED = {
    LAYER: {
        *("language", "language.values", "models", "quantities", "analysis.formulas"),
        *("render.net", "render.layer_grids", "render.layer_words", "render.grid", "render.table"),
        *("law.lives", "law.kinds", "commands.search_options", "commands.net"),
    },
    NET: {
        *("analysis.verify", "analysis.formulas", "analysis.accuracy", "analysis.planned"),
        *("language.yaml_events", "language.budget_file", "models.model_source", "models.graph"),
        *("render.layer", "render.net_grids", "render.grid", "render.table"),
        *("law.lives", "commands.search_options", "commands.layer"),
    },
}
"""What stands beside a command as JSON and is none of its work."""


@pytest.mark.parametrize("arguments", UNNEEDED)
def test_an_answer_as_json_loads_its_own_law_alone(
    smallest: set[str], arguments: tuple[str, ...]
) -> None:
    extra = more_than(smallest, *arguments)
    unneeded = {f"dscalc.{name}" for name in UNNEEDED[arguments]}
    assert not extra & unneeded
    assert unneeded <= MODULES.keys() | {"dscalc.language", "dscalc.models"}
    others = {name for name in extra if not name.startswith("dscalc")}
    assert others <= {"__future__", "__main__", "gc"}  # and json, which `loaded` loads itself


def test_one_command_loads_no_other(smallest: set[str]) -> None:
    extra = more_than(smallest, "net", "mobilenet", "--format", "json")
    modules = {f"dscalc.commands.{place.partition(':')[0]}" for place in COMMANDS.values()}
    assert modules & extra == {"dscalc.commands.net"}


def test_help_loads_no_package(smallest: set[str]) -> None:
    tops = {name.partition(".")[0] for name in more_than(smallest, "--help")}
    assert not tops & {"yaml", "rich", "pydantic", "plotext", "matplotlib", "numpy"}


def test_import_dscalc_loads_nothing_but_itself() -> None:
    plain = loaded("import sys\ndef app(): pass\n")
    alone = loaded("import sys, dscalc\ndef app(): pass\n") - plain
    assert {name for name in alone if name.startswith("dscalc")} == {"dscalc"}
    measured = loaded(
        "import sys\nimport dscalc\n"
        "def app(): dscalc.measure, dscalc.scale, dscalc.Conv, dscalc.DscalcError\n"
    )
    tops = {name.partition(".")[0] for name in measured - plain}
    assert tops <= {"dscalc", *sys.stdlib_module_names}
    assert not measured & {
        "typer",
        "rich",
        "yaml",
        "dscalc.cli",
        "dscalc.language.network_file",
        "dscalc.language.values",
    }


def imports(tree: ast.AST) -> Iterator[str]:
    """The modules that a file imports, anywhere, but for its types alone."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield str(node.module)
        yield from imports(node)


def room(module: str) -> str:
    """The room of a module of ours: the word behind "dscalc."."""
    return module.split(".")[1]


MODULES = {
    ".".join(("dscalc", *path.relative_to(PACKAGE).with_suffix("").parts)): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if (path.name != "__main__.py" and path.parent != PACKAGE) or path.stem in FLOORS
}


def test_every_module_has_a_room() -> None:
    assert {room(name) for name in MODULES} <= set(FLOORS)


@pytest.mark.parametrize("name", MODULES)
def test_no_import_goes_upwards(name: str) -> None:
    found = set(imports(ast.parse(MODULES[name].read_text(encoding="utf-8"))))
    ours = {module for module in found if module.startswith("dscalc.")}
    floor = FLOORS.index(room(name))
    assert not {module for module in ours if FLOORS.index(room(module)) > floor}
    if room(name) == "law":
        assert {room(module) for module in ours} <= {"errors", "law"}
    if room(name) in PURE:
        assert {module.partition(".")[0] for module in found - ours} <= sys.stdlib_module_names
    if room(name) not in ("commands", "cli"):
        assert "typer" not in found
    if name != "dscalc.language.yaml_events":
        assert "yaml" not in found


def test_modules_of_a_room_do_not_go_in_circles() -> None:
    known = {
        name: set(imports(ast.parse(path.read_text(encoding="utf-8")))) & MODULES.keys()
        for name, path in MODULES.items()
    }
    while known:
        free = {name for name, needs in known.items() if not needs & known.keys() - {name}}
        assert free, f"these import each other: {sorted(known)}"
        known = {name: needs for name, needs in known.items() if name not in free}


def test_modules_stay_short_and_say_their_job() -> None:
    for name, path in MODULES.items():
        lines = path.read_text(encoding="utf-8").splitlines()
        assert lines[0].startswith('"""'), name
        assert len(lines) <= LONGEST_MODULE, name
