"""The public Python API: `import dscalc`, in any worker of any engine."""

from __future__ import annotations

import doctest
import inspect
import pickle
import threading
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

import dscalc

PROMISED = {
    *("KINDS", "INPUT", "Network", "Node", "Shape", "Width", "Report", "Row", "Cost"),
    *("measure", "scale", "to_standard", "to_separable", "load", "DscalcError", "__version__"),
    *("Conv", "Depthwise", "Pointwise", "Separable", "Linear", "Pool", "GlobalPool", "Flatten"),
    *("Norm", "ConvTranspose", "InvertedResidual", "SqueezeExcite", "Attention", "Upsample"),
    *("AdaptivePool", "Add", "Concat", "Slice", "Multiply", "LayerScale", "contrast_with_standard"),
}


def test_the_promised_names_are_there() -> None:
    assert set(dscalc.__all__) >= PROMISED
    assert dir(dscalc) == sorted(dscalc.__all__)


@pytest.mark.parametrize("name", dscalc.__all__)
def test_every_public_name_is_documented(name: str) -> None:
    found = getattr(dscalc, name)
    if inspect.isclass(found) or inspect.isfunction(found):
        assert found.__doc__
        assert not found.__doc__.startswith(f"{name}(")  # which a dataclass writes by itself
        assert found.__module__.startswith("dscalc.")
        for member, value in vars(found).items():
            if inspect.isfunction(value) and not member.startswith("_") and member != "step":
                assert inspect.getdoc(getattr(found, member)), f"{name}.{member}"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'dscalc' has no attribute 'nothing'"):
        dscalc.nothing  # noqa: B018
    assert not hasattr(dscalc, "cli_of_another_tool")


def test_every_kind_is_public_and_every_public_kind_has_its_yaml_name() -> None:
    for kind in dscalc.KINDS.values():
        assert getattr(dscalc, kind.__name__) is kind


def test_it_is_typed() -> None:
    spec = find_spec("dscalc")
    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).with_name("py.typed").is_file()


def test_the_version_is_one_literal() -> None:
    root = Path(__file__).parents[1]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "dscalc/__init__.py"
    source = (root / "dscalc/__init__.py").read_text(encoding="utf-8")
    assert f'__version__ = "{dscalc.__version__}"' in source
    needs = [need.split(">")[0] for need in project["project"]["dependencies"]]
    assert needs == ["typer", "rich", "pyyaml"]


def test_the_docstring_s_example() -> None:
    assert doctest.testmod(dscalc).attempted >= 3
    assert doctest.testmod(dscalc).failed == 0


# ---------------------------------------------------------------- values


@pytest.mark.parametrize("name", ["mobilenet", "mobilenet_v2", "googlenet", "convnext_tiny"])
def test_networks_and_reports_survive_pickling(name: str) -> None:
    network = dscalc.load(name)
    report = dscalc.measure(network)
    assert pickle.loads(pickle.dumps(network)) == network
    assert pickle.loads(pickle.dumps(report)) == report
    assert dscalc.measure(pickle.loads(pickle.dumps(network))).total == report.total
    assert pickle.loads(pickle.dumps(report)).total == report.total


def test_threads_may_share_a_network() -> None:
    network = dscalc.load("mobilenet")
    totals: list[int] = []

    def work() -> None:
        for _ in range(20):
            totals.append(dscalc.measure(dscalc.scale(network, alpha=0.5)).total.mult_adds)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert totals == [149_497_088] * 80


def test_values_cannot_be_changed() -> None:
    network = dscalc.load("mobilenet")
    for value, field in (
        (network, "input"),
        (dscalc.measure(network).nodes[0], "layer"),
        (dscalc.measure(network).nodes[0].layer, "n"),
        (dscalc.measure(network), "rows"),
        (dscalc.Cost(), "weights"),
    ):
        with pytest.raises(AttributeError):
            setattr(value, field, None)


def test_a_network_made_by_hand() -> None:
    network = dscalc.Network(
        "by hand",
        dscalc.Shape((32, 32), 3),
        (
            dscalc.Node("stem", dscalc.Conv(16, stride=2, norm="batch"), (dscalc.INPUT,)),
            dscalc.Node("a", dscalc.Separable(16, norm="batch"), ("stem",)),
            dscalc.Node("sum", dscalc.Add(), ("a", "stem")),
            dscalc.Node("pool", dscalc.GlobalPool(), ("sum",)),
            dscalc.Node("fc", dscalc.Linear(10, bias=True), ("pool",)),
        ),
    )
    report = dscalc.measure(network)
    assert str(report.output) == "1×1×10"
    assert report.total.mult_adds == 256 * (432 + 144 + 256) + 160
    assert report.total.params() == 432 + 144 + 256 + 2 * (16 + 16 + 16) + 170


def test_an_error_tells_its_problems() -> None:
    with pytest.raises(dscalc.DscalcError) as error:
        dscalc.Conv(0)
    (problem,) = error.value.problems
    assert (problem.key, problem.message) == ("n", "n must be at least 1, not 0")
