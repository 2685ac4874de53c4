"""The networks that torchvision builds, and its detectors without their boxes' bookkeeping."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import torchvision
from torchvision import models
from torchvision.models import detection

from tests.oracles.cases import Case, at_sides, spelt

VERSION = f"torchvision {torchvision.__version__.partition('+')[0]}"

# Constructor, the shipped file's name, sides.
NAMED = (
    ("alexnet", "", (224, 256)),
    ("vgg16", "vgg16", (224, 160)),
    ("squeezenet1_1", "squeezenet", (224, 225, 160)),
    ("resnet18", "resnet18", (224, 225, 160)),
    ("resnet50", "resnet50", (224, 225, 160)),
    ("resnext50_32x4d", "resnext50_32x4d", (224, 160)),
    ("densenet121", "densenet121", (224, 160)),
    ("inception_v3", "inception_v3", (299, 331, 224)),
    ("googlenet", "googlenet", (224, 225, 160)),
    ("convnext_tiny", "convnext_tiny", (224, 256)),
    ("mobilenet_v2", "mobilenet_v2", (224, 225, 160)),
    ("mobilenet_v3_large", "mobilenet_v3_large", (224, 225, 160)),
    ("mobilenet_v3_small", "mobilenet_v3_small", (224, 225, 160)),
    ("mnasnet1_0", "mnasnet", (224, 225, 160)),
    ("shufflenet_v2_x1_0", "shufflenet_v2", (224, 225, 160)),
    ("efficientnet_v2_s", "efficientnet_v2_s", (384, 300, 224)),
    ("regnet_x_400mf", "regnet_x_400mf", (224, 225, 160)),
    ("regnet_y_400mf", "regnet_y_400mf", (224, 225, 160)),
    ("regnet_x_800mf", "regnet_x_800mf", (224,)),
    ("regnet_y_800mf", "regnet_y_800mf", (224,)),
    ("regnet_x_1_6gf", "regnet_x_1_6gf", (224,)),
    ("regnet_y_1_6gf", "regnet_y_1_6gf", (224,)),
    ("swin_t", "swin_t", (224, 256, 288)),
    ("swin_t", "", (230,)),
    ("swin_s", "swin_s", (224,)),
    ("swin_b", "swin_b", (224,)),
)

NOTES = {
    "alexnet": "torchvision's one-tower AlexNet",
    "swin_t": "what does not tile is padded up and counts; at 230 merging pads odd sides, too",
}

TRAINING_ONLY = {
    "googlenet": {"aux_logits": False},
    "inception_v3": {"aux_logits": False},
}

EFFICIENTNET_SIDES: dict[str, tuple[int, ...]] = {
    "efficientnet_b0": (224, 225, 160),
    "efficientnet_b1": (240,),
    "efficientnet_b2": (260, 288),
    "efficientnet_b3": (300,),
    "efficientnet_b4": (380,),
    "efficientnet_b5": (456,),
    "efficientnet_b6": (528,),
    "efficientnet_b7": (600,),
}


def cases() -> Iterator[Case]:
    """Every network that torchvision builds, without its weights."""
    for name, network, sides in NAMED:
        extra = TRAINING_ONLY.get(name, {})
        build = partial(getattr(models, name), weights=None, **extra)
        if extra:
            build = partial(build, init_weights=False)
        note = NOTES.get(name, "")
        yield from _at(name, network, sides, "", build, note=note)
        if not network:
            continue
        few = partial(build, num_classes=2)
        given = "classes=2"
        yield from _at(name, network, sides[:1], "num_classes=2", few, given=given, note=note)
    for name, own in EFFICIENTNET_SIDES.items():
        yield from _at(name, name, own, "", partial(getattr(models, name), weights=None))
    yield from _widths()
    yield from _videos()
    yield from _detectors()


def _at(
    name: str, network: str, sides: tuple[int, ...], arguments: str, build: Any, **more: Any
) -> Iterator[Case]:
    case = f"torchvision/{name}"
    if more.get("alpha", 1.0) != 1.0:
        case += f"@w{more['alpha']:g}"
    if more.get("given"):
        case += "@classes2"
    source = f"{VERSION}, {name}({arguments})"
    yield from at_sides(case, network, sides, source, build, **more)


def _widths() -> Iterator[Case]:
    for alpha, side in ((0.35, 224), (0.5, 160), (0.75, 192), (1.3, 224), (1.4, 224), (0.1, 96)):
        build = partial(models.mobilenet_v2, weights=None, width_mult=alpha)
        arguments = f"width_mult={alpha:g}"
        yield from _at("mobilenet_v2", "mobilenet_v2", (side,), arguments, build, alpha=alpha)
    for alpha in (0.35, 0.5, 0.75, 1.3):
        build = partial(models.MNASNet, alpha)
        yield from _at("MNASNet", "mnasnet", (224,), f"{alpha:g}", build, alpha=alpha)
    for name in ("mobilenet_v3_large", "mobilenet_v3_small"):
        for alpha in (0.75, 1.25):
            build = partial(getattr(models, name), weights=None, width_mult=alpha)
            arguments = f"width_mult={alpha:g}"
            note = "torchvision rounds alpha times the hidden channels of the paper's table"
            yield from _at(name, "", (224,), arguments, build, alpha=alpha, note=note)
    for name in ("shufflenet_v2_x0_5", "shufflenet_v2_x1_5", "shufflenet_v2_x2_0"):
        build = partial(getattr(models, name), weights=None)
        note = "a network of its own in the paper, no multiple of 1x"
        yield from at_sides(
            f"torchvision/{name}", name, (224,), f"{VERSION}, {name}()", build, note=note
        )


def _videos() -> Iterator[Case]:
    for frames, side in ((16, 112), (8, 112), (16, 128)):
        yield Case(
            f"torchvision/r2plus1d_18@r{frames}x{side}",
            "r2plus1d_18",
            (frames, side, side, 3),
            f"{VERSION}, video.r2plus1d_18()",
            partial(models.video.r2plus1d_18, weights=None),
        )
    yield Case(
        "torchvision/r2plus1d_18@classes2@r16x112",
        "r2plus1d_18",
        (16, 112, 112, 3),
        f"{VERSION}, video.r2plus1d_18(num_classes=2)",
        partial(models.video.r2plus1d_18, weights=None, num_classes=2),
        given="classes=2",
    )


def _detectors() -> Iterator[Case]:
    whole = "backbone and head, without the boxes' bookkeeping"
    for sides, note in (
        ((800, 1066, 3), whole),
        ((800, 1088, 3), f"{whole}; an 800x1066 picture as it is fed, padded to multiples of 32"),
        ((608, 800, 3), whole),
    ):
        yield Case(
            f"torchvision/retinanet_resnet50_fpn@r{spelt(sides[:-1])}",
            "retinanet_resnet50_fpn",
            sides,
            f"{VERSION}, detection.retinanet_resnet50_fpn(weights_backbone=None)",
            _retinanet,
            run=_detect,
            note=note + "; trainable norms (as pretrained they are frozen, and no parameters)",
        )
    yield Case(
        "torchvision/retinanet_resnet50_fpn@classes2@r800x1066",
        "retinanet_resnet50_fpn",
        (800, 1066, 3),
        f"{VERSION}, detection.retinanet_resnet50_fpn(weights_backbone=None, num_classes=2)",
        partial(_retinanet, num_classes=2),
        given="classes=2",
        run=_detect,
        note=whole,
    )
    yield Case(
        "torchvision/ssdlite320_mobilenet_v3_large@classes2@r320",
        "ssdlite320_mobilenet_v3_large",
        (320, 320, 3),
        f"{VERSION}, detection.ssdlite320_mobilenet_v3_large(weights_backbone=None, num_classes=2)",
        partial(_ssdlite, num_classes=2),
        given="classes=2",
        run=_detect,
        note=whole,
    )
    for side in (320, 512):
        yield Case(
            f"torchvision/ssdlite320_mobilenet_v3_large@r{side}",
            "ssdlite320_mobilenet_v3_large",
            (side, side, 3),
            f"{VERSION}, detection.ssdlite320_mobilenet_v3_large(weights_backbone=None)",
            _ssdlite,
            run=_detect,
            note=f"{whole}; the last stage's channels are halved, as with the published weights",
        )


def _retinanet(**more: Any) -> Any:
    return detection.retinanet_resnet50_fpn(weights=None, weights_backbone=None, **more)


def _ssdlite(**more: Any) -> Any:
    return detection.ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None, **more)


def _detect(module: Any, x: Any) -> Any:
    return module.head(list(module.backbone(x).values()))
