"""Writes safe.safetensors: derivatives by torch, in f64, where numbers are extreme or functions have an edge.

    python tests/golden/safe.py

NAME/i is a function of three numbers, weighted to one number by 1, -1/2, 1/4: the numbers, its value, gradient and Hessian. A NaN
stands where torch has no number; the library must have a finite one there. Read by tests/graph/test_safe_golden.c.
"""
import math
import pathlib

import safetensors.torch
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
inf = math.inf
W = torch.tensor([1.0, -0.5, 0.25])
T, ones = torch.tensor, torch.ones(3)
zero, same, tiny, one = [0, 0, 0], [2, 2, 2], [1e-30, -2e-30, 5e-31], [0, 1, 2]
huge, wide, gap = [1e30, -1e30, 5e29], [1e4, -1e4, 0.5], [-inf, 0, 1]
far, edge = [1e3, -1e3, 0.5], [88, -88, 104]


def guarded(x):
    usable = x > 0
    return torch.where(usable, torch.sqrt(torch.where(usable, x, 1)), 0)


ANYWHERE = (zero, wide, far, edge, huge, tiny)
CASES = {
    "norm": (torch.linalg.vector_norm, (zero, one, wide, tiny)),
    "norm1": (lambda x: torch.linalg.vector_norm(x, 1), (zero, one, huge)),
    "norm3": (lambda x: torch.linalg.vector_norm(x, 3), (zero, one, wide)),
    "norm_inf": (lambda x: torch.linalg.vector_norm(x, inf), (zero, same, huge)),
    "std": (torch.std, (zero, same, wide)),
    "std_of_one": (lambda x: torch.std(x[:1], correction=0), (zero, one, huge)),
    "var": (torch.var, (zero, same, wide)),
    "var_of_one": (lambda x: torch.var(x[:1], correction=0), (zero, one, huge)),
    "logsumexp": (lambda x: torch.logsumexp(x, 0), (zero, huge, wide, gap, [-1e30, 0, 0], [-inf, -inf, 3])),
    "softmax": (lambda x: torch.softmax(x, 0), (zero, huge, wide, gap)),
    "log_softmax": (lambda x: torch.log_softmax(x, 0), (zero, huge, wide)),
    "cross_entropy": (lambda x: F.cross_entropy(x, T(1)), (zero, huge, wide, [-1e4, 1e4, 0])),
    "cross_entropy_smooth": (lambda x: F.cross_entropy(x, T(0), label_smoothing=0.1), (zero, wide)),
    "bce_logits": (lambda x: F.binary_cross_entropy_with_logits(x, T([0.3, 0, 1]), reduction="none"), ANYWHERE),
    "bce_logits_pos": (lambda x: F.binary_cross_entropy_with_logits(x, T([0.3, 0, 1]), pos_weight=2 * ones, reduction="none"), ANYWHERE),
    "sigmoid": (torch.sigmoid, ANYWHERE),
    "logsigmoid": (F.logsigmoid, ANYWHERE),
    "softplus": (F.softplus, ANYWHERE),
    "tanh": (torch.tanh, ANYWHERE),
    "gelu": (F.gelu, ANYWHERE),
    "gelu_tanh": (lambda x: F.gelu(x, approximate="tanh"), ANYWHERE),
    "silu": (F.silu, ANYWHERE),
    "mish": (F.mish, ANYWHERE),
    "pow_of_0": (lambda x: torch.pow(x, 0), (zero, one)),
    "pow_of_1": (lambda x: torch.pow(x, 1), (zero, one)),
    "pow_of_2": (lambda x: torch.pow(x, 2), (zero, one)),
    "pow_of_3": (lambda x: torch.pow(x, 3), (zero, one)),
    "pow_of_values": (lambda x: torch.pow(x, T([1.0, 2.0, 3.0])), (zero, one)),
    "guarded_sqrt": (guarded, (zero, [4, 0, -1])),
    "atan2": (lambda x: torch.atan2(x, 2 * x), (zero, one)),
    "hypot": (lambda x: torch.hypot(x, T([0.0, 2, 1])), (zero, one, [0, -4, 1e-3])),
    "xlogy": (lambda x: torch.xlogy(x, torch.zeros(3)), (zero,)),
    "xlogy_of_y": (lambda x: torch.xlogy(torch.zeros(3), x), (zero, one)),
    "cosine_similarity": (lambda x: F.cosine_similarity(x, ones, dim=0), (zero, one)),
    "cosine_similarity_of_0": (lambda x: F.cosine_similarity(x, 0 * ones, dim=0), (zero, one)),
    "normalize": (lambda x: F.normalize(x, dim=0), (zero, one)),
    "layer_norm": (lambda x: F.layer_norm(x, [3]), (same, one)),
    "rms_norm": (lambda x: F.rms_norm(x, [3], eps=1e-5), (zero, one)),
    "huber": (lambda x: F.huber_loss(x, torch.zeros(3), reduction="none"), (zero, wide, huge, gap)),
    "kl_div": (lambda x: F.kl_div(torch.zeros(3), x, reduction="none"), (zero, one)),
    "prod": (torch.prod, (zero, one, [0, 0, 3])),
    "sinc": (torch.sinc, (zero, [0, 1, 0.5])),
}


def derivatives(f, at):
    x = torch.tensor([float(t) for t in at], requires_grad=True)
    y = f(x)
    y = (y * W).sum() if y.dim() else y
    g = torch.autograd.grad(y, x, create_graph=True)[0]
    rows = []
    for i in range(3):
        row = torch.autograd.grad(g[i], x, retain_graph=True, allow_unused=True)[0] if g.requires_grad else None
        rows.append(torch.zeros(3) if row is None else row)
    return [y.detach(), *g.detach(), *torch.stack(rows).flatten()]


rows = {f"{name}/{i}": torch.stack([*torch.tensor([float(t) for t in at]), *derivatives(f, at)])
        for name, (f, points) in CASES.items() for i, at in enumerate(points)}
out = pathlib.Path(__file__).with_name("safe.safetensors")
safetensors.torch.save_file(rows, out)
print(len(rows), "rows,", out.stat().st_size, "bytes")
