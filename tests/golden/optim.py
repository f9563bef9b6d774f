"""Optimizers as PyTorch runs them: optim.safetensors, read by tests/optim/test_golden.c.

The loss is sum a (p - c)^2 / 2, with a = 0 for some. For each NAME the metadata has the optimizer and its options; there are tensors
NAME/p, the parameters after each step, and NAME/SLOT, the state after the last one.

    python tests/golden/optim.py
"""
import json
import pathlib

import safetensors.torch
import torch

STEPS = 12
torch.manual_seed(2)
a = torch.rand(7, dtype=torch.float64) * 2
a[2] = a[5] = 0
c = torch.randn(7, dtype=torch.float64)
start = torch.randn(7, dtype=torch.float64)
tensors, options = {"a": a, "c": c, "start": start}, {}


def run(name, kind, **o):
    p = torch.nn.Parameter(start.clone())
    words = dict(o)
    if "betas" in words:
        words["beta1"], words["beta2"] = words.pop("betas")
    optimizer = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[kind]([p], **o)
    path = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        (a * (p - c) ** 2 / 2).sum().backward()
        optimizer.step()
        path.append(p.detach().clone())
    options[name] = json.dumps({"optimizer": kind, **words})
    tensors[f"{name}/p"] = torch.stack(path)
    for slot, v in optimizer.state[p].items():
        if v is not None and slot != "step":
            tensors[f"{name}/{slot}"] = v.clone()


run("sgd", "sgd")
run("sgd_momentum", "sgd", lr=0.1, momentum=0.9)
run("sgd_dampening", "sgd", lr=0.1, momentum=0.9, dampening=0.3)
run("sgd_nesterov", "sgd", lr=0.05, momentum=0.8, nesterov=True)
run("sgd_decay", "sgd", lr=0.1, momentum=0.5, weight_decay=0.2)
run("sgd_maximize", "sgd", lr=0.1, weight_decay=0.1, maximize=True)
run("adam", "adam")
run("adam_all", "adam", lr=0.1, betas=(0.7, 0.95), eps=1e-3, weight_decay=0.1)
run("adam_maximize", "adam", lr=0.01, maximize=True)
run("adamw", "adamw")
run("adamw_all", "adamw", lr=0.1, betas=(0.5, 0.9), eps=1e-4, weight_decay=0.3)

out = pathlib.Path(__file__).with_name("optim.safetensors")
safetensors.torch.save_file(tensors, out, options)
print(len(options), "runs,", out.stat().st_size, "bytes")
