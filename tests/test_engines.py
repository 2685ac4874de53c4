"""Engines that share work among processes: what they call gives what it gives here.

The engines are none of our dependencies; `.ci/oracles engines` installs them and runs this.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

import pytest

import dscalc

PARTS = [[0.25, 0.5], [0.75, 1.0]]
RESOLUTIONS = [128, 224]


def mult_adds(parts: Iterable[Sequence[dscalc.Point]]) -> list[int]:
    return [point.cost.mult_adds for part in parts for point in part]


@pytest.fixture
def expected() -> list[int]:
    """What the whole grid costs, swept in this process."""
    net = dscalc.load("mobilenet")
    whole = dscalc.sweep(net, [alpha for part in PARTS for alpha in part], RESOLUTIONS)
    assert len(whole) == 8
    return mult_adds([whole])


def test_dask(expected: list[int]) -> None:
    distributed = pytest.importorskip("distributed")
    net = dscalc.load("mobilenet")
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        work = client.map(partial(dscalc.sweep, net, resolutions=RESOLUTIONS), PARTS)
        assert mult_adds(client.gather(work)) == expected


@pytest.mark.filterwarnings("default")  # the engine's own start warns of this and that
def test_ray(expected: list[int]) -> None:
    ray = pytest.importorskip("ray")
    net = dscalc.load("mobilenet")
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
    try:
        sweep = ray.remote(dscalc.sweep)
        parts = ray.get([sweep.remote(net, part, RESOLUTIONS) for part in PARTS])
    finally:
        ray.shutdown()
    assert mult_adds(parts) == expected
