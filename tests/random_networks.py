"""Random network files, as documents: nearly all that the language can put together, at random."""

from __future__ import annotations

import re
from random import Random
from typing import Any

from tests.evaluator import role_of

WIDTHS: tuple[dict[str, Any], ...] = (
    {"round": "floor"},
    {"round": "nearest"},
    {"round": "floor", "min": 2},
    {"multiple_of": 4},
    {"multiple_of": 3, "up": True},
    {"round": "nearest", "multiple_of": 2, "min": 4},
)
VALUES: dict[str, tuple[Any, ...]] = {
    "channels": (2, 4, 6, 7, 8, 12, 16),
    "repeat": (1, 2, 3),
    "stride": (1, 2),
    "factor": (2, 3, 0.5),
    "kernel": (1, 3, 5, [3, 1]),
    "flag": (True, False),
    "word": ("batch", "none", "layer"),
}
"""What a parameter may be given, by what it stands for."""

KEEPING = ("depthwise", "norm", "squeeze_excite", "layer_scale", "parameters")
"""Kinds that keep the channels, so that all copies can share."""


class Chance(Random):
    """Chances, and the names that were given out."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.names = 0

    def once_in(self, times: int) -> bool:
        return self.randrange(times) == 0

    def name(self, letter: str) -> str:
        self.names += 1
        return f"{letter}{self.names}"


class Known:
    """What may be named in a list: parameters by what they stand for, layers, blocks."""

    def __init__(self, blocks: dict[str, dict[str, Any]], single: bool, depth: int) -> None:
        self.blocks, self.single, self.depth = blocks, single, depth
        self.parameters: dict[str, str] = {}
        self.layers: list[str] = []

    def inside(self) -> Known:
        """What is known in a list inside this one."""
        inner = Known(self.blocks, self.single, self.depth - 1)
        inner.parameters = dict(self.parameters)
        inner.layers = []
        return inner

    def called(self, role: str) -> list[str]:
        return [name for name, one in self.parameters.items() if one == role]


def network(seed: int) -> dict[str, Any]:
    """The document of a random network; not all can be built."""
    chance = Chance(seed)
    blocks: dict[str, Any] = {}
    signatures: dict[str, dict[str, Any]] = {}
    for _ in range(chance.randrange(4)):
        _block(chance, blocks, signatures)
    known = Known(signatures, single=True, depth=2)
    parameters = _parameters(chance, known, chance.randrange(3))
    file: dict[str, Any] = {
        "input": [chance.randint(4, 12), chance.randint(4, 12), chance.choice((2, 4, 6, 8))]
    }
    file["layers"] = _items(chance, known, chance.randint(2, 6))
    _use_all(chance, known, file["layers"])
    file["with"] = {name: chance.choice(VALUES[role]) for name, role in parameters.items()}
    if chance.once_in(2):
        file["width"] = chance.choice(WIDTHS)
    if chance.once_in(2):
        file["depth"] = {"round": chance.choice(("ceil", "nearest", "floor"))}
    if chance.once_in(2):
        file["defaults"] = {"norm": "batch", "bias": chance.choice((True, False))}
    file["blocks"] = blocks
    return {key: value for key, value in file.items() if value != {}}


def _parameters(chance: Chance, known: Known, count: int) -> dict[str, str]:
    found = {chance.name("p"): chance.choice(list(VALUES)) for _ in range(count)}
    known.parameters |= found
    return found


def _block(chance: Chance, blocks: dict[str, Any], signatures: dict[str, dict[str, Any]]) -> None:
    inputs = 2 if chance.once_in(6) else 1
    known = Known(dict(signatures), single=inputs == 1, depth=1)
    parameters = _parameters(chance, known, chance.randrange(4))
    layers: list[Any] = []
    if inputs == 2:
        layers.append(chance.choice(("concat", "add", {"add": ["a", "b"]})))
    layers += _items(chance, known, chance.randint(1, 3))
    _use_all(chance, known, layers)
    block: dict[str, Any] = {"layers": layers}
    if parameters:
        block["with"] = {
            name: chance.choice([None, *VALUES[role]]) if role != "flag" else None
            for name, role in parameters.items()
        }
    if inputs == 2:
        block["input"] = ["a", "b"]
    outputs = 1
    if known.layers and chance.once_in(5):
        outputs = min(len(known.layers), 2)
        block["outputs"] = chance.sample(known.layers, outputs)
    name = chance.name("B")
    blocks[name] = block
    roles = [role_of(parameter, layers, blocks) for parameter in parameters]
    signatures[name] = {
        "channels": roles.count("channels"),
        "with": parameters,
        "defaults": block.get("with", {}),
        "inputs": inputs,
        "outputs": block.get("outputs"),
    }


def _use_all(chance: Chance, known: Known, layers: list[Any]) -> None:
    """Uses the parameters that no layer has used yet, since idle ones are refused."""
    used = set(re.findall(r"\w+", repr(layers)))
    for name, role in known.parameters.items():
        if name in used:
            continue
        layers.append({
            "channels": {"pointwise": {"n": name}},
            "repeat": {"layer_scale": None, "repeat": name},
            "stride": {"conv": {"n": 4, "stride": name}},
            "factor": {"inverted_residual": {"n": 4, "expand": name}},
            "kernel": {"depthwise": {"k": name}},
            "flag": {"norm": "layer", "if": f"not {name}" if chance.once_in(2) else name},
            "word": {"pointwise": {"n": 6, "norm": name}},
        }[role])  # fmt: skip


def _items(chance: Chance, known: Known, count: int) -> list[Any]:
    return [item for _ in range(count) for item in _item(chance, known)]


def _item(chance: Chance, known: Known) -> list[Any]:
    """One item with what stands beside it, and what puts together the maps that it gives."""
    each: dict[str, Any] = {}
    inner = known
    if chance.once_in(7):
        role = chance.choice(("channels", "stride", "kernel"))
        variable = chance.name("v")
        inner = known.inside()
        inner.depth = known.depth
        inner.parameters[variable] = role
        each = {variable: [_value(chance, known, role) for _ in range(chance.randint(1, 3))]}
    kind, value = _what(chance, inner)
    item: dict[str, Any] = {kind: value}
    if each:
        (variable,) = each
        if variable not in repr(value):
            item, kind = {"depthwise": {"k": variable}}, "depthwise"
            if inner.parameters[variable] == "channels":
                item, kind = {"conv": {"n": variable, "k": 1}}, "conv"
            elif inner.parameters[variable] == "stride":
                item, kind = {"conv": {"n": 4, "stride": variable}}, "conv"
        item["each"] = each
    elif chance.once_in(4):
        copies = known.called("repeat")
        item["repeat"] = chance.choice([1, 2, 3, *copies])
    if chance.once_in(5) and known.layers and kind not in ("add", "concat", "multiply"):
        several = kind in known.blocks and known.blocks[kind]["inputs"] == 2
        names = chance.choices(known.layers, k=2)
        item["from"] = names if several else names[0]
    if chance.once_in(8):
        item["if"] = _condition(chance, known)
    if item.get("repeat") and chance.once_in(2 if kind in KEEPING else 40):
        item["shared"] = True
    gives_several = kind == "split" and not _has_lists(value)
    if kind in known.blocks:
        outputs = known.blocks[kind]["outputs"]
        gives_several = outputs is not None and len(outputs) > 1
        if known.blocks[kind]["inputs"] == 2 and "from" not in item:
            return [{"split": [1, 1]}, item]
    if "if" not in item and chance.once_in(2):
        item["name"] = chance.name("x")
        if not gives_several:
            known.layers.append(item["name"])
            if "repeat" in item and chance.once_in(3):
                known.layers.append(f"{item['name']}1")
            if "repeat" in item and kind in KEEPING and chance.once_in(2):
                return [item, {"add": [f"{item['name']}*", f"{item['name']}1"]}]
            if known.layers[1:] and chance.once_in(8):
                return [item, _fan(chance, known)]
    if gives_several:
        return [item, "concat" if not chance.once_in(9) else chance.choice(("add", "multiply"))]
    if value is None and len(item) == 1:
        return [kind]
    return [item]


def _fan(chance: Chance, known: Known) -> dict[str, Any]:
    """Copies of one layer, each on a map of its own."""
    variable = chance.name("f")
    sources = chance.sample(known.layers, 2)
    return {"pointwise": {"n": 4}, "each": {variable: sources}, "from": variable}


def _has_lists(value: Any) -> bool:
    listed = value.get("of", value) if isinstance(value, dict) else value
    return isinstance(listed, dict) or (
        isinstance(listed, list) and isinstance(listed[0], list | dict)
    )


def _condition(chance: Chance, known: Known) -> str:
    flags = known.called("flag")
    if flags and chance.once_in(2):
        return chance.choice(("", "not ")) + chance.choice(flags)
    sizes = known.called("channels") + known.called("stride") + known.called("kernel")
    left = chance.choice([*sizes, "in", *(["input"] if known.single else [])])
    return f"{left} > {chance.choice((1, 4, 'in'))}"


def _value(chance: Chance, known: Known, role: str) -> Any:
    """A value for a place of a role: written, or that of a parameter."""
    named = known.called(role)
    if role == "channels":
        return _channels(chance, known)
    return chance.choice(named) if named and chance.once_in(2) else chance.choice(VALUES[role])


def _channels(chance: Chance, known: Known) -> Any:
    """Channels as they may be written: a number, or one that follows."""
    names = known.called("channels")
    factors = known.called("factor")
    ways = ["literal", "literal", "in"]
    if names:
        ways += ["name", "name", "half", "sum", "minus"]
    if factors:
        ways += ["factor", "factor"]
    if known.single:
        ways += ["input"]
    name, factor = chance.choice(names or [""]), chance.choice(factors or [""])
    return {
        "literal": chance.choice(VALUES["channels"]),
        "in": chance.choice(("in", "2 * in", "in / 2", "in + 4", "3 * in - 2")),
        "input": chance.choice(("input", "input + in", "2 * input - in", "16 - input")),
        "name": name,
        "half": chance.choice((f"{name} / 2", f"3 * {name}", f"{name} * 2 / 2")),
        "sum": chance.choice((f"{name} + 4", f"4 + {name}", f"{name} + in", f"{name} + {name}")),
        "minus": chance.choice((f"{name} - 2", f"2 * {name} - in", f"16 - {name}")),
        "factor": f"{factor} * in",
    }[chance.choice(ways)]


def _rule(chance: Chance) -> dict[str, Any]:
    """What may stand beside channels."""
    found: dict[str, Any] = {}
    if chance.once_in(6):
        found["multiple_of"] = chance.choice((2, 4, 5))
    if chance.once_in(8):
        found["at_least"] = chance.choice((3, 6))
    if chance.once_in(8):
        found["scale"] = False
    return found


def _what(chance: Chance, known: Known) -> tuple[str, Any]:
    if known.blocks and chance.once_in(3):
        return _use(chance, known)
    if known.depth > 0 and chance.once_in(3):
        return _structure(chance, known)
    return _kind(chance, known)


def _use(chance: Chance, known: Known) -> tuple[str, Any]:
    name = chance.choice(list(known.blocks))
    signature = known.blocks[name]
    given: dict[str, Any] = {}
    for parameter, role in signature["with"].items():
        if signature["defaults"][parameter] is None or chance.once_in(2):
            given[parameter] = _value(chance, known, role)
    if signature["channels"] == 1 and chance.once_in(4):
        given |= _rule(chance)
    return name, given or None


def _kind(chance: Chance, known: Known) -> tuple[str, Any]:
    kind = chance.choice((
        *("conv", "conv", "depthwise", "pointwise", "separable", "inverted_residual", "linear"),
        *("squeeze_excite", "norm", "pool", "upsample", "layer_scale", "parameters"),
        *(("global_pool",) if chance.once_in(4) else ()),
    ))  # fmt: skip
    stride = _value(chance, known, "stride") if chance.once_in(4) else None
    keys: dict[str, Any] = {} if stride is None else {"stride": stride}
    if chance.once_in(5):
        keys["norm"] = _value(chance, known, "word")
    if chance.once_in(5):
        keys["bias"] = _value(chance, known, "flag")
    window = dict(keys)
    if chance.once_in(2):
        window["k"] = _value(chance, known, "kernel")
    if chance.once_in(6):
        window["padding"] = chance.choice(("valid", 0, 1, 2))
    if chance.once_in(8):
        window["dilation"] = 2
    wide = {"n": _channels(chance, known), **_rule(chance)}
    match kind:
        case "conv":
            if chance.once_in(6):
                return kind, {**window, "n": "2 * in", "g": chance.choice((2, "in", "in / 2"))}
            return kind, {**wide, **window}
        case "depthwise":
            many = {"multiplier": 2} if chance.once_in(6) else {}
            return kind, {**window, **many} or None
        case "pointwise":
            return kind, {**wide, **keys} if chance.once_in(2) else _alone(wide)
        case "separable":
            return kind, {**wide, **window}
        case "inverted_residual":
            own: dict[str, Any] = {"residual": False}
            if chance.once_in(2):
                own["hidden"] = _channels(chance, known)
            elif chance.once_in(2):
                own["expand"] = _value(chance, known, "factor")
            if chance.once_in(3):
                own |= {"se": chance.choice((1, 2, 4)), "se_of": chance.choice(("hidden", "input"))}
            return kind, {**wide, **window, **own}
        case "linear":
            scale = {"scale": True} if chance.once_in(4) else {}
            return kind, {"n": chance.choice((3, 10, "in", "in + 2")), "bias": True, **scale}
        case "squeeze_excite":
            return kind, chance.choice((None, 2, {"n": "in"}, {"reduction": 2, "multiple_of": 4},
                                        {"n": 3, "bias": False}))  # fmt: skip
        case "norm":
            return kind, chance.choice((None, "layer", {"type": "batch"}))
        case "pool":
            return kind, chance.choice((2, {"k": 3, "stride": 1, "padding": 1},
                                        {"k": 2, "stride": 1, "padding": "same"}))  # fmt: skip
        case "upsample":
            return kind, 2
        case "parameters":
            return kind, chance.choice((5, "in", "2 * in"))
    return kind, None


def _alone(wide: dict[str, Any]) -> Any:
    return wide["n"] if len(wide) == 1 else wide


def _structure(chance: Chance, known: Known) -> tuple[str, Any]:
    inner = known.inside()
    kind = chance.choice((
        *("sequence", "sequence", "residual", "residual", "residual"),
        *("concat", "concat", "add", "multiply", "split", "split"),
    ))  # fmt: skip
    if kind == "sequence":
        return kind, _items(chance, inner, chance.randint(1, 3))
    if kind == "residual":
        return kind, _residual(chance, inner)
    if kind in ("add", "multiply", "concat") and known.layers and chance.once_in(9):
        return kind, [*chance.sample(known.layers, 1), _items(chance, inner, 1)]
    if kind == "multiply":
        return kind, [[], [chance.choice(("global_pool", "norm", "depthwise"))]]
    if chance.once_in(4):
        role = chance.choice(("channels", "kernel"))
        variable = chance.name("v")
        key = {"conv": {"n": variable if role == "channels" else 4}}
        if role == "kernel":
            key["conv"]["k"] = variable
        values = [_value(chance, known, role) for _ in range(2)]
        return kind, {"each": {variable: values}, "layers": [key]}
    if kind == "split" and chance.once_in(2):
        return kind, chance.choice((2, [1, 3], [1, 3], [3, 2, 1], [1, 1]))
    if kind == "split" and chance.once_in(2):
        return kind, {"of": [[], [chance.choice(KEEPING[:3])]], "sizes": [1, 1]}
    lists: list[Any] = [_items(chance, known.inside(), chance.randint(0, 2)) for _ in range(2)]
    if kind == "add" and not chance.once_in(9):
        lists = [[], [chance.choice(("norm", "depthwise", "layer_scale"))]]
    if kind == "split" and chance.once_in(3):
        return kind, {"of": lists, "sizes": chance.choice(([1, 3], [2, 1]))}
    if kind == "concat" and chance.once_in(5):
        return kind, {"of": lists}
    return kind, lists


def _residual(chance: Chance, known: Known) -> Any:
    keep = [chance.choice(("depthwise", "norm", {"squeeze_excite": 2}, {"pointwise": "in"}))]
    if chance.once_in(3):
        return keep
    body = _items(chance, known, chance.randint(1, 2))
    if chance.once_in(4):
        around = [chance.choice(KEEPING[:2])] if chance.once_in(2) else []
        if chance.once_in(9):
            around = _items(chance, known.inside(), 1)
        return {"body": keep, "shortcut": around}
    return {"body": body, "project": chance.choice(("auto", "auto", "none", keep))}
