"""What every key of the files means, in a sentence: an editor shows it beside the key."""

from __future__ import annotations

NETWORK = {
    "name": "What the network is called; by default its file.",
    "source": "Where the network is from: paper, table, or code.",
    "input": "The shape of one example, channels last, [H, W, C]; or of several by name.",
    "with": "Parameters of the file and their values, which --with changes: {classes: 1000}.",
    "variants": "Networks of their own names: {NAME: {alpha, depth, resolution, with}}.",
    "width": "How α·N becomes a whole number of channels; by default int(α·N).",
    "depth": "How depth · repeat becomes a whole number of copies; without it depth is refused.",
    "defaults": "Keys of every convolution that does not say otherwise.",
    "blocks": "Lists of layers with names and parameters, used as kinds; capital letters first.",
    "layers": "The layers in the order of execution, each taking what the one before gives.",
    "outputs": "The layers whose maps go out; by default every one that nobody takes.",
    "published": "Figures that were published of the network, which `dscalc verify` computes anew.",
    "budget": "What the network may cost, which `dscalc check` holds it to.",
}
WIDTH = {
    "round": "Makes α·N whole first: floor, as int(n * alpha) does, or nearest.",
    "min": "Never fewer channels than these.",
    "multiple_of": "A multiple of this, by the rule that keeps at least 90 % (MobileNetV2).",
    "up": "The next multiple instead (YOLO).",
    "fixed": "Why α makes no sense for this network; it is then refused.",
}
DEPTH = {"round": "ceil (EfficientNet), nearest (YOLOv8) or floor; at least 1 copy."}
SETTING = {
    "alpha": "Width multiplier α: channels become α·N by the network's rule.",
    "rho": "Resolution multiplier ρ: the sides of the input become ρ·D_F.",
    "depth": "Depth multiplier: copies become depth · repeat by the network's rule.",
    "resolution": "The sides of the input, in place of ρ: a number, or one for each axis.",
    "with": "Other values for the file's parameters.",
}
PUBLISHED = {
    **SETTING,
    "source": "Where the figure stands.",
    "slip": "Why it is another one than ours, where that is known.",
    "as": "What the convolutions were exchanged for.",
    "count": "Which parameters are counted.",
    "params": "Parameters as they are printed: 4.2M.",
    "mult_adds": "Mult-adds as they are printed: 569M.",
    "top1": "Top-1 accuracy in percent, as it is printed; of ImageNet-1k unless `dataset` says.",
    "top5": "Top-5 accuracy in percent, as it is printed; of ImageNet-1k unless `dataset` says.",
    "accuracy": "Accuracy in percent, as it is printed.",
    "mAP": "Mean average precision in percent, as it is printed.",
    "auc": "Area under the curve in percent, as it is printed.",
    "dataset": "The dataset that an accuracy is of.",
    "standing": "Whose an accuracy is; by default the authors'.",
}
BLOCK = {
    "with": "The block's parameters with what they are if not given; null: must be given.",
    "input": "The names of the maps that come in, where it is not one.",
    "layers": "The block's layers, which know its parameters and its input.",
    "outputs": "The layers whose maps go out, where it is not the last one's alone.",
}
ITEM = {
    "name": "What others call the layer; outer.inner for what is inside another.",
    "from": "What the layer takes, in place of what the one before gives: a name, or several.",
    "repeat": "So many copies, one after the other; in all but the first strides are 1.",
    "each": "One copy for each value of the variables: {x: [8, 16]}.",
    "if": "There only if so: NAME, `not NAME` or `A > B`.",
    "shared": "true: all copies have the first one's parameters; NAME: those of that layer.",
}
STRUCTURES = {
    "sequence": "A list of layers under one name.",
    "residual": "A list of layers, and what came in added to what it gives.",
    "concat": "Maps put together along the channels: of names, or of lists of layers.",
    "add": "The sum of maps of one shape: of names, or of lists of layers.",
    "multiply": "Maps multiplied number by number: of names, or of lists of layers.",
    "split": "Parts of the channels that flow on, or a list of layers for each part.",
}
PARTS = {
    "body": "The layers to which what came in is added.",
    "shortcut": "The layers that it passes before it is added, always.",
    "project": "What it passes where the body changes the shape: auto, none, or layers.",
    "of": "Names of earlier layers, and lists of layers.",
    "crop": "Cuts the larger maps to the smallest first.",
    "sizes": "The share of the channels that each list takes.",
    "each": "One list for each value of the variables.",
    "layers": "The list, in which the variables stand for their values.",
}
FIELDS = {
    "n": "Output channels, which α scales; or what they follow from: 3 * in, n / 2.",
    "k": "Side of the kernel, or one for each axis.",
    "stride": "By how much the window moves, or one for each axis.",
    "padding": "same, valid, causal (one axis), numbers, or a pair [before, behind] for each axis.",
    "dilation": "The distance between the taps of the kernel.",
    "g": "Groups: each output channel sees M / G input channels.",
    "multiplier": "Output channels for each input channel.",
    "bias": "Whether there is a bias for every output channel.",
    "norm": "The norm behind it, or {type, without}; none by default.",
    "depthwise_norm": "The norm behind the depthwise part, where it is another one.",
    "depthwise_bias": "Whether the depthwise part has a bias, where it is otherwise.",
    "depthwise_activation": "The activation behind the depthwise part, where it is another one.",
    "scale": "Whether α scales n.",
    "activation": "The activation behind it, which costs memory alone where it is not fused.",
    "groups": "How many groups the channels are taken from in turn.",
    "at_least": "Never fewer channels than these, after α.",
    "multiple_of": "The rule of rounding in place of the network's; also of what follows.",
    "expand": "Hidden channels for each input channel.",
    "hidden": "The hidden channels outright, which α scales.",
    "se": "What the squeeze-and-excitation divides by; none by default.",
    "se_of": "What `se` divides: the hidden channels, or the block's input.",
    "se_activation": "The activation between the two convolutions of the squeeze-and-excitation.",
    "residual": "Whether the input is added where stride is 1 and N = M.",
    "output_padding": "What is added to the sides that come out.",
    "size": "The sides that come out: a number, or one for each axis.",
    "over": "What a linear layer mixes: channels, or the positions of each.",
    "type": "Which one it is.",
    "without": "Which of its parameters a norm goes without: scale, shift or both.",
    "reduction": "What the channels are divided by; 0.25 of them is 4.",
    "heads": "Heads, which share out the channels.",
    "key": "The width of a head of queries and keys; by default M / heads.",
    "value": "The width of a head of values; by default that of keys.",
    "kv_heads": "Heads of keys and values, where they are fewer.",
    "window": "The sides of the windows within which positions attend.",
    "parts": "How many parts of the positions attend within themselves.",
    "project": "Whether there is a projection behind the heads.",
    "transposed": "Whether the second map stands the other way.",
    "bidirectional": "Whether it reads both ways, and gives 2·N channels.",
    "biases": "Biases for each channel of a gate: 2 in PyTorch, 1 in Keras' LSTM.",
    "words": "How many words there are, each with a row of n numbers.",
    "ceil": "Whether the last window may hang over the edge.",
    "factor": "How many times as long the sides become.",
    "like": "The layer whose sides it takes.",
    "sides": "What is added to the sides, as a convolution's padding.",
    "channels": "Channels: before and behind, or of a row.",
    "offset": "The first channel that is taken.",
    "output": "The shape that comes out, channels last.",
    "why": "Why no law covers it.",
    "weights": "How many weights it has.",
    "other": "How many parameters it has that are no weights, biases or norms.",
    "mult_adds": "How many mult-adds it takes.",
}
OF_KINDS = {
    "linear.n": "Output channels, which α leaves alone unless `scale` is true.",
    "squeeze_excite.n": "The squeezed channels outright, in place of `reduction`.",
    "squeeze_excite.multiple_of": "Rounds the squeezed channels (MobileNetV3).",
    "squeeze_excite.activation": "The activation between its two convolutions.",
    "embedding.n": "Numbers for each word, which α leaves alone.",
    "parameters.n": "How many there are, which α leaves alone.",
    "slice.n": "How many channels are taken.",
    "opaque.biases": "How many biases it has.",
    "space_to_depth.factor": "By how much the sides are divided.",
    "pool.stride": "By how much the window moves; by default k.",
}
"""What a key means in one kind, where that is not what it means in others."""

BUDGET_FILE = {
    "version": "The version of this format: 1.",
    "networks": "The networks that are checked, each with what it may cost.",
    "growth_from": "base: the growth that is allowed is what the file of the base allows.",
    "accept": "Why the file may hold fewer networks than it did.",
}
ENTRY = {
    "file": "A network: a path from the folder of this file, or the name of a shipped one.",
    "optional": "true: a file that is not there is passed over.",
    "inputs": "The sizes of a model file's inputs that the file leaves open, by name.",
    **SETTING,
    "count": "Which parameters are counted: weights (papers), trainable (PyTorch), total (Keras).",
    "dtype": "The type of activations, for memory.",
    "weight_dtype": "The type of weights, for size, where it is another one.",
    "memory": "By which rule the memory of activations is counted.",
    "size": "By which rule the size of the parameters is counted.",
    "budget": "The most that each figure may be, and the least that a published top-1 may.",
    "growth": "The most by which each figure may grow against the base: a count, or 2%.",
    "layers": "Limits for the layers whose names match.",
    "message": "What to tell the person whose change is over budget.",
    "only_worse": "true: what is over its limit and no worse than it was is a warning.",
    "accept": "Why limits are higher than they were.",
}
LIMIT = {
    "max": "Above this the check fails.",
    "warn": "Above this it warns.",
    "rule": "The rule that these bytes are counted by.",
    "ignore_below": "Growth of less than this is none.",
    "accept": "Why the limit is higher than it was.",
}
TOP1 = "The least that the top-1 published of it at this setting may be, in percent, as 70.6."
LEAST = {
    "min": "Below this, and where nothing is published, the check fails.",
    "warn": "Below this, and where nothing is published, it warns.",
    "accept": "Why the least is lower than it was.",
}
MATCH = "A layer's name, or a pattern: conv*, *.depthwise."
