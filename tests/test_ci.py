"""`.ci/oracles` installs whatever a test asks for, and says what it leaves out and why."""

from __future__ import annotations

import re
import shlex
import sys
import tomllib
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / ".ci" / "oracles"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
OF_TESTS = {"matplotlib", "h5py"}
"""What the extra `test` brings along."""


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, for which this test has no arguments."""
    loader = SourceFileLoader("oracles", str(SCRIPT))
    spec = spec_from_loader("oracles", loader)
    assert spec
    module = module_from_spec(spec)
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    loader.exec_module(module)
    monkeypatch.setattr("sys.argv", ["oracles"])
    return module


def asked_for() -> set[str]:
    """The packages without which some test skips."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    return set(re.findall(r"importorskip\(\s*[\"'](\w+)", "\n".join(texts)))


def test_what_a_test_asks_for_is_installed_by_an_oracle(script: ModuleType) -> None:
    assert asked_for() >= {"distributed", "ray"}
    for package in asked_for() - OF_TESTS:
        asks = f'importorskip("{package}")'
        assert any(re.search(oracle.marks, asks) for oracle in script.ORACLES), package


def test_the_extra_names_what_oracles_install(script: ModuleType) -> None:
    installed = {word for oracle in script.ORACLES for word in shlex.split(oracle.pip)}
    assert set(EXTRAS["oracles"]) <= installed
    assert not re.search(r"https?:|--index|--find-links", SCRIPT.read_text(encoding="utf-8"))


def test_an_oracle_that_cannot_be_had_is_left_out_with_its_reason(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def environment(oracle: object, folder: Path) -> str:
        said = "import sys; print('much'); print('ERROR: no such package'); sys.exit(1)"
        made: str = script.quiet([sys.executable, "-c", said], "pip install it")
        return made

    (oracle,) = [oracle for oracle in script.ORACLES if oracle.name == "engines"]
    idle = oracle._replace(name="idle", marks="q{9}")
    monkeypatch.setattr(script, "environment", environment)
    monkeypatch.setattr(script, "ORACLES", (oracle, idle))
    assert script.main() == 0
    out = capfd.readouterr().out
    assert "engines       left out: pip install it failed: ERROR: no such package" in out
    assert "idle          left out: no test here needs it" in out


@pytest.mark.parametrize(
    ("printed", "code", "verdict"),
    [
        ("1 passed", 0, "agrees: tests/test_engines.py"),
        ("1 passed", 1, "FAILED: python -m pytest"),
        ("2 skipped", 0, "FAILED: no test passed"),
        ("1 passed\nSKIPPED [1] could not import 'ray'", 0, "FAILED: no test could import ray"),
        ("1 passed\nSKIPPED [1] could not import 'onnx'", 0, "agrees"),
    ],
)
def test_an_oracle_agrees_only_if_a_test_passed_and_none_failed(
    script: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    printed: str,
    code: int,
    verdict: str,
) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\ncat <<'END'\n{printed}\nEND\nexit {code}\n", encoding="utf-8")
    python.chmod(0o755)
    monkeypatch.setattr(script, "environment", lambda oracle, folder: str(python))
    monkeypatch.setattr(script, "quiet", lambda command, what: "ray 1")
    monkeypatch.setattr(script, "ORACLES", [o for o in script.ORACLES if o.name == "engines"])
    assert script.main() == int("FAILED" in verdict)
    assert f"engines       {verdict}" in capfd.readouterr().out


def test_an_unknown_name_is_no_oracle(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["oracles", "delphi"])
    assert script.main() == 2
    assert "no oracle is called delphi" in capsys.readouterr().err
