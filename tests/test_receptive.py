"""Windows and receptive fields: against published ones, and against what positions depend on."""

from __future__ import annotations

import pytest

from dscalc import (
    Add,
    Conv,
    DscalcError,
    Flatten,
    GlobalPool,
    Linear,
    Network,
    Node,
    Pool,
    Shape,
    Tokens,
    measure,
)
from dscalc.analysis.receptive import sights, window_of
from dscalc.language.files import load
from dscalc.language.network_file import read_network
from tests.commands import call, complaint, document


@pytest.mark.parametrize(
    ("name", "side", "stride"),
    [
        ("alexnet", 195, 32),
        ("vgg16", 212, 32),
        ("mobilenet", 315, 32),
        ("inception_v3", 1311, 32),
        ("inception_resnet_v2", 3039, 32),
    ],
)
def test_published_receptive_fields(name: str, side: int, stride: int) -> None:
    """Araujo, Norris and Sim 2019, doi:10.23915/distill.00021, table of networks."""
    report = measure(load(name))
    found = sights(report)
    before = [found[row.name] for row in report.rows if row.output.positions > 1][-1]
    assert before is not None
    assert (before.sides, before.stride) == ((side, side), (stride, stride))


CHAIN = """
input: [40, 3]
layers:
  - conv: {{n: 4, k: {0}, stride: {1}, padding: valid, dilation: {2}}}
  - pool: {{k: 2, stride: {3}}}
  - residual: [conv: {{n: 4, k: 3}}, norm: batch, activation: swish, shuffle: {{groups: 2}}]
  - conv: {{n: 2, k: {4}, padding: valid}}
"""


def reached(k: int, s: int, d: int, p: int, last: int, position: int) -> set[int]:
    """The positions of the input that one of the output follows from, walked backwards."""
    seen = {position + i for i in range(last)}
    seen |= {one + i for one in seen for i in (-1, 0, 1)}
    seen = {one * p + i for one in seen for i in range(2)}
    return {one * s + i * d for one in seen for i in range(k)}


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("s", [1, 2])
@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("p", [1, 2])
def test_a_position_sees_what_it_depends_on(k: int, s: int, d: int, p: int) -> None:
    report = measure(read_network(CHAIN.format(k, s, d, p, 2)).network)
    sight = sights(report)[report.rows[-1].name]
    assert sight is not None
    here, next_one = (reached(k, s, d, p, 2, position) for position in (4, 5))
    assert sight.sides == (max(here) - min(here) + 1,)
    assert sight.stride == (min(next_one) - min(here),)


def test_a_gate_is_not_counted_and_attention_ends_it() -> None:
    report = measure(load("mobilenet_v3_small"))
    found = sights(report)
    assert all(found[row.name] is not None for row in report.expanded())
    sees = found["inverted_residual2"]
    assert sees is not None
    assert sees.sides == (7, 7)
    report = measure(load("vit_tiny"))
    assert sights(report)[report.rows[-1].name] is None


def test_every_shipped_network_is_followed() -> None:
    for name in ("hrnet_w18", "yolov8n", "unet", "x3d_s", "ghostnet", "shufflenet_v1"):
        report = measure(load(name))
        names = {row.name for row in (*report.rows, *report.expanded())}
        assert names <= sights(report).keys()


def test_windows_of_blocks_pools_and_of_what_has_none() -> None:
    report = measure(load("squeezenet"))
    told = {row.name: window_of(row) for row in report.expanded()}
    pool = next(window for name, window in told.items() if name.startswith("pool"))
    assert pool is not None
    assert (pool.k, pool.stride) == ((3, 3), (2, 2))
    rows = {row.kind: window_of(row) for row in measure(load("mobilenet_v2")).rows}
    assert rows["global_pool"] is rows["linear"] is None
    assert rows["inverted_residual"] is not None


def test_table_1_of_the_paper_can_be_laid_beside_it() -> None:
    out = call("net", "mobilenet", "--expand", "--columns", "kind,stride,k,input",
               "--format", "csv").out.splitlines()  # fmt: skip
    assert out[:4] == [
        "kind,stride,k,input",
        "conv,2,3,224×224×3",
        "depthwise,1,3,112×112×32",
        "pointwise,1,1,112×112×32",
    ]
    strides = [line.split(",")[1] for line in out[1:]]
    assert strides.count("2") == 5  # the paper's last s2 does not agree with its own sizes


def test_columns_and_json_tell_what_is_seen() -> None:
    out = call("net", "mobilenet", "--columns", "name,receptive_field", "--format", "csv").out
    assert out.splitlines()[:3] == [
        "name,receptive_field,receptive_stride",
        "conv1,3,2",
        "separable2,7,2",
    ]
    assert "Sees:" in call("net", "mobilenet", "--columns", "+receptive_field").out
    first, second, *_ = document("net", "mobilenet")["layers"]
    assert (first["k"], first["stride"]) == ([3, 3], [2, 2])
    assert (second["receptive_field"], second["receptive_stride"]) == ([7, 7], [2, 2])
    last = document("net", "mobilenet")["layers"][-1]
    assert last["k"] is None
    assert "there is no 'receptive'" in complaint("net", "mobilenet", "--columns", "receptive")


def test_a_window_on_no_map_is_the_law_s_to_refuse() -> None:
    from dscalc import Conv

    flat = Network("flat", Shape((), 3), (Node("a", Conv(4), ("input",)),))
    with pytest.raises(DscalcError, match="needs a feature map"):
        measure(flat)


def test_where_the_axes_become_others_it_ends() -> None:
    """Channels as positions, as in efficient channel attention (Wang et al. 2020)."""
    nodes = (
        Node("squeeze", GlobalPool(), ("input",)),
        Node("flat", Flatten(), ("squeeze",)),
        Node("row", Tokens(), ("squeeze",)),
        Node("conv", Conv(4), ("row",)),
        Node("pool", Pool(1), ("row",)),
        Node("both", Add(), ("row", "conv")),
        Node("head", Linear(2), ("flat",)),
    )
    found = sights(measure(Network("eca", Shape((8, 8), 4), nodes)))
    assert {name for name, sight in found.items() if sight is None} == {"conv", "pool", "both"}
    assert found["head"] == found["row"] == found["squeeze"]
