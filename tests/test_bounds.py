"""Whatever a file of 2 MiB or 10,000 layers says, it is answered or refused within 2 seconds."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

import pytest

from dscalc import DscalcError, measure, to_standard
from dscalc.analysis.judging import judge
from dscalc.analysis.versions import compare, version
from dscalc.language.budget_file import read_config
from dscalc.language.files import LARGEST_FILE
from dscalc.language.network_file import read_network
from dscalc.language.writer import network_text
from dscalc.law.written import written_channels

HEAD = "input: [8, 8, 3]\nlayers:\n"
SECONDS = 8  # of a processor; what is not bounded takes minutes


def full(unit: str, head: str = "x: [", tail: str = "]\n") -> str:
    """A file as large as any that is read, of one thing again and again."""
    return head + unit * ((LARGEST_FILE - len(head) - len(tail)) // len(unit)) + tail


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (full("- conv: {n: 8}\n", HEAD, ""), "more than 250,000 values"),
        (full("- conv: {kernel: 8}\n", HEAD, ""), "more than 250,000 values"),
        (full("[[[[]]]],"), "more than 250,000 values"),
        (full("{a: 1},"), "more than 250,000 values"),
        (full("a,", tail=""), "more than 250,000 values"),
        (full("*a,", "input: &a [1, 2, 3]\nlayers: ["), "more than 250,000 values"),
        (full("- a_long_word_that_is_no_kind: {n: 8, k: 3, stride: 1, norm: batch}\n", HEAD, ""),
         "the first 100 mistakes are shown"),
        (full("'" + "a" * 97 + "',"), "not a network: unknown key"),
        (full("[", tail=""), "nested deeper than 64 levels"),
        (full("#\n", "", ""), "the file is empty"),
    ],
)  # fmt: skip
def test_any_file_is_refused_in_time(text: str, message: str) -> None:
    start = process_time()
    with pytest.raises(DscalcError) as error:
        read_network(text)
    said = str(error.value)
    assert process_time() - start < SECONDS
    assert message in said or message.partition(": ")[2] in said


def layers(count: int, channels: Callable[[int], int]) -> str:
    """A network of so many unnamed convolutions."""
    return HEAD + "".join(f"- conv: {{n: {channels(number)}}}\n" for number in range(count))


def test_ten_thousand_layers_are_compared_in_time() -> None:
    rhythms: tuple[Callable[[int], int], ...] = (lambda n: 8 + n * n % 7, lambda n: 8 + n * 3 % 5)
    start = process_time()
    base, head = (version(measure(read_network(layers(10_000, r)).network)) for r in rhythms)
    read = process_time()
    assert compare(base, head)
    assert process_time() - read < SECONDS
    assert read - start < 2 * SECONDS


def test_a_thousand_rules_for_ten_thousand_layers_are_held_in_time() -> None:
    report = measure(read_network(layers(10_000, lambda n: 8)).network)
    rules = "".join(f"  - {{match: conv{n + 1}, params: 1M}}\n" for n in range(1000))
    text = f"version: 1\nnetworks:\n- file: net.yaml\n  layers:\n{rules}"
    start = process_time()
    (entry,) = read_config(text, "dscalc.yaml").entries
    checks = judge(report, entry.budget, "net")
    assert process_time() - start < SECONDS
    assert [check.scope for check in checks] == [f"conv{n + 1}" for n in range(1000)]


def test_a_thousand_patterns_for_ten_thousand_layers_are_refused_in_time() -> None:
    report = measure(read_network(layers(10_000, lambda n: 8)).network)
    rules = "".join(f"  - {{match: '*conv{n + 1}*', params: 1M}}\n" for n in range(1000))
    text = f"version: 1\nnetworks:\n- file: net.yaml\n  layers:\n{rules}"
    (entry,) = read_config(text, "dscalc.yaml").entries
    start = process_time()
    with pytest.raises(DscalcError, match=r"dscalc\.yaml:\d+:\d+: too many patterns for 10,000 "):
        judge(report, entry.budget, "net")
    assert process_time() - start < SECONDS


# ---------------------------------------------------------------- blocks, lists and copies


def blocks(count: int, unit: str) -> str:
    """Blocks B0, B1, …, each made of the one before it, as `unit` says of @."""
    units = [f"  B{n}: {unit.replace('@', f'B{n - 1}')}\n" for n in range(1, count)]
    return f"input: [8, 8, 8]\nblocks:\n  B0: [norm]\n{''.join(units)}layers: [B{count - 1}]\n"


def nested(count: int, opening: str, closing: str) -> str:
    return f"[{opening * count}@{closing * count}]"


def values(count: int) -> str:
    return ", ".join(["8"] * count)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (blocks(500, "[@]"), "blocks inside each other, more than 64 deep"),
        (blocks(65, "[@]"), "blocks inside each other, more than 64 deep"),
        (blocks(60, nested(20, "sequence: [", "]")), "lists inside each other, more than 100 deep"),
        (blocks(60, nested(9, "add: [[], [", "]]")), "lists inside each other, more than 100 deep"),
        (blocks(41, "[@, @]"), "more than 100,000 layers"),
        (blocks(41, "[{sequence: [@], repeat: 2}]"), "more than 100,000 layers"),
        (blocks(41, "[{each: {x: [1, 2]}, @, if: x > 0}]"), "more than 100,000 layers"),
        (blocks(41, "[sequence: [], @, @]").replace("[norm]", "[]"), "more than 100,000 layers"),
        (blocks(9, "[{@, repeat: 100000}]"), "more than 100,000 layers"),
        (f"{HEAD}" + "- {norm, repeat: 100000}\n" * 2, "more than 100,000 layers"),
        (f"{HEAD}- each: {{x: [{values(10_000)}]}}\n  sequence:\n"
         f"  - {{each: {{y: [{values(10_000)}]}}, conv: {{n: x, k: y}}}}\n",
         "more than 100,000 layers"),
        (f"{HEAD}- {{norm, name: a, repeat: 5000}}\n" + "- add: ['a*']\n" * 1000,
         "more than 300,000 inputs of layers"),
        (f"{HEAD}- conv: {{n: 1000000000000 * in * in}}\n", "is over 1,000,000,000,000 on the way"),
        (f"{HEAD}- conv: {{n: {'1 + ' * 25}1}}\n", "an expression of 101 characters"),
        (f"{HEAD}- {{norm, name: {'a' * 401}}}\n", "a name of more than 400 characters"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_a_small_file_of_a_huge_network_is_refused_in_time(text: str, message: str) -> None:
    start = process_time()
    with pytest.raises(DscalcError) as error:
        measure(read_network(text, "f.yaml").network)
    assert process_time() - start < SECONDS
    assert message in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        blocks(64, "[@]"),
        blocks(12, nested(7, "add: [[], [", "]]")),
        blocks(49, "[residual: {body: [@], project: auto}]"),
        blocks(16, "[@, @]"),
        f"{HEAD}- {{each: {{x: [{values(10_000)}]}}, conv: {{n: x}}}}\n",
        f"{HEAD}- concat: {{each: {{x: [{values(1000)}]}}, layers: [conv: {{n: x}}]}}\n",
    ],
    ids=lambda value: str(value)[:40],
)
def test_as_deep_and_wide_as_is_allowed_is_answered_in_time(text: str) -> None:
    start = process_time()
    network = read_network(text, "f.yaml").network
    written_channels(network)
    report = measure(network)
    assert measure(read_network(network_text(network)).network).total == report.total
    assert len(report.expanded()) == len(measure(to_standard(network)).expanded())
    assert process_time() - start < 2 * SECONDS
