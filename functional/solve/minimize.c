/* minimize.c -- where a value is least: limited-memory BFGS (Liu & Nocedal 1989), and Newton's
 * method with conjugate gradients.
 *
 * Both go down a direction as far as the value falls enough. Near the end a value cannot show
 * it any more, since it is rounded: there the gradient decides.
 */
#include "solve.h"

typedef struct {
    epl_val z, v, g, r; /* place, value, gradient, its root mean square */
} place;

static place place_at(const epl__operator *model, epl_val z)
{
    place p = {z, epl__operator_at(model, z, 1), epl__operator_at(model, z, 0), EPL_NO_VAL};
    p.r = epl__root_mean_square(p.g);
    return p;
}

static place carry_place(epl_fn *w, place p)
{
    return (place){epl_carry(w, p.z), epl_carry(w, p.v), epl_carry(w, p.g), epl_carry(w, p.r)};
}

static void next_place(epl_fn *w, place p, place next)
{
    epl_next(w, p.z, next.z);
    epl_next(w, p.v, next.v);
    epl_next(w, p.g, next.g);
    epl_next(w, p.r, next.r);
}

static place last_place(epl_fn *w, place p)
{
    return (place){epl_last(w, p.z), epl_last(w, p.v), epl_last(w, p.g), epl_last(w, p.r)};
}

static place either(epl_val c, place a, place b)
{
    return (place){epl_where(c, a.z, b.z), epl_where(c, a.v, b.v), epl_where(c, a.g, b.g),
                   epl_where(c, a.r, b.r)};
}

/* Did the value fall from p to q = p + t d? slope: <d, gradient>. */
static epl_val fallen(place p, place q, epl_val t, epl_val slope)
{
    double noise = epl_typeof(p.v).dtype == EPL_F64 ? 1e-14 : 1e-6;
    epl_val enough = epl_le(q.v, epl__combine(p.v, epl_scale(t, 1e-4), slope));
    epl_val level = epl_le(q.v, epl__combine(p.v, epl_num(noise), epl_abs(p.v)));
    return epl_logical_or(enough, epl__and(level, epl_lt(q.r, p.r)));
}

enum { HALVINGS = 30 };

/* p + t d for the first of t = first, first / 2, ... where the value has fallen; *ok tells. */
static place downhill(epl_fn *w, const epl__operator *model, place p, epl_val d, epl_val first,
                      epl_val *ok)
{
    epl_val slope = epl__inner(d, p.g);
    place start = place_at(model, epl__combine(p.z, first, d));
    epl_fn *f = epl_while(w);
    epl_val t = epl_carry(f, first), n = epl_carry(f, epl_zeros(w, epl_i64()));
    place q = carry_place(f, start);
    epl_val down = epl_logical_not(fallen(p, q, t, slope));
    epl_keep_going(f, epl__and(down, epl_lt(n, epl_int(HALVINGS))));
    epl_val half = epl_scale(t, 0.5);
    next_place(f, q, place_at(model, epl__combine(p.z, half, d)));
    epl_next(f, t, half);
    epl_next(f, n, epl_add(n, epl_int(1)));
    place end = last_place(f, q);
    *ok = fallen(p, end, epl_last(f, t), slope);
    return end;
}

/* The loop of both: carried place and steps, and whether it goes on. */
typedef struct {
    epl_fn *w;
    place p;
    epl_val k, ok;
} search;

static search begin(const epl__problem_how *how, const epl__operator *model, epl_val first)
{
    epl_fn *g = epl__fn_of(first);
    place start = place_at(model, first);
    search s = {.w = epl_while(g)};
    s.p = carry_place(s.w, start);
    s.k = epl_carry(s.w, epl_zeros(g, epl_i64()));
    s.ok = epl_carry(s.w, epl_full(g, epl_type_of(EPL_BOOL, epl_shape_of(0, NULL)), 1));
    epl_val on = epl__and(s.ok, epl_lt(s.k, epl_int(how->by.most)));
    epl_keep_going(s.w, epl__and(on, epl_gt(s.p.r, epl_num(how->by.tol))));
    return s;
}

static epl__found end(const search *s, place next, epl_val ok)
{
    next_place(s->w, s->p, either(ok, next, s->p));
    epl_next(s->w, s->k, epl_add(s->k, epl_int(1)));
    epl_next(s->w, s->ok, ok);
    return (epl__found){epl_last(s->w, s->p.z), epl_last(s->w, s->p.r), epl_last(s->w, s->k)};
}

epl__found epl__newton_cg(const epl__problem_how *how, const epl__operator *model, epl_val first)
{
    epl__operator curvature;
    epl_val part[EPL__SOLVE_PARTS], ok;
    search s = begin(how, model, first);
    epl_val down = epl_neg(s.p.g);
    if (!epl__model_slope(model, s.p.z, &curvature) ||
        !how->step->build(how->step, &curvature, NULL, down, part))
        return (epl__found){EPL_NO_VAL, EPL_NO_VAL, EPL_NO_VAL};
    epl_val d = part[EPL__SOLUTION], falls = epl_lt(epl__inner(d, s.p.g), epl_num(0));
    d = epl_where(falls, d, down); /* no curvature to go by: straight down */
    place next = downhill(s.w, model, s.p, d, epl_ones_like(s.p.v), &ok);
    return end(&s, next, ok);
}

/* -- L-BFGS -------------------------------------------------------------------------------- */
/* Rows are the last steps and changes of the gradient, oldest first; rho: 1 / <step, change>,
 * 0 where there is none. */
typedef struct {
    epl_val step, change, rho;
} memory;

/* -H g by the two loops. */
static epl_val direction(epl_fn *w, const memory *m, epl_val g, epl_val scale)
{
    epl_fn *back = epl_scan(w, .reverse = true);
    epl_val q = epl_carry(back, g), s = epl_each(back, m->step, 0);
    epl_val y = epl_each(back, m->change, 0), rho = epl_each(back, m->rho, 0);
    epl_val a = epl_mul(rho, epl__inner(s, q));
    epl_next(back, q, epl_sub(q, epl_mul(a, y)));
    epl_val alphas = epl_collect(back, a), start = epl_mul(scale, epl_last(back, q));
    epl_fn *on = epl_scan(w);
    epl_val d = epl_carry(on, start), s2 = epl_each(on, m->step, 0);
    epl_val y2 = epl_each(on, m->change, 0), rho2 = epl_each(on, m->rho, 0);
    epl_val b = epl_sub(epl_each(on, alphas, 0), epl_mul(rho2, epl__inner(y2, d)));
    epl_next(on, d, epl_add(d, epl_mul(b, s2)));
    return epl_neg(epl_last(on, d));
}

/* Without the oldest row, and with v at the end. */
static epl_val shifted(epl_val rows, epl_val v)
{
    int64_t m = epl_dim(rows, 0);
    epl_val last = epl_unsqueeze(v, 0), both[2] = {epl_narrow(rows, 0, 1, m - 1), last};
    return m == 1 ? last : epl_cat(((epl_vals){2, both}));
}

epl__found epl__lbfgs(const epl__problem_how *how, const epl__operator *model, epl_val first)
{
    epl_fn *g = epl__fn_of(first);
    epl_type t = epl_typeof(first);
    int64_t m = how->by.history, shape[2] = {m, epl_count(t)};
    epl_val none = epl_zeros(g, epl_type_of(t.dtype, epl_shape_of(2, shape)));
    epl_val no_rho = epl_zeros(g, epl_type_of(t.dtype, epl_shape_of(1, &m)));
    epl_val one = epl_ones_like(epl__root_mean_square(first)), ok;
    search s = begin(how, model, first);
    memory mem = {epl_carry(s.w, none), epl_carry(s.w, none), epl_carry(s.w, no_rho)};
    epl_val scale = epl_carry(s.w, one), fresh = epl_eq(s.k, epl_int(0));
    epl_val d = epl__as_shaped(direction(s.w, &mem, epl__as_vector(s.p.g), scale), first);
    /* The first direction has no length of its own. */
    epl_val far = epl_sqrt(epl__inner(d, d));
    epl_val t0 = epl_where(fresh, epl_minimum(one, epl__ratio(one, far)), one);
    place next = downhill(s.w, model, s.p, d, t0, &ok);
    epl_val step = epl__as_vector(epl_sub(next.z, s.p.z)),
            change = epl__as_vector(epl_sub(next.g, s.p.g));
    epl_val sy = epl__inner(step, change), yy = epl__inner(change, change);
    epl_val good = epl__and(ok, epl_gt(sy, epl_scale(yy, 1e-8)));
    epl_next(s.w, mem.step, epl_where(good, shifted(mem.step, step), mem.step));
    epl_next(s.w, mem.change, epl_where(good, shifted(mem.change, change), mem.change));
    epl_val rho = epl_where(good, epl__ratio(one, sy), epl_zeros_like(sy));
    epl_next(s.w, mem.rho, epl_where(good, shifted(mem.rho, rho), mem.rho));
    epl_next(s.w, scale, epl_where(good, epl__ratio(sy, yy), scale));
    return end(&s, next, ok);
}
