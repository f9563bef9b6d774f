/* number.c -- small pieces of solvers. */
#include "solve.h"

epl_val epl__inner(epl_val a, epl_val b)
{
    return epl_sum(epl_mul(a, b));
}

epl_val epl__ratio(epl_val a, epl_val b)
{
    epl_val some = epl_ne(b, epl_num(0));
    return epl_where(some, epl_div(a, epl_where(some, b, epl_num(1))), epl_num(0));
}

epl_val epl__root_mean_square(epl_val v)
{
    return epl_sqrt(epl_mean(epl_square(v)));
}

epl_val epl__and(epl_val a, epl_val b)
{
    return epl_logical_and(a, b);
}

epl_val epl__combine(epl_val a, epl_val c, epl_val b)
{
    return epl_add(a, epl_mul(c, b));
}

epl_val epl__marked(epl_val of, int64_t n, epl_val at)
{
    return epl_cast(epl_eq(epl__iota(at, EPL_I64, n), at), epl_typeof(of).dtype);
}

epl_val epl__row_set(epl_val rows, epl_val mark, epl_val v)
{
    epl_val here = epl_gt(epl_unsqueeze(mark, 1), epl_num(0));
    return epl_where(here, epl_unsqueeze(v, 0), rows);
}

epl_val epl__as_vector(epl_val v)
{
    int64_t n = epl_count(epl_typeof(v));
    return epl_reshape(v, epl_shape_of(1, &n));
}

epl_val epl__as_shaped(epl_val v, epl_val like)
{
    return epl_reshape(v, epl_typeof(like).shape);
}
