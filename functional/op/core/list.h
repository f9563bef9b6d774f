/* core: PRIM(name) for each primitive, OP(name) for each operation. Included many times. */
PRIM(const) PRIM(input) PRIM(data) PRIM(copy) PRIM(stop) PRIM(tuple) PRIM(iota)
