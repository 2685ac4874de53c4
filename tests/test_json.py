"""JSON as `render/json.py` writes it, held against Python's own writer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dscalc.render.json import as_json


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"a": [], "b": {}, "c": ()},
        {"a": [[], [1, [2, 3]], {"b": {"c": [None]}}]},
        {"a": [True, False, None, 0, -1, 10**400]},
        {"a": [0.0, -0.0, 0.1, 1e300, 5e-324, 123456789.125]},
        {"α": "×", "a\nb": "\x00\x1f\x7f", "": '"\\/', "a b": "\U0001f600\ud800\u2028"},
        {"a": (1, "b", 2.5), "##": "# #[ ##"},
    ],
    ids=repr,
)
def test_documents_are_those_of_python(document: dict[str, Any]) -> None:
    assert as_json(document) == json.dumps(document, indent=2) + "\n"


def test_no_command_of_a_runner_is_written() -> None:
    assert as_json({"a": "##[error]", "b": "##vso[task"}) == (
        '{\n  "a": "#\\u0023[error]",\n  "b": "#\\u0023vso[task"\n}\n'
    )
    assert json.loads(as_json({"a": "##[error]"})) == {"a": "##[error]"}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), {1}, b"", 1j])
def test_what_json_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="is no value of JSON"):
        as_json({"a": [value]})
