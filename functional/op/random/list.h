/* random: PRIM(name) for each primitive, OP(name) for each operation. Included many times. */
PRIM(random) PRIM(fold)
