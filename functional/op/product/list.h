/* product: PRIM(name) for each primitive, OP(name) for each operation. Included many times. */
// clang-format off
PRIM(dot)
PRIM(conv)
PRIM(pool_argmax)
OP(matmul)
OP(mm)
OP(bmm)
OP(mv)
OP(dot)
OP(outer)
OP(addmm)
OP(baddbmm)
OP(einsum)
OP(linear)
OP(bilinear)
// clang-format on
