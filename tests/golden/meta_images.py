"""`espalier meta images` in PyTorch: the same tasks, network, inner loop and test, to compare with.

    python meta_images.py --shots 1 --iterations 1000
    python meta_images.py --load FILE        the test alone, of parameters that `--save` wrote
    python meta_images.py --start FILE       a training from there, as of `--iterations 0 --save`

Prints the table of docs/meta-learning.md. Needs torch and numpy; --load and --start also safetensors.
"""
import argparse
import gzip
import signal
import time

import numpy as np
import torch
from torch.nn import functional as F

WAYS, CLASSES, SIDE, TIMES = 3, 5, 28, (0, 1, 2, 5, 10)


def idx(path, skip):
    with gzip.open(path) as f:
        return np.frombuffer(f.read(), np.uint8, offset=skip)


def classes(folder, part, first, turns):
    """[turns * 5, examples, 28, 28]: as many of each class as of the rarest; each turn is a class of its own."""
    images = idx(f"{folder}/{part}-images-idx3-ubyte.gz", 16).reshape(-1, SIDE, SIDE)
    labels = idx(f"{folder}/{part}-labels-idx1-ubyte.gz", 8)
    groups = [images[labels == c] for c in range(first, first + CLASSES)]
    groups = np.stack([g[:min(map(len, groups))] for g in groups])
    return torch.from_numpy(np.concatenate([np.rot90(groups, k, (2, 3)) for k in range(turns)]).copy())


def draw(data, random, n):
    """One task: for each count in n, that many images of each of three classes, from parts without overlap."""
    which = random.permutation(len(data))[:WAYS]
    every = data.shape[1]
    turn = random.integers(0, every, (WAYS, 1))
    ranges = (0, every // 2), (every // 2, every)
    for count, (low, high) in zip(n, ranges):
        at = torch.from_numpy((random.integers(low, high, (WAYS, count)) + turn) % every)
        x = data[torch.from_numpy(which)[:, None], at].reshape(-1, 1, SIDE, SIDE).float() / 255
        yield x, torch.arange(WAYS).repeat_interleave(count)


def initial():
    """torch's own initial values, in the order of use."""
    p = []
    for i in range(4):
        conv = torch.nn.Conv2d(32 if i else 1, 32, 3, padding=1)
        p += [conv.weight, conv.bias, torch.ones(32), torch.zeros(32)]
    head = torch.nn.Linear(32, WAYS)
    return [q.detach().requires_grad_() for q in p + [head.weight, head.bias]]


def loaded(path):
    from safetensors.torch import load_file
    t = load_file(path)
    names = [f"{i}.{leaf}" for i in range(1, 5) for leaf in ("conv.weight", "conv.bias", "norm.weight", "norm.bias")]
    return [t[n].requires_grad_() for n in names + ["head.weight", "head.bias"]]


def net(p, x):
    for i in range(0, 16, 4):
        x = F.conv2d(x, p[i], p[i + 1], padding=1)
        x = F.max_pool2d(F.relu(F.batch_norm(x, None, None, p[i + 2], p[i + 3], training=True)), 2)
    return F.linear(x.flatten(1), p[16], p[17])


def adapt(p, x, y, rate, create_graph):
    g = torch.autograd.grad(F.cross_entropy(net(p, x), y), p, create_graph=create_graph)
    return [a - rate * b for a, b in zip(p, g)]


def train(p, data, a):
    """How many iterations: those asked for, or as many as there were before an interrupt."""
    random = np.random.default_rng(a.seed)
    adam = torch.optim.Adam(p, lr=a.outer_lr)
    mean, start = 0.0, time.process_time()
    try:
        for i in range(a.iterations):
            adam.zero_grad()
            total = 0.0
            for _ in range(a.tasks):
                (x, y), (xq, yq) = draw(data, random, (a.shots, 15))
                phi = p
                for _ in range(a.inner_steps):
                    phi = adapt(phi, x, y, a.inner_lr, True)
                loss = F.cross_entropy(net(phi, xq), yq) / a.tasks
                loss.backward()
                total += loss.item()
            mean = 0.99 * mean + 0.01 * total if i else total
            adam.step()
            if (i + 1) % 50 == 0:
                print(f"iteration {i + 1}: loss {mean:.4f}, {time.process_time() - start:.0f} s of processor time", flush=True)
    except KeyboardInterrupt:
        return i
    return a.iterations


def test(p, data, shots, a):
    random = np.random.default_rng([a.seed, 1, shots])
    right = []
    for _ in range(a.test_tasks):
        (x, y), (xq, yq) = draw(data, random, (shots, 15))
        phi, row = [q.detach().requires_grad_() for q in p], []
        for step in range(TIMES[-1] + 1):
            if step in TIMES:
                with torch.no_grad():
                    row.append((net(phi, xq).argmax(1) == yq).float().mean().item())
            phi = [q.detach().requires_grad_() for q in adapt(phi, x, y, a.inner_lr, False)]
        right.append(row)
    right = np.array(right)
    for k, step in enumerate(TIMES):
        half = 1.96 * right[:, k].std() / len(right) ** 0.5
        print(f"{shots:5d}  {step:5d}  {right[:, k].mean():8.4f} ± {half:.4f}", flush=True)


def main():
    of = argparse.ArgumentParser()
    for name, kind, value in (("shots", int, 1), ("inner-steps", int, 5), ("inner-lr", float, 0.1),
                              ("outer-lr", float, 1e-3), ("tasks", int, 4), ("iterations", int, 3000),
                              ("test-tasks", int, 600), ("seed", int, 1), ("threads", int, 1), ("turns", int, 4),
                              ("data", str, "/usr/share/datasets/fashion-mnist"), ("load", str, None), ("start", str, None)):
        of.add_argument("--" + name, type=kind, default=value)
    a = of.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background, too
    torch.manual_seed(a.seed)
    torch.set_num_threads(a.threads)
    p = loaded(a.load or a.start) if a.load or a.start else initial()
    start = time.process_time()
    if not a.load:
        done = train(p, classes(a.data, "train", 0, a.turns), a)
        print(f"{done} iterations, {time.process_time() - start:.1f} s of processor time")
    unseen = classes(a.data, "t10k", CLASSES, 1)
    print("shots  steps  accuracy")
    test(p, unseen, a.shots, a)


main()
