/* gmres.c -- corrections by least squares over a Krylov space, Saad & Schultz 1986.
 *
 * Arnoldi by Gram-Schmidt, twice; Givens rotations are kept as one product. Rows that were not
 * reached are zero, so that nothing depends on how many there are.
 */
#include "solve.h"

typedef struct {
    epl_val v, q, r, j, k; /* rows of the basis [m+1, n]; rotations [m+1, m+1]; columns of R as
                              rows [m, m+1]; columns so far; steps */
} krylov;

/* The next column by A P v_j: what it adds to the basis and its coefficients h [m+1]. */
static epl_val arnoldi(const epl__linear_now *s, const krylov *c, epl_val like, epl_val mark,
                       epl_val next, epl_val *row)
{
    epl_val v = epl__as_shaped(epl_matmul(mark, c->v), like);
    epl_val w = epl__as_vector(epl__times_a(s, v)), h = epl_matmul(c->v, w);
    w = epl_sub(w, epl_matmul(h, c->v));
    epl_val again = epl_matmul(c->v, w);
    w = epl_sub(w, epl_matmul(again, c->v));
    epl_val size = epl_sqrt(epl__inner(w, w));
    *row = epl_mul(w, epl__ratio(epl_ones_like(size), size));
    return epl_add(epl_add(h, again), epl_mul(size, next));
}

/* Rows j and j + 1 of q turned so that the column ends at row j; the column so turned. */
static epl_val rotate(epl_val q, epl_val h, epl_val mark, epl_val next, epl_val *turned)
{
    epl_val y = epl_matmul(q, h), a = epl__inner(y, mark), b = epl__inner(y, next);
    epl_val size = epl_hypot(a, b), none = epl_eq(size, epl_num(0));
    epl_val c = epl_where(none, epl_ones_like(size), epl__ratio(a, size));
    epl_val s = epl__ratio(b, size), less = epl_sub(c, epl_num(1));
    epl_val up = epl_matmul(mark, q), low = epl_matmul(next, q);
    epl_val du = epl__combine(epl_mul(less, up), s, low);
    epl_val dl = epl_sub(epl_mul(less, low), epl_mul(s, up));
    epl_val column = epl_unsqueeze(mark, 1), below = epl_unsqueeze(next, 1);
    q = epl_add(q, epl_mul(column, epl_unsqueeze(du, 0)));
    *turned = epl_add(q, epl_mul(below, epl_unsqueeze(dl, 0)));
    return epl_sub(epl_add(y, epl_mul(mark, epl_sub(size, a))), epl_mul(next, b));
}

/* y of R y = first entries of the turned right side; unused columns give 0. */
static epl_val least_squares(const krylov *c, epl_val size, int64_t m)
{
    epl_val upper = epl_transpose(epl_narrow(c->r, 1, 0, m), 0, 1);
    epl_val eye = epl__eye(epl__fn_of(upper), epl_typeof(upper).dtype, m);
    epl_val diagonal = epl_diagonal(upper), none = epl_eq(diagonal, epl_num(0));
    epl_val fill = epl_cast(none, epl_typeof(upper).dtype);
    upper = epl_add(upper, epl_mul(eye, epl_unsqueeze(fill, 0)));
    epl_val right = epl_mul(size, epl_select(epl_narrow(c->q, 0, 0, m), 1, 0));
    right = epl_where(none, epl_zeros_like(right), right);
    return epl_squeeze(epl_solve_triangular(upper, epl_unsqueeze(right, 1), .upper = true),
                       .dim = epl_axes(1));
}

epl__correction epl__gmres(const epl__linear_now *s, epl_fn *w, epl_val r0, epl_val k0)
{
    int64_t n = epl_count(epl_typeof(r0)), m = s->by.restart < n ? s->by.restart : n;
    epl_dtype d = epl_typeof(r0).dtype;
    epl_val size = epl_sqrt(epl__inner(r0, r0)), zero = epl_zeros(w, epl_i64());
    epl_val first = epl_mul(epl__as_vector(r0), epl__ratio(epl_ones_like(size), size));
    epl_val basis =
        epl_mul(epl_unsqueeze(epl__marked(r0, m + 1, zero), 1), epl_unsqueeze(first, 0));
    epl_fn *f = epl_while(w);
    krylov c = {epl_carry(f, basis), epl_carry(f, epl_eye(w, d, m + 1, m + 1)),
                epl_carry(f, epl_zeros(w, epl_type_of(d, epl_shape_of(2, (int64_t[]){m, m + 1})))),
                epl_carry(f, zero), epl_carry(f, k0)};
    epl_val mark = epl__marked(r0, m + 1, c.j), row, q;
    epl_val next = epl__marked(r0, m + 1, epl_add(c.j, epl_int(1)));
    epl_val left = epl_mul(size, epl__inner(mark, epl_select(c.q, 1, 0)));
    epl_val on = epl__and(epl_lt(c.j, epl_int(m)), epl_lt(c.k, epl_int(s->by.most)));
    epl_keep_going(f, epl__and(on, epl_gt(epl_square(left), s->enough)));
    epl_val h = arnoldi(s, &c, r0, mark, next, &row);
    epl_val column = rotate(c.q, h, mark, next, &q);
    epl_next(f, c.v, epl__row_set(c.v, next, row));
    epl_next(f, c.q, q);
    epl_next(f, c.r, epl__row_set(c.r, epl_narrow(mark, 0, 0, m), column));
    epl_next(f, c.j, epl_add(c.j, epl_int(1)));
    epl_next(f, c.k, epl_add(c.k, epl_int(1)));
    krylov end = {.v = epl_last(f, c.v), .q = epl_last(f, c.q), .r = epl_last(f, c.r)};
    epl_val y = least_squares(&end, size, m);
    epl_val flat = epl_matmul(y, epl_narrow(end.v, 0, 0, m));
    return (epl__correction){epl__times_p(s, epl__as_shaped(flat, r0)), epl_last(f, c.k)};
}
