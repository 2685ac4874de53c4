"""Names on a narrow screen: cut where they are alike, so that those that differ still do."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dscalc.render.text import width_of

SHORTEST = 10  # characters that a name has at least, if it is longer


def shortened(names: Iterable[str], width: int, mark: str) -> dict[str, str]:
    """Each name in at most `width` columns, a mark where it was cut.

    Names of layers and files differ at their ends, so that is what stays; where ends are alike,
    both ends stay, or the beginning.
    """
    known = dict.fromkeys(names)
    found = {}
    for cut in (_end, _ends, _beginning):
        found = {name: _cut(name, width, mark, cut) for name in known}
        if len(set(found.values())) == len(found):
            return found
    return {name: _cut(name, width, mark, _end) for name in known}


def apart(names: Iterable[str], width: int) -> bool:
    """Whether names that differ still do in so many columns."""
    cut = shortened(names, width, "~")
    return len(set(cut.values())) == len(cut)


def _cut(name: str, width: int, mark: str, cut: Callable[[str, int, str], str]) -> str:
    return name if width_of(name) <= width else cut(name, width - 1, mark)


def _end(name: str, room: int, mark: str) -> str:
    return mark + _last(name, room)


def _ends(name: str, room: int, mark: str) -> str:
    end = _last(name, room - room // 2)
    return _first(name, room - width_of(end)) + mark + end


def _beginning(name: str, room: int, mark: str) -> str:
    return _first(name, room) + mark


def _first(name: str, room: int) -> str:
    """As many of the first characters as the room has columns for."""
    kept = name[: max(0, room)]
    while width_of(kept) > room and kept:
        kept = kept[:-1]
    return kept


def _last(name: str, room: int) -> str:
    kept = name[max(0, len(name) - room) :] if room > 0 else ""
    while width_of(kept) > room and kept:
        kept = kept[1:]
    return kept
