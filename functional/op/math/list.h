/* math: PRIM(name) for each primitive, OP(name) for each operation. Included many times. */
PRIM(add)
PRIM(tanh) OP(tanh)
