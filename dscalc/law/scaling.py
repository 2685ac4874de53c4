"""What α and depth make of written numbers, by the rules of a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from dscalc.errors import DscalcError
from dscalc.law.fields import Rule, written
from dscalc.law.layer import Layer
from dscalc.law.numbers import Fraction, Number, fraction, whole
from dscalc.law.width import FLOOR, Depth, Width, to_multiple


class Scaling(NamedTuple):
    """α and depth with the rules of one network."""

    width: Width = FLOOR
    alpha: float = 1.0
    depth: float = 1.0
    depth_rule: Depth | None = None

    def copies(self, repeats: int) -> int:
        """The copies that a written `repeat` becomes."""
        if self.depth_rule is None or self.depth == 1.0:
            return repeats
        return self.depth_rule.scaled(repeats, self.depth)

    def channels(
        self,
        given: int | float | Number,
        names: Mapping[str, Any],
        multiple_of: int | None = None,
        at_least: int = 1,
        scale: bool = True,
    ) -> int:
        """Channels at α: what is written goes through the width rule, what follows does not.

        `multiple_of` is the rule in place of the network's, and rounds what follows, too;
        `at_least` bounds from below; without `scale` what is written stays.
        Raises DscalcError where the result is no whole number of at least 1.
        """
        if isinstance(given, Number):
            return max(self._following(given, names, multiple_of, scale), at_least)
        if not isinstance(given, int | float) or given % 1:
            raise DscalcError(f"channels are a whole number, not {written(given)}")
        return self.literal(int(given), multiple_of, at_least) if scale else int(given)

    def literal(self, n: int, multiple_of: int | None, at_least: int) -> int:
        """What a written number of channels becomes."""
        if multiple_of:
            return max(to_multiple(n * self.alpha, multiple_of), at_least)
        return max(self.width.scaled(n, self.alpha, at_least), at_least)

    def _following(
        self, given: Number, names: Mapping[str, Any], multiple_of: int | None, scale: bool
    ) -> int:
        def written(literal: Fraction) -> Fraction:
            top, bottom = literal
            if not scale:
                return literal
            if multiple_of:
                alpha_top, alpha_bottom = self.alpha.as_integer_ratio()
                return top * alpha_top, bottom * alpha_bottom
            if top % bottom:
                raise DscalcError(f"{top / bottom:g} channels are no whole number of them")
            return self.width.scaled(top // bottom, self.alpha), 1

        value = fraction(given, names, written)
        if multiple_of:
            return to_multiple(value[0] / value[1], multiple_of)
        channels = whole(given, value, names)
        if channels < 1:
            raise DscalcError(f"{given.text} leaves no channel")
        return channels

    def field(self, layer: Layer, field: str, given: Any, names: Mapping[str, Any]) -> Any:
        """A field of channels that follows, by the layer's own rule."""
        own = vars(layer)
        try:
            return self.channels(given, names, own["multiple_of"], own["at_least"], own["scale"])
        except DscalcError as error:
            raise DscalcError(*(p._replace(key=p.key or field) for p in error.problems)) from None

    def plain(self, number: Number, names: Mapping[str, Any]) -> int | float:
        """A number that α leaves alone; a whole one where it comes out whole."""
        top, bottom = fraction(number, names, lambda literal: literal)
        return top // bottom if top % bottom == 0 else top / bottom

    def check(self, given: Any, value: Any, rule: Rule, names: Mapping[str, Any]) -> None:
        """Raises DscalcError where what follows is not whole and its field needs it to be."""
        if isinstance(given, Number) and isinstance(value, float) and rule(value):
            whole(given, fraction(given, names, lambda literal: literal), names)

    def widened(self, layer: Layer, values: Mapping[str, Any] | None = None) -> Layer:
        """The layer with its written channels at α, and other fields as `values` say."""
        changes = {**values} if values else {}
        own = vars(layer)
        if layer.wide and own["scale"]:
            multiple_of, at_least = own["multiple_of"], own["at_least"]
            for field in layer.wide:
                written = own[field]
                if field not in changes and written is not None:
                    try:
                        built = self.literal(written, multiple_of, at_least)
                    except DscalcError as error:
                        named = (p._replace(key=field) for p in error.problems)
                        raise DscalcError(*named) from None
                    if built != written:
                        changes[field] = built
        return layer.replaced(**changes) if changes else layer
