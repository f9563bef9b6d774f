/* linear.c -- A x = b: corrections until the residual that was computed is small enough.
 *
 * Each method gives a correction for what is left; what it says of its own residual is not
 * believed. b is scaled, so that products of small numbers do not vanish.
 */
#include <stdio.h>
#include "solve.h"
#include "../../src/base/scope.h"

/* -- options ------------------------------------------------------------------------------- */
epl_linear_solver epl__linear_defaults(epl_linear_solver by, epl_dtype d, int64_t n)
{
    if (!by.method)
        by.method = n <= 64 ? EPL_LU : EPL_GMRES;
    if (by.tol == 0)
        by.tol = d == EPL_F64 ? 1e-10 : 1e-5;
    if (!by.most)
        by.most = 1000;
    if (!by.restart)
        by.restart = 30;
    return by;
}

const char *epl__linear_wrong(const epl_linear_solver *by)
{
    return (unsigned)by->method > EPL_CHOLESKY ? "method must be one of EPL_GMRES, EPL_BICGSTAB, "
                                                 "EPL_CG, EPL_NEUMANN, EPL_LU, EPL_CHOLESKY"
           : !(by->tol >= 0)                   ? "tol must be positive"
           : by->most < 0                      ? "most must be positive"
           : by->restart < 0                   ? "restart must be positive"
                                               : NULL;
}

epl__linear_how *epl__linear_how_new(epl_fn *f, epl_linear_solver by, epl_dtype d, int64_t n)
{
    epl__linear_how *how = epl__arena_take(&f->arena, sizeof *how);
    if (!how) {
        epl__fail(f, EPL_ERR_MEMORY, "no memory for a solution in \"%s\"", f->name);
        return NULL;
    }
    by = epl__linear_defaults(by, d, n);
    *how = (epl__linear_how){.by = by, .build = epl__linear_build};
    return how;
}

/* -- the loop ------------------------------------------------------------------------------ */
static epl__correction correction(const epl__linear_now *s, epl_fn *w, epl_val r, epl_val k)
{
    switch (s->by.method) {
    case EPL_CG:
        return epl__cg(s, w, r, k);
    case EPL_BICGSTAB:
        return epl__bicgstab(s, w, r, k);
    case EPL_NEUMANN:
        return epl__neumann(s, w, r, k);
    case EPL_LU:
    case EPL_CHOLESKY:
        return epl__dense(s, r, k);
    default:
        return epl__gmres(s, w, r, k);
    }
}

bool epl__linear_build(const epl__linear_how *how, const epl__operator *a, const epl__operator *p,
                       epl_val b, epl_val *out)
{
    epl_fn *g = epl__fn_of(b);
    bool dense = how->by.method == EPL_LU || how->by.method == EPL_CHOLESKY;
    epl_val largest = epl_amax(epl_abs(b)), some = epl_gt(largest, epl_num(0));
    epl_val scale = epl_where(some, largest, epl_ones_like(largest));
    epl_val right = epl_div(b, scale), size = epl__inner(right, right);
    epl__linear_now s = {.a = a, .p = dense ? NULL : p, .by = how->by};
    s.enough = epl_mul(size, epl_num(0.81 * how->by.tol * how->by.tol));
    s.matrix = dense ? epl__matrix_of(a, b, some) : EPL_NO_VAL;
    epl_val yes = epl_full(g, epl_type_of(EPL_BOOL, epl_shape_of(0, NULL)), 1);
    epl_val zero = epl_zeros(g, epl_i64()), all = epl_sqrt(epl__ratio(size, size));
    epl_fn *w = epl_while(g);
    epl_val x = epl_carry(w, epl_zeros_like(b)), r = epl_carry(w, right);
    epl_val left = epl_carry(w, all), k = epl_carry(w, zero), ok = epl_carry(w, yes);
    epl_val on = epl__and(ok, epl_lt(k, epl_int(how->by.most)));
    epl_keep_going(w, epl__and(on, epl_gt(left, epl_num(how->by.tol))));
    epl__correction c = correction(&s, w, r, k);
    epl_val next = epl_add(x, c.d), rest = epl_sub(right, epl__operator_at(a, next, 0));
    epl_val now = epl_sqrt(epl__ratio(epl__inner(rest, rest), size));
    epl_val better = epl_lt(now, left);
    epl_next(w, x, epl_where(better, next, x));
    epl_next(w, r, epl_where(better, rest, r));
    epl_next(w, left, epl_where(better, now, left));
    epl_next(w, k, c.k);
    epl_next(w, ok, better);
    out[EPL__RESIDUAL] = epl_last(w, left);
    out[EPL__ITERATIONS] = epl_last(w, k);
    epl_val found = epl_mul(epl_last(w, x), scale);
    out[EPL__SOLUTION] = how->report
                             ? found
                             : epl__converged(&epl__prim_solve_linear, found, out[EPL__RESIDUAL],
                                              out[EPL__ITERATIONS], how->by.tol);
    return !epl_is_none(out[EPL__SOLUTION]);
}

/* -- for users ----------------------------------------------------------------------------- */
static epl_val bad(epl_val any, epl_status status, const char *text)
{
    epl_fn *f = epl__fn_of(any);
    if (f)
        epl__fail(f, status, "[solve_linear] %s", text);
    return EPL_NO_VAL;
}

static bool refused(epl_linear a, const char *what, const char *why)
{
    char text[200];
    snprintf(text, sizeof text, "%s %s its vector", what, why);
    bad(a.out, EPL_ERR_ARG, text);
    return false;
}

/* The map made of what is linear alone. It is taken at a stand-in, so that nothing is known of
 * the vector; what still depends on that is not linear. */
static bool operator_of(epl_fn *f, epl_linear a, const char *what, epl__operator *op)
{
    epl__operator given, none;
    epl_type t = epl_typeof(a.in);
    if (!epl__operator_of(f, epl__id_of(a.in), epl__id_of(a.out), &given))
        return refused(a, what, "does not depend on");
    epl_val v = epl__placeholder(f, &t);
    epl_linear along = epl_linearize(epl__operator_at(&given, v, 0), v);
    if (epl_is_none(along.out))
        return false;
    if (!epl__operator_of(f, epl__id_of(along.in), epl__id_of(along.out), op))
        return refused(a, what, "does not depend on");
    for (uint32_t i = 1; i < op->body->inputs; i++)
        if (epl__operator_of(f, epl__id_of(v), epl__id_of(op->with[i]), &none))
            return refused(a, what, "is not linear in");
    return epl_scope_status(f->scope) == EPL_OK;
}

/* b, and a map of its type to its type. */
static bool fits(epl_fn *f, epl_val b, epl_linear a, const char *what)
{
    char want[EPL_TYPE_TEXT], in[EPL_TYPE_TEXT], out[EPL_TYPE_TEXT];
    epl_type t = epl_typeof(b), x = epl_typeof(a.in), y = epl_typeof(a.out);
    if (epl__fn_of(a.in) != f || epl__fn_of(a.out) != f) {
        bad(b, EPL_ERR_USE,
            "the map and b must be values of one function: take them in by "
            "epl_pass");
        return false;
    }
    if (epl_type_equal(t, x) && epl_type_equal(t, y))
        return true;
    epl__fail(f, EPL_ERR_SHAPE, "[solve_linear] b is %s, but %s takes %s to %s",
              epl_type_text(t, want), what, epl_type_text(x, in), epl_type_text(y, out));
    return false;
}

static const char *wrong(const epl_solve_linear_args *a)
{
    epl_dtype d = epl_typeof(a->b).dtype;
    const char *text = epl__linear_wrong(&a->by);
    bool p = !epl_is_none(a->precondition.in);
    return text                                 ? text
           : d != EPL_F32 && d != EPL_F64       ? "b must be f32 or f64"
           : epl_rank(a->b) >= EPL_MAX_RANK - 1 ? "the rank of b leaves no axis"
           : !epl_count(epl_typeof(a->b))       ? "b has no elements"
           : p && a->by.method >= EPL_LU ? "a matrix that is factored takes no preconditioner"
                                         : NULL;
}

epl_val epl_op_solve_linear(const epl_solve_linear_args *a, const char *given)
{
    epl__operator of_a, of_p;
    epl_fn *f = a ? epl__fn_of(a->b) : NULL;
    (void)given;
    if (a && a->residual)
        *a->residual = EPL_NO_VAL;
    if (a && a->iterations)
        *a->iterations = EPL_NO_VAL;
    if (a && !f)
        return bad(a->a.out, EPL_ERR_ARG, "b must be a value of a function");
    if (!f || epl_scope_status(f->scope) != EPL_OK)
        return EPL_NO_VAL;
    const char *text = wrong(a);
    if (text)
        return bad(a->b, EPL_ERR_ARG, text);
    bool p = !epl_is_none(a->precondition.in);
    if (!fits(f, a->b, a->a, "the map") ||
        (p && !fits(f, a->b, a->precondition, "its precondition")))
        return EPL_NO_VAL;
    if (!operator_of(f, a->a, "the map", &of_a) ||
        (p && !operator_of(f, a->precondition, "the precondition", &of_p)))
        return EPL_NO_VAL;
    epl_type t = epl_typeof(a->b);
    epl_linear_solver by = a->by;
    if (p && !by.method)
        by.method = EPL_GMRES;
    epl__linear_how *how = epl__linear_how_new(f, by, t.dtype, epl_count(t));
    if (!how)
        return EPL_NO_VAL;
    how->report = a->report;
    epl__rules_begin(f);
    epl__id region = epl__linear_region(f, how, &of_a, p ? &of_p : NULL, epl__id_of(a->b));
    epl_val x = epl__val(f, epl__part_of(f, region, EPL__SOLUTION));
    epl_val r = epl__val(f, epl__part_of(f, region, EPL__RESIDUAL));
    epl_val k = epl__val(f, epl__part_of(f, region, EPL__ITERATIONS));
    epl__rules_end(f);
    if (a->residual)
        *a->residual = epl_copy(r);
    if (a->iterations)
        *a->iterations = epl_copy(k);
    return epl_copy(x);
}
