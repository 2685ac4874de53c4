"""Values from a file → a network, its variants, the figures it should meet, what it may cost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from dscalc.analysis.published import METRICS, STANDINGS, Published
from dscalc.errors import DscalcError, Problem
from dscalc.language.blocks import BlockReader
from dscalc.language.context import Context
from dscalc.language.expressions import NAME
from dscalc.language.items import ItemReader
from dscalc.language.settings import SETTING_RULES, read_setting
from dscalc.language.values import Listing, Scalar, Table, Value
from dscalc.language.yaml_text import parse
from dscalc.law.fields import RULES, Rule, one_of, written
from dscalc.law.layer import COUNTS, INPUT, Shape
from dscalc.law.network import Network
from dscalc.law.setting import Setting, apply
from dscalc.law.width import Depth, Width
from dscalc.quantities import quantity
from dscalc.quantities import rule as count_rule

if TYPE_CHECKING:
    from dscalc.analysis.budget import Budget

NETWORK_KEYS = (
    *("name", "source", "input", "with", "variants", "width", "depth", "defaults", "blocks"),
    *("layers", "outputs", "published", "budget"),
)
DEFAULT_KEYS = ("norm", "bias", "padding", "activation")
OF_IMAGENET = {"top1", "top5"}  # what is of ImageNet-1k unless a figure says another dataset
IMAGE_CHANNELS = (1, 3)  # of a picture, grey or in colours


class NetworkFile(NamedTuple):
    """What a file says: a network, its variants, the published figures, its own budget."""

    network: Network
    published: tuple[Published, ...]
    budget: Budget | None
    variants: Mapping[str, Setting] = {}


def read_network(text: str, file: str = "<text>") -> NetworkFile:
    """What YAML `text` says of a network; errors name `file`.

    Raises DscalcError with every mistake that was found, each at its line and column.
    """
    value, problems = parse(text, file)
    reader = _NetworkReader(problems)
    found = reader.document(value, file)
    reader.finish()
    return found


class _NetworkReader(BlockReader):
    """Reads the document of one network, which is a block of its own."""

    def document(self, value: Value, file: str) -> NetworkFile:
        if not isinstance(value, Table):
            raise DscalcError(*self.problems, Problem("not a network: a network file is a mapping "
                              "with the keys input and layers", place=value.place))  # fmt: skip
        self.check_keys(value, NETWORK_KEYS, "a network")
        for key in ("input", "layers"):
            if key not in value.items:
                self.complain(f"'{key}' is missing", value.place)
        network = self.network(value, file)
        return NetworkFile(
            network,
            self.published(value.items.get("published")),
            self.budget(value.items.get("budget")),
            self.variants(value.items.get("variants"), network),
        )

    def network(self, table: Table, file: str) -> Network:
        """The network itself, with its blocks and parameters."""
        defaults = self.conv_defaults(table.items.get("defaults"))
        blocks = self.blocks(table.items.get("blocks"), defaults)
        parameters = self.parameters(table.items.get("with"), needs_values=True)
        shapes = self.input_shapes(table.items.get("input"))
        context = Context(parameters, blocks, single=len(shapes) == 1)
        items = ItemReader(self.problems, defaults, context).items(table.items.get("layers"))
        layers = table.items.get("layers")
        if isinstance(layers, Listing) and not layers.items:
            self.complain("a network without layers", layers.place)
        elif layers is not None:
            self.check_levels(items, layers.place)
        self.check_used(parameters, context, table.items.get("with"))
        return Network(
            name=self.words(table, "name") or file,
            input=next(iter(shapes.values())),
            named_inputs={} if list(shapes) == [INPUT] else shapes,
            nodes=items,
            width=self.width(table.items.get("width")),
            source=self.words(table, "source"),
            file=file,
            depth_rule=self.depth(table.items.get("depth")),
            parameters=parameters,
            roles={name: context.found.get(name, "plain") for name in parameters},
            outputs=self.outputs(table.items.get("outputs")),
        )

    def conv_defaults(self, value: Value | None) -> dict[str, Any]:
        """The defaults of every convolution."""
        if isinstance(value, Table) and isinstance(value.items.get("norm"), Table):
            reader = ItemReader(self.problems, {}, Context({}, {}))
            norm = reader.norm(value.items["norm"])  # type: ignore[arg-type]
            rest = {key: one for key, one in value.items.items() if key != "norm"}
            value = Table(rest, value.keys, value.place)
            return {**self.record(value, DEFAULT_KEYS, RULES, "defaults"), "norm": norm}
        return self.record(value, DEFAULT_KEYS, RULES, "defaults")

    def input_shapes(self, value: Value | None) -> dict[str, Shape]:
        """The shape of every input by its name."""
        if not isinstance(value, Table):
            return {INPUT: self.input_shape(value)}
        for name in value.items:
            if not NAME.fullmatch(name):
                self.complain(f"an input is called by a word, not '{name}'", value.keys[name])
        if not value.items:
            self.complain("input names no shape", value.place)
            return {INPUT: self.input_shape(None)}
        return {name: self.input_shape(one, True) for name, one in value.items.items()}

    def input_shape(self, value: Value | None, named: bool = False) -> Shape:
        """The shape of an input; of a named one it is taken as it stands."""
        numbers = self.numbers(value)
        *sides, channels = numbers
        if 1 <= len(sides) <= 3 and not any(RULES["n"](number) for number in numbers):
            meant = None if named else channels_last(numbers)
            if value and meant:
                told = f"channels come last: {written(meant)}, not {written(numbers)}"
                self.complain(told, value.place)
            return Shape(tuple(sides), channels)
        if value:
            self.complain(f"input {_input_complaint(numbers, value)}", value.place)
        return Shape((1, 1), 1)

    def numbers(self, value: Value | None) -> tuple[Any, ...]:
        found = self.plain(value) if isinstance(value, Listing) else ()
        found = tuple(_underscored(one) for one in found)
        return found or (None,)

    def depth(self, value: Value | None) -> Depth | None:
        """How a depth multiplier rounds; without it the network takes none."""
        if value is None:
            return None
        rules = {"round": one_of("ceil", "nearest", "floor")}
        good = self.record(value, rules, rules, "depth")
        if "round" not in good:
            if isinstance(value, Table) and "round" not in value.items:
                self.complain(
                    "depth says how it rounds: {round: ceil}, nearest or floor", value.place
                )
            return None
        return Depth(good["round"])

    def variants(self, value: Value | None, network: Network) -> dict[str, Setting]:
        """The networks of their own names that the file has besides: what each is set to."""
        if value is None:
            return {}
        if not isinstance(value, Table):
            self.complain("variants is a mapping of names to alpha, depth, resolution and with",
                          value.place)  # fmt: skip
            return {}
        return {name: self.variant(name, one, network) for name, one in value.items.items()}

    def variant(self, name: str, value: Value, network: Network) -> Setting:
        """The setting of one variant, which its file must be able to take."""
        if isinstance(value, Scalar) and value.value is None:
            return Setting()
        if not isinstance(value, Table):
            self.complain(f"the variant {name} must be a mapping", value.place)
            return Setting()
        self.check_keys(value, SETTING_RULES, f"the variant {name}")
        setting = read_setting(self, value)
        try:
            apply(network, setting)
        except DscalcError as error:
            self.complain(error.problems[0].message, value.place)
        return setting

    def width(self, value: Value | None) -> Width:
        rules = {
            "round": one_of("floor", "nearest"),
            "min": RULES["n"],
            "multiple_of": RULES["n"],
            "up": RULES["bias"],
            "fixed": lambda given: "" if isinstance(given, str) else "must say why",
        }
        width = Width(**self.record(value, rules, rules, "width"))
        if value is not None and width.up and not width.multiple_of:
            self.complain("up goes with multiple_of: the next multiple", value.place)
        return width

    def budget(self, value: Value | None) -> Budget | None:
        """What the file says that the network may cost."""
        if value is None:
            return None
        from dscalc.language.budget_file import read_own_budget

        return read_own_budget(value, self.problems)

    def published(self, value: Value | None) -> tuple[Published, ...]:
        """The figures that the network should meet."""
        if value is None:
            return ()
        if not isinstance(value, Listing):
            self.complain("published must be a list of figures", value.place)
            return ()
        figures = []
        for entry in value.items:
            rules = published_rules()
            good = self.record(entry, rules, rules, "a published figure")
            if "source" not in good:
                self.complain("a published figure needs its source", entry.place)
                continue
            for metric in ("params", "mult_adds"):
                if metric in good:
                    good[metric] = quantity(good[metric])
            good["rewritten"] = good.pop("as", None)
            good["counted"] = good.pop("count", "trainable")
            assert isinstance(entry, Table)
            good = {key: one for key, one in good.items() if key not in SETTING_RULES}
            good["accuracies"] = {key: good.pop(key) for key in METRICS if key in good}
            if "dataset" not in good and good["accuracies"].keys() - OF_IMAGENET:
                (metric, *_) = good["accuracies"].keys() - OF_IMAGENET
                self.complain(f"{metric} needs the dataset that it is of", entry.place)
            setting = read_setting(self, entry)
            figures.append(Published(**good, setting=setting, place=entry.place))
        return tuple(figures)


def _underscored(value: object) -> object:
    """A number that is written 1_000, as in budgets; anything else as it is."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]+(_[0-9]+)+", value):
        return int(value)
    return value


def channels_last(numbers: tuple[int, ...]) -> tuple[int, ...] | None:
    """The shape of a picture, or a square film, that was written channels first."""
    if len(numbers) == 4 and numbers[0] == 1 and numbers[1] in IMAGE_CHANNELS:  # a batch of one
        found = channels_last(numbers[1:])
        return found if found and numbers[2] == numbers[3] else None
    first, *sides = numbers
    likely = len(sides) == 2 or (len(sides) == 3 and first == 3 and sides[-1] == sides[-2])
    if likely and first in IMAGE_CHANNELS and sides[-1] not in IMAGE_CHANNELS:
        return (*sides, first)
    return None


def _input_complaint(numbers: tuple[Any, ...], value: Value) -> str:
    """What is wrong with a shape, and what was likely meant."""
    form = ("must be the sides, then the channels, each a whole number of at least 1: "
            "[L, C], [H, W, C] or [D, H, W, C]")  # fmt: skip
    text = value.text if isinstance(value, Scalar) else ""
    parts = text.replace("×", "x").split("x")
    if len(parts) > 1 and all(part.isdecimal() for part in parts):
        return f"{form}; write [{', '.join(parts)}] for {text}"
    if len(numbers) == 1 and not RULES["n"](numbers[0]):
        return f"{form}; [1, {numbers[0]}] is one position of {numbers[0]} channels"
    return form


@cache
def published_rules() -> dict[str, Rule]:
    def text(value: object) -> str:
        return "" if isinstance(value, str) and value else "must be text"

    def percent(value: object) -> str:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"must be a percentage, not {written(value)}"
        if 1 <= value <= 100:
            return ""
        hint = f"; did you mean {100 * value:.10g}?" if 0.01 <= value < 1 else ""
        return f"must be a percentage from 1 to 100, not {written(value)}{hint}"

    return {
        "source": text,
        "slip": text,
        **dict.fromkeys(SETTING_RULES, lambda given: ""),
        "as": one_of("standard", "separable"),
        "count": one_of(*COUNTS),
        "params": count_rule,
        "mult_adds": count_rule,
        **dict.fromkeys(METRICS, percent),
        "dataset": text,
        "standing": one_of(*STANDINGS),
    }
