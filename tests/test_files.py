"""What NETWORK names: a path, standard input, a shipped network; and files that are no network."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import dscalc
from dscalc import DscalcError, load, measure
from dscalc.language.files import LARGEST_FILE
from dscalc.language.shipped import shipped_files, shipped_names
from tests.commands import call, complaint, document, environment

ROOT = Path(__file__).parents[1]
TINY = "name: Tiny\ninput: [8, 8, 3]\nlayers:\n  - conv: {n: 4}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


# ---------------------------------------------------------------- what is found


@pytest.mark.parametrize("name", ["mobilenet", "mobilenet.yaml"])
def test_a_shipped_network_is_found_in_any_folder(folder: Path, name: str) -> None:
    assert load(name).name == "MobileNet"
    assert Path(load(name).file).is_absolute()


def test_shipped_names_are_those_of_configs() -> None:
    """A file is found by its name; where it has variants, these are listed in its place."""
    names = [path.stem for path in (ROOT / "configs").glob("*.yaml")]
    assert list(shipped_files()) == sorted(names)
    assert {"example_net", "mobilenet", "mobilenet_shallow"} <= set(names) & set(shipped_names())
    assert {f"efficientnet_b{number}" for number in range(8)} <= set(shipped_names())
    assert "efficientnet" in set(names) - set(shipped_names())
    assert shipped_names() == sorted(set(shipped_names()))


@pytest.mark.parametrize(
    "variants",
    [
        "variants:\n  half: {alpha: 0.5}\n",
        "variants:  # by width\n\n  half:\n    alpha: 0.5\n",
        "variants: {half: {alpha: 0.5}}\n",
        "variants:\n    half: {alpha: 0.5}\n",
        "'variants':\n  'half': {alpha: 0.5}\n",
    ],
)
def test_a_variant_is_found_by_its_name_however_it_is_written(folder: Path, variants: str) -> None:
    Path("whole.yaml").write_text(TINY + variants, encoding="utf-8")
    assert load("./half").alpha == 0.5


@pytest.mark.parametrize("name", ["mobilenet", "mobilenet.yaml", "./mobilenet.yaml", "sub/x"])
def test_a_path_that_exists_wins(folder: Path, name: str) -> None:
    (folder / "sub").mkdir()
    Path(name).write_text(TINY, encoding="utf-8")
    assert load(name).name == load(Path(name)).name == "Tiny"
    assert load(folder / name).file == str(folder / name)


def test_a_dash_is_standard_input() -> None:
    found = document("net", "-", stdin=TINY.encode())
    assert (found["network"], found["file"]) == ("Tiny", "<stdin>")
    assert found["total"]["mult_adds"] == 6_912


def test_a_byte_order_mark_is_no_part_of_the_text(folder: Path) -> None:
    Path("n.yaml").write_bytes(b"\xef\xbb\xbf" + TINY.encode())
    assert load("n.yaml").name == "Tiny"


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
def test_utf_16_with_its_mark_is_read(folder: Path, order: str) -> None:
    """What PowerShell's `>` writes, in a file and on standard input."""
    data = f"\ufeff{TINY.replace('Tiny', 'Сеть 😀')}".replace("\n", "\r\n").encode(order)
    Path("n.yaml").write_bytes(data)
    assert load("n.yaml").name == "Сеть 😀"
    found = document("net", "-", stdin=data)
    assert (found["network"], found["total"]["mult_adds"]) == ("Сеть 😀", 6_912)
    assert found["layers"][0]["line"] == 4


def test_a_budget_and_a_report_in_utf_16_are_read(folder: Path) -> None:
    Path("n.yaml").write_text(TINY, encoding="utf-8")
    Path("dscalc.yaml").write_text(
        "version: 1\nnetworks:\n  - {file: n.yaml, budget: {params: 108}}\n", encoding="utf-16"
    )
    assert call("check").code == 0
    Path("base.json").write_text(call("net", "n.yaml", "--format", "json").out, encoding="utf-16")
    (network,) = document("diff", "base.json", "n.yaml")["networks"]
    assert (network["base"], network["layers"]) == (network["head"], [])


@pytest.mark.parametrize("name", ["net.onnx", "a.b.PT", "x.pth", "m.tflite", "m.h5", "m.keras"])
def test_a_model_is_told_by_what_it_holds_and_not_by_its_name(folder: Path, name: str) -> None:
    assert complaint("net", name).startswith(f"error: {name}: no such file")
    Path(name).write_bytes(TINY.encode())
    assert load(name).name == "Tiny"
    Path(name).write_bytes(b"\x80\x02}q\0.")
    assert "torch.export.save" in complaint("net", name)


def test_names_in_any_script_are_kept(folder: Path) -> None:
    Path("réseau.yaml").write_text(TINY.replace("Tiny", "Сеть 网络"), encoding="utf-8")
    assert load("réseau.yaml").name == "Сеть 网络"


def test_configs_are_found_inside_an_installed_wheel(folder: Path) -> None:
    """The build puts configs/ into the package; there it is found before one beside it."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]
    assert build["build"]["targets"]["wheel"]["force-include"] == {"configs": "dscalc/configs"}
    package = folder / "site" / "dscalc"
    shutil.copytree(ROOT / "dscalc", package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "configs", package / "configs")
    done = subprocess.run(
        [sys.executable, "-m", "dscalc", "net", "mobilenet.yaml", "--format", "json"],
        env=environment(PYTHONPATH=str(folder / "site"), PYTHONDONTWRITEBYTECODE="1"),
        capture_output=True,
        check=True,
        timeout=60,
    )
    found = json.loads(done.stdout)
    assert found["file"] == str(package / "configs" / "mobilenet.yaml")
    assert found["total"]["mult_adds"] == 568_740_352


# ---------------------------------------------------------------- what is not


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere.yaml", "nowhere.yaml: no such file, and no shipped network of that name"),
        ("mobilenett", "mobilenett: no such file, and no shipped network of that name; "
         "did you mean 'mobilenet'?"),
        ("configs/nowhere.yaml", "configs/nowhere.yaml: no such file"),
        ("mobilenet/..", "mobilenet/..: no such file"),
        ("", "NETWORK is empty; it is a path, - or the name of a shipped network"),
        (".", ".: Is a directory"),
        ("sub", "sub: Is a directory"),
        ("sub/", "sub: Is a directory"),
        ("file.yaml/x", "file.yaml/x: no such file"),
        ("a\0b", "a file's name cannot hold a NUL character"),
        ("x" * 5000, ": File name too long"),
    ],
)  # fmt: skip
def test_what_is_not_there(folder: Path, name: str, message: str) -> None:
    (folder / "sub").mkdir()
    Path("file.yaml").write_text(TINY, encoding="utf-8")
    with pytest.raises(DscalcError) as error:
        load(name)
    assert message in str(error.value.problems[0].message)
    assert len(str(error.value)) <= 500


def test_a_file_that_may_not_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused by the system; as root nothing is, so the refusal is the system's own word."""
    path = folder / "n.yaml"
    path.write_text(TINY, encoding="utf-8")

    def refuse(*arguments: object, **named: object) -> object:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    assert complaint("net", "n.yaml") == "error: n.yaml: Permission denied\n"


def test_a_socket_is_no_file(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s")
        assert complaint("net", "s").startswith("error: s: ")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "n.yaml:1:1: the file is empty"),
        (b"\n \n", "n.yaml:1:1: the file is empty"),
        (b"\xef\xbb\xbf", "n.yaml:1:1: the file is empty"),
        (b"\0\1\2", "n.yaml: a binary file, not YAML"),
        (b"\x7fELF\2\1\1\0", "n.yaml: a binary file, not YAML"),
        (b"\xff\xfe\0\0n\0\0\0", "n.yaml: a binary file, not YAML"),  # UTF-32
        (b"\xff\xfe", "n.yaml:1:1: the file is empty"),  # UTF-16
        (b"\xff\xfea\0\n\0b\0c", "n.yaml:2:2: not UTF-16: byte 0x63"),
        (b"\xff\xfea\0\x00\xdcb\0", "n.yaml:1:2: not UTF-16: byte 0x00"),
        (b"a\0:\0 \0", "n.yaml: a binary file, not YAML"),  # UTF-16 without its mark
        (b"\x89PNG\r\n\x1a\n", "n.yaml:1:1: not UTF-8: byte 0x89"),
        (b"name: caf\xe9\n", "n.yaml:1:10: not UTF-8: byte 0xe9"),
        (b"a: 1\nb: \xc3(\n", "n.yaml:2:4: not UTF-8: byte 0xc3"),
        ("é: é".encode() + b"\xe9", "n.yaml:1:5: not UTF-8: byte 0xe9"),
        (b"\xef\xbb\xbfname: caf\xe9\n", "n.yaml:1:10: not UTF-8: byte 0xe9"),
        (b"a" * (LARGEST_FILE + 1), f"n.yaml: larger than {LARGEST_FILE >> 20} MiB"),
        (b"a: \x1b[31m\n", "n.yaml:1:4: the character U+001B cannot stand in a file; "),
        (b"import torch\nclass Net:\n", "n.yaml:"),
        (b"{}\n", "n.yaml:1:1: 'input' is missing"),
    ],
)
def test_files_that_are_no_network(folder: Path, data: bytes, message: str) -> None:
    Path("n.yaml").write_bytes(data)
    assert complaint("net", "n.yaml").startswith(f"error: {message}")


def test_standard_input_that_is_no_network() -> None:
    assert complaint("net", "-").startswith("error: <stdin>:1:1: the file is empty\n")
    assert complaint("net", "-", stdin=b"\0").startswith("error: <stdin>: a binary file")
    big = b"a" * (LARGEST_FILE + 1)
    assert complaint("net", "-", stdin=big).startswith("error: <stdin>: larger than")


def by_aliases(levels: int, innermost: str, around: str) -> str:
    """YAML anchors a1, a2 and so on, each of which refers to the one before."""
    lines = [f"  - &a{level} {around.format(f'*a{level - 1}')}" for level in range(1, levels)]
    return "\n".join(["source:", f"  - &a0 {innermost}", *lines]) + "\n"


@pytest.mark.parametrize(
    "text",
    [
        by_aliases(500, "[8, 8, 3]", "[{}]") + "input: *a499\nlayers: [{conv: {n: 4}}]\n",
        by_aliases(500, "1", "[{}]") + f"budget: {{params: *a499}}\n{TINY}",
        by_aliases(500, "1", "{{max: {}}}") + f"budget: *a499\n{TINY}",
        by_aliases(199, "{conv: {n: 3}}", "{{residual: [{}]}}")
        + "input: [8, 8, 3]\nlayers: [*a198]\n",
    ],
    ids=["input", "limit", "budget", "residual"],
)
def test_values_that_nest_by_aliases_are_refused(folder: Path, text: str) -> None:
    Path("n.yaml").write_text(text, encoding="utf-8")
    for command in (("net",), ("check",), ("fit", "--max-params", "5")):
        told = complaint(command[0], "n.yaml", *command[1:]).splitlines()[0]
        assert re.fullmatch(r"error: n\.yaml:\d+:\d+: nested deeper than 64 levels", told)


def test_a_file_without_end_is_read_to_the_limit_alone() -> None:
    assert complaint("net", "/dev/zero").startswith("error: /dev/zero: a binary file, not YAML")


def test_several_mistakes_are_all_shown_with_their_lines(folder: Path) -> None:
    Path("n.yaml").write_text(
        "input: [8, 8, 3]\nlayers:\n  - conv: {n: 0}\n  - banana\n", encoding="utf-8"
    )
    assert complaint("net", "n.yaml") == (
        "error: n.yaml:3:15: n must be at least 1, not 0\n"
        "    3 |   - conv: {n: 0}\n"
        "      |               ^\n"
        "error: n.yaml:4:5: unknown kind 'banana'\n"
        "    4 |   - banana\n"
        "      |     ^^^^^^\n"
    )


# ---------------------------------------------------------------- the shipped networks


@pytest.mark.parametrize("name", shipped_names())
def test_every_shipped_network_is_measured_and_says_its_source(name: str) -> None:
    network = load(name)
    assert measure(network).total.mult_adds > 0
    assert network.source


def test_list_shows_them_all_with_their_totals() -> None:
    listed = document("list")["networks"]
    assert [entry["network"] for entry in listed] == shipped_names()
    totals = {entry["network"]: (entry["params"], entry["mult_adds"]) for entry in listed}
    assert totals["mobilenet"] == (4_231_976, 568_740_352)
    assert totals["mobilenet_shallow"] == (2_887_976, 307_323_392)
    shown = call("list")
    assert shown.code == 0
    for name, (params, mult_adds) in totals.items():
        assert any(
            line.split()[0] == name and f"{params:,}" in line and f"{mult_adds:,}" in line
            for line in shown.out.splitlines()[2:]
            if line.strip()
        )


def test_example_net_by_hand() -> None:
    """conv 3→32, separable 32→64, conv 64→128, all 3×3 with bias and padding 1, on 224×224."""
    report = measure(dscalc.load("example_net"))
    conv1, separable, conv2 = report.rows
    assert conv1.cost.params() == 3 * 32 * 9 + 32 == 896
    assert separable.cost.params() == 32 * 9 + 32 + 32 * 64 + 64 == 2_432
    assert conv2.cost.params() == 64 * 128 * 9 + 128 == 73_856
    assert {str(row.output) for row in report.rows} == {
        "224×224×32",
        "224×224×64",
        "224×224×128",
    }
    assert report.total.params() == 77_184
    assert report.total.mult_adds == 224 * 224 * (864 + 288 + 2_048 + 73_728) == 3_859_939_328
