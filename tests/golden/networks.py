"""Random networks, here and in PyTorch: outputs, losses, gradients, new buffers, and trainings of 20 steps, in f64.

Parameters are drawn by PyTorch and saved with safetensors; the network is a description that leaves sizes out at random.

    python tests/golden/networks.py --espalier build/tools/espalier --count 300
    python tests/golden/networks.py --espalier build/tools/espalier --seed 17 --count 1 --verbose
"""
import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import safetensors.torch
import torch
from torch import nn
import torch.nn.functional as F

VALUES, GRADIENTS, TRAINED = 1e-10, 1e-9, 1e-8


# -- descriptions as PyTorch's modules ------------------------------------------------------------------------------------------------------
class Residual(nn.Module):
    def __init__(self, body, shortcut=None):
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x):
        return self.body(x) + (x if self.shortcut is None else self.shortcut(x))


class Attention(nn.MultiheadAttention):
    def __init__(self, is_causal=False, **a):
        super().__init__(**a)
        self.causal = is_causal

    def forward(self, x):
        hide = nn.Transformer.generate_square_subsequent_mask(x.shape[1 if self.batch_first else 0], dtype=x.dtype) if self.causal else None
        return super().forward(x, x, x, need_weights=False, attn_mask=hide)[0]


class Graph(nn.Module):
    OPS = {"add": torch.add, "mul": torch.mul, "sub": torch.sub, "maximum": torch.maximum, "softmax": F.softmax, "tanh": torch.tanh,
           "cat": lambda *t, dim: torch.cat(t, dim), "relu": F.relu, "lerp": torch.lerp}

    def __init__(self, description, make):
        super().__init__()
        self.wiring, self.last = description["nodes"], description["outputs"][0]
        for name, node in self.wiring.items():
            if "module" in node:
                self.add_module(name, make(node["module"]))

    def forward(self, x):
        values = {"input": x}
        todo = dict(self.wiring)
        while todo:
            for name, node in list(todo.items()):
                if all(i in values for i in node["inputs"]):
                    inputs = [values[i] for i in node["inputs"]]
                    values[name] = getattr(self, name)(*inputs) if "module" in node else self.OPS[node["op"]](*inputs, **node.get("args", {}))
                    del todo[name]
        return values[self.last]


def build(d):
    a = {k: v for k, v in d.items() if k not in ("kind", "version", "children")}
    a = {k: tuple(v) if isinstance(v, list) else v for k, v in a.items()}
    if d["kind"] == "Sequential":
        m = nn.Sequential()
        for name, child in d["children"].items():
            m.add_module(name, build(child))
        return m
    if d["kind"] == "Residual":
        return Residual(*[build(d["children"][n]) for n in ("body", "shortcut") if n in d["children"]])
    if d["kind"] == "Graph":
        return Graph(d, build)
    if d["kind"] == "MultiheadAttention":
        return Attention(**a)
    return getattr(nn, d["kind"])(**a)


# -- random ones -----------------------------------------------------------------------------------------------------------------------------
SMOOTH = [{"kind": "Tanh"}, {"kind": "Sigmoid"}, {"kind": "SiLU"}, {"kind": "GELU"}, {"kind": "GELU", "approximate": "tanh"}, {"kind": "Softplus", "beta": 2},
          {"kind": "ELU", "alpha": 0.7}, {"kind": "LogSigmoid"}, {"kind": "ReLU"}, {"kind": "LeakyReLU", "negative_slope": 0.2},
          {"kind": "Hardtanh", "min_val": -2, "max_val": 1.5}, {"kind": "Identity"}, {"kind": "PReLU"}, {"kind": "Mish"}, {"kind": "Dropout", "p": 0.0}]


class Maker:
    def __init__(self, seed):
        self.r = random.Random(seed)

    def flip(self, p=0.5):
        return self.r.random() < p

    def some(self, d, **a):
        """Each option with probability 1/2."""
        return d | {k: v for k, v in a.items() if self.flip()}

    def act(self):
        return dict(self.r.choice(SMOOTH))

    def conv(self, c, h, w, keep=False):
        k = self.r.choice([1, 2, 3]) if not keep else self.r.choice([1, 3])
        k = min(k, h, w)
        groups = self.r.choice([g for g in (1, 1, 1, 2, 3) if c % g == 0])
        out = groups * self.r.choice([1, 2, 3])
        d = {"kind": "Conv2d", "in_channels": c, "out_channels": out, "kernel_size": self.r.choice([k, [k, k]])}
        if groups > 1:
            d["groups"] = groups
        if self.flip(0.3):
            d["bias"] = False
        if keep:
            d["padding"] = self.r.choice(["same", k // 2])
        elif self.flip():
            d["padding"] = self.r.choice([k // 2, [k // 2, 0]])
        if d.get("padding") and self.flip(0.3):
            d["padding_mode"] = self.r.choice(["reflect", "replicate", "circular", "zeros"])
        if not keep and self.flip(0.3):
            d["stride"] = self.r.choice([2, [1, 2]])
        return d

    def norm2(self, c):
        if self.flip(0.7):
            return self.some({"kind": "BatchNorm2d", "num_features": c}, eps=1e-3, momentum=0.3, affine=self.flip(), track_running_stats=self.flip())
        return self.some({"kind": "GroupNorm", "num_channels": c, "num_groups": self.r.choice([g for g in (1, 2, 3, c) if c % g == 0])}, affine=self.flip())

    def pool(self, h, w):
        k = min(2, h, w)
        if self.flip():
            return self.some({"kind": "MaxPool2d", "kernel_size": k}, stride=1, ceil_mode=True)
        return self.some({"kind": "AvgPool2d", "kernel_size": k}, stride=[1, 2], count_include_pad=False, ceil_mode=True)

    def image(self):
        shape = [self.r.choice([1, 2, 3]), self.r.choice([5, 6, 8]), self.r.choice([5, 7, 8])]
        layers, x = {}, torch.zeros([2] + shape)
        for i in range(self.r.choice([2, 3, 4])):
            c, h, w = x.shape[1:]
            kind = self.r.choice(["conv", "conv", "norm", "pool", "residual", "act"])
            if kind == "conv":
                d = self.conv(c, h, w)
            elif kind == "norm":
                d = self.norm2(c)
            elif kind == "pool" and min(h, w) > 2:
                d = self.pool(h, w)
            elif kind == "residual":
                body = self.conv(c, h, w, keep=True)
                inner = {"a": body, "n": self.norm2(body["out_channels"]), "t": self.act()}
                d = {"kind": "Residual", "children": {"body": {"kind": "Sequential", "children": inner}}}
                if body["out_channels"] != c or self.flip():
                    d["children"]["shortcut"] = {"kind": "Conv2d", "in_channels": c, "out_channels": body["out_channels"], "kernel_size": 1}
            else:
                d = self.act()
            layers[f"l{i}"] = d
            x = build(d)(x)
        if self.flip(0.3):
            layers["pool"] = {"kind": "AdaptiveAvgPool2d", "output_size": self.r.choice([1, [2, 1], [None, 2]])}
            x = build(layers["pool"])(x)
        layers["flat"] = {"kind": "Flatten"}
        self.head(layers, x.flatten(1).shape[1])
        return shape, None, {"kind": "Sequential", "children": layers}

    def head(self, layers, n):
        for i in range(self.r.choice([0, 1, 2])):
            m = self.r.choice([3, 5])
            layers[f"h{i}"] = {"kind": "Linear", "in_features": n, "out_features": m} | ({"bias": False} if self.flip(0.3) else {})
            layers[f"n{i}"] = self.r.choice([{"kind": "BatchNorm1d", "num_features": m}, {"kind": "LayerNorm", "normalized_shape": [m]}, self.act()])
            layers[f"a{i}"] = self.act()
            n = m
        layers["out"] = {"kind": "Linear", "in_features": n, "out_features": 4}

    def vector(self):
        layers, n = {}, self.r.choice([3, 6])
        self.head(layers, n)
        return [n], None, {"kind": "Sequential", "children": layers}

    def tokens(self):
        e, length, layers = self.r.choice([4, 6]), self.r.choice([3, 5]), {}
        layers["embed"] = self.some({"kind": "Embedding", "num_embeddings": 9, "embedding_dim": e}, padding_idx=2)
        for i in range(self.r.choice([1, 2])):
            attend = self.some({"kind": "MultiheadAttention", "embed_dim": e, "num_heads": self.r.choice([1, 2])}, is_causal=True, bias=False)
            attend["batch_first"] = True
            layers[f"b{i}"] = {"kind": "Residual", "children": {"body": {"kind": "Sequential", "children": {
                "norm": self.some({"kind": "LayerNorm", "normalized_shape": e}, eps=1e-3, bias=False), "attend": attend}}}}
            layers[f"f{i}"] = {"kind": "Sequential", "children": {"up": {"kind": "Linear", "in_features": e, "out_features": 7}, "act": self.act(),
                                                                  "down": {"kind": "Linear", "in_features": 7, "out_features": e}}}
        layers["flat"] = {"kind": "Flatten"}
        layers["out"] = {"kind": "Linear", "in_features": e * length, "out_features": 4}
        return [length], 9, {"kind": "Sequential", "children": layers}

    def graph(self):
        n = 4
        nodes, names = {}, ["input"]
        for i in range(self.r.choice([2, 3, 5])):
            name, args = f"v{i}", {}
            if self.flip(0.4):
                nodes[name] = {"module": self.r.choice([{"kind": "Linear", "in_features": n, "out_features": n}, self.act()]), "inputs": [self.r.choice(names)]}
            else:
                op, count = self.r.choice([("add", 2), ("mul", 2), ("sub", 2), ("maximum", 2), ("softmax", 1), ("tanh", 1), ("relu", 1)])
                inputs = [self.r.choice(names) for _ in range(count)]
                if op == "add" and self.flip():
                    args = {"alpha": 2.5}
                if op == "softmax":
                    args = {"dim": 1}
                nodes[name] = {"op": op, "inputs": inputs} | ({"args": args} if args else {})
            names.append(name)
        nodes["both"] = {"op": "cat", "inputs": names[-2:], "args": {"dim": 1}}
        nodes["out"] = {"module": {"kind": "Linear", "in_features": 2 * n, "out_features": 4}, "inputs": ["both"]}
        order = list(nodes.items())
        self.r.shuffle(order)
        return [n], None, {"kind": "Graph", "inputs": ["input"], "nodes": dict(order), "outputs": ["out"]}

    def network(self):
        return self.r.choice([self.image, self.image, self.image, self.vector, self.tokens, self.graph])()

    def open_sizes(self, d):
        """The description with sizes left out that the input decides."""
        if isinstance(d, dict):
            sizes = ("in_channels", "in_features", "num_features")
            return {k: self.open_sizes(v) for k, v in d.items() if not (k in sizes and self.flip())}
        return d


LOSSES = {"cross_entropy": "classes", "mse_loss": "floats", "l1_loss": "floats", "smooth_l1_loss": "floats", "huber_loss": "floats",
          "binary_cross_entropy_with_logits": "unit"}
OPTIMIZERS = [("sgd", torch.optim.SGD, {"lr": 0.1}), ("sgd", torch.optim.SGD, {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.01}),
              ("sgd", torch.optim.SGD, {"lr": 0.05, "momentum": 0.8, "nesterov": True}), ("sgd", torch.optim.SGD, {"lr": 0.05, "momentum": 0.8, "dampening": 0.4}),
              ("adam", torch.optim.Adam, {}), ("adam", torch.optim.Adam, {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.1}),
              ("adamw", torch.optim.AdamW, {"lr": 0.01})]


# -- comparing ---------------------------------------------------------------------------------------------------------------------------------
def close(what, want, got, tolerance):
    if got is None:
        raise AssertionError(f"{what} is missing")
    if want.shape != got.shape:
        raise AssertionError(f"{what}: {tuple(want.shape)} expected, got {tuple(got.shape)}")
    want, got = want.double(), got.double()
    off = (want - got).abs().max().item() if want.numel() else 0
    most = want.abs().max().item() if want.numel() else 0
    if not off <= tolerance * (1 + most):
        raise AssertionError(f"{what}: off by {off:.3g} of {most:.3g}")


class Case:
    def __init__(self, espalier, seed, folder):
        self.espalier, self.seed, self.folder = espalier, seed, pathlib.Path(folder)
        torch.manual_seed(seed)
        maker = Maker(seed)
        while True:
            try:
                self.shape, tokens, self.description = maker.network()
                self.net = build(self.description).double()
                x = torch.randn([6] + self.shape, dtype=torch.float64)
                self.x = torch.randint(0, tokens, [6] + self.shape) if tokens else x
                self.net(self.x)
                break
            except (RuntimeError, ValueError, AssertionError, KeyError):
                continue
        self.net = build(self.description).double()
        for p in self.net.parameters():
            p.data = torch.randn_like(p) * 0.4
        self.loss = maker.r.choice(list(LOSSES))
        kind = LOSSES[self.loss]
        self.target = torch.randint(0, 4, [6]) if kind == "classes" else torch.rand(6, 4).double() if kind == "unit" else torch.randn(6, 4).double()
        self.optimizer = maker.r.choice(OPTIMIZERS)
        text = maker.open_sizes(self.description) | {"input": {"shape": self.shape}}
        self.path("net.json").write_text(json.dumps(text))
        safetensors.torch.save_file({k: v.clone() for k, v in self.net.state_dict().items()}, self.path("params.safetensors"))
        safetensors.torch.save_file({"input": self.x, "target": self.target}, self.path("in.safetensors"))

    def path(self, name):
        return self.folder / name

    def call(self, *words):
        done = subprocess.run([self.espalier, *map(str, words)], capture_output=True, text=True)
        if done.returncode:
            raise AssertionError(f"{words[0]}: {done.stderr.strip()[-300:]}")
        return done

    def run(self, train):
        self.net.train(train)
        y = self.net(self.x)
        loss = getattr(F, self.loss)(y, self.target)
        names = [n for n, _ in self.net.named_parameters()]
        grads = torch.autograd.grad(loss, [p for _, p in self.net.named_parameters()], allow_unused=True) if names else []
        mode = ["--train"] if train else []
        self.call("run", self.path("net.json"), "--params", self.path("params.safetensors"), "--in", self.path("in.safetensors"), "--out",
                  self.path("out.safetensors"), "--grad", self.loss, *mode)
        got = safetensors.torch.load_file(self.path("out.safetensors"))
        where = "training" if train else "evaluation"
        close(f"{where}: output", y, got.get("output"), VALUES)
        close(f"{where}: loss", loss, got.get("loss"), VALUES)
        for n, p, g in zip(names, self.net.parameters(), grads):
            close(f"{where}: gradient of {n}", torch.zeros_like(p) if g is None else g, got.get("grad." + n), GRADIENTS)
        for n, b in self.net.named_buffers() if train else []:
            close(f"buffer {n}", b, got.get("buffer." + n), VALUES)

    def train(self):
        """20 steps of batches of 3, in order."""
        state = safetensors.torch.load_file(self.path("params.safetensors"))
        self.net.load_state_dict(state)
        self.net.train()
        name, make, options = self.optimizer
        optimizer = make(self.net.parameters(), **options)
        steepest = {n: 0.0 for n, _ in self.net.named_parameters()}
        for step in range(20):
            part = slice(0, 3) if step % 2 == 0 else slice(3, 6)
            optimizer.zero_grad()
            getattr(F, self.loss)(self.net(self.x[part]), self.target[part]).backward()
            optimizer.step()
            for n, p in self.net.named_parameters():
                steepest[n] = max(steepest[n], 0.0 if p.grad is None else p.grad.abs().max().item())
        words = ["--optimizer", name] + (["--momentum", 0] if name == "sgd" and "momentum" not in options else [])
        for k, v in options.items():
            words += ["--" + k.replace("_", "-")] + ([] if v is True else [",".join(map(str, v)) if isinstance(v, tuple) else v])
        saved = self.path("saved.safetensors")
        saved.unlink(missing_ok=True)
        self.call("train", self.path("net.json"), "--data", self.path("in.safetensors"), "--params", self.path("params.safetensors"), "--epochs", 10,
                  "--batch-size", 3, "--no-shuffle", "--normalize", "none", "--loss", self.loss, "--save", saved, *words)
        got = safetensors.torch.load_file(saved)
        # A bias before batch norm has no gradient but rounding, of which Adam makes steps; running means follow it.
        noise = {n for n, g in steepest.items() if g < 1e-12}
        for n, v in self.net.state_dict().items():
            if n not in noise:
                close(f"after 20 steps of {name} {options}: {n}", v, got.get(n), 1e-5 if noise and "running" in n else TRAINED)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--espalier", required=True)
    a.add_argument("--count", type=int, default=300)
    a.add_argument("--seed", type=int, default=0)
    a.add_argument("--verbose", action="store_true")
    a = a.parse_args()
    torch.set_num_threads(1)
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(a.seed, a.seed + a.count):
            case = Case(a.espalier, seed, folder)
            if a.verbose:
                print(json.dumps(case.description, indent=1), case.loss, case.optimizer[0], case.optimizer[2])
            try:
                case.run(False)
                case.run(True)
                case.train()
            except AssertionError as e:
                bad += 1
                print(f"seed {seed}: {e}", flush=True)
    print(f"{a.count - bad} passed, {bad} failed")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
