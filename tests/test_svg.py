"""SVG of a scene: text stays text, nothing in it is markup, and widths are those of a real font."""

from __future__ import annotations

import string
from xml.etree import ElementTree

import pytest

from dscalc.render.measure import all_fitted, fitted, width_of, wrapped
from dscalc.render.palette import DARK, KINDS, LIGHT, NETWORKS, palette_css
from dscalc.render.scene import OUTLINES, Fill, Mark, Path, Rect, Scene, Text
from dscalc.render.svg import as_svg, inline_svg

HOSTILE = "</text><script>&\"'\u202e\x1b[1m"
SCENE = Scene(
    450.0,
    100.0,
    [
        Rect(1, 2, 3, 4, Fill("blue", "lines"), HOSTILE, 0.5),
        Path([(1, 2), (3.14159, 4)], "ink", dashed=True),
        Path([(1, 2), (3, 4), (5, 6)], fill="red"),
        *(Mark(9, 9, shape, "green", filled=False) for shape in (*OUTLINES, "circle")),
        Text(1, 2, HOSTILE, "end", 5.0, "soft", bold=True, turned=True),
    ],
    HOSTILE,
)
NAMESPACE = "{http://www.w3.org/2000/svg}"


def test_it_is_a_file_of_its_own_whose_text_is_text() -> None:
    root = ElementTree.fromstring(as_svg(SCENE).encode())
    assert root.tag == f"{NAMESPACE}svg"
    assert (root.get("width"), root.get("viewBox")) == ("450pt", "0 0 450 100")
    texts = ["".join(one.itertext()) for one in root.iter(f"{NAMESPACE}text")]
    assert texts == ["</text><script>&\"'\\u202e\\x1b[1m"]
    assert root.find(f".//{NAMESPACE}script") is None
    assert "3.14 4" in as_svg(SCENE)


def test_as_part_of_a_page_it_has_the_colours_of_the_page() -> None:
    part = inline_svg(SCENE, "net")
    root = ElementTree.fromstring(part)
    assert root.get("class") == "picture"
    assert 'fill="var(--plot-blue,#0072b2)"' in part
    assert 'id="net-lines"' in part
    assert "url(#net-lines)" in part
    assert "style=" not in part
    for name, value in (*LIGHT.items(), *DARK.items()):
        assert f"--plot-{name}:{value};" in palette_css()


def test_every_look_is_one_of_its_own() -> None:
    assert LIGHT.keys() == DARK.keys()
    assert len({*KINDS.values()}) == len(KINDS)
    assert len({colour for colour, _ in NETWORKS}) == len({s for _, s in NETWORKS}) == 8
    assert {fill.colour for fill in KINDS.values()} <= LIGHT.keys()


def brightness(colour: str) -> float:
    red, green, blue = (int(LIGHT[colour][at : at + 2], 16) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_kinds_are_told_apart_in_grey() -> None:
    """Where two are about as bright, their patterns differ."""
    looks = [fill for kind, fill in KINDS.items() if kind != "other kinds"]
    for number, one in enumerate(looks):
        for two in looks[number + 1 :]:
            apart = abs(brightness(one.colour) - brightness(two.colour)) > 15
            assert apart or one.hatch != two.hatch, (one, two)


# ---------------------------------------------------------------- widths

# But "$", with which Matplotlib's paths begin mathematics.
LETTERS = {*string.ascii_letters, *string.digits, *string.punctuation, *" ×·→α≤ρ…²−"} - {"$"}
FOREIGN = set("éÄñжЮŒ€∑網の한")
"""Letters that names may have; boxes stand for those that the font lacks."""


@pytest.mark.filterwarnings("ignore:Glyph .* missing")
@pytest.mark.parametrize("bold", [False, True])
def test_words_are_as_wide_as_in_a_real_font(bold: bool) -> None:
    """Never narrower than DejaVu Sans has them, and no more than 1.3 times as wide."""
    pytest.importorskip("matplotlib", reason="has the font to measure with")
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    font = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")
    for letter in sorted(LETTERS | FOREIGN):
        words = f"|{letter * 20}|"  # of blanks a path has no extent
        real = TextPath((0, 0), words, size=10, prop=font).get_extents().width
        assert real <= width_of(words, 10, bold), letter
        assert width_of(words, 10, bold) <= 1.3 * real + 8 or letter in FOREIGN, letter


@pytest.mark.parametrize(
    ("name", "width", "result"),
    [
        ("conv1", 100, "conv1"),
        ("backbone.stage1.block2.conv", 60, "backb….conv"),
        ("網" * 40, 60, None),
        ("x" * 500, 40, None),
        ("\x1b" * 40, 60, None),
        ("i" * 2_000_000, 60, None),
    ],
)
def test_a_name_that_is_too_long_loses_its_middle(
    name: str, width: float, result: str | None
) -> None:
    found = fitted(name, width)
    assert width_of(found) <= width
    assert result is None or "…" not in result or (found[:3], found[-3:]) == (name[:3], name[-3:])
    assert "…" in found or found == result


def test_lines_break_at_blanks_and_not_before_a_limit() -> None:
    lines = wrapped("MobileNet · params ≤ 3,000,000, mult-adds ≤ 200,000,000", 110)
    assert all(width_of(line) <= 110 for line in lines)
    assert not any(line.endswith("≤") or line.startswith("≤") for line in lines)
    assert " ".join(lines).count("≤") == 2


@pytest.mark.parametrize(
    "names",
    [
        [f"a_name_that_is_long_and_goes_on_and_on_to_layer{number}" for number in range(50)],
        [f"layer{number}_of_a_name_that_is_long_and_goes_on_and_on" for number in range(50)],
        [f"名前がとても長い層の名前でありますから{number}" for number in range(50)],
        ["short", "x" * 300],
    ],
)
def test_names_that_differ_still_do_when_they_are_cut(names: list[str]) -> None:
    found = all_fitted(names, 80)
    assert len(set(found)) == len(names)
    assert all(width_of(name) <= 80 for name in found)
