"""Writes samples.jsonl: small samples of every operation, with the values that torch gives.

    python make_samples.py --command build/tools/espalier > samples.jsonl

A line is a request of `espalier op --serve` without id and want, and beside it `value`: torch's
results in f64, as base64. A draw has no `value`: its numbers are not torch's. `blocked` marks
a sample whose derivative is by definition not that of its value. Samples are those of torch's
own operator tests, rounded to four digits and cropped, so that lines are short; for each variant a few are
taken that differ most from one another in options, ranks and sizes, empty and zero-dimensional
tensors first. Needs torch, numpy, expecttest.
"""
import argparse
import base64
import json
import math
import subprocess
import sys
import warnings

import torch
from torch.testing._internal.common_methods_invocations import op_db

warnings.filterwarnings("ignore")
DTYPES = {torch.float32: "f32", torch.float64: "f64", torch.int64: "i64", torch.int32: "i32",
          torch.int16: "i16", torch.int8: "i8", torch.uint8: "u8", torch.bool: "bool",
          torch.float16: "f16", torch.bfloat16: "bf16"}
OBSOLETE = {"size_average", "reduce", "out", "inplace", "_stacklevel", "sparse_grad"}
UNLIKE_TORCH = {"max_norm", "scale_grad_by_freq", "sparse", "dropout_p"}
SAMPLES, MORE = 3, 5        # of a variant; more while each adds two or more features
LARGEST = (60, 150, 400)    # elements of a tensor: the first bound that leaves two samples, or one
DRAWS = {"key_split", "key_fold", "bits", "uniform", "normal", "truncated_normal", "bernoulli",
         "randint", "permutation", "categorical", "dropout", "dropout1d", "dropout2d", "dropout3d"}


LINALG = {"cholesky", "cholesky_solve", "solve_triangular", "lu", "lu_factor", "lu_solve", "solve", "inv", "det",
          "slogdet", "eigh", "eigvalsh"}


class Unfit(Exception):
    """A sample that cannot be written: complex, sparse, of an argument that is not there."""


def rounded(v):
    if torch.is_tensor(v):
        if v.dtype not in DTYPES or v.layout != torch.strided:
            raise Unfit
        if not v.is_floating_point():
            return v.detach().clone()
        flat = [float(f"{x:.4g}") for x in v.detach().double().reshape(-1).tolist()]
        return torch.tensor(flat, dtype=v.dtype).reshape(v.shape)
    return type(v)(rounded(x) for x in v) if type(v) in (list, tuple) else v


def number(x):
    if isinstance(x, float) and not math.isfinite(x):
        return "nan" if math.isnan(x) else "inf" if x > 0 else "-inf"
    return int(x) if isinstance(x, float) and x == int(x) and abs(x) < 1e15 and str(x) != "-0.0" else x


def plain(v):
    """An argument as the protocol has it."""
    if torch.is_tensor(v):
        return {"dtype": DTYPES[v.dtype], "shape": list(v.shape),
                "data": [number(x) for x in v.reshape(-1).tolist()]}
    if isinstance(v, torch.dtype):
        if v not in DTYPES:
            raise Unfit
        return DTYPES[v]
    if isinstance(v, float) and not math.isfinite(v):
        return number(v)
    if v is None or isinstance(v, (bool, int, float, str)):
        return v
    if isinstance(v, (list, tuple)):
        return [plain(x) for x in v]
    raise Unfit


def exact(t):
    raw = t.detach().clone(memory_format=torch.contiguous_format).reshape(-1)
    raw = raw.view(torch.uint8).numpy().tobytes() if raw.numel() else b""
    return {"dtype": DTYPES[t.dtype], "shape": list(t.shape), "b64": base64.b64encode(raw).decode()}


def tensors(v):
    if torch.is_tensor(v):
        yield v
    elif isinstance(v, (list, tuple)):
        for x in v:
            yield from tensors(x)


def features(args, out):
    """What a sample shows: options with their values, ranks, sizes of a special kind."""
    seen = set()
    for k, v in args.items():
        inside = list(tensors(v))
        if not inside:
            seen.add((k, repr(v)))
            seen.add((k, type(v).__name__))
        for t in inside:
            seen.add((k, "rank", t.dim()))
            seen.add((k, str(t.dtype)))
            seen |= {(k, "ones")} if 1 in t.shape and t.numel() > 1 else set()
        seen.add((k, "list", min(len(inside), 3)))
    seen.add(("shapes", len({tuple(t.shape) for v in args.values() for t in tensors(v)})))
    return seen | {("out", t.dim(), str(t.dtype)) for t in out}


def chosen(samples):
    """An empty one, a zero-dimensional one, and a few others, by what is new in each."""
    special = [next((s for s in samples if s[kind]), None) for kind in ("empty", "zero_dim")]
    left = [s for s in samples if not s["empty"] and not s["zero_dim"]]
    fit = {b: sum(s["size"] <= b for s in left) for b in LARGEST}
    bound = next((b for b in LARGEST[:-1] if fit[b] > 1), next((b for b in LARGEST if fit[b]), 0))
    left = [s for s in left if s["size"] <= bound]
    took, seen = [], set()
    while left and len(took) < MORE:
        best = max(left, key=lambda s: len(s["features"] - seen) - s["size"] / 1000)
        fresh = len(best["features"] - seen)
        if len(took) >= SAMPLES and fresh < 2 or len(took) > 1 and fresh < 1:
            break
        took.append(best)
        seen |= best["features"]
        left = [s for s in left if s is not best and s["line"] != best["line"]]
    return [s["line"] for s in special + took if s]


def sample_of(op, names, call, first, kwargs):
    if len(first) > len(names):
        raise Unfit
    first, kwargs = rounded(list(first)), {k: rounded(v) for k, v in kwargs.items()}
    args = dict(zip(names, first)) | kwargs
    given = {k: v for k, v in args.items() if k not in OBSOLETE}
    if set(given) - set(names) or any(args.get(k) for k in UNLIKE_TORCH):
        raise Unfit
    if torch.is_tensor(args.get("repeats")) or op == "one_hot" and args.get("num_classes", -1) == -1:
        raise Unfit                                           # the result's shape depends on data
    if isinstance(args.get("dim"), bool):
        raise Unfit                                           # another overload: unbiased comes first
    written = {k: plain(v) for k, v in given.items()}
    with torch.no_grad():
        out = list(tensors(call(*first, **kwargs)))
    if not out or any(o.dtype not in DTYPES for o in out):
        raise Unfit
    every = [t for v in given.values() for t in tensors(v)]
    line = {"op": op, "args": written, "value": [exact(o) for o in out]}
    if op == "embedding" and given.get("padding_idx") is not None:
        line["blocked"] = True
    return {"line": line, "features": features(given, out), "empty": any(not t.numel() for t in every),
            "zero_dim": every and all(not t.dim() for t in every),
            "size": max([t.numel() for t in every] + [o.numel() for o in out] + [0])}


def variants(op, infos):
    """The entries of torch's test suite that are this operation: some names stand twice."""
    if op in ("eigh", "eigvalsh"):
        return []                                             # of no symmetric matrices: own ones
    modules = ("linalg.", "") if op in LINALG else ("nn.functional.", "", "linalg.")
    found = next((infos[m + op] for m in modules if m + op in infos), [])
    return [i for i in found if torch.float64 in i.dtypes] or found


def cropped(v, most):
    if torch.is_tensor(v):
        return v[tuple(slice(most) for _ in v.shape)]
    return type(v)(cropped(x, most) for x in v) if type(v) in (list, tuple) else v


def cut(first, kwargs):
    """The sample itself and smaller ones; where there is one tensor, also a number and nothing."""
    yield first, kwargs
    every = list(tensors(first)) + list(tensors(list(kwargs.values())))
    if any(t.numel() > LARGEST[0] for t in every):
        yield cropped(first, 4), {k: cropped(v, 4) for k, v in kwargs.items()}
    if len(every) == 1 and every[0] is first[0] and every[0].numel():
        yield [every[0].reshape(-1)[0], *first[1:]], kwargs
        yield [every[0][:0], *first[1:]] if every[0].dim() else first, kwargs


def torch_samples(op, names, info):
    dtype = torch.float64 if torch.float64 in info.dtypes else torch.int64
    torch.manual_seed(1)
    for s in info.sample_inputs("cpu", dtype, requires_grad=False):
        for first, kwargs in cut([s.input, *s.args], s.kwargs):
            try:
                yield sample_of(op, names, info.op, first, kwargs)
            except (Unfit, RuntimeError, IndexError, ValueError, NotImplementedError):
                continue


def draw_samples(op, names):
    """Draws: their laws are checked, their values are not torch's."""
    key, keys = torch.tensor([7, -3]), torch.tensor([[1, 2], [3, 4], [5, 6]])
    x = rounded(torch.linspace(-2, 2, 24, dtype=torch.float64)).reshape(2, 3, 4)
    p = torch.tensor([0.1, 0.5, 0.9], dtype=torch.float64)
    each = {
        "key_split": [dict(key=key, n=3), dict(key=keys, n=2), dict(key=key, n=0)],
        "key_fold": [dict(key=key, n=5), dict(key=keys, n=torch.tensor([1, 2, 3]))],
        "bits": [dict(key=key, shape=[2, 3]), dict(key=keys, shape=[2], dtype=torch.int32),
                 dict(key=key, shape=[])],
        "uniform": [dict(key=key, shape=[2, 3]), dict(key=keys, shape=[], low=-1.0, high=3.0),
                    dict(key=key, shape=[4], dtype=torch.float64), dict(key=key, shape=[0])],
        "normal": [dict(key=key, shape=[2, 3]), dict(key=keys, shape=[2], mean=1.0, std=0.5),
                   dict(key=key, shape=[5], dtype=torch.float64)],
        "truncated_normal": [dict(key=key, shape=[2, 3]),
                             dict(key=keys, shape=[2], low=-1.0, high=0.5, dtype=torch.float64)],
        "bernoulli": [dict(key=key, p=0.3, shape=[2, 3]), dict(key=key, p=p, shape=[2, 3])],
        "randint": [dict(key=key, shape=[2, 3], low=-5, high=5),
                    dict(key=keys, shape=[2], low=0, high=3, dtype=torch.int32)],
        "permutation": [dict(key=key, n=6), dict(key=key, n=0), dict(key=key, n=1)],
        "categorical": [dict(key=key, logits=x[0]), dict(key=key, logits=x[0], dim=0, shape=[2])],
        "dropout": [dict(input=x, p=0.5, training=True, key=key), dict(input=x, training=False),
                    dict(input=x, p=0.0), dict(input=x, p=1.0, key=key)],
        "dropout1d": [dict(input=x, p=0.3, key=key), dict(input=x, training=False)],
        "dropout2d": [dict(input=x.reshape(2, 3, 2, 2), p=0.3, key=key)],
        "dropout3d": [dict(input=x.reshape(2, 3, 1, 2, 2), p=0.3, key=key)],
    }
    for args in each[op]:
        assert not set(args) - set(names), (op, args)
        yield {"op": op, "args": {k: plain(v) for k, v in args.items()}}


def more_samples(op):
    """Samples of our own, with torch's values."""
    x = rounded(torch.linspace(-2, 2, 20, dtype=torch.float64)).reshape(4, 5)
    if op == "slice":
        for dim, start, end, step in ((0, 1, 3, 1), (1, 0, 5, 2), (-1, -3, 9, 1), (0, 2, 2, 1)):
            y = x[start:end:step] if dim == 0 else x[:, start:end:step]
            args = dict(input=x, dim=dim, start=start, end=end, step=step)
            yield args, y
    if op == "scaled_dot_product_attention":
        attend = torch.nn.functional.scaled_dot_product_attention
        torch.manual_seed(1)
        q, k, v, m = (rounded(torch.randn(s, dtype=torch.float64))
                      for s in ((1, 2, 3, 2), (1, 2, 4, 2), (1, 2, 4, 3), (3, 4)))
        for more in (dict(attn_mask=m), dict(attn_mask=m > -0.5, scale=0.3), dict(is_causal=True)):
            yield dict(query=q, key=k, value=v, **more), attend(q, k, v, **more)
        args = dict(query=q, key=k[:, :1], value=v[:, :1], enable_gqa=True)
        yield args, attend(**args)
    if op in ("lu", "lu_factor"):
        torch.manual_seed(1)
        factor = getattr(torch.linalg, op)
        for shape in ((4, 4), (2, 4, 2)):
            a = rounded(torch.randn(shape, dtype=torch.float64))
            yield dict(A=a), factor(a)
        a = rounded(torch.randn(3, 4, dtype=torch.float64) + 6 * torch.eye(3, 4))
        y = factor(a)                                         # exchanges no rows
        yield dict(A=a, pivot=False), (y[0][:0, 0], *y[1:]) if op == "lu" else y
    if op in ("eigh", "eigvalsh"):
        torch.manual_seed(1)
        for shape, given in (((4, 4), {}), ((2, 3, 3), {}), ((3, 3), {"UPLO": "L"}),
                             ((3, 3), {"UPLO": "U"}), ((1, 1), {}), ((0, 0), {}), ((0, 2, 2), {})):
            a = rounded(torch.randn(shape, dtype=torch.float64))
            a = a if given else rounded(a + a.mT)
            w, v = torch.linalg.eigh(a, **given)
            top = v.gather(-2, v.abs().argmax(-2, keepdim=True)) if v.numel() else v
            yield dict(A=a, **given), w if op == "eigvalsh" else (w, v * top.sign() if v.numel() else v)


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--command", required=True, help="the espalier command, for its list")
    listed = subprocess.run([ap.parse_args().command, "op", "--list"], capture_output=True,
                            text=True, check=True).stdout
    infos = {}
    for info in op_db:
        infos.setdefault(info.name, []).append(info)
    missing = []
    for op, *names in (line.split() for line in listed.splitlines()):
        names = [n.lstrip("*") for n in names]
        lines = []
        if op in DRAWS:
            lines = list(draw_samples(op, names))
        else:
            lines = [{"op": op, "args": {k: plain(v) for k, v in args.items()}, "value": [exact(t) for t in tensors(y)]}
                     for args, y in more_samples(op)]
            for info in variants(op, infos):
                lines += chosen(list(torch_samples(op, names, info)))
        missing += [] if lines else [op]
        for line in lines:
            print(json.dumps(line, separators=(",", ":")))
    if missing:
        sys.exit("no samples: " + " ".join(missing))


main()
