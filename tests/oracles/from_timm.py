"""The networks that timm builds: by their registered names, and by its generators at other α."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import timm
import torch
from timm.models import efficientnet
from timm.models.ghostnet import _create_ghostnet
from timm.models.mobilenetv3 import _gen_lcnet, _gen_mobilenet_v3, _gen_mobilenet_v4
from timm.utils.model import reparameterize_model

from tests.oracles.cases import Case, at_sides

VERSION = f"timm {timm.__version__}"

# Registered name, the shipped file's, sides. Fused attention is off while these are counted.
NAMED = (
    ("mobilenetv4_conv_small", "mobilenetv4_conv_small", (224, 256, 225, 160)),
    ("mobilenetv4_conv_medium", "mobilenetv4_conv_medium", (224, 256, 320)),
    ("mobilenetv4_conv_large", "mobilenetv4_conv_large", (256, 384, 448)),
    ("mobilenetv4_hybrid_medium", "mobilenetv4_hybrid_medium", (224, 256, 448)),
    ("ghostnet_100", "ghostnet", (224, 225, 160)),
    ("mixnet_s", "mixnet_s", (224, 225, 160)),
    ("mixnet_m", "mixnet_m", (224, 160)),
    ("tf_efficientnetv2_s", "efficientnet_v2_s", (300, 384)),
    ("regnetx_004_tv", "regnet_x_400mf", (224,)),
    ("regnety_004", "regnet_y_400mf", (224,)),
    ("semnasnet_100", "mnasnet_a1", (224, 225, 160)),
    ("lcnet_100", "lcnet", (224, 225, 160)),
    ("fbnetc_100", "fbnetc", (224, 225, 160)),
    ("convmixer_768_32", "convmixer_768_32", (224, 160)),
    ("convmixer_1024_20_ks9_p14", "convmixer_1024_20_ks9_p14", (224,)),
    ("convmixer_1536_20", "convmixer_1536_20", (224,)),
    ("inception_resnet_v2", "inception_resnet_v2", (299, 331, 224)),
    ("hrnet_w18", "hrnet_w18", (224, 256, 320)),
    ("hrnet_w30", "hrnet_w30", (224,)),
    ("hrnet_w32", "hrnet_w32", (224,)),
    ("hrnet_w40", "hrnet_w40", (224,)),
    ("hrnet_w48", "hrnet_w48", (224,)),
    ("res2net50_26w_4s", "res2net50_26w_4s", (224, 225, 160)),
    ("res2net50_14w_8s", "res2net50_14w_8s", (224,)),
    ("res2net50_26w_6s", "res2net50_26w_6s", (224,)),
    ("res2net50_26w_8s", "res2net50_26w_8s", (224,)),
    ("res2net50_48w_2s", "res2net50_48w_2s", (224,)),
    ("swin_tiny_patch4_window7_224", "swin_t", (224,)),
    ("mobilevit_s", "mobilevit_s", (256, 192, 320)),
    ("mobilevit_xs", "mobilevit_xs", (256,)),
    ("mobilevit_xxs", "mobilevit_xxs", (256,)),
    ("efficientformer_l1", "efficientformer_l1", (224,)),
    ("efficientformer_l3", "efficientformer_l3", (224,)),
    ("efficientformer_l7", "efficientformer_l7", (224,)),
    ("legacy_xception", "xception", (299, 224)),
)

# Built for one size: the map's sides stand in their parameters.
SIZED = (
    ("mixer_s16_224", "mixer_s16", (224, 256)),
    ("mixer_b16_224", "mixer_b16", (224,)),
    ("vit_tiny_patch16_224", "vit_tiny", (224, 160, 384)),
    ("vit_small_patch16_224", "vit_small", (224,)),
    ("vit_base_patch16_224", "vit_base", (224,)),
)

EFFICIENTNETS = (
    ("b0", 1.0, 1.0, 224),
    ("b1", 1.0, 1.1, 240),
    ("b2", 1.1, 1.2, 260),
    ("b3", 1.2, 1.4, 300),
    ("b4", 1.4, 1.8, 380),
    ("b5", 1.6, 2.2, 456),
    ("b6", 1.8, 2.6, 528),
    ("b7", 2.0, 3.1, 600),
)

# Generator, its first argument, the shipped file's name, side, α.
SOME = (0.35, 0.5, 0.6, 0.75, 0.9, 1.15, 1.3, 1.4, 2.0)
WIDTHS = (
    (_gen_mobilenet_v4, "mobilenetv4_conv_small", "mobilenetv4_conv_small", 224, SOME),
    (_gen_mobilenet_v4, "mobilenetv4_conv_medium", "mobilenetv4_conv_medium", 224, SOME[1::2]),
    (_gen_mobilenet_v4, "mobilenetv4_conv_large", "mobilenetv4_conv_large", 256, SOME[1::2]),
    (_gen_mobilenet_v4, "mobilenetv4_hybrid_medium", "mobilenetv4_hybrid_medium", 224, SOME[1::2]),
    (efficientnet._gen_mixnet_s, "mixnet_s", "mixnet_s", 224, SOME[1:]),
    (efficientnet._gen_mixnet_m, "mixnet_m", "mixnet_m", 224, SOME[1:]),
    (efficientnet._gen_mnasnet_a1, "semnasnet_100", "mnasnet_a1", 224, SOME),
    (efficientnet._gen_fbnetc, "fbnetc_100", "fbnetc", 224, SOME),
    (_gen_lcnet, "lcnet_100", "lcnet", 224, (0.25, *SOME, 1.5, 2.5)),
    (efficientnet._gen_mobilenet_v2, "mobilenetv2_100", "mobilenet_v2", 224, SOME),
    (efficientnet._gen_mnasnet_b1, "mnasnet_100", "mnasnet", 224, (1.0, *SOME[1:])),
    (_gen_mobilenet_v3, "mobilenetv3_large_100", "mobilenet_v3_large", 224, (0.75, 0.9, 1.0)),
    (_gen_mobilenet_v3, "mobilenetv3_small_100", "mobilenet_v3_small", 224, (0.75, 0.9, 1.0)),
    (_create_ghostnet, "ghostnet_100", "ghostnet", 224, SOME[1:]),
)

# α, depth and side at which EfficientNet's own generator is tried, beside the eight of the paper.
COMPOUND = (
    (0.5, 1.0, 224),
    (0.75, 0.5, 192),
    (1.0, 0.34, 160),
    (1.0, 2.0, 224),
    (1.3, 1.0, 225),
    (2.2, 3.6, 672),
)


def cases() -> Iterator[Case]:
    """Every network that timm builds, without its weights."""
    for name, network, sides in NAMED:
        build = partial(timm.create_model, name)
        yield from at_sides(f"timm/{name}", network, sides, f"{VERSION}, {name}", build)
        yield from at_sides(
            f"timm/{name}@classes2",
            network,
            sides[:1],
            f"{VERSION}, {name}(num_classes=2)",
            partial(build, num_classes=2),
            given="classes=2",
        )
    for name, network, sides in SIZED:
        for side in sides:
            build = partial(timm.create_model, name, img_size=side)
            source = f"{VERSION}, {name}(img_size={side})"
            given = f"tokens={(side // 16) ** 2}" if network == "mixer_s16" and side != 224 else ""
            yield from at_sides(f"timm/{name}", network, [side], source, build, given=given)
    yield from _efficientnets()
    yield from _widths()
    yield from _deployed()


def _efficientnets() -> Iterator[Case]:
    for name, alpha, depth, side in EFFICIENTNETS:
        build = partial(timm.create_model, f"efficientnet_{name}")
        yield from at_sides(
            f"timm/efficientnet_{name}",
            f"efficientnet_{name}",
            [side],
            f"{VERSION}, efficientnet_{name}",
            build,
            note=f"as a variant: the file's own alpha {alpha:g} and depth {depth:g}",
        )
    for alpha, depth, side in COMPOUND:
        yield from at_sides(
            f"timm/efficientnet@w{alpha:g}@d{depth:g}",
            "efficientnet_b0",
            [side],
            f"{VERSION}, efficientnet._gen_efficientnet('efficientnet_b0', {alpha:g}, {depth:g})",
            partial(efficientnet._gen_efficientnet, "efficientnet_b0", alpha, depth),
            alpha=alpha,
            depth=depth,
        )


def _widths() -> Iterator[Case]:
    for generate, name, network, side, alphas in WIDTHS:
        for alpha in alphas:
            yield from at_sides(
                f"timm/{name}@w{alpha:g}",
                network,
                [side],
                f"{VERSION}, {generate.__name__}('{name}', {alpha:g})",
                partial(generate, name, alpha),
                alpha=alpha,
            )
    for depth in (0.5, 1.2):
        yield from at_sides(
            f"timm/mixnet_m@d{depth:g}",
            "",
            [224],
            f"{VERSION}, _gen_mixnet_m('mixnet_m', 1.0, {depth:g})",
            partial(efficientnet._gen_mixnet_m, "mixnet_m", 1.0, depth),
            depth=depth,
            note="timm shares a stage's depth out among its blocks, which no `repeat` rounds alone",
        )


def _deployed() -> Iterator[Case]:
    """Networks trained with branches that are folded into one convolution before use."""
    for name, network, sides in (
        ("repvgg_a0", "repvgg_a0", (224, 160)),
        ("mobileone_s0", "mobileone_s0", (224, 160)),
        ("mobileone_s1", "mobileone_s1", (224,)),
    ):
        yield from at_sides(
            f"timm/{name}@deployed",
            network,
            sides,
            f"{VERSION}, reparameterize_model({name})",
            partial(_folded, name),
            note="as deployed: branches and norms folded into one biased convolution each",
        )


def _folded(name: str) -> Any:
    with torch.device("cpu"):
        return reparameterize_model(timm.create_model(name), inplace=True)
