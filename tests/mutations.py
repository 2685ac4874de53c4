"""What chance and ill will do to a JSON document, for tests of the readers of model files."""

from __future__ import annotations

import json
import random
from typing import Any

ODD: list[Any] = [
    None, 0, -1, 1, 2**63, -(2**63), 10**30, 1.5, float("inf"), True, "", "x", "\x1b[31m", "-1",
    "9223372036854775808", [], {}, [[]], [None], [1, 2], {"class_name": "x", "config": {}},
    {"class_name": "__keras_tensor__"}, {"size": "-5"},
]  # fmt: skip


def mutated(document: Any, draw: random.Random) -> Any:
    """A copy in which some values are others, are gone, or are there twice."""
    document = json.loads(json.dumps(document))
    for _ in range(draw.choice((1, 1, 2, 4))):
        path: list[Any] = []
        value = document
        while isinstance(value, (dict, list)) and value and (not path or draw.random() < 0.9):
            keys = list(value) if isinstance(value, dict) else range(len(value))
            path.append(draw.choice(keys))
            holder, value = value, value[path[-1]]
        if not path:
            continue
        change = draw.random()
        if change < 0.7:
            holder[path[-1]] = draw.choice(ODD)
        elif change < 0.9 or isinstance(holder, dict):
            del holder[path[-1]]
        else:
            holder.append(value)
    return document
