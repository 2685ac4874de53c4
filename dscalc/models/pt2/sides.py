"""Sides of an exported program that are expressions: s0, s1//2 + 1, at the numbers of this run."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping

from dscalc.errors import DscalcError

LONGEST = 2_000  # characters
LARGEST = 2**63

OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}


def _ceil_div(a: int, b: int) -> int:
    return -(-a // b)


FUNCTIONS: dict[str, Callable[..., int]] = {
    "Max": max,
    "Min": min,
    "Mod": operator.mod,
    "FloorDiv": operator.floordiv,
    "CleanDiv": operator.floordiv,
    "CeilDiv": _ceil_div,
    "PythonMod": operator.mod,
}


def evaluate_side(text: str, symbols: Mapping[str, int]) -> int:
    """The number that an expression of torch's symbols stands for; raises DscalcError otherwise."""
    if len(text) > LONGEST:
        raise DscalcError(f"a side of {len(text):,} characters")
    try:
        value = _value(ast.parse(text, mode="eval").body, symbols)
    except (SyntaxError, ZeroDivisionError, RecursionError, MemoryError, TypeError):
        raise DscalcError(f"the side {text} is none that is read here") from None
    return value


def _value(node: ast.expr, symbols: Mapping[str, int]) -> int:
    value: int | None = None
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        value = node.value
    elif isinstance(node, ast.Name) and node.id in symbols:
        value = symbols[node.id]
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = -_value(node.operand, symbols)
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        value = OPERATORS[type(node.op)](_value(node.left, symbols), _value(node.right, symbols))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        function = FUNCTIONS.get(node.func.id)
        if function and not node.keywords:
            value = function(*(_value(argument, symbols) for argument in node.args))
    if value is None or abs(value) > LARGEST:
        raise DscalcError(f"the side {ast.unparse(node)[:80]} is none that is read here")
    return value
