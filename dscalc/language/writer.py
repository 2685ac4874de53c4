"""Networks → documents of this language: the tree where there is one, else layer by layer.

What α and depth have made of written numbers is written out; a rule that has been applied is
dropped, since applied twice it might round otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dscalc.language.copies import repeated_layers
from dscalc.language.emit import emit
from dscalc.language.flat import (
    flat_layers,
    norm_value,
    rounds_again,
    takes_defaults,
    written,
)
from dscalc.language.network_file import channels_last
from dscalc.law.convolutions import Pointwise
from dscalc.law.items import (
    Branch,
    Condition,
    Definition,
    Entry,
    Given,
    Item,
    Join,
    Made,
    Reference,
    Required,
    Residual,
    Sequence,
    Split,
    Use,
)
from dscalc.law.layer import Layer, Node
from dscalc.law.network import Network, measure
from dscalc.law.numbers import Number, Term, fraction
from dscalc.law.scaling import Scaling
from dscalc.law.width import FLOOR

DEFAULTS = ("norm", "bias")
"""The keys of convolutions that a file may say once for all of them."""


def network_text(network: Network) -> str:
    """The network as the text of a file that reads to the same layers.

    What was found in a model file stands above it, in comments.
    """
    notes = [*network.notes, *filter(None, [network.unplanned])]
    return "".join(map(_comment, notes)) + emit(network_document(network))


def _comment(note: str) -> str:
    """A sentence as lines that no reader takes for more."""
    from textwrap import fill

    shown = "".join(one if one.isprintable() else "?" for one in f"{note[:1].upper()}{note[1:]}.")
    return fill(shown, 100, initial_indent="# ", subsequent_indent="#   ") + "\n"


def network_document(network: Network) -> dict[str, Any]:
    """The network as a document; raises DscalcError where it does not fit its own input."""
    applied = network.alpha != 1.0 or network.depth != 1.0 or bool(network.conversions)
    document: dict[str, Any] = {"name": network.name}
    if network.source:
        document["source"] = network.source
    shapes = {n: [*(shape.sides or (1,)), shape.channels] for n, shape in network.inputs.items()}
    sure = network.named_inputs or channels_last(tuple(shapes["input"]))
    document["input"] = shapes if sure else shapes["input"]
    document |= _rules(network, applied)
    if network.conversions or all(isinstance(entry, Node) for entry in network.nodes):
        return document | _flat(network)
    return document | _Tree(network).layers()


def _flat(network: Network) -> dict[str, Any]:
    """The layers of whole numbers; of those made by hand, equal neighbours as one repeated."""
    rows = measure(network).rows
    defaults = usual((row.layer, False) for row in rows if takes_defaults(row.layer))
    document: dict[str, Any] = {}
    if defaults:
        document["defaults"] = {key: norm_value(one) for key, one in defaults.items()}
    listed = flat_layers if network.conversions else repeated_layers
    document["layers"] = listed(rows, network.inputs, defaults)
    return document


def _rules(network: Network, applied: bool) -> dict[str, Any]:
    """How channels and copies round; what has been applied is fixed."""
    if applied:
        told = [f"α {network.alpha:g}"] if network.alpha != 1.0 else []
        told += [f"depth {network.depth:g}"] if network.depth != 1.0 else []
        told += [f"as {conversion}" for conversion in network.conversions]
        return {"width": {"fixed": f"written out at {', '.join(told)}"}}
    rules: dict[str, Any] = {}
    width = {key: value for key, value in network.width._asdict().items() if value}
    if network.width != FLOOR and width:
        rules["width"] = width
    if network.depth_rule is not None:
        rules["depth"] = {"round": network.depth_rule.round}
    return rules


class _Tree:
    """Writes items with what α and depth make of their numbers, and the blocks that they use."""

    def __init__(self, network: Network) -> None:
        self.network, self.scaling = network, network.scaling
        self.applied = network.alpha != 1.0 or network.depth != 1.0
        self.defaults = usual(convolutions(network.nodes, set()))
        self.blocks: dict[str, dict[str, Any]] = {}

    def layers(self) -> dict[str, Any]:
        """The keys of a file from `with` to `outputs`."""
        network = self.network
        layers = self.entries(network.nodes, top=True)
        document: dict[str, Any] = {}
        if network.parameters:
            document["with"] = {
                name: self.argument(value, network.roles[name], {}, top=True)
                for name, value in network.parameters.items()
            }
        if self.defaults:
            document["defaults"] = {key: norm_value(one) for key, one in self.defaults.items()}
        if self.blocks:
            document["blocks"] = self.blocks
        document["layers"] = layers
        if network.outputs:
            document["outputs"] = [one.name for one in network.outputs]
        return document

    def entries(self, entries: Iterable[Entry], top: bool) -> list[Any]:
        return [self.item(entry, top) for entry in entries if isinstance(entry, Item)]

    def item(self, item: Item, top: bool) -> Any:
        """An entry of a list: a kind alone, or a mapping with the keys beside it."""
        value = self.what(item, top)
        beside: dict[str, Any] = {}
        if item.name:
            beside["name"] = item.name
        if item.sources:
            names = [one.name for one in item.sources]
            beside["from"] = names[0] if len(names) == 1 else names
        if item.repeat is not None:
            beside["repeat"] = self.argument(item.repeat, "repeat", {}, top)
        if item.each:
            rule = self.rule_of(item)
            beside["each"] = {
                name: [self.argument(value, item.roles[name], rule, top) for value in values]
                for name, values in item.each.items()
            }
        if item.condition is not None:
            beside["if"] = self.condition(item.condition)
        if item.shared:
            beside["shared"] = item.shared
        if value in (None, {}) and not beside:
            return item.kind
        return {item.kind: value or None, **beside}

    def condition(self, condition: Condition) -> str:
        return condition.text

    def rule_of(self, item: Item) -> Mapping[str, Any]:
        """The rule of width beside the channels of an item."""
        if isinstance(item.what, Use):
            return item.what.rule
        if isinstance(item.what, Made) and item.what.layer.wide:
            own = vars(item.what.layer)
            return {key: own[key] for key in ("multiple_of", "at_least", "scale")}
        return {}

    def what(self, item: Item, top: bool) -> Any:
        what = item.what
        match what:
            case Made():
                return self.fields(what)
            case Use():
                return self.use(what, top)
            case Sequence():
                return self.entries(what.items, top)
            case Residual():
                return self.residual(what, top)
            case Split():
                return self.split(what, top)
            case Join():
                return self.join(what, top)

    # ------------------------------------------------------------ what an item is

    def fields(self, what: Made) -> dict[str, Any]:
        """The fields of a kind that are not as they are by default."""
        layer = what.layer
        usual = {**layer.defaults, **(self.defaults if takes_defaults(layer) else {})}
        found = {}
        for key in sorted(layer.fields, key=lambda key: key not in layer.positional):
            given = what.follows.get(key, vars(layer)[key])
            if key in layer.wide and given is not None:
                rule = {name: vars(layer)[name] for name in ("multiple_of", "at_least", "scale")}
                found[key] = self.argument(given, "channels", rule, top=False)
                if self.applied and rounds_again(found[key], rule):
                    found["scale"] = False
            elif key not in found and (key not in usual or given != usual[key]):
                found[key] = self.value(given, key)
        return found

    def value(self, given: Given, key: str = "") -> Any:
        if isinstance(given, Number):
            return given.text
        if isinstance(given, tuple) and key not in ("norm", "depthwise_norm"):
            return [self.value(one) for one in given]
        return written(key, given)

    def use(self, use: Use, top: bool) -> dict[str, Any]:
        """The arguments of a block; a default is written out where α or depth changed it."""
        block = use.block
        if block.name not in self.blocks:
            self.blocks[block.name] = {}  # keeps its place behind those that it uses
            definition = self.definition(block)
            del self.blocks[block.name]
            self.blocks[block.name] = definition
        found = {}
        rule = dict(use.rule)
        for name, role in block.roles.items():
            default = block.parameters[name]
            given = use.arguments.get(name, default)
            written = self.argument(given, role, use.rule, top)
            if self.applied and role == "channels" and rounds_again(written, use.rule):
                rule["scale"] = False
            if name in use.arguments or written != default:
                found[name] = written
        return {**found, **rule}

    def definition(self, block: Definition) -> Any:
        layers = self.entries(block.items, top=False)
        document: dict[str, Any] = {}
        if block.parameters:
            document["with"] = {
                name: None if value is Required else self.value(value)
                for name, value in block.parameters.items()
            }
        if block.inputs:
            document["input"] = list(block.inputs)
        document["layers"] = layers
        if block.outputs:
            document["outputs"] = [one.name for one in block.outputs]
        return document["layers"] if list(document) == ["layers"] else document

    def residual(self, what: Residual, top: bool) -> Any:
        body = self.entries(what.body, top)
        if not what.conditional:
            shortcut = self.entries(what.shortcut, top)
            return {"body": body, "shortcut": shortcut} if shortcut else body
        project: Any = "none"
        if isinstance(what.project, Layer):
            project = "auto"
        elif what.project is not None:
            project = self.entries(what.project, top)
        return {"body": body, "project": project}

    def join(self, what: Join, top: bool) -> Any:
        parts = [self.part(part, top) for part in what.parts]
        crop = vars(what.layer).get("crop")
        if crop:
            return {"of": parts, "crop": True}
        return parts or None

    def part(self, part: Branch | Reference | Number, top: bool) -> Any:
        return self.branch(part, top) if isinstance(part, Branch) else part.name

    def branch(self, branch: Branch, top: bool) -> Any:
        items = self.entries(branch.items, top)
        if not branch.values:
            return items
        each = {
            name: [self.argument(value, branch.roles[name], {}, top)]
            for name, value in branch.values.items()
        }
        return {"each": each, "layers": items}

    def split(self, what: Split, top: bool) -> Any:
        branches = [self.branch(branch, top) for branch in what.branches]
        shares = [self.value(share) for share in what.shares]
        if branches and shares:
            return {"of": branches, "sizes": shares}
        return branches or shares or self.value(what.parts)

    # ------------------------------------------------------------ numbers

    def argument(self, given: Given, role: str, rule: Mapping[str, Any], top: bool) -> Any:
        """A value at its place, as α and depth have made it."""
        if not self.applied or isinstance(given, bool | str) or given is None:
            return self.value(given)
        if role == "repeat" and top and isinstance(given, int):
            return self.scaling.copies(given)
        if role != "channels" or not rule.get("scale", True):
            return self.value(given)
        if isinstance(given, Number):
            return rewritten(given, self.scaling, rule.get("multiple_of"))
        return self.scaling.channels(given, {}, **rule)


def rewritten(number: Number, scaling: Scaling, multiple_of: int | None) -> str:
    """A number that follows, the literal terms in it as α has made them."""
    terms = []
    for term in number.terms:
        text = _text_of(term)
        if term.literal:
            top, bottom = fraction(Number("", (term._replace(sign=1),)), {}, lambda one: one)
            scaled = top * scaling.alpha / bottom
            text = repr(scaled) if multiple_of else str(scaling.channels(top // bottom, {}))
        terms.append(f"{'-' if term.sign < 0 else '+'} {text}")
    return " ".join(terms).removeprefix("+ ")


def _text_of(term: Term) -> str:
    parts = [_atom(one) for one in term.above]
    return " / ".join([" * ".join(parts), *(_atom(one) for one in term.below)])


def _atom(atom: Any) -> str:
    if isinstance(atom, str):
        return atom
    top, bottom = atom
    return str(top) if bottom == 1 else repr(top / bottom)


def convolutions(entries: Iterable[Entry], seen: set[int]) -> Iterator[tuple[Layer, bool]]:
    """Every convolution of a list and of the blocks in it, and whether it is a projection."""
    for entry in entries:
        if id(entry) in seen or not isinstance(entry, Item):
            continue
        seen.add(id(entry))
        what = entry.what
        match what:
            case Made():
                if takes_defaults(what.layer):
                    yield what.layer, False
            case Use():
                yield from convolutions(what.block.items, seen)
            case Sequence():
                yield from convolutions(what.items, seen)
            case Residual():
                if isinstance(what.project, Layer):
                    yield what.project, True
                else:
                    yield from convolutions(what.project or (), seen)
                yield from convolutions((*what.body, *what.shortcut), seen)
            case Join() | Split():
                for part in what.parts if isinstance(what, Join) else what.branches:
                    if isinstance(part, Branch):
                        yield from convolutions(part.items, seen)


def usual(layers: Iterable[tuple[Layer, bool]]) -> dict[str, Any]:
    """What most convolutions have, where that is not what a kind has by itself.

    A projection is made of the defaults alone, so where there is one these are its own.
    """
    listed = list(layers)
    projections = [layer for layer, projects in listed if projects]
    found = {}
    for key in DEFAULTS:
        counts = Counter(vars(one)[key] for one in projections or [layer for layer, _ in listed])
        if counts:
            value, _ = counts.most_common(1)[0]
            if value != Pointwise.defaults[key]:
                found[key] = value
    return found
