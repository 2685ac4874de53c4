"""`dscalc schema`: what may stand in files, held to the kinds, to every file, and to mistakes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dscalc import KINDS
from dscalc.analysis.budget import TOP1, Budget
from dscalc.analysis.figures import FIGURES
from dscalc.language import descriptions
from dscalc.language.budget_file import BUDGET_KEYS, CONFIG_KEYS, TERMS_RULES
from dscalc.language.network_file import NETWORK_KEYS
from dscalc.language.schema import about, budget_schema, network_schema
from dscalc.language.settings import SETTING_RULES
from dscalc.language.values import plain
from dscalc.language.words import ITEM_KEYS
from dscalc.law.kinds import STRUCTURES
from tests import pages
from tests.commands import run
from tests.random_networks import network as random_network

CONFIGS = Path(__file__).parents[1] / "configs"
NETWORK, BUDGET = network_schema(), budget_schema()


class CoreLoader(yaml.SafeLoader):
    """YAML with the meanings of YAML 1.2, as dscalc and editors read it."""


CoreLoader.yaml_implicit_resolvers = {}
CoreLoader.add_constructor(
    "tag:yaml.org,2002:str",
    lambda loader, node: node.value if vars(node)["style"] else plain(node.value),
)


def parsed(text: str) -> Any:
    return yaml.load(text, CoreLoader)


def tables(schema: Any) -> Iterator[dict[str, Any]]:
    """Every mapping of keys that a schema has, at any depth."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for inner in schema.values():
            yield from tables(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from tables(inner)


def keys_of(schema: Any) -> dict[str, Any]:
    """The keys of the first mapping in a schema."""
    properties: dict[str, Any] = next(tables(schema))["properties"]
    return properties


# ---------------------------------------------------------------- what it is made of


def test_every_key_of_every_kind_is_in_it_and_no_other() -> None:
    for kind, made in KINDS.items():
        of_kind = list(tables(NETWORK["$defs"][kind]))
        assert set(of_kind[0]["properties"]) == set(made.fields) if of_kind else not made.fields
        required = {key for key in made.fields if key not in made.defaults}
        assert set(of_kind[0].get("required", ())) == required, kind


def test_every_kind_structure_and_key_of_an_item_is_in_it_and_no_other() -> None:
    (layer,) = (one for one in tables(NETWORK["$defs"]["layer"]) if "conv" in one["properties"])
    assert set(layer["properties"]) == {*ITEM_KEYS, *STRUCTURES, *KINDS}
    assert layer["properties"]["conv"]["description"] == about(KINDS["conv"])


def test_every_key_of_the_files_is_in_it_and_no_other() -> None:
    assert tuple(NETWORK["properties"]) == NETWORK_KEYS
    assert tuple(BUDGET["properties"]) == CONFIG_KEYS
    entry = keys_of(BUDGET["properties"]["networks"])
    assert set(entry) == {"file", "optional", "inputs", *SETTING_RULES, *TERMS_RULES, *BUDGET_KEYS}
    assert set(keys_of(entry["budget"])) == {*FIGURES, TOP1}
    own = set(NETWORK["properties"]["budget"]["properties"])
    assert own == {*FIGURES, TOP1, *BUDGET_KEYS} - {"budget"}
    assert {*own, "limits", "place"} >= set(Budget._fields)


@pytest.mark.parametrize("schema", [NETWORK, BUDGET], ids=["network", "budget"])
def test_every_key_has_a_description_and_every_mapping_refuses_others(schema: Any) -> None:
    found = list(tables(schema))
    assert len(found) > 5
    for one in found:
        assert one["additionalProperties"] is False
        for key, value in one["properties"].items():
            assert value["description"].endswith("."), key
            assert len(value["description"]) > 10, key


def test_every_description_is_of_a_key() -> None:
    fields = {key for made in KINDS.values() for key in made.fields}
    assert set(descriptions.FIELDS) == fields
    for name in descriptions.OF_KINDS:
        kind, key = name.split(".")
        assert key in KINDS[kind].fields, name


def test_every_reference_leads_somewhere() -> None:
    text = json.dumps(NETWORK)
    named = {part.partition('"')[0] for part in text.split("#/$defs/")[1:]}
    assert named == set(NETWORK["$defs"])


# ---------------------------------------------------------------- the command


def test_the_command_prints_both_and_writes_files(tmp_path: Path) -> None:
    assert json.loads(run("schema").out) == json.loads(run("schema", "network").out) == NETWORK
    file = tmp_path / "budgets.json"
    assert run("schema", "budget", "--output", str(file)).out == ""
    assert json.loads(file.read_text(encoding="utf-8")) == BUDGET


# ---------------------------------------------------------------- files, by an independent judge


def judge(schema: Any) -> Any:
    """What the package jsonschema makes of a schema: dscalc itself depends on no such package."""
    jsonschema = pytest.importorskip("jsonschema", reason="what a schema accepts is its to judge")
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def complaints(schema: Any, document: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in judge(schema).iter_errors(document)]


def shown_files() -> list[tuple[str, str, str]]:
    return [(page, name, text) for page in pages.PAGES for name, text in _yaml_of(page)]


def _yaml_of(page: str) -> Iterator[tuple[str, str]]:
    try:
        yield from pages.files(page).items()
    except AssertionError:  # a page with blocks that are no files
        return


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_file_is_accepted(path: Path) -> None:
    assert complaints(NETWORK, parsed(path.read_text(encoding="utf-8"))) == []


def test_every_file_of_the_pages_is_accepted_or_is_a_mistake() -> None:
    told = {}
    for page, name, text in shown_files():
        document = parsed(text)
        if isinstance(document, dict) and ("layers" in document or "networks" in document):
            schema = NETWORK if "layers" in document else BUDGET
            told[page, name] = complaints(schema, document)
    assert len(told) >= 4
    assert [name for (_, name), found in told.items() if found] == ["typo.yaml"]


def test_random_networks_are_accepted() -> None:
    for seed in range(200):
        document = json.loads(json.dumps(random_network(seed)))
        assert complaints(NETWORK, document) == [], seed


BASE = "input: [8, 8, 4]\nlayers:\n"


@pytest.mark.parametrize(
    "layer",
    [
        "conv: {n: 8, kernal: 3}",
        "conv: {k: 3}",
        "conv: {n: 0}",
        "conv: {n: 8, k: [3, 0]}",
        "conv: {n: 8, bias: 1}",
        "conv: {n: 8, norm: {typ: batch}}",
        "conv: {n: 8, multiple_of: m}",
        "conv: {n: 8, name: a}",
        "conv: [8]",
        "konv: {n: 8}",
        "konv",
        "conv",
        "{conv: {n: 8}, nam: a}",
        "{conv: {n: 8}, repeat: 0}",
        "residual: {bodi: []}",
        "residual: {body: [], shortcut: [], project: auto}",
        "concat: [conv: {n: 8}]",
        "inverted_residual: {n: 8, expand: 2, hidden: 4}",
        "squeeze_excite: {reduction: 0.25}",
        "pool: {k: 2, type: 3}",
    ],
)
def test_mistakes_in_a_layer_are_refused(layer: str) -> None:
    assert complaints(NETWORK, parsed(f"{BASE}  - {layer}\n"))


@pytest.mark.parametrize(
    "text",
    [
        "input: [8]\nlayers: [norm]",
        "input: [8, 8, 4]\nlayer: [norm]",
        "input: [8, 8, 4]\nlayers: [norm]\nnam: x",
        "input: [8, 8, 4]\nlayers: [norm]\nwidth: {multiple: 8}",
        "input: [8, 8, 4]\nlayers: [norm]\ndepth: {}",
        "input: [8, 8, 4]\nlayers: [norm]\nblocks: {b: [norm]}",
        "input: [8, 8, 4]\nlayers: [norm]\nbudget: {param: 4M}",
        "input: [8, 8, 4]\nlayers: [norm]\nbudget: {top1: {max: 3}}",
        "input: [8, 8, 4]\nlayers: [norm]\npublished: [{params: 4.2M}]",
    ],
)
def test_mistakes_in_a_network_are_refused(text: str) -> None:
    assert complaints(NETWORK, parsed(text))


@pytest.mark.parametrize(
    "entry",
    [
        "{budget: {params: 4M}}",
        "{file: a.yaml, budgets: {params: 4M}}",
        "{file: a.yaml, budget: {params: 4 M}}",
        "{file: a.yaml, growth: {memories: 2%}}",
        "{file: a.yaml, growth: {params: {warn_: 2%}}}",
        "{file: a.yaml, alpha: 0}",
        "{file: a.yaml, dtype: float64}",
        "{file: a.yaml, layers: [{match: conv*}]}",
        "{file: a.yaml, budget: {top1: {max: 3}}}",
        "{file: a.yaml, budget: {top1: 170}}",
        "{file: a.yaml, budget: {top1: {min: 0.7}}}",
        "{file: a.yaml, budget: {top1: {accept: why}}}",
        "{file: a.yaml, growth: {top1: 1}}",
    ],
)
def test_mistakes_in_budgets_are_refused(entry: str) -> None:
    assert complaints(BUDGET, parsed(f"version: 1\nnetworks: [{entry}]\n"))


@pytest.mark.parametrize(
    "entry",
    [
        "{file: a.yaml, budget: {params: 4.2M, memory: 512kB, size: {max: 4MB, warn: 3.5MB}}}",
        "{file: a.yaml, budget: {mult_adds: 300M, top1: 70.6}}",
        "{file: a.yaml, budget: {top1: {min: 70, warn: 71.5, accept: why}}}",
        "{file: a.yaml, growth: {params: 2%, mult_adds: {max: 1.5%, ignore_below: 10k}}}",
        "{file: a.yaml, alpha: 0.5, resolution: [160, 128], count: total, weight_dtype: int8,"
        " layers: [{match: 'conv*', params: 4_000}], message: why}",
    ],
)
def test_right_budgets_are_accepted(entry: str) -> None:
    assert complaints(BUDGET, parsed(f"version: 1\nnetworks: [{entry}]\n")) == []
