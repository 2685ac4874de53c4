"""JSON Schemas of network files and of budget files, made from the kinds and rules that read them.

What a rule accepts is found by asking it. Editors complete and check by a schema; what only a
network as a whole can tell, such as shapes and the names of blocks, they leave to dscalc.
"""

from __future__ import annotations

from collections.abc import Mapping

from dscalc.analysis.budget import TOP1
from dscalc.analysis.figures import COMPARED, FIGURES, Figure
from dscalc.errors import LONGEST_MESSAGE
from dscalc.language import descriptions
from dscalc.language.budget_file import PERCENT, TERMS_RULES
from dscalc.language.network_file import DEFAULT_KEYS, published_rules
from dscalc.language.schema_parts import (
    EXPRESSION,
    FLAG,
    NOTHING,
    TEXT,
    Schema,
    accepted,
    any_of,
    table,
    written_value,
)
from dscalc.language.settings import SETTING_RULES
from dscalc.language.uses import RULE_KEYS, key_alone, keys_of
from dscalc.language.words import ITEM_KEYS, VALUES_ALONE
from dscalc.law.fields import RULES, WITHOUT, Rule
from dscalc.law.kinds import KINDS
from dscalc.law.layer import Layer
from dscalc.quantities import COUNT, PERCENTAGE, SIZE

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ATOM = r"([A-Za-z_][A-Za-z0-9_]*|[0-9]+(_[0-9]+)*(\.[0-9]+)?)"
COMPUTED: Schema = {"type": "string", "pattern": rf"^ *-? *{ATOM}( *[-+*/] *{ATOM})* *$"}
LAYERS: Schema = {"$ref": "#/$defs/layers"}
PLAIN: Schema = {"type": ["number", "string", "boolean", "array"]}
VALUES: Schema = {"type": "object", "additionalProperties": PLAIN}


def network_schema() -> Schema:
    """The schema of a network file."""
    of_key: dict[str, Schema] = {
        "name": TEXT,
        "source": TEXT,
        "input": any_of(_shape(), {"type": "object", "additionalProperties": _shape()}),
        "with": VALUES,
        "variants": {
            "type": "object",
            "additionalProperties": any_of(NOTHING, table(settings(), descriptions.SETTING)),
        },
        "width": table(
            {
                "round": {"enum": ["floor", "nearest"]},
                **dict.fromkeys(("min", "multiple_of"), written_value(RULES["n"])),
                "up": FLAG,
                "fixed": TEXT,
            },
            descriptions.WIDTH,
        ),
        "depth": table({"round": {"enum": ["ceil", "nearest", "floor"]}}, descriptions.DEPTH,
                       ["round"]),
        "defaults": table({key: field(key, RULES[key], literal=True) for key in DEFAULT_KEYS},
                          descriptions.FIELDS),
        "blocks": _blocks(),
        "layers": {**LAYERS, "minItems": 1},
        "outputs": _names(),
        "published": {"type": "array", "items": _published()},
        "budget": own_budget(),
    }  # fmt: skip
    return {
        "$schema": DIALECT,
        "title": "A network of dscalc",
        **table(of_key, descriptions.NETWORK, ["input", "layers"]),
        "$defs": {
            "expression": COMPUTED,
            "layers": {"type": "array", "items": {"$ref": "#/$defs/layer"}},
            "layer": _layer(),
            "parts": _parts(),
            "each": _each(),
            "beside": _lists_of_each(),
            **{kind: of_kind(made) for kind, made in KINDS.items()},
        },
    }


def budget_schema() -> Schema:
    """The schema of a budget file, dscalc.yaml."""
    entry: dict[str, Schema] = {
        "file": TEXT,
        "optional": FLAG,
        "inputs": VALUES,
        **settings(),
        **{key: written_value(rule) for key, rule in TERMS_RULES.items()},
        "budget": table(*limits()),
        **_beside_budget(),
    }
    networks = {
        "type": "array",
        "minItems": 1,
        "items": table(entry, descriptions.ENTRY, ["file"]),
    }
    keys: dict[str, Schema] = {"version": {"const": 1}, "networks": networks,
                               "growth_from": {"const": "base"}, "accept": _sentence()}  # fmt: skip
    return {
        "$schema": DIALECT,
        "title": "Budgets of dscalc",
        **table(keys, descriptions.BUDGET_FILE, ["version", "networks"]),
    }


# ---------------------------------------------------------------- kinds


def field(key: str, rule: Rule, literal: bool = False) -> Schema:
    """The value of one key of a kind; it may follow from others unless it is a literal."""
    found = accepted(rule, follows=not literal)
    if key in ("norm", "depthwise_norm"):
        types, without = accepted(RULES["type"])[0], {"enum": list(WITHOUT)}
        found.append(table({"type": types, "without": without}, descriptions.FIELDS))
    return any_of(*found) if literal or TEXT in found else any_of(*found, EXPRESSION)


def of_kind(made: type[Layer]) -> Schema:
    """What may stand behind a kind: nothing, its keys, or the value of its first key alone."""
    kind, required = made.kind, [key for key, needed in keys_of(made.kind).items() if needed]
    fields = {
        key: field(key, made.rules[key], literal=key in RULE_KEYS and "n" in made.wide)
        for key in made.fields
    }
    told = {key: descriptions.OF_KINDS.get(f"{kind}.{key}") or descriptions.FIELDS[key]
            for key in fields}  # fmt: skip
    keys = table(fields, told, required)
    if made.exclusive:
        keys["not"] = any_of(*({"required": list(pair)} for pair in made.exclusive))
    found = [keys] if required else [keys, NOTHING]
    alone = key_alone(kind)
    if alone and set(required) <= {alone}:
        rules = accepted(made.rules[alone], follows=True)
        lists = kind in VALUES_ALONE
        found += [one for one in rules if one != NOTHING and (lists or one.get("type") != "array")]
        found += [] if TEXT in found else [EXPRESSION]
    return any_of(*found)


def about(made: type[Layer]) -> str:
    """What a kind is, from the first paragraph of its docstring."""
    return " ".join((made.__doc__ or "").partition("\n\n")[0].split())


# ---------------------------------------------------------------- layers


def _layer() -> Schema:
    """A kind alone, or a mapping with one kind and the keys beside it."""
    alone = [kind for kind in KINDS if not any(keys_of(kind).values())]
    structures: dict[str, Schema] = {
        "sequence": LAYERS,
        "residual": _residual(),
        **{kind: _join(crop=kind == "concat") for kind in ("concat", "add", "multiply")},
        "split": _split(),
    }
    beside: dict[str, Schema] = {
        "name": TEXT,
        "from": any_of(TEXT, _names()),
        "repeat": field("repeat", RULES["n"]),
        "each": {"$ref": "#/$defs/each"},
        "if": TEXT,
        "shared": any_of({"const": True}, TEXT),
    }
    keys = {**{key: beside[key] for key in ITEM_KEYS}, **structures}
    told = {**descriptions.ITEM, **descriptions.STRUCTURES}
    keys |= {kind: {"$ref": f"#/$defs/{kind}"} for kind in KINDS}
    told |= {kind: about(made) for kind, made in KINDS.items()}
    block = {"description": "A block of this file, with what its parameters are given."}
    mapping = {**table(keys, told), "patternProperties": {"^[A-Z]": block}, "minProperties": 1}
    return any_of(
        {"enum": [*alone, "concat", "add", "multiply"]},
        {"type": "string", "pattern": "^[A-Z]"},
        mapping,
    )


def _residual() -> Schema:
    project = any_of({"enum": ["auto", "none"]}, LAYERS)
    keys = {"body": LAYERS, "shortcut": LAYERS, "project": project}
    both = {"not": {"required": ["shortcut", "project"]}}
    return any_of(LAYERS, {**table(keys, descriptions.PARTS, ["body"]), **both})


def _join(crop: bool) -> Schema:
    parts: Schema = {"$ref": "#/$defs/parts"}
    keys = {"of": parts, "crop": FLAG} if crop else {"of": parts}
    return any_of(NOTHING, parts, table(keys, descriptions.PARTS, ["of"]))


def _split() -> Schema:
    shares = {"type": "array", "minItems": 1, "items": field("", RULES["n"])}
    parts: Schema = {"$ref": "#/$defs/parts"}
    keys = {"of": parts, "sizes": shares}
    return any_of(field("", RULES["n"]), shares, parts, table(keys, descriptions.PARTS, ["of"]))


def _parts() -> Schema:
    """Names of layers and lists of layers, side by side."""
    beside: Schema = {"$ref": "#/$defs/beside"}
    return any_of({"type": "array", "minItems": 1, "items": any_of(TEXT, LAYERS, beside)}, beside)


def _lists_of_each() -> Schema:
    keys = {"each": {"$ref": "#/$defs/each"}, "layers": LAYERS}
    return table(keys, descriptions.PARTS, ["each", "layers"])


def _each() -> Schema:
    values = {"type": "array", "minItems": 1}
    return {"type": "object", "additionalProperties": values, "minProperties": 1}


def _blocks() -> Schema:
    parameters = {"type": "object", "additionalProperties": any_of(NOTHING, PLAIN)}
    keys = {"with": parameters, "input": _names(), "layers": LAYERS, "outputs": _names()}
    block = any_of(LAYERS, table(keys, descriptions.BLOCK, ["layers"]))
    return {"type": "object", "patternProperties": {"^[A-Z]": block}, "additionalProperties": False}


def _names() -> Schema:
    return {"type": "array", "items": TEXT, "minItems": 1}


def _shape() -> Schema:
    number = any_of(written_value(RULES["n"]), {"type": "string", "pattern": "^[0-9]+(_[0-9]+)+$"})
    return {"type": "array", "items": number, "minItems": 2, "maxItems": 4}


# ---------------------------------------------------------------- settings, figures, budgets


def settings() -> dict[str, Schema]:
    """The keys that say at which α, depth and size a network is taken."""
    found = {key: written_value(rule) for key, rule in SETTING_RULES.items() if key != "with"}
    return {**found, "with": VALUES}


def _published() -> Schema:
    rules = published_rules()
    keys = {key: written_value(rule) for key, rule in rules.items() if key not in SETTING_RULES}
    keys |= {key: _quantity(COUNT.pattern) for key in COMPARED}
    return table({**settings(), **keys}, descriptions.PUBLISHED, ["source"])


def own_budget() -> Schema:
    """The budget in a network's own file, whose limits stand beside the rest."""
    keys, told = limits()
    return table({**keys, **_beside_budget()}, {**descriptions.ENTRY, **told})


def limits() -> tuple[dict[str, Schema], dict[str, str]]:
    """The limit of each figure and of an accuracy, and what is told of each."""
    keys = {key: limit(figure) for key, figure in FIGURES.items()}
    told = {key: about_figure(figure) for key, figure in FIGURES.items()}
    return {**keys, TOP1: _least()}, {**told, TOP1: descriptions.TOP1}


def about_figure(figure: Figure) -> str:
    return f"{figure.word[:1].upper()}{figure.word[1:]}, as {figure.example}."


def limit(figure: Figure) -> Schema:
    """The most of a figure."""
    rule: dict[str, Schema] = {"rule": {"enum": [*figure.rules]}} if figure.rules else {}
    return _limited("max", _amount(figure), rule, descriptions.LIMIT)


def _least() -> Schema:
    """The least of an accuracy."""
    number = {"type": "number", "minimum": 1, "maximum": 100}
    value = any_of(number, {"type": "string", "pattern": f"^({PERCENTAGE.pattern})$"})
    return _limited("min", value, {}, descriptions.LEAST)


def _limited(
    key: str, value: Schema, more: Mapping[str, Schema], told: Mapping[str, str]
) -> Schema:
    """A limit alone, or under its key with what is said besides."""
    keys = {key: value, "warn": value, **more, "accept": _sentence()}
    return any_of(value, {**table(keys, told), "anyOf": [{"required": [key]},
                                                         {"required": ["warn"]}]})  # fmt: skip


def _beside_budget() -> dict[str, Schema]:
    every = {key: about_figure(figure) for key, figure in FIGURES.items()}
    told = {key: every[key] for key in COMPARED}
    match = {"match": TEXT, **{key: limit(figure) for key, figure in COMPARED.items()}}
    rule = table(match, {"match": descriptions.MATCH, **told}, ["match"])
    return {
        "growth": table({key: _growth(figure) for key, figure in FIGURES.items()}, every),
        "layers": {"type": "array", "items": {**rule, "minProperties": 2}},
        "message": _sentence(),
        "only_worse": FLAG,
        "accept": _sentence(),
    }


def _growth(figure: Figure) -> Schema:
    """The most that may be added to a figure: so much, or a percentage."""
    amount = _amount(figure)
    growth = any_of(amount, {"type": "string", "pattern": f"^{PERCENT.pattern}$"})
    return _limited("max", growth, {"ignore_below": amount}, descriptions.LIMIT)


def _amount(figure: Figure) -> Schema:
    return _quantity(COUNT.pattern if figure.unit == "count" else SIZE)


def _quantity(pattern: str) -> Schema:
    return any_of(
        {"type": "integer", "minimum": 0}, {"type": "string", "pattern": f"^({pattern})$"}
    )


def _sentence() -> Schema:
    return {**TEXT, "maxLength": LONGEST_MESSAGE}
