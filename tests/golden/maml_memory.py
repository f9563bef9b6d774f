"""PyTorch's memory for examples/14_memory.c: the rise of the resident set's peak over K steps.

    python maml_memory.py K        one K a process
"""
import resource
import sys

import torch

steps = int(sys.argv[1])
torch.set_num_threads(1)
torch.manual_seed(1)
shapes = [(40, 1), (40,), (40, 40), (40,), (1, 40), (1,)]
theta = [torch.randn(s).mul(0.3).requires_grad_() for s in shapes]
x = torch.arange(10.0)[:, None] - 5
y = (torch.arange(10.0) % 3)[:, None] - 1


def loss(p, x):
    h = torch.tanh(torch.nn.functional.linear(x, p[0], p[1]))
    h = torch.tanh(torch.nn.functional.linear(h, p[2], p[3]))
    return torch.nn.functional.mse_loss(torch.nn.functional.linear(h, p[4], p[5]), y)


def run(steps):
    phi = theta
    for _ in range(steps):
        g = torch.autograd.grad(loss(phi, x), phi, create_graph=True)
        phi = [p - 0.001 * d for p, d in zip(phi, g)]
    return torch.autograd.grad(loss(phi, -x), theta)


run(1)  # what the first call loads
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
run(steps)
print(steps, 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before))
