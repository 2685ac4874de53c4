"""What options say, from text to numbers; each complaint names the option."""

from __future__ import annotations

from collections.abc import Sequence

from dscalc.errors import DscalcError
from dscalc.law.fields import Padding, Sizes

LONGEST = 40  # digits of a number on the command line


def sizes(text: str, flag: str) -> Sizes:
    """A size, or one for each axis: "3" → 3, "3x5" → (3, 5)."""
    parts = text.replace("×", "x").split("x")
    if len(parts) > 1 and not all(map(_is_whole, parts)):
        raise DscalcError(f"{flag} must be whole numbers such as 3x5, not '{text}'")
    numbers = tuple(whole(part, flag) for part in parts)
    return numbers if len(numbers) > 1 else numbers[0]


def whole(text: str, flag: str) -> int:
    """A whole number; whether it is large enough is for the layer to say."""
    if not _is_whole(text):
        raise DscalcError(f"{flag} must be a whole number, not '{text}'")
    if len(text) > LONGEST:
        raise DscalcError(f"{flag} has {len(text)} digits; the longest that is read has {LONGEST}")
    return int(text)


def _is_whole(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdecimal()


def given_parameters(texts: Sequence[str] | None) -> tuple[tuple[str, int | float | str], ...]:
    """The parameters of a file that `--with classes=2` gives other values."""
    from dscalc.language.values import plain

    found: dict[str, int | float | str] = {}
    for text in texts or ():
        name, equals, written = text.partition("=")
        value = plain(written)
        if not equals or not name or value is None:
            raise DscalcError(f"--with takes NAME=VALUE, as classes=2, not '{text}'")
        if name in found:
            raise DscalcError(f"--with gives {name} twice")
        found[name] = value
    return tuple(found.items())


def given_inputs(
    texts: Sequence[str] | None,
) -> tuple[tuple[str, tuple[int, ...] | int | float], ...]:
    """The inputs of a model file that `--input x=1x3x320x320` says."""
    from dscalc.language.settings import read_input

    found: dict[str, tuple[int, ...] | int | float] = {}
    for text in texts or ():
        name, equals, said = text.rpartition("=")
        value = read_input(said)
        if not equals or not name or value is None:
            raise DscalcError(
                f"--input takes NAME=SHAPE, as x=1x3x320x320, or NAME=NUMBER, not '{text}'"
            )
        if name in found:
            raise DscalcError(f"--input gives {name} twice")
        found[name] = value
    return tuple(found.items())


def padding(text: str) -> Padding:
    """`same`, `valid`, `causal`, or sizes."""
    if text.isalpha() and text not in ("same", "valid", "causal"):
        raise DscalcError(f"--padding must be same, valid, causal or numbers, not '{text}'")
    return text if text.isalpha() else sizes(text, "--padding")
