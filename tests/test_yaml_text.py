"""YAML that is read without PyYAML: what PyYAML makes of it, or nothing at all."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from dscalc.errors import DscalcError
from dscalc.language.values import DEEPEST, LONGEST_NUMBER, MOST_VALUES, Value
from dscalc.language.yaml_events import compose
from dscalc.language.yaml_text import LONGEST_SCALAR, read_plainly

ROOT = Path(__file__).parents[1]
SHIPPED = [*sorted((ROOT / "configs").glob("*.yaml")), ROOT / ".github" / "dscalc.yaml"]

READ = [
    "a",
    "- a\n- b\n",
    "- - a\n  - b\n- c\n",
    "a: 1\nb: -1.5\nc: ~\n",
    "a:\n  b:\n    - c: d\n      e: f\n    - g\nh: i\n",
    "a:\n- b\n- c:\n  - d\ne:\n",
    "-\n  a: b\n-\n- c",
    "a: {b: c, d, e: [f, g: h, [i]], }\n",
    "a: [1,\n  2, # three\n3]\nb: {}\nc: []\n",
    'a: "b: [c] # d"  # e\n"f": "é × 𝛼"\n',
    "# a\n\na: b # c\n   # d\nb: c\n",
    "a: timm's 4 * in > b - c -d -- e & f!\n",
    "α: ×2\nβ γ: δ\n",
    "a: 010\nb: 0x1F\nc: 1e3\nd: .inf\ne: yes\nf: 1:30x\n".replace("1:30x", "1.30.2"),
    "[" * (DEEPEST - 1) + "]" * (DEEPEST - 1),
]
LEFT = [
    *("", "# a\n", "---\na: b\n", "a: b\n...\n", "a: b\n---\nc: d\n", "%YAML 1.2\n---\na\n"),
    *("a: &b c\n", "a: *b\n", "a: !b c\n", "a: |\n  b\n", "a: >\n  b\n", "? a\n: b\n"),
    *("a: 'b'\n", 'a: "\\x41"\n', 'a: "b\n  c"\n', "a: b\n  c\n", "- a\n b\n", "a:\tb\n"),
    *("a: b\r\nc: d\n", "a: b\x85c: d\n", "\ufeffa: b\n", "a: b: c\n", "a: - b\n", "a:b:\n  c\n"),
    *("a: [b\n", "a: b]\n", "{a: b\n", "[a,, b]\n", "[, a]\n", "{a b [c]}\n", "[a]: b\n"),
    *("a: 1\n  b: 2\n", "  a: 1\nb: 2\n", "- a\nb: c\n", "a: b\n- c\n", "- a: [b,\n] c: d\n"),
    *(
        "1: a\n",
        "~: a\n",
        "<<: a\n",
        "a: b\na: c\n",
        "a: @b\n",
        "a: `b\n",
        "a: b,c: d\n",
        "a: b#c\n",
    ),
    "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1),
    "9" * (LONGEST_NUMBER + 1),
    "a" * (LONGEST_SCALAR + 1),
    "a\n" + "#" * MOST_VALUES,
]


def by_events(text: str) -> Value | None:
    """What PyYAML's events make of a text; None if anything is wrong with it."""
    try:
        value, problems = compose(text, "f.yaml")
    except DscalcError:
        return None
    return None if problems else value


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_what_is_shipped_is_read_here(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert read_plainly(text, "f.yaml") == by_events(text) is not None


@pytest.mark.parametrize("text", READ)
def test_what_is_read_here_means_what_it_means_to_pyyaml(text: str) -> None:
    found = read_plainly(text, "f.yaml")
    assert found is not None
    assert repr(found) == repr(by_events(text))  # 1 and 1.0 and True are equal


@pytest.mark.parametrize("text", LEFT)
def test_the_rest_is_left_to_pyyaml(text: str) -> None:
    assert read_plainly(text, "f.yaml") is None


BITS = [
    *("\n", "\n  ", "\n    ", " ", "  ", "- ", "-", ": ", ":", "{", "}", "[", "]", ",", ", ", "#"),
    *(" # c", '"', '"a"', "'", "a", "1", "1.5", "...", "---", "\n---\n", "\n...\n", "key: ", "&a "),
    *("*a", "!a", "|", ">", "%", "?", "? ", "@", "`", ".", "-1", "- - ", "\n- ", "\n  - ", "true"),
    *("~", "<<: ", "\t", "é", "α", "𝛼", '"é"', "\\", "a b", "a: b", "[a: b]", "{a}", "{a: }"),
    *("a:\n", "-\n", "a?", "a :", "a#", "--", "a:b", "\r\n", "\n\n"),
]


@pytest.mark.parametrize("seed", range(10))
def test_random_texts_mean_what_they_mean_to_pyyaml(seed: int) -> None:
    chance = random.Random(seed)
    texts = [*READ[:-1], *(path.read_text(encoding="utf-8")[:600] for path in SHIPPED)]
    read = 0
    for _ in range(1_000):
        text = chance.choice(texts) if chance.random() < 0.8 else ""
        for _ in range(chance.randint(1, 4 if text else 12)):
            at, end = chance.randrange(len(text) + 1), chance.randrange(3)
            text = text[:at] + chance.choice(BITS) + text[at + end :]
        found = read_plainly(text, "f.yaml")
        if found is not None:
            read += 1
            assert repr(found) == repr(by_events(text)), repr(text)
    assert read > 50
