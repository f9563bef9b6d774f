"""Writes derive.h: derivatives of one small function by torch.func, in f64.

    python derive.py > derive.h
"""
import torch
from torch.func import grad, hessian, jacfwd, jacrev, jvp, vjp, vmap

torch.set_default_dtype(torch.float64)
A = torch.sin(torch.arange(1.0, 16.0)).reshape(3, 5)
B = torch.cos(torch.arange(1.0, 13.0)).reshape(4, 3)
x = torch.tensor([0.3, -0.2, 0.5, 0.1, -0.4])
v = torch.tensor([1.0, -0.5, 0.25, 2.0, 0.75])
labels = torch.tensor([1, 0])


def out(x):
    h = torch.tanh(A @ x)
    return (B @ (h * h) + torch.exp(x[0]) * x[1]).reshape(2, 2)


def losses_of(z):
    return torch.nn.functional.cross_entropy(z, labels, reduction="none")


def losses(x):
    return losses_of(out(x))


def loss(x):
    return losses(x).mean()


jacobian = jacrev(out)(x)
assert torch.allclose(jacobian, jacfwd(out)(x))
J = jacobian.reshape(4, 5)
H = hessian(loss)(x)
H_out = hessian(lambda z: losses_of(z.reshape(2, 2)).mean())(out(x).reshape(4))
p = torch.softmax(out(x), -1)
F_out = torch.block_diag(*[torch.diag(row) - torch.outer(row, row) for row in p])
G = jacrev(losses)(x)
print("/* Written by derive.py: derivatives of one small function by torch.func. */")
for name, value in {
    "jacobian": jacobian,
    "hessian": H,
    "hvp": jvp(grad(loss), (x,), (v,))[1],
    "gauss_newton": J.T @ H_out @ J @ v,
    "fisher": J.T @ F_out @ J @ v,
    "empirical": G.T @ (G @ v) / 2,
}.items():
    numbers = ", ".join(f"{t:.17g}" for t in value.flatten().tolist())
    print(f"static const double golden_{name}[] = {{{numbers}}};")
