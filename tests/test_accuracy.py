"""configs/accuracy.csv: each figure is a fact with its source, of a network that its file makes."""

from __future__ import annotations

import csv
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from dscalc import DscalcError, measure
from dscalc.analysis.accuracy import (
    COLUMNS,
    by_spot,
    read_accuracies,
    rows_by_network,
    spot_of,
    top1_of,
)
from dscalc.analysis.published import STANDINGS
from dscalc.language.files import accuracies_of, load_file, variants_of
from dscalc.language.network_file import NetworkFile
from dscalc.language.shipped import is_shipped
from dscalc.law.layer import Count
from dscalc.law.setting import Setting, apply
from tests.commands import complaint

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "configs" / "accuracy.csv"
COLLECTED = ROOT / "tests" / "data" / "accuracy.csv"
COUNTS: tuple[Count, ...] = get_args(Count)

Facts = dict[str, str]
ALSO = {
    "vit_tiny": {"deit_tiny", "deit_tiny_patch16_224", "vit_ti16"},
    "vit_small": {"deit_small", "deit_small_patch16_224", "vit_s16", "vit_small_patch16_224"},
    "vit_base": {"deit_base", "vit_b16", "vit_b_16"},
    "swin_t": {"swin_tiny_patch4_window7_224"},
    "swin_s": {"swin_small_patch4_window7_224"},
    "swin_b": {"swin_base_patch4_window7_224"},
}
"""Other names that the collection has for a network: what those call it who published of it."""


@cache
def facts(file: Path) -> list[Facts]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


ROWS = facts(SHIPPED)
NAMES = sorted({row["network"] for row in ROWS})


@cache
def collected() -> Counter[tuple[str, ...]]:
    """The collection that the file is chosen from, without what α and depth it prints."""
    keys = ("network", "variant", "resolution", "dataset", "metric", "value", "source")
    return Counter(tuple(row[key] for key in keys) for row in facts(COLLECTED))


@cache
def loaded(name: str) -> NetworkFile:
    return load_file(name)


def sides(text: str) -> int | tuple[int, ...] | None:
    numbers = tuple(map(int, text.split("x"))) if text else ()
    return numbers if len(numbers) > 1 else next(iter(numbers), None)


def test_every_row_has_a_source_and_says_whose_figure_it_is() -> None:
    assert len(ROWS) > 1000
    assert tuple(ROWS[0]) == COLUMNS
    for row in ROWS:
        assert row["source"].strip(), row
        assert row["standing"] in STANDINGS, row
        assert "extra data" not in row["note"] or row["standing"] == "extra data", row
        assert "distilled" not in row["note"] or row["standing"] != "authors", row


def test_every_number_is_one_that_was_collected() -> None:
    for row in ROWS:
        variant = row["standing"] if row["standing"] in ("quantized", "distilled") else ""
        resolution = row["resolution"] or "640"  # the autoencoder's 640 values are no sides
        rest = (row["dataset"], row["metric"], row["value"], row["source"])
        names = {row["network"], *ALSO.get(row["network"], ())}
        kept = [(name, form, resolution, *rest)
                for name in names for form in {variant, "", "quantized"}]  # fmt: skip
        assert any(key in collected() for key in kept), row


def test_no_row_stands_there_twice() -> None:
    seen = Counter(tuple(row.values()) for row in ROWS)
    printed_twice = [row for row, count in seen.items() if count > 1]
    assert printed_twice == []


@pytest.mark.parametrize("name", NAMES)
def test_a_network_takes_every_setting_that_is_named(name: str) -> None:
    assert is_shipped(name)
    network = loaded(name).network
    settings = {
        (row["alpha"], row["depth"], row["resolution"], row["with"])
        for row in ROWS
        if row["network"] == name
    }
    for alpha, depth, resolution, given in settings:
        parameters = tuple((key, int(value)) for key, _, value in [given.partition("=")] if key)
        setting = Setting(float(alpha or 1), 1.0, sides(resolution), float(depth or 1), parameters)
        assert measure(apply(network, setting)).total.params() > 0


@cache
def params_of(name: str, alpha: str, classes: str) -> list[int]:
    """The parameters of a network, counted in each way."""
    given = (("classes", 120),) if classes else ()
    total = measure(apply(loaded(name).network, Setting(float(alpha or 1), parameters=given))).total
    return [total.params(count) for count in ("weights", "trainable", "total")]


@pytest.mark.parametrize("name", [name for name in NAMES if not variants_of(name)])
def test_a_printed_cost_is_that_of_the_point_to_a_tenth(name: str) -> None:
    """Coarse, since sources count in ways of their own; another network would be found.

    The paper of MobileNetV2 prints 6.9 M for α 1.4, which has 6.1 M; MobileOne and RepVGG are
    published with the branches that they train with; Keras prints the costs of an older V3.
    """
    known = {("mobilenet_v2", "1.4"), ("mobileone_s0", ""), ("repvgg_a0", "")}
    keys = ("network", "alpha", "resolution", "dataset", "metric", "value", "source")
    mine = {tuple(row[key] for key in keys): row for row in ROWS if row["network"] == name}
    for row in facts(COLLECTED):
        ours = mine.get(tuple(row[key] for key in keys))
        params = row["published_params"]
        if row["variant"] or ours is None or not params.endswith("M"):
            continue
        older = "older network" in row["note"] or row["source"].startswith("keras-team/keras ")
        if (name, row["alpha"]) in known or older:
            continue
        costs = params_of(name, row["alpha"], ours["with"])
        least = 0.1 if float(params[:-1]) >= 1 else 0.2  # 0.5M for 470,072
        assert min(abs(float(params[:-1]) * 1e6 / cost - 1) for cost in costs) < least, row


def test_the_authors_stand_first() -> None:
    for name in NAMES:
        found = accuracies_of(name, loaded(name))
        for published in by_spot(loaded(name).network, found).values():
            for metric in ("top1", "top5"):
                ranks = [STANDINGS.index(one.standing) for one in published
                         if one.metric == metric]  # fmt: skip
                assert ranks == sorted(ranks), (name, metric)


def test_the_points_that_papers_and_their_code_print() -> None:
    def points(name: str, source: str) -> set[tuple[str, str]]:
        return {
            (row["alpha"], row["resolution"])
            for row in ROWS
            if (row["network"], row["metric"], row["standing"]) == (name, "top1", "authors")
            and row["source"].startswith(source) and row["dataset"] == "ImageNet-1k"
        }  # fmt: skip

    grid = {(a, r) for a in ("1.0", "0.75", "0.5", "0.25") for r in ("224", "192", "160", "128")}
    assert points("mobilenet", "tensorflow/models") == grid
    assert points("mobilenet", "arXiv 1704.04861") < grid
    assert len(points("mobilenet", "arXiv 1704.04861 Table 6")) == 4
    assert len(points("mobilenet", "arXiv 1704.04861 Table 7")) == 4
    assert len(points("mobilenet_v2", "tensorflow/models")) == 22
    final = "arXiv 1905.02244 (final) Table 9"
    assert len(points("mobilenet_v3_large", final)) == 10
    assert len(points("mobilenet_v3_small", final)) == 9
    assert len([name for name in NAMES if name.startswith("efficientnet_b")]) == 8


def test_where_sources_disagree_both_stand() -> None:
    values = [row["value"] for row in ROWS
              if (row["network"], row["alpha"], row["resolution"], row["metric"], row["standing"])
              == ("mobilenet", "1.0", "224", "top1", "authors")
              and row["dataset"] == "ImageNet-1k"]  # fmt: skip
    assert values[0] == "70.6"
    assert {"70.6", "70.9", "70.7"} == set(values)


def test_spots_are_those_of_the_file_and_of_its_variants() -> None:
    b4 = loaded("efficientnet_b4").network
    assert spot_of(b4).sides == (380, 380)
    assert spot_of(b4, Setting(resolution=224)).sides == (224, 224)
    published = top1_of(b4, accuracies_of("efficientnet_b4", loaded("efficientnet_b4")))
    found = published.at(b4, 1.0, (380, 380))
    assert found == published.of(b4)
    assert found is not None
    assert found.value == 82.9
    assert published.at(b4, 1.0, (224, 224)) is None
    assert published.at(apply(b4, Setting(parameters=(("classes", 2),))), 1.0, (380, 380)) is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a,1,,224,,I,top1,70,authors,,", "f.csv:2: an accuracy needs its source"),
        ("a,1,,224,,I,top1,70,somebody,S,", "f.csv:2: standing is one of authors, quoted"),
        ("a,1,,224,,I,top9,70,authors,S,", "f.csv:2: metric is one of top1"),
        ("a,1,,224,,I,top1,high,authors,S,", "f.csv:2: could not convert"),
        ("a,1,,224,,I,top1", "f.csv:2: has 7 columns, not 11"),
    ],
)
def test_a_row_that_is_no_fact_is_refused(line: str, message: str) -> None:
    rows = rows_by_network(",".join(COLUMNS) + "\n" + line, "f.csv")
    with pytest.raises(DscalcError, match=re.escape(message)):
        read_accuracies(rows["a"], "f.csv")
    with pytest.raises(DscalcError, match=r"f.csv:1: its columns must be network"):
        rows_by_network("a,b\n" + line, "f.csv")


# ---------------------------------------------------------------- a user's own file

OWN = (
    "input: [8, 8, 3]\ndepth: {round: ceil}\nlayers:\n  - conv: {n: 4}\n    repeat: 2\npublished:\n"
)


def own(tmp_path: Path, *entries: str) -> NetworkFile:
    file = tmp_path / "own.yaml"
    file.write_text(OWN + "".join(f"  - {entry}\n" for entry in entries), encoding="utf-8")
    return load_file(str(file))


def test_a_file_says_its_own_accuracies(tmp_path: Path) -> None:
    file = own(
        tmp_path,
        "{top1: 71.2, top5: 90, source: run 7}",
        "{alpha: 0.5, depth: 2, resolution: 6, accuracy: 92.5, dataset: Speech, source: run 8}",
        "{top1: 80, standing: distilled, source: run 9}",
        "{as: standard, top1: 75, source: of another network}",
    )
    found = accuracies_of(str(tmp_path / "own.yaml"), file)
    told = [(one.metric, one.value, one.dataset, one.standing, one.source) for one in found]
    assert told == [
        ("top1", 71.2, "ImageNet-1k", "authors", "run 7"),
        ("top5", 90, "ImageNet-1k", "authors", "run 7"),
        ("accuracy", 92.5, "Speech", "authors", "run 8"),
        ("top1", 80, "ImageNet-1k", "distilled", "run 9"),
    ]
    assert found[2].setting == Setting(alpha=0.5, resolution=6, depth=2)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{top1: 71.2}", "a published figure needs its source"),
        ("{top1: 171, source: S}", "top1 must be a percentage from 1 to 100, not 171"),
        ("{top1: 0.713, source: S}", "from 1 to 100, not 0.713; did you mean 71.3?"),
        ("{top1: .inf, source: S}", "top1 must be a percentage from 1 to 100, not inf"),
        ("{top1: .nan, source: S}", "top1 must be a percentage from 1 to 100, not nan"),
        ("{top1: high, source: S}", "top1 must be a percentage, not 'high'"),
        ("{accuracy: 92, source: S}", "accuracy needs the dataset that it is of"),
        ("{top1: 71, standing: mine, source: S}", "standing must be authors, quot"),
        ("{tpo1: 71, source: S}", "did you mean 'top1'"),
    ],
)
def test_what_a_file_may_not_say(entry: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(OWN + f"  - {entry}\n", encoding="utf-8")
    text = complaint("net", str(tmp_path / "own.yaml"))
    assert message in text
    assert ":7:" in text
