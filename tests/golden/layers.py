"""Layers as PyTorch computes them: layers.safetensors, read by tests/nn/test_golden.c.

For each case NAME the metadata has the description, and there are tensors NAME/input (and input.1, ...),
NAME/param/PATH, NAME/buffer/PATH; in training mode NAME/output, NAME/next/PATH (the buffers afterwards), and for the sum
of output times NAME/weight the gradients NAME/grad/PATH and NAME/grad_input; in evaluation NAME/eval.

    python tests/golden/layers.py
"""
import json
import pathlib

import safetensors.torch
import torch
from torch import nn

torch.manual_seed(1)
tensors, descriptions = {}, {}


def to_json(kind, attributes):
    return {"kind": kind, **attributes}


def case(name, module, description, shape, call=None, more=(), data=None):
    module = module.double()
    for p in module.parameters():
        p.data = torch.randn_like(p) * 0.5
    for path, b in module.named_buffers():
        if b.is_floating_point():
            b.data = torch.rand_like(b) + 0.5
    x = torch.randn(shape, dtype=torch.float64) if data is None else data
    x.requires_grad_(x.is_floating_point())
    call = call or (lambda m, *a: m(*a))
    out = {"input": x}
    out |= {f"input.{i + 1}": t for i, t in enumerate(more)}
    out |= {f"param/{k}": v for k, v in module.named_parameters()}
    out |= {f"buffer/{k}": v.clone() for k, v in module.named_buffers()}
    out["eval"] = call(module.eval(), x, *more)
    y = out["output"] = call(module.train(), x, *more)
    out |= {f"next/{k}": v.clone() for k, v in module.named_buffers()}
    w = out["weight"] = torch.randn_like(y)
    wrt = [(f"grad/{k}", v) for k, v in module.named_parameters()]
    wrt += [("grad_input", x)] if x.requires_grad else []
    if wrt:
        grads = torch.autograd.grad((y * w).sum(), [v for _, v in wrt])
        out |= {k: g for (k, _), g in zip(wrt, grads)}
    descriptions[name] = json.dumps(description)
    tensors.update({f"{name}/{k}": v.detach().clone().contiguous() for k, v in out.items()})


def plain(name, kind, shape, **attributes):
    case(name, getattr(nn, kind)(**attributes), to_json(kind, attributes), shape)


def open_size(name, kind, shape, left_out, **attributes):
    """The description leaves a size out; it is inferred."""
    rest = {k: v for k, v in attributes.items() if k != left_out}
    case(name, getattr(nn, kind)(**attributes), to_json(kind, rest), shape)


plain("identity", "Identity", (2, 3))
open_size("linear", "Linear", (4, 3), "in_features", in_features=3, out_features=5)
plain("linear_deep", "Linear", (2, 3, 4), in_features=4, out_features=2, bias=False)
plain("conv1d", "Conv1d", (2, 4, 9), in_channels=4, out_channels=6, kernel_size=3, stride=2, padding=1, dilation=2, groups=2)
open_size("conv2d", "Conv2d", (2, 3, 7, 6), "in_channels", in_channels=3, out_channels=4, kernel_size=[3, 2], stride=[2, 1], padding=[1, 0])
plain("conv2d_same", "Conv2d", (2, 2, 5, 6), in_channels=2, out_channels=3, kernel_size=[3, 4], padding="same", dilation=[2, 1])
plain("conv2d_valid", "Conv2d", (2, 2, 5, 6), in_channels=2, out_channels=3, kernel_size=3, padding="valid", bias=False)
for mode in ("reflect", "replicate", "circular"):
    plain("conv2d_" + mode, "Conv2d", (1, 2, 5, 5), in_channels=2, out_channels=2, kernel_size=3, padding=[2, 1], padding_mode=mode)
plain("conv2d_reflect_same", "Conv2d", (1, 2, 5, 5), in_channels=2, out_channels=2, kernel_size=[4, 3], padding="same", padding_mode="reflect")
plain("conv2d_unbatched", "Conv2d", (2, 5, 5), in_channels=2, out_channels=2, kernel_size=3)
plain("conv2d_depthwise", "Conv2d", (2, 4, 5, 5), in_channels=4, out_channels=8, kernel_size=3, groups=4)
plain("conv3d", "Conv3d", (1, 2, 4, 5, 3), in_channels=2, out_channels=2, kernel_size=2, padding=[1, 0, 1])
open_size("batch_norm1d", "BatchNorm1d", (5, 3), "num_features", num_features=3)
plain("batch_norm1d_long", "BatchNorm1d", (3, 2, 4), num_features=2, eps=1e-3, momentum=0.3)
open_size("batch_norm2d", "BatchNorm2d", (3, 2, 4, 3), "num_features", num_features=2)
plain("batch_norm2d_plain", "BatchNorm2d", (3, 2, 4, 3), num_features=2, affine=False)
plain("batch_norm2d_own", "BatchNorm2d", (3, 2, 4, 3), num_features=2, track_running_stats=False)
case("batch_norm2d_cumulative", nn.BatchNorm2d(2, momentum=None), to_json("BatchNorm2d", {"momentum": "cumulative"}), (3, 2, 2, 3))
plain("batch_norm3d", "BatchNorm3d", (2, 2, 2, 3, 2), num_features=2)
open_size("layer_norm", "LayerNorm", (3, 4, 5), "normalized_shape", normalized_shape=5)
plain("layer_norm_two", "LayerNorm", (3, 4, 5), normalized_shape=[4, 5], eps=1e-3)
plain("layer_norm_plain", "LayerNorm", (3, 4), normalized_shape=4, elementwise_affine=False)
plain("layer_norm_no_bias", "LayerNorm", (3, 4), normalized_shape=[4], bias=False)
plain("group_norm", "GroupNorm", (2, 6, 3, 2), num_groups=3, num_channels=6)
open_size("group_norm_plain", "GroupNorm", (2, 4, 3), "num_channels", num_groups=2, num_channels=4, affine=False)
plain("dropout_none", "Dropout", (3, 4), p=0.0)
plain("max_pool1d", "MaxPool1d", (2, 2, 9), kernel_size=3, stride=2, padding=1)
plain("max_pool2d", "MaxPool2d", (2, 2, 6, 7), kernel_size=2)
plain("max_pool2d_all", "MaxPool2d", (2, 2, 7, 8), kernel_size=[3, 2], stride=[2, 3], padding=[1, 0], dilation=[1, 2], ceil_mode=True)
plain("max_pool3d", "MaxPool3d", (1, 2, 4, 4, 4), kernel_size=2, stride=1)
plain("avg_pool1d", "AvgPool1d", (2, 2, 9), kernel_size=3, padding=1, count_include_pad=False)
plain("avg_pool2d", "AvgPool2d", (2, 2, 6, 7), kernel_size=[2, 3], stride=2, padding=1, ceil_mode=True)
plain("avg_pool2d_divisor", "AvgPool2d", (2, 2, 6, 6), kernel_size=2, divisor_override=3)
plain("avg_pool3d", "AvgPool3d", (1, 2, 4, 4, 4), kernel_size=2)
plain("adaptive_avg_pool1d", "AdaptiveAvgPool1d", (2, 3, 7), output_size=3)
plain("adaptive_avg_pool2d", "AdaptiveAvgPool2d", (2, 3, 7, 6), output_size=[3, 2])
plain("adaptive_avg_pool2d_open", "AdaptiveAvgPool2d", (2, 3, 7, 6), output_size=[None, 4])
plain("flatten", "Flatten", (2, 3, 4, 2))
plain("flatten_some", "Flatten", (2, 3, 4, 2), start_dim=0, end_dim=-2)
plain("unflatten", "Unflatten", (2, 12), dim=1, unflattened_size=[3, -1])
case("embedding", nn.Embedding(7, 3), to_json("Embedding", {"num_embeddings": 7, "embedding_dim": 3}), None, data=torch.tensor([[1, 6, 0], [3, 3, 1]]))
case("embedding_padding", nn.Embedding(5, 2, padding_idx=-4), to_json("Embedding", {"num_embeddings": 5, "embedding_dim": 2, "padding_idx": -4}), None, data=torch.tensor([1, 4, 0, 1]))

plain("relu", "ReLU", (4, 5), inplace=False)
for kind in ("ReLU6", "Sigmoid", "LogSigmoid", "SiLU", "Mish", "SELU", "Softsign", "Tanh", "Tanhshrink", "Hardswish", "Hardsigmoid", "LeakyReLU",
             "ELU", "CELU", "GELU", "Softplus", "Softshrink", "Hardshrink", "Hardtanh", "PReLU"):
    plain(kind.lower(), kind, (3, 7))
plain("leakyrelu_slope", "LeakyReLU", (3, 4), negative_slope=0.3)
plain("elu_alpha", "ELU", (3, 4), alpha=0.5)
plain("gelu_tanh", "GELU", (3, 4), approximate="tanh")
plain("softplus_beta", "Softplus", (3, 4), beta=2.0, threshold=1.0)
plain("hardtanh_range", "Hardtanh", (3, 4), min_val=-0.5, max_val=0.25)
plain("threshold", "Threshold", (3, 4), threshold=0.1, value=20)
plain("glu", "GLU", (3, 6), dim=1)
plain("prelu_channels", "PReLU", (3, 4, 2), num_parameters=4, init=0.1)
plain("softmax", "Softmax", (3, 4), dim=-1)
case("softmax_open", nn.Softmax(dim=0), to_json("Softmax", {}), (3, 4, 2))
plain("log_softmax", "LogSoftmax", (3, 4), dim=1)


def attend(causal=False, mask=None, padding=None):
    def call(m, x, *more):
        first = 1 if m.batch_first or x.dim() == 2 else 0
        length = x.shape[0] if x.dim() == 2 else x.shape[first]
        k, v = (more + (x, x))[:2] if more else (x, x)
        hide = nn.Transformer.generate_square_subsequent_mask(length, dtype=x.dtype) if causal else mask
        return m(x, k, v, need_weights=False, attn_mask=hide, key_padding_mask=padding)[0]
    return call


def attention(name, shape, causal=False, **a):
    description = to_json("MultiheadAttention", a | ({"is_causal": True} if causal else {}))
    case(name, nn.MultiheadAttention(**a), description, shape, attend(causal))


attention("attention", (4, 2, 6), embed_dim=6, num_heads=2)
attention("attention_batch_first", (2, 4, 6), embed_dim=6, num_heads=3, batch_first=True, bias=False)
attention("attention_causal", (2, 5, 4), causal=True, embed_dim=4, num_heads=2, batch_first=True)
attention("attention_unbatched", (5, 4), embed_dim=4, num_heads=1)
attention("attention_more_keys", (3, 2, 4), embed_dim=4, num_heads=2, add_bias_kv=True, add_zero_attn=True)
attention("attention_causal_more", (3, 2, 4), causal=True, embed_dim=4, num_heads=2, add_zero_attn=True)
rand = lambda *s: torch.randn(s, dtype=torch.float64)
case("attention_cross", nn.MultiheadAttention(4, 2, kdim=3, vdim=5),
     to_json("MultiheadAttention", {"embed_dim": 4, "num_heads": 2, "kdim": 3, "vdim": 5}), (3, 2, 4), attend(), (rand(6, 2, 3), rand(6, 2, 5)))
mask = torch.rand(3, 4) > 0.7
padding = torch.tensor([[False, False, True, False], [False, False, False, True]])
case("attention_masks", nn.MultiheadAttention(4, 2), to_json("MultiheadAttention", {"embed_dim": 4, "num_heads": 2}), (3, 2, 4),
     lambda m, x, k, v, *_: m(x, k, v, attn_mask=mask, key_padding_mask=padding, need_weights=False)[0], (rand(4, 2, 4), rand(4, 2, 4), mask, padding))


class Residual(nn.Module):
    def __init__(self, body, shortcut=None):
        super().__init__()
        self.body = body
        if shortcut:
            self.shortcut = shortcut

    def forward(self, x):
        return self.body(x) + (self.shortcut(x) if hasattr(self, "shortcut") else x)


class Net(nn.Module):
    """What the graph describes."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(4, 3), nn.Linear(4, 3)

    def forward(self, x):
        a, b = self.a(x), self.b(x)
        left, right = torch.chunk(torch.cat([a, b], 1), 2, dim=1)
        return torch.softmax(torch.add(left, right, alpha=2), dim=1) * a.amax(dim=1, keepdim=True)


block = nn.Sequential()
block.add_module("conv1", nn.Conv2d(2, 3, 3, padding=1, bias=False))
block.add_module("bn1", nn.BatchNorm2d(3))
net = nn.Sequential()
net.add_module("block", Residual(block, nn.Conv2d(2, 3, 1)))
net.add_module("relu", nn.ReLU())
net.add_module("same", Residual(nn.Tanh()))
net.add_module("flat", nn.Flatten())
net.add_module("fc", nn.Linear(48, 2))
case("residual", net, {"kind": "Sequential", "version": 1, "children": {
    "block": {"kind": "Residual", "children": {
        "body": {"kind": "Sequential", "children": {"conv1": {"kind": "Conv2d", "out_channels": 3, "kernel_size": 3, "padding": 1, "bias": False},
                                                    "bn1": {"kind": "BatchNorm2d"}}},
        "shortcut": {"kind": "Conv2d", "out_channels": 3, "kernel_size": 1}}},
    "relu": {"kind": "ReLU"}, "same": {"kind": "Residual", "children": {"body": {"kind": "Tanh"}}}, "flat": {"kind": "Flatten"},
    "fc": {"kind": "Linear", "out_features": 2}}}, (2, 2, 4, 4))
case("graph", Net(), {"kind": "Graph", "version": 1, "inputs": ["input"], "nodes": {
    "y": {"op": "mul", "inputs": ["p", "top"]},
    "a": {"module": {"kind": "Linear", "out_features": 3}, "inputs": ["input"]},
    "b": {"module": {"kind": "Linear", "out_features": 3}, "inputs": ["input"]},
    "both": {"op": "cat", "inputs": ["a", "b"], "args": {"dim": 1}},
    "half": {"op": "chunk", "inputs": ["both"], "args": {"chunks": 2, "dim": 1}},
    "s": {"op": "add", "inputs": ["half", "half.1"], "args": {"alpha": 2}},
    "p": {"op": "softmax", "inputs": ["s"], "args": {"dim": 1}},
    "top": {"op": "amax", "inputs": ["a"], "args": {"dim": 1, "keepdim": True}}},
    "outputs": ["y"]}, (5, 4))



def recurrent(name, kind, shape, call=None, more=(), **attributes):
    first = call or (lambda m, *a: m(*a)[0])
    case(name, getattr(nn, kind)(**attributes), to_json(kind, {k: v for k, v in attributes.items() if k != "input_size"}), shape, first, more)


class End(nn.Module):
    """The last states of a recurrent layer named r."""

    def __init__(self, layer, index):
        super().__init__()
        self.r, self.index = layer, index

    def forward(self, x):
        end = self.r(x)[1]
        return end[self.index] if isinstance(end, tuple) else end


def end_of(name, kind, index, shape, **attributes):
    rest = {k: v for k, v in attributes.items() if k != "input_size"}
    case(name, End(getattr(nn, kind)(**attributes), index), {"kind": "Graph", "version": 1, "inputs": ["x"], "nodes": {
        "r": {"module": to_json(kind, rest), "inputs": ["x"]}}, "outputs": [f"r.{index + 1}"]}, shape)


def by_lengths(m, x, *more):
    packed = nn.utils.rnn.pack_padded_sequence(x, more[-1], enforce_sorted=False)
    state = more[0] if len(more) == 2 else tuple(more[:-1])
    return nn.utils.rnn.pad_packed_sequence(m(packed, state)[0], total_length=x.shape[0])[0]


def double(*shape):
    return torch.randn(shape, dtype=torch.float64)


recurrent("rnn", "RNN", (4, 2, 3), input_size=3, hidden_size=5)
recurrent("rnn_relu_deep", "RNN", (3, 2, 2), input_size=2, hidden_size=3, num_layers=2, nonlinearity="relu", bias=False)
recurrent("rnn_unbatched", "RNN", (4, 3), input_size=3, hidden_size=2, bidirectional=True)
recurrent("lstm", "LSTM", (5, 2, 3), input_size=3, hidden_size=4)
recurrent("lstm_all", "LSTM", (2, 4, 3), input_size=3, hidden_size=4, num_layers=2, bidirectional=True, batch_first=True, proj_size=2)
recurrent("lstm_state", "LSTM", (3, 2, 3), call=lambda m, x, h, c: m(x, (h, c))[0], more=(double(2, 2, 4), double(2, 2, 4)), input_size=3, hidden_size=4, num_layers=2)
recurrent("lstm_lengths", "LSTM", (5, 3, 2), call=by_lengths, more=(double(2, 3, 3), double(2, 3, 3), torch.tensor([2, 5, 3])), input_size=2, hidden_size=3, bidirectional=True)
recurrent("gru", "GRU", (4, 2, 3), input_size=3, hidden_size=4, num_layers=2)
recurrent("gru_lengths", "GRU", (4, 3, 2), call=by_lengths, more=(double(2, 3, 3), torch.tensor([4, 1, 3])), input_size=2, hidden_size=3, bidirectional=True)
end_of("rnn_end", "RNN", 0, (4, 2, 3), input_size=3, hidden_size=2, num_layers=2, bidirectional=True)
end_of("lstm_end", "LSTM", 1, (4, 2, 3), input_size=3, hidden_size=2, num_layers=2)
end_of("gru_end", "GRU", 0, (4, 2, 3), input_size=3, hidden_size=2)

out = pathlib.Path(__file__).with_name("layers.safetensors")
safetensors.torch.save_file(tensors, out, descriptions)
print(len(descriptions), "cases,", out.stat().st_size, "bytes")
