"""How wide words are in a picture, by the widths of DejaVu Sans, and names cut to fit."""

from __future__ import annotations

from collections.abc import Iterable
from unicodedata import normalize

from dscalc.render.names import shortened
from dscalc.render.scene import SIZE, Path, Text
from dscalc.render.text import TOGETHER, plain

# Advance widths in em, rounded up to a twentieth; the fonts that stand in for it are narrower.
WIDTHS = {
    letter: width
    for width, letters in {
        0.3: "'IJijl",
        0.35: " ,./:;\\|·",
        0.4: "()-[]ft",
        0.45: "!r²³",
        0.5: '"*_`–',
        0.55: "?csz",
        0.6: "FLkvxy",
        0.65: "$0123456789EPSTYabdeghnopqu{}ρ",
        0.7: "ABCKRVXZαΔ",
        0.75: "NU",
        0.8: "&DGHOQ",
        0.85: "#+<=>^w~×→≤≥−∞",
        0.9: "M",
        1.0: "%@Wm…—",
    }.items()
    for letter in letters
}
NARROWEST = min(WIDTHS.values())
OTHER = 1.15  # em: of what is not there, such as the box that stands for it where no font has it
BOLD = 1.2  # times as wide
ASCENT, DESCENT = 0.8, 0.22  # em: of letters above and below the line that they stand on


def width_of(words: str, size: float = SIZE, bold: bool = False) -> float:
    """The width of words in points, at most a little more than they really take."""
    widths = (WIDTHS.get(letter) or _other_width(letter) for letter in words)
    return sum(widths) * size * (BOLD if bold else 1.0)


def _other_width(letter: str) -> float:
    """That of the letter without its accents, if it has some."""
    return WIDTHS.get(normalize("NFD", letter)[0], OTHER)


def fitted(name: str, width: float, size: float = SIZE, bold: bool = False) -> str:
    """A name, harmless and in so many points; what is too long loses its middle."""
    words = plain(name)
    if width_of(words, size, bold) <= width:
        return words
    kept = min(len(words) - 1, int(width / (NARROWEST * size)) + 1)  # no more can fit
    while kept > 1 and width_of(_cut(words, kept), size, bold) > width:
        kept -= 1
    return _cut(words, kept)


def all_fitted(names: Iterable[str], width: float, size: float = SIZE) -> list[str]:
    """Names, harmless and in so many points, that differ still where they are cut, if they can."""
    words = [plain(name) for name in names]
    columns = int(width / (NARROWEST * size)) + 1
    cut = shortened(words, columns, "…")
    while columns > 2 and any(width_of(one, size) > width for one in cut.values()):
        columns -= 1
        cut = shortened(words, columns, "…")
    return [fitted(cut[one], width, size) for one in words]


def _cut(words: str, kept: int) -> str:
    tail = kept - kept // 3
    return f"{words[: kept // 3]}…{words[len(words) - tail :]}"


def wrapped(words: str, width: float, size: float = SIZE, bold: bool = False) -> list[str]:
    """Words in lines of so many points; a longer word is cut."""
    lines = [""]
    for bound in TOGETHER.sub("\u00a0", plain(words)).split(" "):
        word = bound.replace("\u00a0", " ")
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width_of(longer, size, bold) > width:
            lines.append(fitted(word, width, size, bold))
        else:
            lines[-1] = fitted(longer, width, size, bold)
    return lines


def box_of(it: Text) -> tuple[float, float, float, float]:
    """Where words are: the left, top, right and bottom of what they take."""
    width = width_of(it.words, it.size, it.bold)
    left = -width * {"start": 0.0, "middle": 0.5, "end": 1.0}[it.anchor]
    above, below = it.size * ASCENT, it.size * DESCENT
    if it.turned:
        return it.x - above, it.y - left - width, it.x + below, it.y - left
    return it.x + left, it.y - above, it.x + left + width, it.y + below


def bounds(line: Path) -> tuple[float, float, float, float]:
    """The left, top, right and bottom of a line."""
    xs, ys = zip(*line.points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)
