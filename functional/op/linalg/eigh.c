/* eigh: a = v diag(w) v' of a symmetric a, packed as epl__dense_eigh says.
 *
 * Operations read it by `eigenvalues` and `eigenvectors`, so that what uses the eigenvalues
 * alone has no derivative through the vectors.
 */
#include <string.h>
#include "linalg.h"

static epl_type type(const epl_type *in, size_t count, const void *attrs)
{
    epl_type t = in[0];
    (void)count, (void)attrs;
    if (!epl__is_matrix(t, true))
        return (epl_type){0};
    t.shape.dim[t.shape.rank - 2] += 2;
    return t;
}

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    epl_type t = in[0].type;
    int64_t n = t.shape.dim[t.shape.rank - 1];
    (void)count, (void)attrs;
    for (int64_t i = 0, all = epl__matrices(t); i < all; i++) {
        epl__eigh_result r =
            epl__dense_eigh(t.dtype, n, epl__matrix_at(&in[0], i), epl__matrix_at(out, i));
        if (r == EPL__EIGH_NOT_FINITE)
            return epl__broken(message, "a NaN or infinity stands in the matrix of order", n, "",
                               &in[0], i);
        if (r == EPL__EIGH_NOT_CONVERGED)
            return epl__broken(message, "no convergence for the matrix of order", n, "", &in[0], i);
    }
    return true;
}

static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    static const int64_t offset[2] = {0, 1};
    int rank = epl_rank(x[0]);
    epl_val packed = epl__eigh(x[0]), in[2] = {x[0], packed}, din[2] = {dx[0], EPL_NO_VAL};
    (void)count, (void)attrs;
    epl_val dw = epl__prim_eigenvalues.jvp(in, din, 2, NULL);
    epl_val dv = epl__prim_eigenvectors.jvp(in, din, 2, NULL);
    if (!dw.graph || !dv.graph)
        return EPL_NO_VAL;
    return epl__assemble(epl_list(epl__insert(dw, rank - 2, 1), dv), rank - 2,
                         epl_dim(x[0], -1) + 2, offset);
}

static epl_val batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    (void)mapped, (void)count, (void)attrs;
    return epl__eigh(x[0]);
}

const epl_prim epl__prim_eigh = {.name = "eigh",
                                 .formula = "w, v of v diag(w) v' = (a + a') / 2, in one matrix",
                                 .inputs = 1,
                                 .type = type,
                                 .kernel = kernel,
                                 .jvp = jvp,
                                 .batch = batch};

epl_val epl__eigh(epl_val a)
{
    return a.graph ? epl_op(&epl__prim_eigh, epl_list(a), NULL) : a;
}

/* The symmetric matrix that is meant: a triangle that was named, mirrored. */
static epl_val meant(const char *op, const epl_eigh_args *a, const char *given)
{
    if (!epl__matrices_in(op, &a->A, 1, true))
        return EPL_NO_VAL;
    if (!epl__given(given, "UPLO"))
        return a->A;
    const char *word = a->UPLO ? a->UPLO : "";
    if (strcmp(word, "L") && strcmp(word, "U"))
        return epl__bad(a->A, EPL_ERR_ARG, "[%s] UPLO is \"L\" or \"U\", got \"%s\"", op, word);
    bool upper = word[0] == 'U';
    epl_val strict = epl__triangle_of(a->A, upper, true);
    return epl_add(epl__triangle_of(a->A, upper, false), epl__turned(strict));
}

static epl_val parts(const char *op, const epl_eigh_args *args, const char *given, epl_val *v)
{
    epl_val a = meant(op, args, given);
    if (!a.graph)
        return a;
    epl_val packed = epl__eigh(epl_stop_gradient(a));
    if (v)
        *v = epl__eigenvectors(a, packed);
    return epl__eigenvalues(a, packed);
}

epl_val epl_op_eigh(const epl_eigh_args *a, const char *given)
{
    if (a->eigenvectors)
        *a->eigenvectors = EPL_NO_VAL;
    return parts("eigh", a, given, a->eigenvectors);
}

epl_val epl_op_eigvalsh(const epl_eigh_args *a, const char *given)
{
    return parts("eigvalsh", a, given, NULL);
}

static size_t eigh_build(const void *args, const char *given, epl_val *out, size_t room)
{
    epl_eigh_args a = *(const epl_eigh_args *)args;
    epl_val v = EPL_NO_VAL;
    a.eigenvectors = &v;
    epl_val w = epl_op_eigh(&a, given);
    if (!w.graph || !v.graph)
        return 0;
    if (room > 0)
        out[0] = w;
    if (room > 1)
        out[1] = v;
    return 2;
}
static const epl_attr table[] = {
    EPL_ARG(epl_eigh_args, A),
    {"UPLO", EPL_STRING, offsetof(epl_eigh_args, UPLO), 0, 0, 0, 1, EPL_ATTR_NONE, "|L|U"},
    EPL_ATTR_END};
const epl_operation epl__operation_eigh = {
    "eigh", "eigenvalues w, ascending, and eigenvectors V of a symmetric A: A V = V diag(w)",
    sizeof(epl_eigh_args), table, eigh_build};
EPL__OPERATION(eigvalsh, "the eigenvalues of a symmetric A, ascending", epl_eigh_args, table);
