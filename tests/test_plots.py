"""`--plot`: pictures of sweeps and networks, the same each time, whole or not at all."""

from __future__ import annotations

import builtins
import importlib.util
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests import pages
from tests.commands import call, complaint, document, run

SWEEP = ("sweep", "mobilenet", "mobilenet_v2", "--alpha", "0.5,1", "--resolution", "160,224")
NET = ("net", "mobilenet")
COMMANDS = (
    *(SWEEP, NET, ("choose", "mobilenet"), ("memory", "mobilenet")),
    *(("layer", "--m", "3", "--n", "4"), ("diff", "mobilenet", "mobilenet_v2")),
)
STARTS = {"svg": b"<?xml", "png": b"\x89PNG\r\n\x1a\n", "pdf": b"%PDF-"}

needs_matplotlib = pytest.mark.skipif(
    importlib.util.find_spec("matplotlib") is None,
    reason="Matplotlib is not installed to draw with",
)


def drawn(file: Path, *arguments: str) -> str:
    """The text of a picture in SVG."""
    result = call(*arguments, "--plot", str(file))
    assert (result.code, result.err) == (0, "")
    words = ElementTree.parse(file).getroot().iter("{http://www.w3.org/2000/svg}text")
    return "\n".join("".join(word.itertext()) for word in words)


@pytest.mark.parametrize("arguments", COMMANDS, ids=[one[0] for one in COMMANDS])
@pytest.mark.parametrize(
    "form", ["svg", *(pytest.param(form, marks=needs_matplotlib) for form in ("pdf", "png"))]
)
def test_a_picture_is_of_its_kind_and_the_same_each_time(
    arguments: tuple[str, ...], form: str, tmp_path: Path
) -> None:
    one, two = tmp_path / f"one.{form}", tmp_path / f"two.{form.upper()}"
    report = call(*arguments)
    assert call(*arguments, "--plot", str(one)) == report
    assert call(*arguments, "--plot", str(two)) == report
    assert one.read_bytes().startswith(STARTS[form])
    assert one.read_bytes() == two.read_bytes()
    assert re.search(rb"20[0-9]{2}-[0-9]{2}-[0-9]{2}T", one.read_bytes()) is None
    assert sorted(path.name for path in tmp_path.iterdir()) == [one.name, two.name]


@pytest.mark.parametrize("arguments", COMMANDS, ids=[one[0] for one in COMMANDS])
def test_a_picture_is_the_same_whatever_order_sets_have(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    for seed in ("1", "2"):
        found = run(*arguments, "--plot", f"{seed}.svg", cwd=tmp_path, env={"PYTHONHASHSEED": seed})
        assert (found.code, found.err) == (0, "")
    assert (tmp_path / "1.svg").read_bytes() == (tmp_path / "2.svg").read_bytes()


def test_a_network_has_a_bar_a_layer_and_a_colour_a_kind(tmp_path: Path) -> None:
    words = drawn(tmp_path / "a.svg", *NET).splitlines()
    for word in ("conv1", "separable14", "linear16", "depthwise", "Mult-adds"):
        assert word in words
    assert "MobileNet · input 224×224×3 · trainable parameters" in words


def test_names_are_data(tmp_path: Path) -> None:
    """No mathematics between dollar signs, no markup, and no picture as wide as a name is long."""
    name = "$\\\\frac{a}{b}$ <b> 網路"
    file = tmp_path / "net.yaml"
    file.write_text(
        f'name: "{name}"\ninput: [4, 4, 1]\nlayers:\n  - conv: {{n: 1}}\n    name: "$x^2$"\n'
        f"  - conv: {{n: 1}}\n    name: {'long' * 60}\n",
        encoding="utf-8",
    )
    words = drawn(tmp_path / "a.svg", "net", str(file))
    assert "$\\frac{a}{b}$ <b> 網路 · input 4×4×1 · trainable parameters" in words
    assert "$x^2$" in words
    assert "longlong" in words
    assert "long" * 12 not in words
    assert "$\\frac{a}{b}$ <b> 網路" in drawn(tmp_path / "b.svg", "sweep", str(file))


def test_a_name_with_an_underscore_is_in_the_legend(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text("name: _x\ninput: [4, 4, 1]\nlayers:\n  - conv: {n: 1}\n    name: _y\n")
    assert "_x" in drawn(tmp_path / "a.svg", "sweep", str(file)).split("\n")
    words = drawn(tmp_path / "b.svg", "net", str(file)).split("\n")
    assert {"_x · input 4×4×1 · trainable parameters", "_y", "conv"} <= set(words)


@needs_matplotlib
def test_numbers_beyond_63_bits_are_drawn(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(
        "input: [1000000000000, 1000000000000, 1]\n"
        "layers:\n  - conv: {n: 999999999999}\n  - conv: {n: 999999999999}\n"
    )
    assert document("net", str(file))["total"]["mult_adds"] > 2**150
    assert "conv2" in drawn(tmp_path / "a.svg", "net", str(file))
    limits = ("--max-mult-adds", "9" * 38, "--max-params", "9" * 40)
    assert "α 1" in drawn(tmp_path / "b.svg", "sweep", str(file))
    assert call("sweep", "mobilenet", *limits, "--plot", str(tmp_path / "c.png")).code == 0


# ---------------------------------------------------------------- pictures on pages


SHOWN = re.findall(
    r"^\$ dscalc ([^|\n]*) --plot \S+.*\n(?:[^`\n].*\n)*```\n\n!\[.*\]\((\S+)\)",
    pages.text_of(pages.COMMANDS),
    re.MULTILINE,
)
"""Commands that draw, each with the picture that the page shows below it."""


def test_the_page_shows_pictures() -> None:
    assert [Path(picture).stem for _, picture in SHOWN] == ["layer", "choose", "sweep", "net"]


@pytest.mark.parametrize(("command", "picture"), SHOWN, ids=[Path(p).stem for _, p in SHOWN])
def test_a_picture_on_the_page_is_what_the_command_draws(
    command: str, picture: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    file = tmp_path / "new.svg"
    assert call(*command.split(), "--plot", str(file)).code == 0
    shown = pages.ROOT / Path(pages.COMMANDS).parent / picture
    if request.config.getoption("--regenerate"):
        shown.write_bytes(file.read_bytes())
    assert shown.read_bytes() == file.read_bytes()


# ---------------------------------------------------------------- settings of Matplotlib

HOSTILE = {
    "LaTeX": "text.usetex: True\ntext.latex.preamble: \\input{/etc/passwd}\n",
    "a value that cannot be": "path.effects: x\n",
    "a backend that is none": "backend: nonsense\n",
    "another look": "figure.facecolor: red\nfont.size: 40\nsavefig.transparent: True\n",
    "no text": "\0\xff\n",
}


@needs_matplotlib
@pytest.mark.parametrize("settings", HOSTILE.values(), ids=HOSTILE)
def test_settings_in_the_folder_and_the_environment_are_not_obeyed(
    settings: str, tmp_path: Path
) -> None:
    """In a process of its own, since Matplotlib reads them when it is loaded."""
    for folder in ("plain", "hostile"):
        (tmp_path / folder).mkdir()
    (tmp_path / "hostile" / "matplotlibrc").write_text(settings, encoding="latin-1")
    rc = str(tmp_path / "hostile" / "matplotlibrc")
    variables = {"MPLBACKEND": "nonsense", "MATPLOTLIBRC": rc, "MPLCONFIGDIR": str(tmp_path)}
    plain = run(*NET, "--plot", "a.png", cwd=tmp_path / "plain")
    hostile = run(*NET, "--plot", "a.png", cwd=tmp_path / "hostile", env=variables)
    assert plain == hostile
    assert (plain.code, plain.err) == (0, "")
    pictures = [(tmp_path / folder / "a.png").read_bytes() for folder in ("plain", "hostile")]
    assert pictures[0] == pictures[1]
    assert sorted(path.name for path in (tmp_path / "hostile").iterdir()) == [
        "a.png",
        "matplotlibrc",
    ]


@needs_matplotlib
def test_a_network_without_costs_can_be_drawn(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text("input: [4, 4, 1]\nlayers:\n  - global_pool\n")
    for command in ("net", "sweep"):
        assert call(command, str(file), "--plot", str(tmp_path / "a.png")).code == 0


# ---------------------------------------------------------------- files that cannot be


@needs_matplotlib
@pytest.mark.parametrize("arguments", [SWEEP, NET], ids=["sweep", "net"])
@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("a.gif", "--plot writes .svg, .png or .pdf, not"),
        ("svg", "--plot writes .svg, .png or .pdf, not"),
        ("", "--plot writes .svg, .png or .pdf, not ''"),
        ("missing/a.svg", "there is no folder"),
        ("folder.svg", "is a folder"),
    ],
)
def test_a_file_that_cannot_be_is_refused_before_any_work(
    arguments: tuple[str, ...], file: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "folder.svg").mkdir()
    path = str(tmp_path / file) if file else ""
    said = complaint(arguments[0], str(tmp_path / "missing.yaml"), "--plot", path)
    assert message in said
    assert "missing.yaml" not in said
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder.svg"]


def test_an_error_leaves_an_old_picture_alone(tmp_path: Path) -> None:
    old = tmp_path / "a.svg"
    old.write_text("old")
    complaint("sweep", "resnext50_32x4d", "--alpha", "0.3", "--plot", str(old))
    assert old.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.svg"]


def test_without_matplotlib_the_way_to_install_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    said = complaint(*NET, "--plot", str(tmp_path / "a.png"))
    assert said == (
        "error: --plot writes .svg by itself; .png needs Matplotlib: pip install 'dscalc[plot]'\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_matplotlib_is_loaded_for_png_and_pdf_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def guarded(name: str, *rest: object) -> object:
        assert not name.startswith("matplotlib")
        return real(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", guarded)
    assert call(*SWEEP).code == call(*NET).code == 0
    assert call(*NET, "--plot", str(tmp_path / "a.svg")).code == 0
