"""Steps of Broyden's method with the slope as a full matrix, for tests/solve/test_broyden.c:

    python3 tests/golden/broyden.py > tests/golden/broyden.h

The matrix is begun anew every three steps, and a step is halved as long as |F| grows by more than
1 / k^2 of itself. What would make the matrix nearly singular is learned in part.
"""
import numpy as np

N, HISTORY, STEPS = 6, 3, 8


def tridiagonal(z):
    left = np.concatenate([[0], z[:-1]])
    right = np.concatenate([z[1:], [0]])
    return (3 - 2 * z) * z - left - 2 * right + 1


def bent(z):
    return np.arctan(4 * z) + 0.3 * np.roll(z, 1) ** 2 - 0.2


def turned(z):
    return np.concatenate([z[1::2], -z[::2]]) + 0.1 * np.sin(z) + 1


def size(f):
    return np.sqrt(np.mean(f**2))


def steps(model, z):
    f = model(z)
    eps = 1e-7
    slope = (model(z + eps * f) - model(z - eps * f)) / (2 * eps)
    first = np.eye(N) * (slope @ slope) / (f @ slope)
    jacobian, rows, halved, best, least = first, 0, 0, z, 1.0
    for k in range(STEPS):
        if rows == HISTORY:
            jacobian, rows = first, 0
        d = -np.linalg.solve(jacobian, f)
        t = 1.0
        while not size(model(z + t * d)) <= size(f) * (1 + 1 / (k + 1) ** 2):
            t, halved = t / 2, halved + 1
        s, now = t * d, model(z + t * d)
        y = now - f
        along = s @ np.linalg.solve(jacobian, y) / (s @ s)
        share = 1 if abs(along) >= 0.1 else (1 - (0.1 if along >= 0 else -0.1)) / (1 - along)
        least = min(least, abs(along))
        jacobian = jacobian + share * np.outer(y - jacobian @ s, s) / (s @ s)
        rows += 1
        z, f = z + s, now
        best = z if size(f) < size(model(best)) else best
    return best, halved, least


def main():
    print("/* broyden.h -- made by tests/golden/broyden.py. */")
    for name, model, start in (("tridiagonal", tridiagonal, -np.ones(N)),
                               ("bent", bent, np.linspace(1, 3, N)),
                               ("turned", turned, np.linspace(1, 3, N))):
        z, halved, least = steps(model, start)
        print(f"/* {halved} halvings, <s, H y> at least {least:.2g} |s|^2 */")
        print(f"static const double broyden_{name}[{N}] = {{")
        for v in z:
            print(f"    {v:.15g},")
        print("};")


main()
