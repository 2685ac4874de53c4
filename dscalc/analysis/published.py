"""What is published of a network: its figures and its accuracies, as a source prints them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias, get_args

from dscalc.errors import Place
from dscalc.law.layer import Count
from dscalc.law.setting import AS_WRITTEN, Setting
from dscalc.quantities import Quantity

Standing: TypeAlias = Literal["authors", "quoted", "others", "quantized", "distilled", "extra data"]
"""Whose figure it is: the authors' own or theirs as another source quotes it; then one of a network
that others trained, converted or measured, that was quantized, distilled, or saw extra data."""
STANDINGS: tuple[Standing, ...] = get_args(Standing)
METRICS = {
    "top1": "Top-1",
    "accuracy": "Accuracy",
    "mAP": "mAP",
    "auc": "AUC",
    "top5": "Top-5",
}
"""What is published, with its name for people; of each a larger one is better."""
IMAGENET = "ImageNet-1k"


class Published(NamedTuple):
    """What a source prints of a network at one setting.

    `slip` gives the reason why a figure differs from ours by more than its printed digits.
    `accuracies` are those that it prints by their metric, on `dataset`; nothing verifies these.
    """

    source: str
    setting: Setting = AS_WRITTEN
    rewritten: Literal["standard", "separable"] | None = None
    counted: Count = "trainable"
    params: Quantity | None = None
    mult_adds: Quantity | None = None
    slip: str = ""
    place: Place | None = None
    accuracies: Mapping[str, float] = {}
    dataset: str = IMAGENET
    standing: Standing = "authors"
