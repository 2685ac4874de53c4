"""What layers are called: the file's own names as far as they say something, each once."""

from __future__ import annotations

import re

from dscalc.law.layer import INPUT
from dscalc.models.graph import Graph, Operator

LONGEST = 60
# What a format adds to a layer's own name: the operator, a scope of TensorFlow's saved models.
TAIL = re.compile(
    r"[/.](Conv\d?D?|conv\d?d?|Gemm|MatMul|matmul|BiasAdd|Add|depthwise|FusedBatchNormV3|"
    r"Conv1D|Conv2D|LSTM|GRU|separable_conv2d|Relu|Sigmoid)(_\d+)?(;.*)?$"
)


class Names:
    """Gives every layer a name that none before it has."""

    def __init__(self, graph: Graph) -> None:
        self.taken: dict[str, int] = {INPUT: 1}
        named = [operator.name for operator in graph.operators if operator.name]
        self.prefix = _shared_scope(named)
        self.count: dict[str, int] = {}

    def of(self, operator: Operator | None, kind: str) -> str:
        """A name for a layer of a kind, after the operator that it is made of."""
        stem = self._stem(operator.name) if operator else ""
        if not stem or stem == INPUT:
            self.count[kind] = self.count.get(kind, 0) + 1
            stem = f"{kind}{self.count[kind]}"
        name, number = stem, self.taken.get(stem, 0)
        while name in self.taken:
            number += 1
            name = f"{stem}_{number}"
        self.taken[stem] = max(number, 1)
        self.taken[name] = 1
        return name

    def word(self, name: str) -> str:
        """A name for an input, of which a file in YAML takes a word alone."""
        stem = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")[-LONGEST:]
        stem = word = stem if stem and not stem[0].isdigit() else f"input_{stem}"
        while word in self.taken:
            self.taken[stem] += 1
            word = f"{stem}_{self.taken[stem]}"
        self.taken[word] = 1
        return word

    def _stem(self, name: str) -> str:
        """The name without what says nothing, or nothing if it is a number."""
        stem = TAIL.sub("", name.removeprefix(self.prefix).split(";")[0])
        parts: list[str] = []
        for part in stem.strip("/").split("/"):
            if parts and part.startswith(f"{parts[-1]}."):  # PyTorch: /features/features.0
                parts.pop()
            if part and (not parts or parts[-1] != part):
                parts.append(part)
        stem = re.sub(r"[^\w/+-]+", "/", "/".join(parts)).strip("/")
        while len(stem) > LONGEST and "/" in stem:  # the outer scopes go first
            stem = stem.partition("/")[2]
        return "" if stem.isdigit() else stem[-LONGEST:].strip("/")


def _shared_scope(names: list[str]) -> str:
    """The scopes, "a/b/", that all names begin with."""
    first, last = min(names, default=""), max(names, default="")
    scopes = ""
    for part in first.split("/")[:-1] if first != last else ():
        if not last.startswith(f"{scopes}{part}/"):
            break
        scopes += f"{part}/"
    return scopes
