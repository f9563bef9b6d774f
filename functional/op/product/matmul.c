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

/* The leading axes of one operand: their labels, and those of size 1 where the other one is
 * wider, which are dropped. */
typedef struct {
    char label[2 * EPL_MAX_RANK];
    int64_t drop;
} reading;

static reading read_lead(epl_shape s, int lead, epl_shape other, int other_lead, const char *trail)
{
    int all = lead > other_lead ? lead : other_lead, count = 0;
    reading r = {{0}, 0};
    for (int i = 0; i < lead; i++) {
        int j = i + other_lead - lead;
        if (s.dim[i] == 1 && j >= 0 && other.dim[j] != 1)
            r.drop |= INT64_C(1) << i;
        else
            r.label[count++] = (char)('a' + all - lead + i);
    }
    strcpy(r.label + count, trail);
    return r;
}

epl_val epl__batched(const char *op, epl_val a, const char *ta, epl_val b, const char *tb,
                     const char *to)
{
    epl_shape sa = epl_typeof(a).shape, sb = epl_typeof(b).shape;
    int na = sa.rank - (int)strlen(ta), nb = sb.rank - (int)strlen(tb), all = na > nb ? na : nb;
    char out[2 * EPL_MAX_RANK] = {0};
    for (int i = 1; i <= na && i <= nb; i++)
        if (sa.dim[na - i] != sb.dim[nb - i] && sa.dim[na - i] != 1 && sb.dim[nb - i] != 1)
            return misfit(op, a, b, "the leading axes must broadcast");
    reading ra = read_lead(sa, na, sb, nb, ta), rb = read_lead(sb, nb, sa, na, tb);
    for (int i = 0; i < all; i++)
        out[i] = (char)('a' + i);
    strcpy(out + all, to);
    a = epl__reshape(a, epl__shape_without(sa, ra.drop));
    b = epl__reshape(b, epl__shape_without(sb, rb.drop));
    return epl__contract(a, ra.label, b, rb.label, out);
}

epl_val epl_matmul(epl_val a, epl_val b)
{
    if (!epl__same_dtype("matmul", epl_list(a, b).at, 2))
        return EPL_NO_VAL;
    int ra = epl_rank(a), rb = epl_rank(b);
    if (!ra || !rb)
        return misfit("matmul", a, b, "both need at least one axis");
    if (epl_dim(a, -1) != epl_dim(b, rb > 1 ? -2 : -1))
        return misfit("matmul", a, b, "[..., n, k] and [..., k, m] are expected");
    return epl__batched("matmul", a, ra > 1 ? "xz" : "z", b, rb > 1 ? "zy" : "z",
                        ra == 1   ? rb == 1 ? "" : "y"
                        : rb == 1 ? "x"
                                  : "xy");
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
