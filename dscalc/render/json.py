"""JSON: the documents whose keys are promised to stay (schema_version 1)."""

from __future__ import annotations

from math import isfinite
from typing import Any

from dscalc.analysis.figures import COUNTS
from dscalc.analysis.terms import Terms
from dscalc.law.layer import Cost, Count, Shape

SCHEMA_VERSION = 1


def document(command: str, **content: Any) -> dict[str, Any]:
    """What every command's document has in common, around its own content."""
    return {"schema_version": SCHEMA_VERSION, "command": command, **content}


def shape_list(shape: Shape) -> list[int]:
    return [*shape.sides, shape.channels]


def cost_figures(cost: Cost, count: Count) -> dict[str, int]:
    """What is counted of a layer or a network."""
    return {key: figure.of_cost(cost, Terms(count)) for key, figure in COUNTS.items()}


def cost_parts(cost: Cost, count: Count) -> dict[str, int]:
    """The same with the parts that parameters are counted of."""
    return {**cost_figures(cost, count), **cost._asdict()}


def as_json(document: dict[str, Any]) -> str:
    """The document in ASCII; a runner's "##[command]" inside a name is broken by an escape.

    Written here: to load Python's json takes longer than to write a network.
    """
    text = _written(document, "\n")
    if "##" in text:
        import re

        text = re.sub(r"##(?=\w*\[)", r"#\\u0023", text)
    return text + "\n"


def _written(value: object, line: str) -> str:
    """A value as JSON has it; `line` begins each line at its depth."""
    if isinstance(value, str):
        return _quoted(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) or (isinstance(value, float) and isfinite(value)):
        return repr(value)
    inner = line + "  "
    if isinstance(value, dict):
        items = [f"{_quoted(key)}: {_written(one, inner)}" for key, one in value.items()]
        return _around(items, "{", "}", line)
    if isinstance(value, list | tuple):
        return _around([_written(one, inner) for one in value], "[", "]", line)
    raise ValueError(f"{value!r} is no value of JSON")


def _around(items: list[str], opening: str, closing: str, line: str) -> str:
    """Items on lines of their own between brackets."""
    if not items:
        return opening + closing
    return f"{opening}{line}  {f',{line}  '.join(items)}{line}{closing}"


def _quoted(text: str) -> str:
    """A string between quotes; what must be escaped in it is left to Python's json."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    import json

    return json.dumps(text)
