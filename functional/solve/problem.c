/* problem.c -- roots, fixed points and minima as users build them: an inner function of one
 * unknown, which becomes a region when its solution is taken.
 *
 * The region's operands are what the inner function took in, the start of the unknown among them;
 * its body is the loop, its rule the implicit function theorem for the model: the same inputs,
 * output 0 is zero at a solution.
 */
#include <string.h>
#include "solve.h"
#include "../../src/base/attr.h"
#include "../../src/base/scope.h"
#include "../../src/graph/flow.h"

typedef enum { ROOT, FIXED_POINT, MINIMIZE } kind;
typedef struct epl__problem {
    kind kind;
    epl_problem_args by;
    epl_val z;        /* the unknown, a value of the inner function */
    uint32_t unknown; /* its input */
} problem;
static const char *const names[] = {"root", "fixed_point", "minimize"};

/* -- making -------------------------------------------------------------------------------- */
static const char *wrong(kind k, const epl_problem_args *a)
{
    static const unsigned allowed[] = {1u << EPL_NEWTON, 1u << EPL_ANDERSON | 1u << EPL_PLAIN,
                                       1u << EPL_LBFGS | 1u << EPL_NEWTON};
    static const char *const which[] = {"method must be EPL_NEWTON",
                                        "method must be EPL_ANDERSON or EPL_PLAIN",
                                        "method must be EPL_LBFGS or EPL_NEWTON"};
    const char *step = epl__linear_wrong(&a->step), *solve = epl__linear_wrong(&a->derivative);
    bool damped = a->damping > 0 && a->damping <= 1;
    return (unsigned)a->method > EPL_LBFGS || !(allowed[k] >> a->method & 1) ? which[k]
           : !(a->tol >= 0)                      ? "tol must be positive"
           : a->most < 1                         ? "most must be at least 1"
           : a->history < 1 || a->history > 1000 ? "history must be from 1 to 1000"
           : !damped                             ? "damping must be above 0, at most 1"
           : step                                ? step
                                                 : solve;
}

static epl_fn *problem_new(kind k, const epl_problem_args *a, const char *given)
{
    static const epl_solve_method usual[] = {EPL_NEWTON, EPL_ANDERSON, EPL_LBFGS};
    epl_fn *parent = a ? a->parent : NULL;
    if (!parent || epl_scope_status(parent->scope) != EPL_OK || !epl__all_named(parent, given))
        return NULL;
    epl_problem_args by = *a;
    by.method = a->method ? a->method : usual[k];
    by.tol = epl__given(given, "tol") ? a->tol : -1;
    by.most = epl__given(given, "most") ? a->most : 100;
    by.history = epl__given(given, "history") ? a->history : k == MINIMIZE ? 10 : 5;
    by.damping = epl__given(given, "damping") ? a->damping : 1;
    const char *text = wrong(k, &(epl_problem_args){.method = by.method,
                                                    .tol = epl__given(given, "tol") ? a->tol : 0,
                                                    .most = by.most,
                                                    .history = by.history,
                                                    .damping = by.damping,
                                                    .step = by.step,
                                                    .derivative = by.derivative});
    if (parent->closed)
        epl__fail(parent, EPL_ERR_USE, "[%s] the function \"%s\" is closed", names[k],
                  parent->name);
    else if (text)
        epl__fail(parent, EPL_ERR_ARG, "[%s] %s", names[k], text);
    if (parent->closed || text)
        return NULL;
    epl_fn *f = epl__fn_make(parent->scope, parent, EPL__FN_PROBLEM, parent->name);
    problem *p = f ? epl__arena_take(&f->arena, sizeof *p) : NULL;
    if (f && !p)
        epl__fail(f, EPL_ERR_MEMORY, "no memory for a problem of \"%s\"", f->name);
    if (!p)
        return NULL;
    *p = (problem){.kind = k, .by = by};
    f->problem = p;
    return f;
}

epl_fn *epl_root_new(const epl_problem_args *a, const char *given)
{
    return problem_new(ROOT, a, given);
}

epl_fn *epl_fixed_point_new(const epl_problem_args *a, const char *given)
{
    return problem_new(FIXED_POINT, a, given);
}

epl_fn *epl_minimize_new(const epl_problem_args *a, const char *given)
{
    return problem_new(MINIMIZE, a, given);
}

epl_val epl_unknown(epl_fn *f, epl_val first)
{
    char text[EPL_TYPE_TEXT];
    epl__id id = epl__from_parent(f, first, "unknown");
    if (id == EPL__ID_NONE)
        return EPL_NO_VAL;
    problem *p = f->kind == EPL__FN_PROBLEM ? f->problem : NULL;
    epl_type t = *epl__node_at(f->parent, id)->type;
    bool real = t.dtype == EPL_F32 || t.dtype == EPL_F64;
    if (!p || p->z.graph)
        epl__fail(f, EPL_ERR_USE, "[unknown] %s",
                  p ? "a problem has one unknown" : "this inner function has no unknown");
    else if (!real || !epl_count(t) || t.shape.rank >= EPL_MAX_RANK - 1)
        epl__fail(f, EPL_ERR_ARG,
                  "[unknown] f32 or f64 of at most %d axes and some elements is expected, got %s",
                  EPL_MAX_RANK - 2, epl_type_text(t, text));
    if (epl_scope_status(f->scope) != EPL_OK)
        return EPL_NO_VAL;
    p->unknown = f->entries;
    p->z = epl__entry_add(f, id, EPL__AS_PASSED_IN);
    return p->z;
}

/* -- closing ------------------------------------------------------------------------------- */
static bool no_memory(epl_fn *f)
{
    epl__fail(f, EPL_ERR_MEMORY, "no memory for a solution in \"%s\"", f->name);
    return false;
}

/* The inner function as a body: what it took in are its inputs. */
static bool closed(epl_fn *q, epl__id value)
{
    if (!epl__flow_ports(q) || !epl__body_output(q, value))
        return no_memory(q);
    q->closed = true;
    return true;
}

/* Same inputs; outputs: F, z - g(z), or the gradient and then the value. */
static epl_fn *model_of(epl_fn *q, const problem *p)
{
    epl_fn *m = epl__body_new(q->parent);
    epl__id *arg = epl__arena_take(&q->arena, (q->inputs + 1) * sizeof *arg), y;
    if (!m || !arg)
        return NULL;
    for (uint32_t i = 0; i < q->inputs; i++)
        arg[i] = epl__body_input(m, &q->input[i].type);
    if (!epl__inline(m, q, arg, 0, 1, &y))
        return NULL;
    epl_val value = epl__val(m, y), z = epl__val(m, arg[p->unknown]), out = value;
    if (p->kind == FIXED_POINT)
        out = epl_sub(z, value);
    else if (p->kind == MINIMIZE)
        out = epl_gradient(epl_reshape(value, epl_shape_of(0, NULL)), z);
    bool ok = epl__body_output(m, epl__id_of(out)) &&
              (p->kind != MINIMIZE ||
               epl__body_output(m, epl__id_of(epl_reshape(value, epl_shape_of(0, NULL)))));
    return ok ? m : NULL;
}

static epl__found search(const problem *p, const epl__problem_how *how, const epl__operator *model,
                         epl_val first)
{
    switch (p->by.method) {
    case EPL_ANDERSON:
        return epl__anderson(how, model, first);
    case EPL_PLAIN:
        return epl__plain(how, model, first);
    case EPL_LBFGS:
        return epl__lbfgs(how, model, first);
    default:
        return p->kind == ROOT ? epl__newton(how, model, first) : epl__newton_cg(how, model, first);
    }
}

/* The loop over the model, with the model's inputs. */
static epl_fn *loop_of(epl_fn *q, const problem *p, const epl_fn *model, bool report)
{
    static const epl_prim *const check[] = {&epl__prim_root, &epl__prim_fixed_point,
                                            &epl__prim_minimize};
    epl_fn *g = epl__body_new(q->parent);
    epl_val *with = g ? epl__arena_take(&g->arena, (q->inputs + 1) * sizeof *with) : NULL;
    if (!with)
        return NULL;
    epl__where(g, q->parent->where[q->parent->where_now]);
    for (uint32_t i = 0; i < q->inputs; i++)
        with[i] = epl__val(g, epl__body_input(g, &q->input[i].type));
    epl_type t = q->input[p->unknown].type;
    epl_linear_solver step = p->by.step;
    if (step.tol == 0)
        step.tol = 1e-3;
    if (p->kind == MINIMIZE && !step.method)
        step.method = EPL_CG;
    epl__problem_how how = {p->by, epl__linear_how_new(g, step, t.dtype, epl_count(t))};
    if (!how.step)
        return NULL;
    how.step->report = true; /* the residual of the problem itself will tell */
    if (how.by.tol == -1)
        how.by.tol = t.dtype == EPL_F64 ? 1e-10 : 1e-5;
    epl__operator m = {model, with, p->unknown};
    epl__found found = search(p, &how, &m, with[p->unknown]);
    if (!report)
        found.z = epl__converged(check[p->kind], found.z, found.residual, found.steps, how.by.tol);
    bool ok = epl__body_output(g, epl__id_of(found.z)) &&
              epl__body_output(g, epl__id_of(found.residual)) &&
              epl__body_output(g, epl__id_of(found.steps));
    return ok ? g : NULL;
}

static epl__id region_of(epl_fn *q, const problem *p, bool report)
{
    epl_fn *f = q->parent, *model = model_of(q, p);
    epl_fn *loop = model ? loop_of(q, p, model, report) : NULL;
    epl_type t = q->input[p->unknown].type;
    epl_linear_solver by = p->by.derivative;
    if (p->kind == MINIMIZE && !by.method)
        by.method = EPL_CG;
    epl__linear_how *how = loop ? epl__linear_how_new(f, by, t.dtype, epl_count(t)) : NULL;
    epl__id *in = epl__arena_take(&q->arena, (q->entries + 1) * sizeof *in);
    uint8_t *role = epl__arena_take(&q->arena, q->entries + 1);
    if (!how || !in || !role) {
        no_memory(f);
        return EPL__ID_NONE;
    }
    how->symmetric = p->kind == MINIMIZE; /* a Hessian */
    for (uint32_t i = 0; i < q->entries; i++)
        in[i] = q->entry[i].outer;
    memset(role, EPL__PASS, q->entries);
    epl__region like = {.kind = EPL__SWITCH,
                        .bodies = 1,
                        .body = &loop,
                        .custom = epl__implicit_rule(f, model, p->unknown, how)};
    const epl__region *r = like.custom ? epl__region_new(f, &like, role, q->entries) : NULL;
    return r ? epl__region_build(f, r, in, q->entries) : EPL__ID_NONE;
}

static bool fits(epl_fn *q, const problem *p, epl_val value)
{
    char want[EPL_TYPE_TEXT], got[EPL_TYPE_TEXT];
    const char *name = names[p->kind];
    epl_type t = epl_typeof(value), z = epl_typeof(p->z);
    if (!p->z.graph)
        epl__fail(q, EPL_ERR_USE, "[%s] the problem has no unknown: epl_unknown is missing", name);
    else if (q->closed)
        epl__fail(q, EPL_ERR_USE, "[%s] the solution was taken before", name);
    else if (p->kind == MINIMIZE && (epl_count(t) != 1 || t.dtype != z.dtype))
        epl__fail(q, EPL_ERR_SHAPE, "[minimize] the value must be one number, got %s",
                  epl_type_text(t, got));
    else if (p->kind != MINIMIZE && !epl_type_equal(t, z))
        epl__fail(q, EPL_ERR_SHAPE, "[%s] the unknown is %s, the value %s: they must be alike",
                  name, epl_type_text(z, want), epl_type_text(t, got));
    return epl_scope_status(q->scope) == EPL_OK;
}

epl_val epl_op_solution(const epl_solution_args *a, const char *given)
{
    epl_fn *q = a ? a->problem : NULL;
    (void)given;
    if (a && a->residual)
        *a->residual = EPL_NO_VAL;
    if (a && a->iterations)
        *a->iterations = EPL_NO_VAL;
    if (!q || epl_scope_status(q->scope) != EPL_OK)
        return EPL_NO_VAL;
    const problem *p = q->kind == EPL__FN_PROBLEM ? q->problem : NULL;
    if (!p || q->parent->closed) {
        epl__fail(q, EPL_ERR_USE, "[solution] %s",
                  p ? "the outer function is closed"
                    : "epl_root, epl_fixed_point or epl_minimize is expected");
        return EPL_NO_VAL;
    }
    epl__id value = q->closed ? EPL__ID_NONE : epl__inside(q, a->value, names[p->kind]);
    if (!fits(q, p, a->value) || value == EPL__ID_NONE || !closed(q, value))
        return EPL_NO_VAL;
    epl_fn *f = q->parent;
    epl__rules_begin(f);
    epl__id region = region_of(q, p, a->report);
    epl__id z = epl__part_of(f, region, EPL__SOLUTION);
    epl__id r = epl__part_of(f, region, EPL__RESIDUAL);
    epl__id k = epl__part_of(f, region, EPL__ITERATIONS);
    epl__rules_end(f);
    if (z == EPL__ID_NONE)
        return EPL_NO_VAL;
    if (a->residual)
        *a->residual = epl_copy(epl__val(f, r));
    if (a->iterations)
        *a->iterations = epl_copy(epl__val(f, k));
    const epl_type *t = epl__node_at(f, q->entry[p->unknown].outer)->type;
    return epl__build(f, &epl__prim_copy, &z, 1, NULL, t);
}
