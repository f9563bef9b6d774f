/* krylov.c -- corrections by short recurrences: conjugate gradients, BiCGStab, Neumann series.
 * Hestenes & Stiefel 1952; van der Vorst 1992. */
#include "solve.h"

epl_val epl__times_p(const epl__linear_now *s, epl_val v)
{
    return s->p ? epl__operator_at(s->p, v, 0) : v;
}

epl_val epl__times_a(const epl__linear_now *s, epl_val v)
{
    return epl__operator_at(s->a, epl__times_p(s, v), 0);
}

/* What all loops carry and ask. */
typedef struct {
    epl_fn *f;
    epl_val d, r, k, ok;
} going;

static going begin(epl_fn *w, epl_val r, epl_val k)
{
    going g = {.f = epl_while(w)};
    g.d = epl_carry(g.f, epl_zeros_like(r));
    g.r = epl_carry(g.f, r);
    g.k = epl_carry(g.f, k);
    g.ok = epl_carry(g.f, epl_full(w, epl_type_of(EPL_BOOL, epl_shape_of(0, NULL)), 1));
    return g;
}

static epl__correction end(const epl__linear_now *s, const going *g, epl_val d, epl_val r,
                           epl_val ok)
{
    epl_val on = epl__and(g->ok, epl_lt(g->k, epl_int(s->by.most)));
    epl_keep_going(g->f, epl__and(on, epl_gt(epl__inner(g->r, g->r), s->enough)));
    epl_next(g->f, g->d, d);
    epl_next(g->f, g->r, r);
    epl_next(g->f, g->k, epl_add(g->k, epl_int(1)));
    epl_next(g->f, g->ok, ok);
    return (epl__correction){epl_last(g->f, g->d), epl_last(g->f, g->k)};
}

epl__correction epl__cg(const epl__linear_now *s, epl_fn *w, epl_val r0, epl_val k0)
{
    epl_val z0 = epl__times_p(s, r0), rz0 = epl__inner(r0, z0);
    going g = begin(w, r0, k0);
    epl_val p = epl_carry(g.f, z0), rz = epl_carry(g.f, rz0);
    epl_val ap = epl__operator_at(s->a, p, 0), curve = epl__inner(p, ap);
    epl_val ok = epl_gt(curve, epl_num(0)); /* else no minimum lies that way */
    epl_val alpha = epl_where(ok, epl__ratio(rz, curve), epl_num(0));
    epl_val r = epl_sub(g.r, epl_mul(alpha, ap)), z = epl__times_p(s, r);
    epl_val next = epl__inner(r, z);
    epl_next(g.f, p, epl__combine(z, epl__ratio(next, rz), p));
    epl_next(g.f, rz, next);
    return end(s, &g, epl__combine(g.d, alpha, p), r, ok);
}

epl__correction epl__bicgstab(const epl__linear_now *s, epl_fn *w, epl_val r0, epl_val k0)
{
    going g = begin(w, r0, k0);
    epl_val p = epl_carry(g.f, r0), rho = epl_carry(g.f, epl__inner(r0, r0));
    epl_val v = epl__times_a(s, p), along = epl__inner(r0, v), alpha = epl__ratio(rho, along);
    epl_val half = epl_sub(g.r, epl_mul(alpha, v)), t = epl__times_a(s, half);
    epl_val omega = epl__ratio(epl__inner(t, half), epl__inner(t, t));
    epl_val r = epl_sub(half, epl_mul(omega, t)), next = epl__inner(r0, r);
    epl_val beta = epl_mul(epl__ratio(next, rho), epl__ratio(alpha, omega));
    epl_next(g.f, p, epl__combine(r, beta, epl_sub(p, epl_mul(omega, v))));
    epl_next(g.f, rho, next);
    epl_val some = epl__and(epl_ne(along, epl_num(0)), epl_ne(omega, epl_num(0)));
    epl_val d = epl__combine(epl__combine(g.d, alpha, p), omega, half);
    epl__correction c = end(s, &g, d, r, epl__and(some, epl_ne(next, epl_num(0))));
    c.d = epl__times_p(s, c.d);
    return c;
}

epl__correction epl__neumann(const epl__linear_now *s, epl_fn *w, epl_val r0, epl_val k0)
{
    going g = begin(w, r0, k0);
    epl_val r = epl_sub(g.r, epl__times_a(s, g.r));
    epl__correction c = end(s, &g, epl_add(g.d, g.r), r, g.ok);
    c.d = epl__times_p(s, c.d);
    return c;
}
