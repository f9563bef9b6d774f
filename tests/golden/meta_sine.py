"""`espalier meta sine` in JAX for the algorithms that unroll: trained anew, or tested from a file.

    python meta_sine.py --algorithm meta-sgd --iterations 3000
    python meta_sine.py --algorithm meta-sgd --load FILE     the test alone, of what `--save` wrote

Prints the table of docs/meta-learning.md. Needs jax, optax, numpy; --load also safetensors.
"""
import argparse

import jax
import jax.numpy as jnp
import numpy as np
import optax

NAMES = [f"{layer}.{leaf}" for layer in ("a", "b", "head") for leaf in ("weight", "bias")]
TIMES = (0, 1, 2, 5, 10)


def initial(key):
    """torch's linear layers: everything uniform in +- 1 / sqrt(inputs)."""
    sizes = (40, 1), (40,), (40, 40), (40,), (1, 40), (1,)
    inputs = 1, 1, 40, 40, 40, 40
    return {name: jax.random.uniform(k, size, minval=-1, maxval=1) / np.sqrt(n)
            for name, k, size, n in zip(NAMES, jax.random.split(key, 6), sizes, inputs)}


def loss(p, x, y):
    for layer in ("a", "b", "head"):
        x = x @ p[layer + ".weight"].T + p[layer + ".bias"]
        x = x if layer == "head" else jax.nn.relu(x)
    return jnp.mean((x - y) ** 2)


def adapt(p, rates, x, y):
    return jax.tree.map(lambda a, r, g: a - r * g, p, rates, jax.grad(loss)(p, x, y))


def tasks(key, n, support, query):
    a, b, c, d = jax.random.split(key, 4)
    height, phase = jax.random.uniform(a, (n, 1, 1), minval=0.1, maxval=5.0), jax.random.uniform(b, (n, 1, 1), maxval=np.pi)
    x, xq = (jax.random.uniform(k, (n, m, 1), minval=-5, maxval=5) for k, m in ((c, support), (d, query)))
    return x, height * jnp.sin(x - phase), xq, height * jnp.sin(xq - phase)


def train(a, p, rates, learned):
    adam = optax.adam(a.outer_lr)

    def meta(both, key):
        def one(x, y, xq, yq):
            q = both["params"]
            for _ in range(a.inner_steps):
                q = adapt(q, both["rates"], x, y)
            return loss(q, xq, yq)
        return jnp.mean(jax.vmap(one)(*tasks(key, 25, 10, 10)))

    def step(carry, key):
        both, state = carry
        g = jax.grad(meta)(both, key)
        if not learned:
            g["rates"] = jax.tree.map(jnp.zeros_like, g["rates"])
        change, state = adam.update(g, state)
        return (optax.apply_updates(both, change), state), 0

    both = {"params": p, "rates": rates}
    keys = jax.random.split(jax.random.PRNGKey(a.seed + 1000), a.iterations)
    (both, _), _ = jax.jit(lambda c: jax.lax.scan(step, c, keys))((both, adam.init(both)))
    return both["params"], both["rates"]


def test(p, rates, shots, a):
    x, y, xq, yq = tasks(jax.random.PRNGKey(a.seed + 100 + shots), a.test_tasks, shots, 100)

    def one(x, y, xq, yq):
        q, row = p, []
        for step in range(TIMES[-1] + 1):
            if step in TIMES:
                row.append(loss(q, xq, yq))
            q = adapt(q, rates, x, y)
        return jnp.stack(row)

    e = np.asarray(jax.jit(jax.vmap(one))(x, y, xq, yq), np.float64)
    for k, step in enumerate(TIMES):
        half, many = 1.96 * e[:, k].std() / len(e) ** 0.5, np.sum(~(e[:, k] <= 10 * e[:, 0].mean()))
        print(f"{shots:5d}  {step:5d}  {e[:, k].mean():8.4g} ± {half:.4f}" + f"  {many} of {len(e)} tasks diverge" * bool(many))


def main():
    of = argparse.ArgumentParser()
    for name, kind, value in (("algorithm", str, "maml"), ("inner-steps", int, 1), ("inner-lr", float, 0.01),
                              ("outer-lr", float, 1e-3), ("iterations", int, 3000), ("test-tasks", int, 600),
                              ("seed", int, 1), ("load", str, None)):
        of.add_argument("--" + name, type=kind, default=value)
    a = of.parse_args()
    p = initial(jax.random.PRNGKey(a.seed))
    rate = {"maml": lambda n: a.inner_lr, "meta-sgd": lambda n: a.inner_lr, "anil": lambda n: a.inner_lr * n.startswith("head")}
    rates = {n: jnp.full(p[n].shape, rate[a.algorithm](n)) for n in NAMES}
    if a.load:
        from safetensors.numpy import load_file
        t = load_file(a.load)
        p = {n: jnp.asarray(t[n]) for n in NAMES}
        rates = {n: jnp.asarray(t["rate." + n]) for n in NAMES} if a.algorithm == "meta-sgd" else rates
    else:
        p, rates = train(a, p, rates, a.algorithm == "meta-sgd")
    every = np.concatenate([np.ravel(r) for r in rates.values()])
    print(f"rates: least {every.min():.4g}, median {np.median(every):.4g}, greatest {every.max():.4g}, {np.mean(every < 0):.0%} negative")
    print("shots  steps  mse")
    for shots in (5, 10, 20):
        test(p, rates, shots, a)


main()
