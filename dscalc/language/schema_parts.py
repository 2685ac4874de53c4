"""What schemas are put together from: mappings, choices, and what a rule of ours accepts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dscalc.analysis.published import STANDINGS
from dscalc.analysis.terms import MEMORY_RULES, SIZE_RULES
from dscalc.law.fields import ACTIVATIONS, LARGEST, NORMS, WITHOUT, Rule
from dscalc.law.layer import COUNTS

Schema = dict[str, Any]

EXPRESSION: Schema = {"$ref": "#/$defs/expression"}
TEXT: Schema = {"type": "string", "minLength": 1}
FLAG: Schema = {"type": "boolean"}
NOTHING: Schema = {"type": "null"}
WORDS = (
    *("same", "valid", "causal", *NORMS, *WITHOUT, "max", "avg", "hidden", "input", "channels"),
    *("positions", "weights", "trainable", "total", "standard", "separable"),
    *("float32", "float16", "bfloat16", "int8", "int4", *STANDINGS),
    *(*ACTIVATIONS, *MEMORY_RULES, *SIZE_RULES, *COUNTS),
)
"""The words that rules are asked about."""


def table(
    keys: Mapping[str, Schema], told: Mapping[str, str], required: Iterable[str] = ()
) -> Schema:
    """A mapping of these keys alone, each with what is told of it."""
    described = {key: {"description": told[key], **one} for key, one in keys.items()}
    made: Schema = {"type": "object", "properties": described, "additionalProperties": False}
    return {**made, "required": list(required)} if required else made


def any_of(*schemas: Schema) -> Schema:
    """What one of some schemas accepts."""
    return schemas[0] if len(schemas) == 1 else {"anyOf": list(schemas)}


def written_value(rule: Rule) -> Schema:
    """What a rule accepts of a value that is written out."""
    return any_of(*accepted(rule))


def accepted(rule: Rule, follows: bool = False) -> list[Schema]:
    """What a rule accepts, by asking it; numbers in lists may follow from others if asked."""
    found: list[Schema] = []
    if not rule(2):
        found.append(_number(rule))
    if not rule(True):
        found.append(FLAG)
    words = [word for word in WORDS if not rule(word)]
    if not rule("any words"):
        found.append(TEXT)
    elif words:
        found.append({"enum": words})
    lengths = [length for length in range(1, 5) if not rule((2,) * length)]
    if lengths:
        number = {"type": "integer", "minimum": 1 if rule((0, 0)) else 0}
        items = any_of(number, EXPRESSION) if follows else number
        found.append({"type": "array", "items": items,
                      "minItems": lengths[0], "maxItems": lengths[-1]})  # fmt: skip
    if not rule(((0, 1),)):
        pair = {"type": "array", "items": {"type": "integer", "minimum": 0},
                "minItems": 2, "maxItems": 2}  # fmt: skip
        found.append({"type": "array", "items": pair, "minItems": 1, "maxItems": 3})
    if not rule(None):
        found.append(NOTHING)
    return found


def _number(rule: Rule) -> Schema:
    if not rule(1.5):
        return {"type": "number", **({"minimum": 1} if rule(0.5) else {"exclusiveMinimum": 0})}
    return {"type": "integer", "minimum": 1 if rule(0) else 0, "maximum": LARGEST}
