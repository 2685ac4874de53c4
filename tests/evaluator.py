"""The language of networks the plain way: a parsed file, walked item by item, as its page says.

It shares no code with dscalc: expressions are parsed by Python's own parser and computed in
fractions, windows are counted start by start, and what a parameter stands for is looked up where
it stands. It knows what random networks are made of, and none of the bounds, places or caches.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

ITEM_KEYS = ("name", "from", "repeat", "each", "if", "shared")
CHANNELS = {
    **dict.fromkeys(("conv", "pointwise", "separable", "lstm", "gru"), ("n",)),
    "inverted_residual": ("n", "hidden"),
}
"""The keys that α scales, by kind."""

CONVOLUTIONS = ("conv", "depthwise", "pointwise", "separable", "inverted_residual")
WORDS = ("padding", "norm", "type", "se_of")
"""The keys whose values may be words."""

NORMS = ("batch", "layer", "none")
STRUCTURES = ("sequence", "residual", "concat", "add", "multiply", "split")


class RefusedError(Exception):
    """The network cannot be built."""


class Map(NamedTuple):
    """A feature map: its sides and its channels."""

    sides: tuple[int, ...]
    channels: int


class Cost(NamedTuple):
    """Weights, biases, norms' scales and shifts, their statistics, other parameters, mult-adds."""

    weights: int = 0
    biases: int = 0
    norms: int = 0
    statistics: int = 0
    other: int = 0
    mult_adds: int = 0


class Line(NamedTuple):
    """One layer as it was met; `strided` says that it, or a part of it, has a stride."""

    name: str
    output: Map
    cost: Cost
    strided: bool
    made_of: Any


class Here(NamedTuple):
    """Where an item stands: what names mean, the lists around it, whether strides are 1."""

    values: Mapping[str, Any]
    prefixes: tuple[str, ...] = ("",)
    later: bool = False
    top: bool = False


class Rules(NamedTuple):
    """α and depth, and how a file rounds them."""

    alpha: float
    depth: float
    width: Mapping[str, Any]
    depth_round: str


def total(costs: Sequence[Cost]) -> Cost:
    """The sum of costs, part by part."""
    return Cost(*(sum(parts) for parts in zip(*costs, strict=True))) if costs else Cost()


def evaluate(
    file: Mapping[str, Any], alpha: float = 1.0, depth: float = 1.0, rho: float = 1.0
) -> list[Line]:
    """Every layer of a parsed file; raises RefusedError where it cannot be built."""
    *sides, channels = file["input"]
    given = Map(tuple(round(side * rho) for side in sides), channels)
    if not all(given.sides):
        raise RefusedError("no pixel is left")
    rules = Rules(
        alpha, depth, file.get("width", {"round": "floor"}), file.get("depth", {}).get("round", "")
    )
    blocks = dict(file.get("blocks", {}))
    roles = {name: role_of(name, file["layers"], blocks) for name in file.get("with", {})}
    scope = Scope(rules, blocks, file.get("defaults", {}), {"input": [given]})
    here = Here({}, top=True)
    values = {
        name: scope.handed(value, roles[name], here, [given], {})
        for name, value in file.get("with", {}).items()
    }
    scope.items(file["layers"], here._replace(values=values), [given])
    return scope.lines


# ---------------------------------------------------------------- what a parameter stands for


def role_of(name: str, layers: Any, blocks: Mapping[str, Any]) -> str:
    """Whether a parameter stands for channels, copies, a stride, or anything else."""
    found = {role for role in places(name, layers, blocks) if role != "plain"}
    return found.pop() if found else "plain"


def places(name: str, layers: Any, blocks: Mapping[str, Any]) -> Iterator[str]:
    """The role of each place at which a name stands in a list of layers."""
    for item in layers:
        if isinstance(item, str):
            continue
        if isinstance(item, list):
            yield from places(name, item, blocks)
            continue
        kind = kind_of(item)
        inside = item.get(kind)
        if stands(name, item.get("repeat")):
            yield "repeat"
        for variable, values in item.get("each", {}).items():
            if any(stands(name, value) for value in values):
                yield role_of(variable, [{kind: inside}], blocks)
        if kind in blocks:
            for parameter, value in arguments(inside, blocks[kind]).items():
                if stands(name, value):
                    yield role_of_parameter(parameter, blocks[kind], blocks)
        elif kind in STRUCTURES:
            for listed in lists(inside):
                if isinstance(listed, list):
                    yield from places(name, listed, blocks)
                    continue
                yield from places(name, listed["layers"], blocks)
                for variable, values in listed["each"].items():
                    if any(stands(name, value) for value in values):
                        yield role_of(variable, listed["layers"], blocks)
        else:
            for key, value in own_keys(kind, inside).items():
                scaled = inside.get("scale", True) if isinstance(inside, dict) else True
                if key in CHANNELS.get(kind, ()) and scaled and stands(name, value):
                    yield "channels"
                elif key == "stride" and kind in CONVOLUTIONS and stands(name, value):
                    yield "stride"


def role_of_parameter(name: str, block: Any, blocks: Mapping[str, Any]) -> str:
    return role_of(name, block["layers"], blocks)


def lists(value: Any) -> list[Any]:
    """The lists of layers that a structure consists of."""
    if isinstance(value, dict):
        if "each" in value:
            return [value]
        found = [value[key] for key in ("body", "shortcut", "project") if key in value]
        return [one for one in found if isinstance(one, list)] + lists(value.get("of", []))
    if not isinstance(value, list):
        return []
    branches: list[Any] = [one for one in value if isinstance(one, list)]
    branches += [one for one in value if isinstance(one, dict) and "layers" in one]
    return branches or [[one for one in value if not isinstance(one, int)]]


def stands(name: str, value: Any) -> bool:
    """Whether a name stands for a size in a value: above the line, and no factor of `in`."""
    if isinstance(value, list):
        return any(stands(name, one) for one in value)
    if not isinstance(value, str):
        return False
    for _, term in summands(parsed(value)):
        names = {node.id for node in ast.walk(term) if isinstance(node, ast.Name)}
        if name in above_line(term) and not names & {"in_", "input"}:
            return True
    return False


def parsed(text: str) -> ast.expr:
    words = [f"{word}_" if word == "in" else word for word in text.split()]
    return ast.parse(" ".join(words), mode="eval").body


def summands(tree: ast.expr, sign: int = 1) -> Iterator[tuple[int, ast.expr]]:
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Add | ast.Sub):
        yield from summands(tree.left, sign)
        yield from summands(tree.right, -sign if isinstance(tree.op, ast.Sub) else sign)
    else:
        yield sign, tree


def above_line(tree: ast.expr) -> set[str]:
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Div):
        return above_line(tree.left)
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def product(tree: ast.expr, values: Mapping[str, Any]) -> Fraction:
    match tree:
        case ast.Constant(value=number):
            return Fraction(str(number))
        case ast.Name(id=name):
            return Fraction(str(values[name.removesuffix("_")]))
        case ast.BinOp(left=left, right=right, op=ast.Mult()):
            return product(left, values) * product(right, values)
        case ast.BinOp(left=left, right=right, op=ast.Div()):
            return product(left, values) / product(right, values)
    raise AssertionError(ast.dump(tree))


# ---------------------------------------------------------------- items


def kind_of(item: Any) -> str:
    if isinstance(item, str):
        return item
    (kind,) = [key for key in item if key not in ITEM_KEYS]
    return str(kind)


FIRST_KEYS = {
    **dict.fromkeys(("conv", "pointwise", "separable", "inverted_residual", "linear"), "n"),
    "pool": "k",
    "upsample": "factor",
    "norm": "type",
    "parameters": "n",
    "squeeze_excite": "reduction",
}


def own_keys(kind: str, value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    return {} if value is None else {FIRST_KEYS[kind]: value}


def arguments(value: Any, block: Any) -> dict[str, Any]:
    """What is handed to the parameters of a block."""
    if isinstance(value, dict):
        return value
    parameters = list(block.get("with", {})) if isinstance(block, dict) else []
    return {} if value is None else {parameters[0]: value}


class Scope:
    """The layers of a file, or of one use of a block, and what their names mean."""

    def __init__(
        self,
        rules: Rules,
        blocks: Mapping[str, Any],
        defaults: Mapping[str, Any],
        given: Mapping[str, list[Map]],
    ) -> None:
        self.rules, self.blocks, self.defaults = rules, blocks, defaults
        self.maps: dict[str, list[Map]] = dict(given)
        self.input = next(iter(given.values()))[0].channels if len(given) == 1 else None
        self.lines: list[Line] = []
        self.copies: dict[str, list[str]] = {}
        self.owners: dict[int, Any] = {}

    # ---- names

    def find(self, name: str, here: Here) -> list[Map]:
        for prefix in here.prefixes:
            found = self.named(prefix + name)
            if found is not None:
                return found
        raise RefusedError(f"no {name}")

    def named(self, full: str) -> list[Map] | None:
        stem, star, rest = full.partition("*")
        if star:
            found = [self.named(copy + rest) for copy in self.copies.get(stem, [])]
            if not found or None in found:
                return None
            return [one for maps in found if maps for one in maps]
        if full in self.maps:
            return self.maps[full]
        for name, copies in self.copies.items():
            if copies and full.startswith(f"{name}."):
                return self.named(copies[-1] + full[len(name) :])
        return None

    # ---- numbers

    def names(self, here: Here, flow: list[Map]) -> dict[str, Any]:
        known = {**here.values, "input": self.input}
        return {**known, "in": flow[0].channels} if flow else known

    def plain(self, value: Any, here: Here, flow: list[Map]) -> Any:
        """A value that α leaves alone; a name may stand for a word, a flag or a list."""
        if isinstance(value, list):
            return tuple(self.plain(one, here, flow) for one in value)
        if not isinstance(value, str):
            return value
        if value in here.values:
            return here.values[value]
        if value in NORMS:
            return value
        names = self.names(here, flow)
        found = sum((s * product(one, names) for s, one in summands(parsed(value))), Fraction(0))
        return int(found) if found.denominator == 1 else float(found)

    def channels(self, value: Any, here: Here, flow: list[Map], rule: Mapping[str, Any]) -> int:
        """Channels: what is written goes through the rule of α, what follows is computed."""
        multiple: int | None = rule.get("multiple_of")
        least: int = rule.get("at_least", 1)
        scale = rule.get("scale", True)
        if not isinstance(value, str):
            if not scale:
                return int(value)
            return max(self.widened(int(value), multiple, least), least)
        names = self.names(here, flow)
        found = Fraction(0)
        for sign, term in summands(parsed(value)):
            number = product(term, names)
            written = not any(isinstance(node, ast.Name) for node in ast.walk(term))
            if written and scale and multiple:
                number *= Fraction(self.rules.alpha)
            elif written and scale:
                if number.denominator != 1:
                    raise RefusedError("half a channel")
                number = Fraction(self.widened(int(number), None, 1))
            found += sign * number
        if multiple:
            return max(nine_tenths(float(found), multiple), least)
        if found.denominator != 1 or found < 1:
            raise RefusedError(f"{value} = {found}")
        return max(int(found), least)

    def widened(self, n: int, multiple: int | None, least: int) -> int:
        if multiple:
            return nine_tenths(n * self.rules.alpha, multiple)
        width = self.rules.width
        value: float = n * self.rules.alpha
        if width.get("round") == "floor":
            value = int(value)
        elif width.get("round") == "nearest":
            value = round(value)
        if width.get("multiple_of"):
            step = width["multiple_of"]
            value = -(-value // step) * step if width.get("up") else nine_tenths(value, step)
        least_of_all: int = width.get("min", 0)
        found = max(int(value), least_of_all)
        if found < 1 and least == 1:
            raise RefusedError("no channel left")
        return found

    def handed(
        self, value: Any, role: str, here: Here, flow: list[Map], rule: Mapping[str, Any]
    ) -> Any:
        """A value that is given to a parameter or a variable, which stands at a place of a role."""
        if role == "channels" and not isinstance(value, bool):
            return self.channels(value, here, flow, rule)
        if role == "stride" and here.later:
            return 1
        if role == "repeat" and here.top and isinstance(value, int):
            return self.deeper(value)
        return self.plain(value, here, flow)

    def deeper(self, repeat: int) -> int:
        if not self.rules.depth_round or self.rules.depth == 1.0:
            return repeat
        copies = repeat * self.rules.depth
        if self.rules.depth_round == "nearest":
            return max(1, round(copies))
        return max(1, math.ceil(copies) if self.rules.depth_round == "ceil" else int(copies))

    # ---- lists of items

    def items(self, entries: Sequence[Any], here: Here, flow: list[Map]) -> list[Map]:
        place = 0
        for entry in entries:
            item = {entry: None} if isinstance(entry, str) else entry
            kind = kind_of(item)
            place += 1
            for number, (name, there) in enumerate(self.places(item, kind, place, here, flow)):
                if "each" in item:  # its values were computed before the first copy
                    there = there._replace(values={**here.values, **there.values})
                flow = self.item(item, kind, name, there, flow, number)
                place += number > 0
        return flow

    def places(
        self, item: Mapping[str, Any], kind: str, place: int, here: Here, flow: list[Map]
    ) -> list[tuple[str, Here]]:
        """The name of every copy, and where it stands."""
        if "each" in item:
            rule = self.rule_beside(item[kind], kind)
            columns = []
            for variable, values in item["each"].items():
                role = role_of(variable, [{kind: item[kind]}], self.blocks)
                if item.get("from") == variable:
                    columns.append(values)
                else:
                    columns.append([self.handed(one, role, here, flow, rule) for one in values])
            rows = list(zip(*columns, strict=True))
            there = [here._replace(values=dict(zip(item["each"], row, strict=True)))
                     for row in rows]  # fmt: skip
        elif "repeat" in item:
            count = self.handed(item["repeat"], "repeat", here, flow, {})
            there = [here, *[here._replace(later=True)] * (count - 1)]
        else:
            there = [here]
        name = item.get("name")
        if name is None:
            return [(f"{kind}{place + copy}", one) for copy, one in enumerate(there)]
        if len(there) == 1 and "each" not in item:
            return [(name, there[0])]
        names = [f"{name}{copy}" for copy in range(1, len(there) + 1)]
        full = here.prefixes[0] + name
        self.copies[full] = [here.prefixes[0] + one for one in names]
        return list(zip(names, there, strict=True))

    def item(
        self,
        item: Mapping[str, Any],
        kind: str,
        name: str,
        here: Here,
        flow: list[Map],
        number: int,
    ) -> list[Map]:
        """One copy; returns what flows on."""
        before = flow
        sources = item.get("from")
        variables = list(item.get("each", {}))
        if sources is not None and (number == 0 or sources in variables):
            listed = sources if isinstance(sources, list) else [here.values.get(sources, sources)]
            flow = [one for source in listed for one in self.find(source, here)]
        if "if" in item and not self.holds(item["if"], here, flow):
            return before
        full = here.prefixes[0] + name
        start = len(self.lines)
        inner = here._replace(prefixes=(f"{full}.", *here.prefixes))
        if kind in STRUCTURES:
            flow = getattr(self, kind)(item[kind], full, inner, flow)
        elif kind in self.blocks:
            flow = self.block(item[kind], kind, full, here, flow)
        else:
            flow = [self.layer(item[kind], kind, full, here, flow)]
        if item.get("shared"):
            self.share(item, start)
        self.maps[full] = flow
        if item.get("name") and number + 1 == len(
            self.copies.get(here.prefixes[0] + item["name"], [])
        ):
            self.maps[here.prefixes[0] + item["name"]] = flow
        return flow

    def holds(self, condition: str, here: Here, flow: list[Map]) -> bool:
        left, greater, right = condition.partition(">")
        if greater:
            one, other = (self.plain(text.strip(), here, flow) for text in (left, right))
            axes = max(len(x) if isinstance(x, tuple) else 1 for x in (one, other))
            pairs = zip(*(x if isinstance(x, tuple) else (x,) * axes for x in (one, other)),
                        strict=True)  # fmt: skip
            return any(a > b for a, b in pairs)
        *no, flag = condition.split()
        return bool(here.values[flag]) is not bool(no)

    def share(self, item: Mapping[str, Any], start: int) -> None:
        """All but the first copy have the first one's parameters."""
        new = self.lines[start:]
        if id(item) not in self.owners:
            self.owners[id(item)] = [(line.made_of, line.cost[:5]) for line in new]
            return
        if [(line.made_of, line.cost[:5]) for line in new] != self.owners[id(item)]:
            raise RefusedError("other parameters than the first copy")
        for place, line in enumerate(new, start):
            self.lines[place] = line._replace(cost=Cost(mult_adds=line.cost.mult_adds))

    # ---- structures

    def sequence(self, value: Any, name: str, here: Here, flow: list[Map]) -> list[Map]:
        return self.items(value, here, flow)

    def residual(self, value: Any, name: str, here: Here, flow: list[Map]) -> list[Map]:
        if len(flow) != 1:
            raise RefusedError("several maps")
        body = value["body"] if isinstance(value, dict) else value
        start = len(self.lines)
        gives = self.items(body, here, flow)
        around = flow
        under = here._replace(prefixes=(f"{name}.shortcut.", *here.prefixes))
        if isinstance(value, dict) and "shortcut" in value:
            around = self.items(value["shortcut"], under, flow)
        elif isinstance(value, dict) and "project" in value:
            if len(gives) != 1:
                raise RefusedError("several maps")
            strided = flow[0].sides.count(1) == len(flow[0].sides) and any(
                line.strided for line in self.lines[start:]
            )
            if gives != flow or strided:
                if value["project"] == "none":
                    return gives
                around = self.project(value["project"], name, here, flow, gives[0])
        return self.joined("add", name, [*gives, *around])

    def project(self, value: Any, name: str, here: Here, flow: list[Map], wanted: Map) -> list[Map]:
        if value != "auto":
            under = here._replace(prefixes=(f"{name}.project.", *here.prefixes))
            return self.items(value, under, flow)
        strides = tuple(math.ceil(a / b) for a, b in zip(flow[0].sides, wanted.sides, strict=True))
        keys = {"n": wanted.channels, "stride": strides}
        keys |= {key: self.defaults[key] for key in ("norm", "bias") if key in self.defaults}
        output, cost = LAWS["pointwise"](keys, flow[0])
        if output != wanted:
            raise RefusedError("no stride leads there")
        self.lines.append(Line(f"{name}.project", output, cost, max(strides) > 1, keys))
        return [output]

    def concat(self, value: Any, name: str, here: Here, flow: list[Map]) -> list[Map]:
        return self.joined("concat", name, self.parts(value, name, here, flow))

    def add(self, value: Any, name: str, here: Here, flow: list[Map]) -> list[Map]:
        return self.joined("add", name, self.parts(value, name, here, flow))

    def multiply(self, value: Any, name: str, here: Here, flow: list[Map]) -> list[Map]:
        return self.joined("multiply", name, self.parts(value, name, here, flow))

    def parts(self, value: Any, name: str, here: Here, flow: list[Map]) -> list[Map]:
        if value is None:
            return flow
        found: list[Map] = []
        number = 0
        listed = value.get("of", [value]) if isinstance(value, dict) else value
        for part in listed:
            if isinstance(part, str):
                number += 1
                found += self.find(part, here._replace(prefixes=here.prefixes[1:]))
                continue
            for values, listed in branches(part):
                number += 1
                found += self.branch(values, listed, f"{name}.{number}.", here, flow)
        return found

    def branch(
        self, given: Mapping[str, Any], listed: list[Any], prefix: str, here: Here, flow: list[Map]
    ) -> list[Map]:
        values = {
            variable: self.handed(one, role_of(variable, listed, self.blocks), here, flow, {})
            for variable, one in given.items()
        }
        there = here._replace(values={**here.values, **values}, prefixes=(prefix, *here.prefixes))
        return self.items(listed, there, flow)

    def split(self, value: Any, name: str, here: Here, flow: list[Map]) -> list[Map]:
        if len(flow) != 1:
            raise RefusedError("several maps")
        ((sides, channels),) = flow
        sizes = value.get("sizes") if isinstance(value, dict) else None
        listed = value.get("of", value) if isinstance(value, dict) else value
        flat = isinstance(listed, list) and not isinstance(listed[0], list | dict)
        if flat:
            sizes = listed
        lists = [] if flat or not isinstance(listed, list | dict) else [
            one for part in (listed if isinstance(listed, list) else [listed])
            for one in branches(part)
        ]  # fmt: skip
        if sizes:
            shares = [self.plain(one, here, flow) for one in sizes]
            widths = [channels * share // sum(shares) for share in shares]
            widths[0] = channels - sum(widths[1:])
        else:
            count = len(lists) or self.plain(listed, here, flow)
            if channels % count:
                raise RefusedError("parts differ")
            widths = [channels // count] * count
        if min(widths) < 1:
            raise RefusedError("an empty part")
        parts = [Map(sides, width) for width in widths]
        for number, part in enumerate(parts, 1):
            self.maps[f"{name}.{number}"] = [part]
        if not lists:
            return parts
        found = []
        for number, ((values, inside), part) in enumerate(zip(lists, parts, strict=True), 1):
            found += self.branch(values, inside, f"{name}.{number}.", here, [part])
        return self.joined("concat", name, found)

    def joined(self, how: str, name: str, maps: list[Map]) -> list[Map]:
        if len(maps) < 2:
            raise RefusedError("nothing to join")
        first, *rest = maps
        output = first
        for other in rest:
            same_sides = other.sides == first.sides
            if how == "concat":
                output = Map(first.sides, output.channels + other.channels)
                fits = same_sides
            elif how == "add":
                fits = other == first
            else:
                fits = other.channels in (first.channels, 1) and (
                    same_sides or math.prod(other.sides) == 1
                )
            if not fits:
                raise RefusedError(f"{first} and {other}")
        self.lines.append(Line(name, output, Cost(), False, how))
        return [output]

    # ---- blocks and layers

    def rule_beside(self, value: Any, kind: str) -> dict[str, Any]:
        """The rule of width that stands beside the channels of a kind, or of a block."""
        keys = value if isinstance(value, dict) else {}
        known = kind in CHANNELS or kind == "linear" or kind in self.blocks
        rules = ("multiple_of", "at_least", "scale")
        return {key: keys[key] for key in rules if key in keys} if known else {}

    def block(self, value: Any, kind: str, name: str, here: Here, flow: list[Map]) -> list[Map]:
        block = self.blocks[kind]
        names = block.get("input", ["input"])
        if len(names) != len(flow):
            raise RefusedError("another number of maps")
        given = arguments(value, block)
        values = {}
        for parameter, default in (block.get("with") or {}).items():
            role = role_of_parameter(parameter, block, self.blocks)
            rule = self.rule_beside(value, kind) if role == "channels" else {}
            values[parameter] = self.handed(given.get(parameter, default), role, here, flow, rule)
        inner = Scope(self.rules, self.blocks, self.defaults,
                      {one: [each] for one, each in zip(names, flow, strict=True)})  # fmt: skip
        gives = inner.items(block["layers"], Here(values), flow)
        if "outputs" in block:
            found = {one: inner.find(one, Here({})) for one in block["outputs"]}
            gives = [each for maps in found.values() for each in maps]
            self.maps |= {f"{name}.{one}": maps for one, maps in found.items()}
        if inner.lines:
            cost = total([line.cost for line in inner.lines])
            strided = any(line.strided for line in inner.lines)
            made_of = [line.made_of for line in inner.lines]
            self.lines.append(Line(name, gives[-1], cost, strided, made_of))
        return gives

    def layer(self, value: Any, kind: str, name: str, here: Here, flow: list[Map]) -> Map:
        if len(flow) != 1:
            raise RefusedError("several maps")
        keys = dict(own_keys(kind, value))
        defaults = self.defaults if kind in CONVOLUTIONS else {}
        rule = {"scale": kind != "linear", **self.rule_beside(value, kind)}
        wide = CHANNELS.get(kind, ("n",) if kind == "linear" else ())
        for key, one in keys.items():
            if key in wide:
                keys[key] = self.channels(one, here, flow, rule)
            elif key in WORDS and isinstance(one, str):
                keys[key] = here.values.get(one, one)
            elif key not in ("multiple_of", "at_least", "scale"):
                keys[key] = self.plain(one, here, flow)
        for key, one in defaults.items():
            keys.setdefault(key, one)
        if here.later and kind in CONVOLUTIONS:
            keys.pop("stride", None)
        output, cost = LAWS[kind](keys, flow[0])
        strides = axes_of(keys.get("stride") or 1, 1) if kind != "pool" else axes_of(
            keys.get("stride") or keys["k"], 1)  # fmt: skip
        if kind == "pool" and "stride" not in keys:
            strides = (1,)
        own = {key: one for key, one in keys.items() if key != "stride"}
        made_of = (kind, flow[0].channels, {**own, "stride": keys.get("stride", 1)})
        self.lines.append(Line(name, output, cost, max(strides) > 1, made_of))
        return output


def branches(part: Any) -> list[tuple[dict[str, Any], list[Any]]]:
    """The lists that stand beside others, each with the values of the variables in it."""
    if isinstance(part, list):
        return [({}, part)]
    rows = zip(*part["each"].values(), strict=True)
    return [(dict(zip(part["each"], row, strict=True)), part["layers"]) for row in rows]


# ---------------------------------------------------------------- laws


def nine_tenths(value: float, step: int) -> int:
    """The nearest multiple that keeps nine tenths."""
    found = max(step, math.floor((value + step / 2) / step) * step)
    return found + step if found < 0.9 * value else found


def axes_of(value: Any, axes: int) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (value,) * axes


def starts(side: int, k: int, stride: int, padding: Any, dilation: int) -> int:
    """How many windows start on a side."""
    if padding == "same":
        return len(range(0, side, stride))
    around = 0 if padding == "valid" else padding
    found = 0
    at = -around
    while at + dilation * (k - 1) <= side - 1 + around:
        found += 1
        at += stride
    if not found:
        raise RefusedError("the window is too large")
    return found


def normed(norm: Any, n: int) -> tuple[int, int]:
    if norm in (None, "none"):
        return 0, 0
    return 2 * n, 2 * n if norm == "batch" else 0


def convolution(keys: Mapping[str, Any], x: Map, n: int, k: Any, g: int) -> tuple[Map, Cost]:
    axes = len(x.sides)
    if isinstance(g, float) or x.channels % g or n % g or not axes:
        raise RefusedError("groups")
    per_axis = [axes_of(keys.get(key, 1), axes) for key in ("stride", "dilation")]
    kernel = axes_of(k, axes)
    if any(len(one) != axes for one in (*per_axis, kernel)):
        raise RefusedError("axes")
    padding = keys.get("padding", "same")
    sides = tuple(
        starts(side, one, stride, padding, dilation)
        for side, one, stride, dilation in zip(x.sides, kernel, *per_axis, strict=True)
    )
    weights = n * (x.channels // g) * math.prod(kernel)
    norms, statistics = normed(keys.get("norm"), n)
    biases = n if keys.get("bias") else 0
    cost = Cost(weights, biases, norms, statistics, 0, weights * math.prod(sides))
    return Map(sides, n), cost


def chain(x: Map, *steps: Any) -> tuple[Map, Cost]:
    costs = []
    for step in steps:
        x, cost = step(x)
        costs.append(cost)
    return x, total(costs)


def conv(keys: Mapping[str, Any], x: Map) -> tuple[Map, Cost]:
    return convolution(keys, x, keys["n"], keys.get("k", 3), keys.get("g", 1))


def pointwise(keys: Mapping[str, Any], x: Map) -> tuple[Map, Cost]:
    only = {key: one for key, one in keys.items() if key != "padding"}
    return convolution(only, x, keys["n"], 1, keys.get("g", 1))


def depthwise(keys: Mapping[str, Any], x: Map) -> tuple[Map, Cost]:
    n = keys.get("multiplier", 1) * x.channels
    return convolution(keys, x, n, keys.get("k", 3), x.channels)


def separable(keys: Mapping[str, Any], x: Map) -> tuple[Map, Cost]:
    behind = {"n": keys["n"], "bias": keys.get("bias"), "norm": keys.get("norm")}
    return chain(x, lambda x: depthwise(keys, x), lambda x: pointwise(behind, x))


def squeezed(x: Map, n: int, bias: bool) -> Cost:
    return Cost(2 * x.channels * n, n + x.channels if bias else 0, mult_adds=2 * x.channels * n)


def cut(value: float, step: int | None) -> int:
    return nine_tenths(value, step) if step else max(1, int(value))


def squeeze_excite(keys: Mapping[str, Any], x: Map) -> tuple[Map, Cost]:
    n = keys.get("n") or cut(x.channels / keys.get("reduction", 4), keys.get("multiple_of"))
    if not x.sides or keys.get("reduction", 1) < 1:
        raise RefusedError("squeeze")
    return x, squeezed(x, n, keys.get("bias", True))


def inverted_residual(keys: Mapping[str, Any], x: Map) -> tuple[Map, Cost]:
    step = keys.get("multiple_of")
    hidden = keys.get("hidden")
    if hidden is None:
        wanted = x.channels * keys.get("expand", 6)
        hidden = nine_tenths(wanted, step) if step else max(1, round(wanted))
    narrow = {"bias": keys.get("bias"), "norm": keys.get("norm")}
    steps: list[Any] = []
    if hidden != x.channels:
        steps.append(lambda x: pointwise({"n": hidden, **narrow}, x))
    steps.append(lambda x: depthwise({**keys, "multiplier": 1}, x))
    if "se" in keys:
        base = x.channels if keys.get("se_of") == "input" else hidden
        steps.append(lambda x: (x, squeezed(x, cut(base / keys["se"], step), True)))
    steps.append(lambda x: pointwise({"n": keys["n"], **narrow}, x))
    return chain(x, *steps)


def linear(keys: Mapping[str, Any], x: Map) -> tuple[Map, Cost]:
    weights = x.channels * keys["n"]
    biases = keys["n"] if keys.get("bias") else 0
    return Map(x.sides, keys["n"]), Cost(weights, biases, mult_adds=weights * math.prod(x.sides))


def norm(keys: Mapping[str, Any], x: Map) -> tuple[Map, Cost]:
    norms, statistics = normed(keys.get("type", "batch"), x.channels)
    return x, Cost(norms=norms, statistics=statistics)


def pool(keys: Mapping[str, Any], x: Map) -> tuple[Map, Cost]:
    stride = keys.get("stride", keys["k"])
    window = {"stride": stride, "padding": keys.get("padding", "valid")}
    output, _ = convolution(window, x, x.channels, keys["k"], 1)
    return output, Cost()


def upsample(keys: Mapping[str, Any], x: Map) -> tuple[Map, Cost]:
    factors = axes_of(keys["factor"], len(x.sides))
    if len(factors) != len(x.sides):
        raise RefusedError("axes")
    return Map(tuple(a * b for a, b in zip(x.sides, factors, strict=True)), x.channels), Cost()


def global_pool(keys: Mapping[str, Any], x: Map) -> tuple[Map, Cost]:
    return Map((1,) * len(x.sides), x.channels), Cost()


def layer_scale(keys: Mapping[str, Any], x: Map) -> tuple[Map, Cost]:
    return x, Cost(other=x.channels)


def parameters(keys: Mapping[str, Any], x: Map) -> tuple[Map, Cost]:
    return x, Cost(other=keys["n"])


LAWS = {
    law.__name__: law
    for law in (
        *(conv, pointwise, depthwise, separable, squeeze_excite, inverted_residual, linear, norm),
        *(pool, upsample, global_pool, layer_scale, parameters),
    )
}
