/* shape: PRIM(name) for each primitive, OP(name) for each operation. Included many times. */
PRIM(slice) PRIM(pad) PRIM(assemble) PRIM(reshape) PRIM(permute) PRIM(broadcast)
PRIM(gather) PRIM(scatter)
