"""The keys beside the kind of an item: each, repeat, if, from, shared."""

from __future__ import annotations

from collections.abc import Mapping

from dscalc.errors import DscalcError, Place
from dscalc.language.context import parameter_complaint
from dscalc.language.expressions import condition, expression
from dscalc.language.uses import UseReader
from dscalc.language.values import Listing, Scalar, Table, Value
from dscalc.law.fields import RULES
from dscalc.law.items import Condition, Given, Reference, Role
from dscalc.law.numbers import Number
from dscalc.law.tally import MOST_COPIES


class ItemKeyReader(UseReader):
    """Reads what stands beside the kind of an item."""

    def each_names(self, table: Table) -> list[str]:
        each = table.items.get("each")
        if each is None:
            return []
        if not isinstance(each, Table) or not each.items:
            self.complain("each is a mapping of variables to lists of values", each.place)
            return []
        lengths = {len(one.items) if isinstance(one, Listing) else 0 for one in each.items.values()}
        if 0 in lengths:
            self.complain("each gives every variable a list of values", each.place)
        elif len(lengths) > 1:
            self.complain("the lists of each have different lengths", each.place)
        for name in each.items:
            self.check_variable(name, each.keys[name])
        return list(each.items) if lengths != {0} and len(lengths) == 1 else []

    def check_variable(self, name: str, place: Place) -> None:
        complaint = parameter_complaint(name)
        if complaint:
            self.complain(f"a variable {complaint}", place)
        elif self.context.knows(name):
            self.complain(f"'{name}' is known already; a variable needs a name of its own", place)

    def check_used(self, names: list[str], table: Table) -> None:
        for name in names:
            each = table.items["each"]
            if name not in self.context.used and isinstance(each, Table):
                self.complain(f"the variable '{name}' is never used", each.keys[name])

    def each_values(
        self, value: Value | None, roles: Mapping[str, Role]
    ) -> dict[str, tuple[Given, ...]]:
        """The values of every variable, now that it is known what each stands for."""
        if not isinstance(value, Table):
            return {}
        return {
            name: tuple(self.argument(one, roles[name], name) for one in listed.items)
            for name, listed in value.items.items()
            if isinstance(listed, Listing) and name in roles
        }

    def copies(self, value: Value | None) -> Given:
        if value is None:
            return None
        count = self.given(value, "repeat", "repeat", RULES["n"])
        if isinstance(count, int) and not isinstance(count, bool) and count > MOST_COPIES:
            self.complain(f"repeat must be at most {MOST_COPIES:,}, not {count}", value.place)
            return 1
        return 1 if count is None else count

    def condition(self, value: Value | None) -> Condition | None:
        if value is None:
            return None
        text = value.text if isinstance(value, Scalar) else ""
        try:
            found = condition(text)
            for number in (found.left, found.right):
                if number is not None:
                    self.context.follow(number, "plain")
        except DscalcError as error:
            self.complain(error.problems[0].message, value.place)
            return None
        return found

    def sources(self, value: Value | None) -> tuple[Reference | Number, ...]:
        """What an item takes: one name, or several."""
        if value is None:
            return ()
        if isinstance(value, Listing):
            found = [self.source(one) for one in value.items]
            if not found:
                self.complain("from must name a layer", value.place)
        else:
            found = [self.source(value)]
        return tuple(one for one in found if one is not None)

    def source(self, value: Value) -> Reference | Number | None:
        """The name of a layer, or the variable that stands for one."""
        if not isinstance(value, Scalar) or not isinstance(value.value, str) or not value.value:
            self.complain("from must be the name of an earlier layer", value.place)
            return None
        if value.value in self.context.variables:
            self.stand(value.value, "source", value.place)
            return expression(value.value)
        return Reference(value.value, value.place)

    def stand(self, name: str, role: Role, place: Place) -> None:
        try:
            self.context.stands(name, role)
        except DscalcError as error:
            self.complain(error.problems[0].message, place)

    def shared(self, value: Value | None) -> bool | str:
        found = self.plain(value) if value is not None else False
        if value is not None and (found is False or not isinstance(found, bool | str)):
            self.complain("shared is true, or the name of an earlier layer", value.place)
            return False
        return found if isinstance(found, bool | str) else False
