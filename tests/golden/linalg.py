"""Linear algebra as PyTorch has it: linalg.safetensors, read by tests/run/test_linalg.c.

Each case NAME/SHAPE, with SHAPE 5 of one matrix of order 5 and 3x5 of three, is one vector: the operands, their directions v, a
cotangent u; then what is wanted: the result y, J v, J' u by operand, and the derivative of these along v. Of order 33 the last are sums.
Matrices that are not square have 3 rows or columns more.

torch's derivatives are those of symmetric and triangular matrices: its gradients are taken by their symmetric part or triangle where
it leaves the rest open. Eigenvectors have their largest entry positive.

    python tests/golden/linalg.py
"""
import pathlib

import safetensors.torch
import torch

F64 = torch.float64
torch.manual_seed(3)
tensors = {}
symmetric = lambda x: (x + x.mT) / 2
same = lambda x: x


def general(batch, n):
    q, r = (torch.linalg.qr(torch.randn(*batch, n, n, dtype=F64))[0] for _ in range(2))
    return q @ torch.diag(torch.linspace(1, 3, n, dtype=F64)) @ r.mT


def positive(batch, n):
    q = torch.linalg.qr(torch.randn(*batch, n, n, dtype=F64))[0]
    return symmetric(q @ torch.diag(torch.linspace(1, 3, n, dtype=F64)) @ q.mT)


def tall(batch, n):
    return general(batch, n + 3)[..., :n]


def wide_one(batch, n):
    return general(batch, n + 3)[..., :n, :]


def parts(a):
    """All entries of L, then of U."""
    return torch.cat([t.flatten(-2) for t in torch.linalg.lu(a)[1:]], -1)


def by_factors(left, adjoint):
    return lambda a, b: torch.linalg.lu_solve(*torch.linalg.lu_factor(a), b, left=left, adjoint=adjoint)


def vectors(a):
    v = torch.linalg.eigh(a)[1]
    if not v.numel():
        return v
    return v * v.detach().gather(-2, v.detach().abs().argmax(-2, keepdim=True)).sign()


def triangle(upper):
    part = torch.triu if upper else torch.tril
    return (lambda batch, n: part(general(batch, n)) + torch.eye(n, dtype=F64)), part


lower, lower_part = triangle(False)
upper, upper_part = triangle(True)
strictly_lower = lambda x: x.tril(-1)
triangular = torch.linalg.solve_triangular
wide, high, vector = (lambda n: (2, n)), (lambda n: (n, 2)), (lambda n: (n,))
# name, function, the first operand, what is kept of directions and gradients, the shape of b
CASES = (
    ("cholesky", torch.linalg.cholesky, positive, symmetric, None),
    ("cholesky_upper", lambda a: torch.linalg.cholesky(a, upper=True), positive, symmetric, None),
    ("cholesky_solve", lambda a, b: torch.cholesky_solve(b, a), lower, lower_part, high),
    ("cholesky_solve_upper", lambda a, b: torch.cholesky_solve(b, a, upper=True), upper, upper_part, high),
    ("lower_left", lambda a, b: triangular(a, b, upper=False), lower, lower_part, high),
    ("upper_left", lambda a, b: triangular(a, b, upper=True), upper, upper_part, high),
    ("lower_right", lambda a, b: triangular(a, b, upper=False, left=False), lower, lower_part, wide),
    ("unit_left", lambda a, b: triangular(a, b, upper=False, unitriangular=True), lower, strictly_lower, high),
    ("solve", torch.linalg.solve, general, same, high),
    ("solve_right", lambda a, b: torch.linalg.solve(a, b, left=False), general, same, wide),
    ("solve_vector", torch.linalg.solve, general, same, vector),
    ("inv", torch.linalg.inv, general, same, None),
    ("det", torch.linalg.det, general, same, None),
    ("logabsdet", lambda a: torch.linalg.slogdet(a)[1], general, same, None),
    ("lu_factor", lambda a: torch.linalg.lu_factor(a)[0], general, same, None),
    ("eigvalsh", torch.linalg.eigvalsh, positive, symmetric, None),
    ("eigenvectors", vectors, positive, symmetric, None),
    ("lu_tall", parts, tall, same, None),
    ("lu_wide", parts, wide_one, same, None),
    ("lu_solve", by_factors(True, False), general, same, high),
    ("lu_solve_adjoint", by_factors(True, True), general, same, high),
    ("lu_solve_right", by_factors(False, False), general, same, wide),
)


def derivatives(f, x, v, kept):
    """y, u, J v, J' u, the derivative of J' u along v."""
    x = [t.clone().requires_grad_() for t in x]
    y = f(*x)
    u = torch.randn(y.shape, dtype=F64, requires_grad=True)
    zero = lambda gs, like: [torch.zeros_like(t) if g is None else g for g, t in zip(gs, like)]
    g = zero(torch.autograd.grad(y, x, u, create_graph=True, allow_unused=True), x)
    along = sum((p * q).sum() for p, q in zip(g, v)) + 0 * sum(t.sum() for t in [u, *x])
    jv = zero(torch.autograd.grad(along, [u], retain_graph=True, allow_unused=True), [u])[0]
    d = zero(torch.autograd.grad(along, x, allow_unused=True), x)
    first = lambda ts: [kept(t) if i == 0 else t for i, t in enumerate(ts)]
    return y, u, jv, first(g), first(d)


def case(name, f, make, kept, shape_b, batch, n):
    x = [make(batch, n)]
    if shape_b:
        x.append(torch.randn(*batch, *shape_b(n), dtype=F64))
    v = [torch.randn(t.shape, dtype=F64) for t in x]
    v[0] = kept(v[0])
    y, u, jv, g, d = derivatives(f, x, v, kept)
    d = [t.sum() for t in d] if n > 5 else d
    every = [t.detach().reshape(-1) for t in (*x, *v, u, y, jv, *g, *d)]
    tensors[f"{name}/{'x'.join(map(str, [*batch, n]))}"] = torch.cat(every)


for c in CASES:
    for batch, n in (((), 0), ((), 1), ((), 2), ((), 5), ((0,), 2), ((3,), 2), ((3,), 5), ((3,), 0), ((), 33)):
        if n < 33 or c[0] in ("cholesky", "upper_left", "solve", "det", "lu_factor", "eigvalsh", "eigenvectors", "lu_tall", "lu_wide"):
            case(*c, batch, n)

out = pathlib.Path(__file__).with_name("linalg.safetensors")
safetensors.torch.save_file(tensors, out)
print(len(tensors), "tensors,", out.stat().st_size, "bytes")
