/* broyden.c -- F(z) = 0 by Broyden's method of limited memory (Broyden 1965): one evaluation of F
 * a step, and no linear system.
 *
 * The inverse slope is a number and a sum of products, H = a I + sum of u v', which is begun anew
 * once `history` of them are there. The first a makes the linearized |F| least. |F| may rise on
 * the way to a root, but by less and less: step k is halved while |F| grows by more than 1 / k^2 of
 * itself (Li & Fukushima 2000). Invariant: what is returned is the place of the least |F| met.
 */
#include "solve.h"

enum { HALVINGS = 20 };

typedef struct {
    epl_val a, u, v, count; /* count: of the rows of u and v */
} inverse;
typedef struct {
    epl_val z, f, r; /* a place, F there as a vector, its root mean square */
} place;

static place place_at(const epl__operator *model, epl_val z)
{
    epl_val f = epl__as_vector(epl__operator_at(model, z, 0));
    return (place){z, f, epl__root_mean_square(f)};
}

/* H x; x' H with u and v in each other's place. */
static epl_val times(epl_val a, epl_val u, epl_val v, epl_val x)
{
    return epl_add(epl_mul(a, x), epl_matmul(epl_matmul(v, x), u));
}

/* a with the least |y - x / a|; `other` where there is none. */
static epl_val scaled(epl_val x, epl_val y, epl_val other)
{
    epl_val a = epl__ratio(epl__inner(x, y), epl__inner(y, y));
    epl_val some = epl__and(epl_ne(a, epl_num(0)), epl_eq(epl_sub(a, a), epl_num(0)));
    return epl_where(some, a, other);
}

/* p + t d for the first t = 1, 1/2, ... where |F| is within the bound; *s: t d. */
static place stepped(epl_fn *w, const epl__operator *model, place p, epl_val d, epl_val bound,
                     epl_val *s)
{
    epl_val whole = epl_ones_like(p.r);
    place first = place_at(model, epl_add(p.z, epl__as_shaped(d, p.z)));
    epl_fn *f = epl_while(w);
    epl_val t = epl_carry(f, whole);
    place q = {epl_carry(f, first.z), epl_carry(f, first.f), epl_carry(f, first.r)};
    epl_val grown = epl_logical_not(epl_le(q.r, bound));
    epl_val long_enough = epl_gt(t, epl_num(1.0 / (1 << HALVINGS)));
    epl_keep_going(f, epl__and(grown, long_enough));
    epl_val half = epl_scale(t, 0.5), shorter = epl__as_shaped(epl_mul(half, d), p.z);
    place next = place_at(model, epl_add(p.z, shorter));
    epl_next(f, t, half);
    epl_next(f, q.z, next.z);
    epl_next(f, q.f, next.f);
    epl_next(f, q.r, next.r);
    *s = epl_mul(epl_last(f, t), d);
    return (place){epl_last(f, q.z), epl_last(f, q.f), epl_last(f, q.r)};
}

/* H after the step s that changed F by y: H y = s, or a share of that change where the new H would
 * be nearly singular (More & Trangenstein 1976). Begun anew where the step was not taken. */
static inverse learned(inverse h, epl_val s, epl_val y, epl_val taken, int64_t history)
{
    epl_val hy = times(h.a, h.u, h.v, y), sh = times(h.a, h.v, h.u, s), one = epl_ones_like(h.a);
    epl_val size = epl__inner(s, s), along = epl__ratio(epl__inner(s, hy), size);
    epl_val small = epl_lt(epl_abs(along), epl_num(0.1));
    epl_val bent = epl_where(epl_lt(along, epl_num(0)), epl_scale(one, 1.1), epl_scale(one, 0.9));
    epl_val share = epl_where(small, epl__ratio(bent, epl_sub(one, along)), one);
    epl_val by = epl_add(epl_sub(one, share), epl_mul(share, along));
    epl_val row = epl_mul(epl_sub(s, hy), epl__ratio(share, epl_mul(by, size)));
    epl_val mark = epl__marked(s, history, h.count), none = epl_zeros_like(h.u);
    return (inverse){
        epl_where(taken, h.a, scaled(s, y, epl_scale(h.a, 0.125))),
        epl_where(taken, epl__row_set(h.u, mark, row), none),
        epl_where(taken, epl__row_set(h.v, mark, sh), none),
        epl_where(taken, epl_add(h.count, epl_int(1)), epl_zeros_like(h.count)),
    };
}

/* Without rows once all of them are taken. */
static inverse with_room(inverse h, int64_t history)
{
    epl_val full = epl_ge(h.count, epl_int(history)), none = epl_zeros_like(h.u);
    return (inverse){h.a, epl_where(full, none, h.u), epl_where(full, none, h.v),
                     epl_where(full, epl_zeros_like(h.count), h.count)};
}

epl__found epl__broyden(const epl__problem_how *how, const epl__operator *model, epl_val first)
{
    epl_fn *g = epl__fn_of(first);
    epl_type t = epl_typeof(first);
    int64_t m = how->by.history;
    epl_val none =
        epl_zeros(g, epl_type_of(t.dtype, epl_shape_of(2, (int64_t[]){m, epl_count(t)})));
    epl_val zero = epl_zeros(g, epl_i64());
    place p0 = place_at(model, first);
    epl__operator slope;
    if (!epl__model_slope(model, first, &slope))
        return (epl__found){EPL_NO_VAL, EPL_NO_VAL, EPL_NO_VAL};
    epl_val along = epl__operator_at(&slope, epl__as_shaped(p0.f, first), 0);
    epl_val a0 = scaled(p0.f, epl__as_vector(along), epl_ones_like(p0.r));
    epl_fn *w = epl_while(g);
    place p = {epl_carry(w, p0.z), epl_carry(w, p0.f), epl_carry(w, p0.r)};
    epl_val best = epl_carry(w, p0.z), r = epl_carry(w, p0.r), k = epl_carry(w, zero);
    inverse h = {epl_carry(w, a0), epl_carry(w, none), epl_carry(w, none), epl_carry(w, zero)};
    epl_keep_going(w, epl__and(epl_gt(r, epl_num(how->by.tol)), epl_lt(k, epl_int(how->by.most))));
    inverse now = with_room(h, m);
    epl_val s, d = epl_neg(times(now.a, now.u, now.v, p.f));
    epl_val eta = epl_reciprocal(epl_square(epl_add(epl_cast(k, t.dtype), epl_num(1))));
    epl_val bound = epl_mul(p.r, epl_add(epl_num(1), eta));
    place q = stepped(w, model, p, d, bound, &s);
    epl_val taken = epl_le(q.r, bound), better = epl_lt(q.r, r);
    inverse next = learned(now, s, epl_sub(q.f, p.f), taken, m);
    epl_next(w, p.z, epl_where(taken, q.z, p.z));
    epl_next(w, p.f, epl_where(taken, q.f, p.f));
    epl_next(w, p.r, epl_where(taken, q.r, p.r));
    epl_next(w, best, epl_where(better, q.z, best));
    epl_next(w, r, epl_where(better, q.r, r));
    epl_next(w, k, epl_add(k, epl_int(1)));
    epl_next(w, h.a, next.a);
    epl_next(w, h.u, next.u);
    epl_next(w, h.v, next.v);
    epl_next(w, h.count, next.count);
    return (epl__found){epl_last(w, best), epl_last(w, r), epl_last(w, k)};
}
