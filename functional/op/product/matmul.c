/* matmul.c -- products of matrices and vectors: one dot each, by labels.
 *
 * Batch axes are never broadcast in memory: an axis of size 1 is dropped and its label left
 * out, so that the dot reads the other operand alone there.
 */
#include <string.h>
#include "product.h"

/* A record for two operands by torch's names; epl_NAME is the function. */
#define NAMED(name_, second_, doc_)                                                             \
    static const epl_attr name_##_table[] = {EPL_ARG(epl__binary_args, input),                  \
                                             {#second_, EPL_TENSOR,                             \
                                              offsetof(epl__binary_args, other), 0, 0, 0, 1,    \
                                              EPL_ATTR_REQUIRED, NULL},                         \
                                             EPL_ATTR_END};                                     \
    static size_t name_##_build(const void *args, const char *given, epl_val *out, size_t room) \
    {                                                                                           \
        const epl__binary_args *a = args;                                                       \
        (void)given;                                                                            \
        return epl__one_result(epl_##name_(a->input, a->other), out, room);                     \
    }                                                                                           \
    const epl_operation epl__operation_##name_ = {#name_, doc_, sizeof(epl__binary_args),       \
                                                  name_##_table, name_##_build}

static epl_val misfit(const char *op, epl_val a, epl_val b, const char *expected)
{
    return epl__bad(a, EPL_ERR_SHAPE, "[%s] %s and %s do not fit: %s", op, epl__show(a),
                    epl__show(b), expected);
}

/* Labels of one operand: those of its batch axes, which broadcast to `rank` axes in all. */
typedef struct {
    char label[16];
    int count;
    int64_t drop; /* axes of size 1 that the other operand is wider in */
} reading;

static void batch_labels(reading *r, epl_shape s, epl_shape other, int batch, int other_batch)
{
    int all = batch > other_batch ? batch : other_batch;
    for (int i = 0; i < batch; i++) {
        int j = i + other_batch - batch;
        if (s.dim[i] == 1 && j >= 0 && other.dim[j] != 1)
            r->drop |= INT64_C(1) << i;
        else
            r->label[r->count++] = (char)('a' + all - batch + i);
    }
}

static bool batches_fit(epl_shape a, epl_shape b, int na, int nb)
{
    for (int i = 1; i <= na && i <= nb; i++)
        if (a.dim[na - i] != b.dim[nb - i] && a.dim[na - i] != 1 && b.dim[nb - i] != 1)
            return false;
    return true;
}

epl_val epl_matmul(epl_val a, epl_val b)
{
    reading ra = {{0}, 0, 0}, rb = {{0}, 0, 0};
    char out[EPL_MAX_RANK + 4] = {0};
    if (!epl__same_dtype("matmul", epl_list(a, b).at, 2))
        return EPL_NO_VAL;
    epl_shape sa = epl_typeof(a).shape, sb = epl_typeof(b).shape;
    if (!sa.rank || !sb.rank)
        return misfit("matmul", a, b, "both need at least one axis");
    int na = sa.rank > 2 ? sa.rank - 2 : 0, nb = sb.rank > 2 ? sb.rank - 2 : 0,
        all = na > nb ? na : nb;
    if (sa.dim[sa.rank - 1] != sb.dim[sb.rank > 1 ? sb.rank - 2 : 0])
        return misfit("matmul", a, b, "[..., n, k] and [..., k, m] are expected");
    if (!batches_fit(sa, sb, na, nb))
        return misfit("matmul", a, b, "the leading axes must broadcast");
    batch_labels(&ra, sa, sb, na, nb);
    batch_labels(&rb, sb, sa, nb, na);
    for (int i = 0; i < all; i++)
        out[i] = (char)('a' + i);
    strcat(ra.label, sa.rank > 1 ? "xk" : "k");
    strcat(rb.label, sb.rank > 1 ? "ky" : "k");
    strcat(out, sa.rank > 1 ? "x" : "");
    strcat(out, sb.rank > 1 ? "y" : "");
    a = epl__reshape(a, epl__shape_without(sa, ra.drop));
    b = epl__reshape(b, epl__shape_without(sb, rb.drop));
    return epl__contract(a, ra.label, b, rb.label, out);
}
EPL__OPERATION2(matmul, "y[..., i, j] = sum a[..., i, k] b[..., k, j]");

/* A dot of operands with the ranks that the labels tell, one axis summed. */
static epl_val plain(const char *op, epl_val a, const char *la, epl_val b, const char *lb,
                     const char *out, const char *expected)
{
    if (!epl__same_dtype(op, epl_list(a, b).at, 2))
        return EPL_NO_VAL;
    epl_shape sa = epl_typeof(a).shape, sb = epl_typeof(b).shape;
    bool fit = (size_t)sa.rank == strlen(la) && (size_t)sb.rank == strlen(lb);
    for (const char *l = la; fit && *l; l++) {
        const char *m = strchr(lb, *l);
        fit = !m || sa.dim[l - la] == sb.dim[m - lb];
    }
    return fit ? epl__contract(a, la, b, lb, out) : misfit(op, a, b, expected);
}

epl_val epl_mm(epl_val a, epl_val b)
{
    return plain("mm", a, "ik", b, "kj", "ij", "[n, k] and [k, m] are expected");
}
NAMED(mm, mat2, "y[i, j] = sum a[i, k] b[k, j]");

epl_val epl_bmm(epl_val a, epl_val b)
{
    return plain("bmm", a, "bik", b, "bkj", "bij", "[b, n, k] and [b, k, m] are expected");
}
NAMED(bmm, mat2, "y[b, i, j] = sum a[b, i, k] b[b, k, j]");

epl_val epl_mv(epl_val a, epl_val b)
{
    return plain("mv", a, "ik", b, "k", "i", "[n, k] and [k] are expected");
}
NAMED(mv, vec, "y[i] = sum a[i, k] b[k]");

epl_val epl_dot(epl_val a, epl_val b)
{
    return plain("dot", a, "k", b, "k", "", "two vectors of one length are expected");
}
NAMED(dot, tensor, "y = sum a[k] b[k]");

/* Vectors of floats are a dot, whose derivatives are matrix-vector products; the rest, which
 * torch promotes here, is a product of a column and a row. */
epl_val epl_outer(epl_val a, epl_val b)
{
    epl_type ta = epl_typeof(a), tb = epl_typeof(b);
    if (ta.dtype == tb.dtype && (ta.dtype == EPL_F32 || ta.dtype == EPL_F64))
        return plain("outer", a, "i", b, "j", "ij", "two vectors are expected");
    if (!a.graph || !b.graph)
        return epl__bad(a.graph ? a : b, EPL_ERR_ARG, "[outer] an operand is missing");
    if (ta.shape.rank != 1 || tb.shape.rank != 1)
        return misfit("outer", a, b, "two vectors are expected");
    return epl_mul(epl__insert(a, 1, 1), b);
}
NAMED(outer, vec2, "y[i, j] = a[i] b[j]");
