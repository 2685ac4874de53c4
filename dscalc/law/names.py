"""What layers are called while a list of them is laid out, and what a name there means."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from dscalc.errors import DscalcError, Problem, nearest
from dscalc.law.items import Reference
from dscalc.law.rows import Scope

Flow: TypeAlias = tuple[str, ...]
"""What goes from item to item: the name of one map, or those of several."""


class Names:
    """The names of one block, or of a network: `flows` has the maps that each stands for.

    A copied layer's own name means its last copy (`latest`), NAME* all of them (`copies`).
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.flows: dict[str, Flow] = {name: (name,) for name in scope.shapes}
        self.latest: dict[str, str] = {}
        self.copies: dict[str, list[str]] = {}

    def refer(self, reference: Reference, prefixes: Iterable[str]) -> Flow:
        """The maps that a name means: in the list of the first prefix, else in those around it.

        Raises DscalcError where no earlier layer is called so.
        """
        for prefix in prefixes:
            found = self.find(prefix + reference.name)
            if found is not None:
                return found
        hint = nearest(reference.name, self.flows)
        message = f"no earlier layer is called '{reference.name}'{hint}"
        raise DscalcError(Problem(message, place=reference.place))

    def single(self, reference: Reference, prefixes: Iterable[str]) -> str:
        """The map that a name means; raises DscalcError where it means none, or several."""
        found = self.refer(reference, prefixes)
        if len(found) != 1:
            message = f"'{reference.name}' is {len(found)} maps, where one is meant"
            raise DscalcError(Problem(message, place=reference.place))
        return found[0]

    def find(self, full: str) -> Flow | None:
        """The maps of a full name: of a layer, of all copies (`a*`), or of what is inside one."""
        if full in self.flows:
            return self.flows[full]
        if "*" in full:
            stem, _, rest = full.partition("*")
            found = [self.find(copy + rest) for copy in self.copies.get(stem, ())]
            if not found or None in found:
                return None
            return tuple(name for flow in found if flow for name in flow)
        end = full.rfind(".")
        while end > 0:
            head, tail = full[:end], full[end:]
            if head in self.latest:
                return self.find(self.latest[head] + tail)
            row = self.scope.by_name.get(head)
            if row is not None:
                return (full,) if row.part(tail[1:]) is not None else None
            end = full.rfind(".", 0, end)
        return None

    def owner(self, name: str, user: str) -> str:
        """The layer that `name` means to a layer called `user`, whose parameters that shares.

        Raises DscalcError where no earlier layer is called so.
        """
        around = user.rpartition(".")[0]
        while True:
            full = f"{around}.{name}" if around else name
            full = self.latest.get(full, full)
            if full in self.scope.by_name or self.scope.inner(full):
                return full
            if not around:
                hint = nearest(name, self.flows)
                raise DscalcError(Problem(f"no earlier layer is called '{name}'{hint}", "shared"))
            around = around.rpartition(".")[0]

    def repeated(self, name: str, copies: list[str], flow: Flow) -> None:
        """Several copies have been laid out: the name itself means the last of them."""
        if name in self.flows:
            raise DscalcError(f"an earlier layer is called '{name}' too")
        self.copies[name] = copies
        if copies:
            self.flows[name], self.latest[name] = self.flows.get(copies[-1], flow), copies[-1]
