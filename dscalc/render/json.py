"""JSON: the documents whose keys are promised to stay (schema_version 1)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from dscalc.analysis.figures import COUNTS
from dscalc.analysis.terms import Terms
from dscalc.law.layer import Cost, Count, Shape

SCHEMA_VERSION = 1
AT_ONCE = 10_000  # tokens of a document


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


def as_json(document: dict[str, Any]) -> Iterator[str]:
    """The document in ASCII, part by part; a runner's "##[command]" in a name is broken up."""
    import json
    import re

    tokens = json.JSONEncoder(indent=2, allow_nan=False).iterencode(document)
    while part := "".join(islice(tokens, AT_ONCE)):  # text in quotes is one token
        yield re.sub(r"##(?=\w*\[)", r"#\\u0023", part)
    yield "\n"
