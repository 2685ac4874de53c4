"""What is shown: the formats, narrow screens, and text from a file that stays text everywhere."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from dscalc.language.shipped import shipped_names
from dscalc.render.csv import as_csv
from dscalc.render.grid import Column, Grid, shown
from dscalc.render.latex import as_latex
from dscalc.render.markdown import as_markdown
from dscalc.render.table import Screen, as_table
from dscalc.render.text import code, plain, plain_lines, to_ascii
from tests.commands import call, document

MOBILENET = ("net", "mobilenet", "--alpha", "0.5")
SOME = ("example_net", "mobilenet", "mobilenet_v2", "googlenet", "shufflenet_v2", "unet")
"""Networks of every sort: chains, residuals, branches, splits, transposed convolutions."""

# ---------------------------------------------------------------- a grid in each format

COLUMNS = (
    Column("name", "Layer", "name"),
    Column("kind", "Kind"),
    Column("input", "Input", drop=2),
    Column("count", "Count", "count"),
    Column("bar", "", "bar", drop=1),
    Column("share", "Share", "share", drop=3),
)
GRID = Grid(
    COLUMNS,
    [["a_layer_of_long_name1", "conv", "8×8×3", 1234567, 1.0, 0.75], ["b", "x", "", 0, None, 0.25]],
    title="A title",
    totals=[["total", "", "", 1234567, None, None]],
    notes=["A note that has some words to wrap."],
)


def test_a_table() -> None:
    assert as_table([GRID], Screen()) == (
        "A title\n"
        "\n"
        "  Layer                  Kind  Input      Count            Share\n"
        "  ──────────────────────────────────────────────────────────────\n"
        "  a_layer_of_long_name1  conv  8×8×3  1,234,567  ████████  75.0%\n"
        "  b                      x                    0            25.0%\n"
        "  ──────────────────────────────────────────────────────────────\n"
        "  total                               1,234,567\n"
        "\n"
        "  A note that has some words to wrap.\n"
    )


def test_csv_has_the_rows_alone_in_full_precision() -> None:
    assert "".join(as_csv(GRID)) == (
        "name,kind,input,count,bar,share\n"
        "a_layer_of_long_name1,conv,8×8×3,1234567,1.0,0.75\n"
        "b,x,,0,,0.25\n"
    )


def test_markdown() -> None:
    assert as_markdown([GRID]) == (
        "**A title**\n"
        "\n"
        "| Layer | Kind | Input | Count | Share |\n"
        "| :--- | :--- | :--- | ---: | ---: |\n"
        "| `a_layer_of_long_name1` | conv | 8×8×3 | 1,234,567 | 75.0% |\n"
        "| `b` | x |  | 0 | 25.0% |\n"
        "| `total` |  |  | 1,234,567 |  |\n"
        "\n"
        "A note that has some words to wrap.\n"
    )


@pytest.mark.parametrize(
    ("cell", "column", "text"),
    [
        (None, "count", ""),
        ("x", "count", "x"),
        (1_234_567_890_123, "count", "1,234,567,890,123"),
        (10**30, "count", "1" + ",000" * 10),
        (0.36111, "ratio", "0.361"),
        (0.714, "factor", "0.714"),
        (1.0, "factor", "1"),
        (0.0366, "share", "3.7%"),
        (0.5, "bar", "████"),
        (0.007, "bar", "▏"),
        (0.024, "bar", "▎"),
        (0.99, "bar", "███████▉"),
        (1.0, "bar", "████████"),
        (-3, "margin", "-3"),
        (0.0, "bar", ""),
        (0.12, "fewer", "8.3× fewer"),
        (0.0001, "fewer", "10,000.0× fewer"),
        (1.0, "fewer", "the same"),
        (0.9999, "fewer", "<0.1% fewer"),
        (1.0001, "fewer", "<0.1% more"),
        (2.5, "fewer", "2.5× more"),
        (0.0, "fewer", ""),
    ],
)
def test_a_cell_as_people_read_it(cell: Any, column: Any, text: str) -> None:
    assert shown(cell, column) == text


@pytest.mark.parametrize(
    ("arguments", "title"),
    [
        (("net", "mobilenet", "--alpha", "0.9999999"), "MobileNet · α 0.9999999 · input 224×224×3"),
        (("net", "mobilenet", "--alpha", "1.0000001"), "MobileNet · α 1.0000001 · input 224×224×3"),
        (("net", "mobilenet", "--alpha", "0.5"), "MobileNet · α 0.5 · input 224×224×3"),
        (("net", "mobilenet", "--rho", "0.9999999"), "MobileNet · ρ 0.9999999 · input 224×224×3"),
        (("net", "mobilenet", "--resolution", "160"), "MobileNet · ρ 0.714 · input 160×160×3"),
        (("layer", "--m", "8", "--n", "8", "--df", "8", "--alpha", "0.9999999", "--explain"),
         "α = 0.9999999, ρ = 1"),
    ],
)  # fmt: skip
def test_a_multiplier_is_shown_with_every_digit(arguments: tuple[str, ...], title: str) -> None:
    """Rounded it may look like another one, and 0.9999999 builds other channels than 1."""
    assert title in call(*arguments).out


# ---------------------------------------------------------------- numbers on narrow screens


@pytest.mark.parametrize("columns", [1, 20, 40, 60, 80, 100, 200])
def test_numbers_are_never_elided_nor_wrapped(columns: int) -> None:
    shown = call(*MOBILENET, columns=columns)
    assert (shown.code, shown.err) == (0, "")
    lines = shown.out.splitlines()
    found = document(*MOBILENET)
    for layer in [*found["layers"], found["total"], found["standard"]]:
        numbers = {f"{layer[key]:,}" for key in ("params", "mult_adds")}
        assert any(numbers <= set(" ".join(pair).split()) for pair in pairwise(lines))


@pytest.mark.parametrize("columns", [40, 60, 80, 100, 110, 200])
@pytest.mark.parametrize("asked", [MOBILENET, ("layer", "--m", "3", "--n", "4", "--df", "64")])
def test_a_table_keeps_to_the_screen(asked: tuple[str, ...], columns: int) -> None:
    lines = call(*asked, columns=columns).out.splitlines()
    assert max(map(len, lines)) <= columns
    assert lines == [line.rstrip() for line in lines]


# ---------------------------------------------------------------- totals


@pytest.mark.parametrize("count", ["weights", "trainable", "total"])
@pytest.mark.parametrize("name", SOME)
def test_rows_add_up_to_the_totals(name: str, count: str) -> None:
    for expand in ((), ("--expand",)):
        found = document("net", name, "--count", count, *expand)
        for key in ("params", "mult_adds"):
            assert sum(layer[key] for layer in found["layers"]) == found["total"][key]
            assert sum(kind[key] for kind in found["by_kind"].values()) == found["total"][key]


@pytest.mark.parametrize("name", SOME)
def test_the_parts_of_the_parameters_add_up_and_never_change(name: str) -> None:
    totals = {
        c: document("net", name, "--count", c)["total"] for c in ("weights", "trainable", "total")
    }
    weights, trainable, everything = (total.pop("params") for total in totals.values())
    parts = totals["weights"]
    assert totals["trainable"] == totals["total"] == parts
    assert weights == parts["weights"]
    assert trainable == weights + parts["biases"] + parts["norms"] + parts["other"]
    assert everything == trainable + parts["norm_statistics"]


@pytest.mark.parametrize("name", SOME)
def test_display_options_never_change_a_total(name: str) -> None:
    totals = document("net", name)["total"]
    line = f"{totals['params']:,} {totals['mult_adds']:,}"
    for expand, columns in product(((), ("--expand",)), (0, 40, 100)):
        shown = call("net", name, *expand, columns=columns).out
        assert line in " ".join(shown.split())
    for expand in ((), ("--expand",)):
        rows = list(csv.DictReader(io.StringIO(call("net", name, "--format", "csv", *expand).out)))
        assert sum(int(row["params"]) for row in rows) == totals["params"]
        assert sum(int(row["mult_adds"]) for row in rows) == totals["mult_adds"]
        markdown = call("net", name, "--format", "markdown", *expand).out
        assert any(line in " ".join(row.split(" | ")) for row in markdown.splitlines())


@pytest.mark.parametrize("name", shipped_names())
def test_every_format_shows_every_layer(name: str) -> None:
    layers = document("net", name)["layers"]
    names = [layer["name"] for layer in layers]
    rows = csv.DictReader(io.StringIO(call("net", name, "--format", "csv").out))
    assert [row["name"] for row in rows] == names
    table = call("net", name).out.splitlines()
    assert [line.split()[0] for line in table[4 : 4 + len(names)]] == names
    markdown = call("net", name, "--format", "markdown").out.splitlines()
    assert [line.split("`")[1] for line in markdown[4 : 4 + len(names)]] == names


# ---------------------------------------------------------------- text stays text

HOSTILE = [
    "::error::x",
    "  ::set-output name=a::b",
    "##[add-mask]x",
    "a ##[group]b",
    "[/]",
    "[bold red]x[/bold red]",
    ":smile:",
    "\x1b[31mred\x1b[0m",
    "\x9b31m",
    "a\rb",
    "a\nb",
    "a\n::error::x",
    "a\tb",
    "a|b",
    "a\\|b",
    "a\\",
    "`x`",
    "``",
    "<img src=x>",
    "</td><script>",
    "&lt;b&gt;",
    "@user",
    "**bold** _it_ ~~no~~",
    "[link](https://evil.example)",
    "![image](x.png)",
    "https://evil.example",
    "www.evil.example",
    "# heading",
    "- item",
    "\u202eevil\u202c",
    "\u2066x\u2069",
    "a\u200bb\ufeff",
    "a\u2028b\u2029c",
    "\x00\x07\x7f"[1:],
    "=1+1",
    " =1+1",
    "\u00a0=1+1",
    "\u3000 =1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    "−1",
    "ㅤ",
    "a\u115f\u1160\uffa0\u034f\u17b4\u180e\u2800b",
    "+1",
    "-1",
    "@SUM(A1)",
    "Сеть 网络 é",
    "x" * 200,
]
"""Names that mean something to a terminal, a CI runner, a spreadsheet, Markdown or Rich."""

FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
COLOUR = re.compile("\x1b\\[[0-9;]*m")


@pytest.fixture
def hostile_file(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """A file whose network and layer bear a hostile name, and the name."""
    name = request.param
    assert isinstance(name, str)
    quoted = json.dumps(name)  # JSON's strings are YAML's
    text = (
        f"name: {quoted}\ninput: [8, 8, 4]\nlayers:\n  - {{name: {quoted}, separable: {{n: 4}}}}\n"
    )
    path = tmp_path / "n.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path), name


hostile = pytest.mark.parametrize(
    "hostile_file", HOSTILE, indirect=True, ids=[ascii(name)[:30] for name in HOSTILE]
)


def assert_harmless(text: str) -> None:
    assert not FORBIDDEN.search(text)
    assert "##[" not in text
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())


@hostile
def test_a_name_in_a_table_is_only_text(
    hostile_file: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file, name = hostile_file
    shown = call("net", file)
    assert (shown.code, shown.err) == (0, "")
    assert_harmless(shown.out)
    assert len(shown.out.splitlines()) == 19
    assert " ".join(plain(name).split()) in " ".join(shown.out.split())
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    coloured = call("net", file).out
    assert "\x1b[" in coloured
    assert COLOUR.sub("", coloured) == shown.out
    assert_harmless(COLOUR.sub("", coloured))


@hostile
def test_a_name_on_an_ascii_screen_is_ascii(hostile_file: tuple[str, str]) -> None:
    file, _ = hostile_file
    for form, columns in (("table", 40), ("markdown", 0)):
        shown = call("net", file, "--format", form, encoding="ascii", columns=columns)
        assert (shown.code, shown.err) == (0, "")
        assert shown.out.isascii()
        assert_harmless(shown.out)


@hostile
def test_a_name_in_csv_is_one_field(hostile_file: tuple[str, str]) -> None:
    file, name = hostile_file
    text = call("net", file, "--format", "csv").out
    assert_harmless(text)
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["name"].removeprefix("'") == plain(name)
    assert not row["name"].lstrip().startswith(tuple("=+-@＝＋－＠−"))
    assert row["mult_adds"] == str(64 * (36 + 16))


@hostile
def test_a_name_in_json_is_itself(hostile_file: tuple[str, str]) -> None:
    file, name = hostile_file
    text = call("net", file, "--format", "json").out
    assert text.isascii()
    assert_harmless(text)
    found = json.loads(text)
    assert (found["network"], found["layers"][0]["name"]) == (name, name)


@hostile
def test_a_name_in_markdown_is_only_text(hostile_file: tuple[str, str]) -> None:
    """Held against a parser of CommonMark with GitHub's tables and bare links."""
    file, name = hostile_file
    text = call("net", file, "--format", "markdown").out
    assert_harmless(text)
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    rows = cells(tokens)
    assert [len(row) for row in rows] == [8, 8, 8, 8, 5, 5, 5]
    assert words(plain(name).replace("\\|", "\\x5c|")) == words(rows[1][0])
    title = next(token for token in tokens if token.type == "inline")
    assert {child.type for child in title.children or []} <= {"strong_open", "strong_close", "text"}
    assert words(plain(name)) in words("".join(c.content for c in title.children or []))
    kinds = {child.type for token in tokens for child in token.children or []}
    kinds |= {token.type for token in tokens}
    assert not kinds & {"html_block", "html_inline", "link_open", "image", "em_open", "s_open"}
    assert not kinds & {"heading_open", "bullet_list_open", "fence", "code_block"}
    title_line = text.splitlines()[0]
    assert not re.search(r"(?i)https?:/|www\.|@\w", title_line)


@hostile
def test_a_name_in_latex_is_only_text(hostile_file: tuple[str, str]) -> None:
    file, name = hostile_file
    text = call("net", file, "--format", "latex").out
    assert_harmless(text)
    row = text.partition("\\midrule\n")[2].splitlines()[0]
    first, *others = re.split(r"(?<!\\) & ", row.removesuffix(r" \\"))
    assert len(others) == 7
    assert read_latex(first.removeprefix(r"\texttt{").removesuffix("}")) == plain(name)
    caption = re.search(r"\\caption\{(.*)\}", text)
    assert caption
    assert plain(name) in read_latex(caption[1])


def test_latex_has_a_minus_in_numbers_alone_and_no_caption_without_a_title() -> None:
    columns = (Column("name", "Name"), Column("change", "Change", "change"))
    text = as_latex([Grid(columns, [["-5", -81_728], ["a-b", 7]])])
    assert "\n-5 & $-$81,728 \\\\\na-b & +7 \\\\\n" in text
    assert "caption" not in text


def read_latex(text: str) -> str:
    """What TeX shows of prose that has no markup but named and escaped characters."""
    named = {"backslash": "\\", "asciicircum": "^", "asciitilde": "~", "asciigrave": "`",
             "less": "<", "greater": ">", "bar": "|", "quotedbl": '"'}  # fmt: skip
    symbols = {"alpha": "α", "rho": "ρ", "cdot": "·", "times": "×", "rightarrow": "→", "leq": "≤"}
    shown = ""
    while text:
        match = re.match(
            r"\\text(?P<named>\w+)\{\}|\$\\(?P<symbol>\w+)\$|(?P<dots>\\dots\{\})"
            r"|\\(?P<escaped>[$&#_%{}])|(?P<dash>-)\{\}|\{(?P<fenced>[\[*])\}"
            r"|\$(?P<minus>-)\$|\$[\^_](?P<digit>\d)\$|(?P<plain>[^\\{}$&#_%^~`<>|\"\[*-]|-(?!-))",
            text,
        )
        assert match, f"TeX would obey {text!r}"
        groups = {key: value for key, value in match.groupdict().items() if value}
        ((key, value),) = groups.items()
        tables = {"named": named, "symbol": symbols, "dots": {value: "…"}, "minus": {"-": "−"}}
        shown += tables.get(key, {}).get(value, value)
        text = text[match.end() :]
    return shown


def cells(tokens: list[Token]) -> list[list[str]]:
    """The text of every cell of the tables among the tokens."""
    rows: list[list[str]] = []
    for i, token in enumerate(tokens):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in ("td_open", "th_open"):
            rows[-1].append("".join(child.content for child in tokens[i + 1].children or []))
    return rows


def words(text: str) -> str:
    """The text without the marks that break mentions and links, its blanks as one."""
    return " ".join(text.replace("\u2060", "").split())


@hostile
def test_a_name_in_an_error_is_only_text(hostile_file: tuple[str, str]) -> None:
    file, name = hostile_file
    path = Path(file)
    quoted = json.dumps(name)
    path.write_text(f"input: [8, 8, 4]\nlayers:\n  - {{from: {quoted}, {quoted}: 1}}\n")
    told = call("net", file, "--alpha", "0.5")
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith(f"error: {file}:3:")
    assert_harmless(told.err)


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("plain text, ünïcode", "plain text, ünïcode"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\u202e", "\\u202e"),
        ("\x00\n\t", "\\x00\\x0a\\x09"),
        ("::error::x", "\\x3a:error::x"),
        ("  ::x", "  \\x3a:x"),
        ("a::b", "a::b"),
        ("a##[b", "a\\x23#[b"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("a\u3164b", "a\\u3164b"),
    ],
)
def test_plain(text: str, harmless: str) -> None:
    assert plain(text) == harmless
    assert plain_lines(f"a\n{text}").startswith("a\n")


@pytest.mark.parametrize(
    "hidden",
    "\u3164\u115f\u1160\uffa0\u034f\u17b4\u17b5\u180b\u180e\u180f\u2800\u00ad\u2062\ufe0f\ufff0"
    "\U0001bca0\U0001d173\U000e0100",
    ids=lambda character: f"{ord(character):04x}",
)
def test_what_is_drawn_as_nothing_is_shown(hidden: str) -> None:
    """Else two networks of one name on the screen are two."""
    shown = plain(f"net{hidden}")
    assert shown.isascii()
    assert f"{ord(hidden):x}" in shown
    assert code(f"net{hidden}") == f"`{shown}`"
    assert (
        "".join(as_csv(Grid((Column("name", "Name", "name"),), [[f"net{hidden}"]])))
        == f"name\n{shown}\n"
    )


def test_all_that_unicode_ignores_by_default_is_shown() -> None:
    """Its format characters (Cf) without those that have a shape, and no letter, mark or digit."""
    shapes = {0x6DD, 0x70F, 0x8E2, 0x890, 0x891, 0x110BD, 0x110CD, *range(0x600, 0x606)}
    shapes |= {*range(0x13430, 0x13440)}
    hidden, seen = "", ""
    for point in map(chr, range(0x110000)):
        kind = unicodedata.category(point)
        if kind in ("Cc", "Cs", "Zl", "Zp") or (kind == "Cf" and ord(point) not in shapes):
            hidden += point
        elif kind in ("Lu", "Ll", "Nd", "Sm", "Sc", "Zs"):
            seen += point
    assert plain(hidden).isascii()
    assert plain(f"a{seen}") == f"a{seen}"


@pytest.mark.parametrize(
    ("text", "in_ascii"),
    [
        ("3×3 → α·N", "3x3 -> alpha*N"),
        ("1/D_K² ≤ ∏", "1/D_K^2 <= prod "),
        ("████ …", "#### ~"),
        ("é", "\\xe9"),
    ],
)
def test_to_ascii(text: str, in_ascii: str) -> None:
    assert to_ascii(text) == in_ascii


def test_an_ascii_screen_has_the_same_table() -> None:
    whole, narrow = (call(*MOBILENET, encoding=e).out for e in ("utf-8", "ascii"))
    assert narrow.isascii()
    layers = zip(whole.splitlines()[2:20], narrow.splitlines()[2:20], strict=True)
    for line, in_ascii in layers:
        assert to_ascii(line.replace("─", "-")) == in_ascii
