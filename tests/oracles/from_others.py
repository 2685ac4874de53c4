"""The networks of packages that build one family each: YOLOv8, X3D, EDSR, ShuffleNet."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from importlib import import_module
from importlib.metadata import version
from typing import Any

import torch
from torch import nn

from tests.oracles.cases import Case, image, spelt


def cases() -> Iterator[Case]:
    """Every network of these packages, without its weights."""
    yield from _yolo()
    yield from _x3d()
    yield from _edsr()
    yield from _shufflenet()


def _yolo() -> Iterator[Case]:
    source = f"ultralytics {version('ultralytics')}"
    for size, sides in (
        ("n", ((640, 640), (320, 320), (480, 640))),
        ("s", ((640, 640),)),
        ("m", ((640, 640),)),
        ("l", ((640, 640),)),
        ("x", ((640, 640), (320, 320))),
    ):
        for height, width in sides:
            name = f"yolov8{size}"
            yield Case(
                f"ultralytics/{name}@r{height}x{width}",
                name,
                (height, width, 3),
                f"{source}, DetectionModel('{name}.yaml')",
                partial(_built_yolo, name),
                note="as it predicts: with the 16 fixed weights that turn bins into distances",
            )
    for name in ("yolov8n", "yolov8l"):
        yield Case(
            f"ultralytics/{name}@classes2@r640",
            name,
            image(640),
            f"{source}, DetectionModel('{name}.yaml', nc=2)",
            partial(_built_yolo, name, nc=2),
            given="classes=2",
            note="the classes' hidden channels are the finest map's, or the classes up to 100",
        )
    for alpha, depth in ((0.3, 1.0), (0.6, 0.8), (1.0, 0.5), (1.25, 1.0), (1.3, 0.33)):
        yield Case(
            f"ultralytics/yolov8@w{alpha:g}@d{depth:g}@r640",
            "yolov8",
            image(640),
            f"{source}, DetectionModel('yolov8.yaml' scaled by {depth:g}, {alpha:g}, 1024)",
            partial(_scaled_yolo, alpha, depth),
            alpha=alpha,
            depth=depth,
            note="at most 1024 channels before alpha; boxes' hidden channels are a quarter of the"
            " finest map's, at least 64",
        )


def _built_yolo(name: str, **more: Any) -> Any:
    tasks = import_module("ultralytics.nn.tasks")
    with torch.device("cpu"):
        return tasks.DetectionModel(f"{name}.yaml", verbose=False, **more)


def _scaled_yolo(alpha: float, depth: float) -> Any:
    tasks = import_module("ultralytics.nn.tasks")
    definition = tasks.yaml_model_load("yolov8n.yaml")
    definition |= {"scale": "n", "scales": {"n": [depth, alpha, 1024]}}
    with torch.device("cpu"):
        return tasks.DetectionModel(definition, verbose=False)


def _x3d() -> Iterator[Case]:
    create = import_module("pytorchvideo.models.x3d").create_x3d
    source = f"pytorchvideo {version('pytorchvideo')}, create_x3d"
    for name, network, frames, side, depth in (
        ("x3d_s", "x3d_s", 13, 160, 2.2),
        ("x3d_s", "x3d_s", 13, 182, 2.2),
        ("x3d_xs", "x3d_s", 4, 160, 2.2),
        ("x3d_m", "x3d_s", 16, 224, 2.2),
    ):
        yield Case(
            f"pytorchvideo/{name}@r{frames}x{side}",
            network,
            (frames, side, side, 3),
            f"{source}(input_clip_length={frames}, input_crop_size={side}, depth_factor={depth:g})",
            partial(create, input_clip_length=frames, input_crop_size=side, depth_factor=depth),
            note="the same layers at every size" if name != "x3d_s" else "",
        )


def _edsr() -> Iterator[Case]:
    module = import_module("torchsr.models.edsr")
    for sides in ((360, 640, 3), (48, 48, 3)):
        yield Case(
            f"torchsr/edsr_baseline@x2@r{spelt(sides[:-1])}",
            "edsr_baseline_x2",
            sides,
            f"torchsr {version('torchsr')}, EDSR(16, 64, 2, 1.0)",
            partial(_built_edsr, module),
            note="without the fixed shift of the mean colour; published: 1.37M",
        )


def _built_edsr(module: Any) -> Any:
    network = module.EDSR(n_resblocks=16, n_feats=64, scale=2, res_scale=1.0)
    network.sub_mean = network.add_mean = nn.Identity()
    return network


def _shufflenet() -> Iterator[Case]:
    module = import_module("pytorchcv.models.shufflenet")
    source = f"pytorchcv {version('pytorchcv')}"
    for name, alpha in (
        ("shufflenet_g3_w1", 1.0),
        ("shufflenet_g3_w3d4", 0.75),
        ("shufflenet_g3_wd2", 0.5),
        ("shufflenet_g3_wd4", 0.25),
    ):
        yield Case(
            f"pytorchcv/{name}@r224",
            "shufflenet_v1",
            image(224),
            f"{source}, {name}",
            partial(getattr(module, name)),
            alpha=alpha,
        )
