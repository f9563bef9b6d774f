/* random: PRIM(name) for each primitive, OP(name) for each operation. Included many times. */
/* clang-format off */
PRIM(random) PRIM(fold)
OP(key_split) OP(key_fold) OP(bits) OP(uniform) OP(normal) OP(truncated_normal) OP(bernoulli)
OP(randint) OP(permutation) OP(categorical)
OP(dropout) OP(dropout1d) OP(dropout2d) OP(dropout3d)
    /* clang-format on */
