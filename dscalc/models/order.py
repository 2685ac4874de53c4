"""What takes from what, brought into an order in which each thing is made before it is taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dscalc.errors import DscalcError


def ordered(sources: Mapping[str, Sequence[str]]) -> list[str]:
    """The keys so that each comes behind its sources; as they stand, where that is one such order.

    Raises DscalcError for a source that is no key, and for a cycle.
    """
    order: list[str] = []
    done: dict[str, bool] = {}  # False while the sources of a thing are gone through
    for first in sources:
        stack = [first]
        while stack:
            name = stack[-1]
            if name in done:
                stack.pop()
                if not done[name]:
                    done[name] = True
                    order.append(name)
                continue
            done[name] = False
            for source in reversed(sources[name]):
                if source not in sources:
                    raise DscalcError(f"'{name}' takes '{source}', which nothing makes")
                if done.get(source) is False:
                    raise DscalcError(f"'{name}' takes from '{source}', which takes from it")
                if source not in done:
                    stack.append(source)
    return order
