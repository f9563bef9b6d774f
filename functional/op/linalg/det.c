/* det.c -- determinants from the diagonal of u and the number of exchanged rows. */
#include "linalg.h"

/* The diagonal of u [.., n]; *sign [..] is -1 for an odd number of exchanges. */
static epl_val diagonal_of(epl_val a, epl_val *sign)
{
    epl_val lu = epl__lu(a, true);
    int64_t n = epl_dim(a, -1);
    epl_val moved = epl_ne(epl__packed_exchange(lu), epl__iota(a, EPL_I64, n));
    epl_val count = epl__sum(epl__cast(moved, EPL_I64), INT64_C(1) << (epl_rank(a) - 2));
    epl_val odd = epl__cast(epl_remainder(count, epl_int(2)), epl_typeof(a).dtype);
    *sign = epl_sub(epl_num(1), epl_scale(odd, 2));
    return epl_diagonal(epl__packed_both(lu), .dim1 = -2, .dim2 = -1);
}

epl_val epl_det(epl_val a)
{
    epl_val sign;
    if (!epl__matrices_in("det", &a, 1, true))
        return EPL_NO_VAL;
    epl_val u = diagonal_of(a, &sign);
    return epl_mul(epl_prod(u, .dim = epl_axes(-1)), sign);
}
EPL__OPERATION_OF(det, "the determinant of A", epl__matrix_args, epl__matrix_table, epl_det(a->A));

epl_val epl_op_slogdet(const epl_slogdet_args *a, const char *given)
{
    epl_val sign = EPL_NO_VAL, size = EPL_NO_VAL;
    (void)given;
    if (epl__matrices_in("slogdet", &a->A, 1, true)) {
        epl_val u = diagonal_of(a->A, &sign);
        sign = epl_mul(epl_prod(epl_sign(u), .dim = epl_axes(-1)), sign);
        size = epl_sum(epl_log(epl_abs(u)), .dim = epl_axes(-1));
    }
    if (a->logabsdet)
        *a->logabsdet = size;
    return sign;
}

static size_t slogdet_build(const void *args, const char *given, epl_val *out, size_t room)
{
    epl_val size = EPL_NO_VAL;
    epl_slogdet_args a = {((const epl__matrix_args *)args)->A, &size};
    epl_val sign = epl_op_slogdet(&a, given);
    if (!sign.graph || !size.graph)
        return 0;
    if (room > 0)
        out[0] = sign;
    if (room > 1)
        out[1] = size;
    return 2;
}
const epl_operation epl__operation_slogdet = {"slogdet", "the sign of det A, and log |det A|",
                                              sizeof(epl__matrix_args), epl__matrix_table,
                                              slogdet_build};
