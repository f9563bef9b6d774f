/* linalg: PRIM(name) for each primitive, OP(name) for each operation. Included many times. */
// clang-format off
PRIM(cholesky) OP(cholesky)
OP(cholesky_solve)
PRIM(solve_triangular) OP(solve_triangular)
PRIM(lu) OP(lu) OP(lu_factor)
PRIM(lu_order) OP(lu_solve)
PRIM(solve) OP(solve)
OP(inv)
OP(det) OP(slogdet)
PRIM(eigh) PRIM(eigenvalues) PRIM(eigenvectors) PRIM(gaps)
OP(eigh) OP(eigvalsh)
    // clang-format on
