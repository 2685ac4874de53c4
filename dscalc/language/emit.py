"""Documents of mappings, lists and words → YAML text, in about as many lines as a person takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dscalc.language.values import plain

WIDTH = 100  # characters of a line
UNSEEN = re.compile("[\x7f-\xa0\u2000-\u200f\u2028-\u202f\ufeff\ud800-\udfff]")
SAFE = re.compile(r"[A-Za-z0-9_.](?:[A-Za-z0-9_.*/+> -]*[A-Za-z0-9_.*/])?")


def emit(document: dict[str, Any]) -> str:
    """The text of a document; what fits stands on one line."""
    lines = [line for key, value in document.items() for line in _entry(key, value, 0)]
    return "\n".join(lines) + "\n"


def scalar(value: object) -> str:
    """A word, a number, true, false or null; quoted where it would be read as something else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "~"
    if not isinstance(value, str):
        return repr(value)
    if SAFE.fullmatch(value) and isinstance(plain(value), str):
        return value
    import json

    return UNSEEN.sub(lambda one: f"\\u{ord(one[0]):04x}", json.dumps(value, ensure_ascii=False))


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        if value and all(item is None for item in value.values()):
            return f"{{{', '.join(map(scalar, value))}}}"
        parts = (scalar(k) if v is None else f"{scalar(k)}: {flow(v)}" for k, v in value.items())
        return f"{{{', '.join(parts)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_in_list(item) for item in value)}]"
    return scalar(value)


def _in_list(value: Any) -> str:
    """An item of a list on one line; a mapping of one key needs no braces."""
    if isinstance(value, dict) and len(value) == 1:
        ((key, item),) = value.items()
        if item is not None:
            return f"{scalar(key)}: {flow(item)}"
    return flow(value)


def _entry(key: str, value: Any, indent: int) -> Iterator[str]:
    """A key with its value, on one line or on several below it."""
    start = " " * indent + scalar(key)
    text = f"{start}: {flow(value)}"
    if (
        not isinstance(value, dict | list)
        or not value
        or (len(text) <= WIDTH and indent)
        or (key not in ("layers", "blocks", "published", "variants") and len(text) <= WIDTH)
    ):
        yield text
    else:
        yield f"{start}:"
        yield from _below(value, indent + 2)


def _below(value: Any, indent: int) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _entry(key, item, indent)
        return
    for item in value:
        yield from _listed(item, indent)


def _listed(item: Any, indent: int) -> Iterator[str]:
    """An item of a list: on one line, or with its first line behind the dash."""
    start = " " * indent + "- "
    bare = isinstance(item, dict) and len(item) == 1
    text = start + (_in_list(item) if bare else flow(item))
    if len(text) <= WIDTH or not isinstance(item, dict | list) or not item:
        yield text
        return
    lines = list(_below(item, indent + 2))
    yield start + lines[0].lstrip()
    yield from lines[1:]
