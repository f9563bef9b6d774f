/* fixed_point.c -- z = g(z), given F(z) = z - g(z): plain steps, and Anderson's mixing of the
 * last ones (Anderson 1965; Walker & Ni 2011). One evaluation a step. */
#include "solve.h"

/* g(z) - z */
static epl_val step_at(const epl__operator *model, epl_val z)
{
    return epl_neg(epl__operator_at(model, z, 0));
}

epl__found epl__plain(const epl__problem_how *how, const epl__operator *model, epl_val first)
{
    epl_fn *g = epl__fn_of(first);
    epl_val f0 = step_at(model, first);
    epl_fn *w = epl_while(g);
    epl_val z = epl_carry(w, first), f = epl_carry(w, f0);
    epl_val k = epl_carry(w, epl_zeros(g, epl_i64()));
    epl_val far = epl_gt(epl__root_mean_square(f), epl_num(how->by.tol));
    epl_keep_going(w, epl__and(far, epl_lt(k, epl_int(how->by.most))));
    epl_val next = epl_add(z, how->by.damping == 1 ? f : epl_scale(f, how->by.damping));
    epl_next(w, z, next);
    epl_next(w, f, step_at(model, next));
    epl_next(w, k, epl_add(k, epl_int(1)));
    epl_val end = epl_last(w, f);
    return (epl__found){epl_last(w, z), epl__root_mean_square(end), epl_last(w, k)};
}

/* y with the least |f - y dF|: normal equations of rows of length one, a little damped. */
static epl_val mixing(epl_val df, epl_val f, epl_dtype d)
{
    int64_t m = epl_dim(df, 0);
    epl_val size = epl_sqrt(epl_sum(epl_square(df), .dim = epl_axes(1)));
    epl_val one = epl__ratio(epl_ones_like(size), size);
    epl_val rows = epl_mul(df, epl_unsqueeze(one, 1));
    epl_val gram = epl_matmul(rows, epl_transpose(rows, 0, 1));
    epl_val eye = epl__eye(epl__fn_of(df), d, m);
    gram = epl_add(gram, epl_scale(eye, d == EPL_F64 ? 1e-13 : 1e-6));
    return epl_mul(epl_solve(gram, epl_matmul(rows, f)), one);
}

epl__found epl__anderson(const epl__problem_how *how, const epl__operator *model, epl_val first)
{
    epl_fn *g = epl__fn_of(first);
    epl_type t = epl_typeof(first);
    int64_t n = epl_count(t), m = how->by.history;
    epl_val f0 = step_at(model, first);
    epl_val none = epl_zeros(g, epl_type_of(t.dtype, epl_shape_of(2, (int64_t[]){m, n})));
    epl_fn *w = epl_while(g);
    epl_val z = epl_carry(w, first), f = epl_carry(w, f0), dz = epl_carry(w, none);
    epl_val df = epl_carry(w, none), k = epl_carry(w, epl_zeros(g, epl_i64()));
    epl_val far = epl_gt(epl__root_mean_square(f), epl_num(how->by.tol));
    epl_keep_going(w, epl__and(far, epl_lt(k, epl_int(how->by.most))));
    epl_val step = epl_scale(epl__as_vector(f), how->by.damping);
    epl_val y = mixing(df, epl__as_vector(f), t.dtype);
    step = epl_sub(step, epl_matmul(y, epl_add(dz, epl_scale(df, how->by.damping))));
    epl_val next = epl_add(z, epl__as_shaped(step, first)), there = step_at(model, next);
    epl_val mark = epl__marked(first, m, epl_remainder(k, epl_int(m)));
    epl_next(w, z, next);
    epl_next(w, f, there);
    epl_next(w, dz, epl__row_set(dz, mark, step));
    epl_next(w, df, epl__row_set(df, mark, epl__as_vector(epl_sub(there, f))));
    epl_next(w, k, epl_add(k, epl_int(1)));
    epl_val end = epl_last(w, f);
    return (epl__found){epl_last(w, z), epl__root_mean_square(end), epl_last(w, k)};
}
