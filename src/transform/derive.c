/* derive.c -- the derivatives a user asks for: checks, seeds, and what is returned.
 *
 * A gradient is the transpose of the tangents: tangents are built on the tape, which is
 * run backwards and dropped. A product along v builds tangents from v directly.
 */
#include <espalier/derive.h>
#include <string.h>
#include "../base/scope.h"
#include "../base/type.h"
#include "transform.h"

typedef struct {
    epl_fn *f;
    epl__id *y, *x, *seed, *dy; /* seed: of x (jvp) or y (vjp) */
    size_t ny, nx;
} request;

static epl_fn *common(const char *what, epl_vals y, epl_vals x)
{
    epl_fn *f = NULL;
    for (size_t i = 0; i < y.count + x.count; i++) {
        epl_val v = i < y.count ? y.at[i] : x.at[i - y.count];
        epl_fn *g = epl__fn_of(v);
        if (g && (!f || g->depth > f->depth))
            f = g;
    }
    if (!f || epl_scope_status(f->scope) != EPL_OK)
        return NULL;
    for (size_t i = 0; i < y.count + x.count; i++) {
        bool of_y = i < y.count;
        epl_val v = of_y ? y.at[i] : x.at[i - y.count];
        epl_fn *g = epl__fn_of(v);
        const char *role = of_y ? "the result" : "the variable";
        if (f->closed)
            epl__fail(f, EPL_ERR_USE,
                      "[%s] the function \"%s\" is closed; take derivatives inside before its "
                      "first result, or of its results in the outer function",
                      what, f->name);
        else if (g != f)
            epl__fail(f, EPL_ERR_USE,
                      "[%s] %s is %s; both must be values of one function: take it "
                      "in with epl_pass and use that",
                      what, role, g ? "a value of an outer function" : "no value of a function");
        else if (!epl_dtype_is_float(epl_typeof(v).dtype)) {
            char t[EPL_TYPE_TEXT];
            epl__fail(f, EPL_ERR_DTYPE,
                      "[%s] %s is %s; only floating values vary: cast it by epl_cast", what, role,
                      epl_type_text(epl_typeof(v), t));
        } else
            continue;
        return NULL;
    }
    return f;
}

static bool fill(request *r, const char *what, epl_vals y, epl_vals x, epl_vals seed, epl_vals like)
{
    char want[EPL_TYPE_TEXT], got[EPL_TYPE_TEXT];
    epl__id *id =
        epl__arena_take(&r->f->tape_arena, (2 * y.count + x.count + like.count + 1) * sizeof *id);
    if (!id) {
        epl__fail(r->f, EPL_ERR_MEMORY, "[%s] no memory", what);
        return false;
    }
    seed = epl__listed(seed);
    r->ny = y.count;
    r->nx = x.count;
    r->y = id;
    r->x = r->y + y.count;
    r->dy = r->x + x.count;
    r->seed = r->dy + y.count;
    for (size_t i = 0; i < y.count; i++)
        r->y[i] = epl__id_of(y.at[i]);
    for (size_t i = 0; i < x.count; i++)
        r->x[i] = epl__id_of(x.at[i]);
    if (seed.count != like.count) {
        epl__fail(r->f, EPL_ERR_ARG, "[%s] %zu vectors expected, got %zu", what, like.count,
                  seed.count);
        return false;
    }
    for (size_t i = 0; i < seed.count; i++)
        if (!epl__fn_of(seed.at[i])) {
            epl__fail(r->f, EPL_ERR_ARG, "[%s] vector %zu is %s; a value is expected", what, i,
                      epl__is_num(seed.at[i]) ? "a plain number" : "none");
            return false;
        }
    for (size_t i = 0; i < seed.count; i++) {
        epl_type t = epl_typeof(like.at[i]), s = epl_typeof(seed.at[i]);
        if (!epl_type_equal(t, s))
            epl__fail(r->f, EPL_ERR_SHAPE, "[%s] the vector must be %s, as its value, got %s", what,
                      epl_type_text(t, want), epl_type_text(s, got));
    }
    epl_fn *meet = seed.count ? epl__meet(seed, r->seed, what) : r->f;
    if (meet && meet != r->f)
        epl__fail(r->f, EPL_ERR_USE,
                  "[%s] the vectors are values of an inner function: take one value at a time, or "
                  "take the rest in by epl_pass and build them there",
                  what);
    return meet && epl_scope_status(r->f->scope) == EPL_OK;
}

static epl_val zero_like(epl_fn *f, const epl_type *t)
{
    epl__rules_begin(f);
    epl_val z = epl__splat(f, t->dtype, t->shape, 0, 0);
    epl__rules_end(f);
    return z;
}

static void results(epl_fn *f, const epl__id *id, const epl__id *like, size_t n, epl_val *out)
{
    for (size_t i = 0; i < n; i++) {
        const epl_type *t = epl__node_at(f, like[i])->type;
        epl__id v = id[i] == EPL__ID_NONE ? epl__id_of(zero_like(f, t)) : id[i];
        out[i] = epl__result(f, v, t);
    }
}

static void none(epl_val *out, size_t n)
{
    for (size_t i = 0; out && i < n; i++)
        out[i] = EPL_NO_VAL;
}

/* Tape inputs, tangents, transpose. seed: cotangents of y. */
static void backward(request *r, epl_val *out)
{
    epl_fn *f = r->f;
    epl__id *dx = epl__arena_take(&f->tape_arena, (r->nx + 1) * sizeof *dx);
    epl__id *back = epl__arena_take(&f->tape_arena, (r->nx + 1) * sizeof *back);
    if (!dx || !back) {
        epl__fail(f, EPL_ERR_MEMORY, "no memory for a derivative of \"%s\"", f->name);
        return;
    }
    for (size_t i = 0; i < r->nx; i++)
        dx[i] = epl__tape_input(f, epl__node_at(f, r->x[i])->type);
    if (!epl__tangents(f, r->y, r->ny, r->x, dx, r->nx, r->dy) ||
        !epl__transpose(f, r->dy, r->seed, r->ny, dx, r->nx, back))
        return;
    results(f, back, r->x, r->nx, out);
}

void epl_vjps(epl_vals y, epl_vals x, epl_vals u, epl_val *out)
{
    request r = {0};
    none(out, x.count);
    y = epl__listed(y), x = epl__listed(x);
    r.f = out ? common("vjp", y, x) : NULL;
    if (r.f && fill(&r, "vjp", y, x, u, y))
        backward(&r, out);
    if (r.f)
        epl__tape_clear(r.f);
}

void epl_gradients(epl_val y, epl_vals x, epl_val *out)
{
    request r = {0};
    epl_vals ys = {1, &y};
    none(out, x.count);
    x = epl__listed(x);
    r.f = out ? common("gradient", ys, x) : NULL;
    if (!r.f)
        return;
    epl_type t = epl_typeof(y);
    char text[EPL_TYPE_TEXT];
    if (epl_count(t) != 1)
        epl__fail(r.f, EPL_ERR_SHAPE,
                  "[gradient] the result must be one number, got %s; for a "
                  "product with a vector use epl_vjp",
                  epl_type_text(t, text));
    epl__rules_begin(r.f);
    epl_val one = epl__splat(r.f, t.dtype, t.shape, 1, 1);
    epl__rules_end(r.f);
    if (fill(&r, "gradient", ys, x, (epl_vals){1, &one}, ys))
        backward(&r, out);
    epl__tape_clear(r.f);
}

void epl_jvps(epl_vals y, epl_vals x, epl_vals v, epl_val *out)
{
    request r = {0};
    none(out, y.count);
    y = epl__listed(y), x = epl__listed(x);
    r.f = out ? common("jvp", y, x) : NULL;
    if (!r.f)
        return;
    if (fill(&r, "jvp", y, x, v, x) && epl__tangents(r.f, r.y, r.ny, r.x, r.seed, r.nx, r.dy))
        results(r.f, r.dy, r.y, r.ny, out);
    epl__tape_clear(r.f);
}

epl_val epl_gradient(epl_val y, epl_val x)
{
    epl_val g;
    epl_gradients(y, (epl_vals){1, &x}, &g);
    return g;
}

/* A vector of an inner function, a loop's or a map's, goes through the linear map. */
epl_val epl_vjp(epl_val y, epl_val x, epl_val u)
{
    epl_val g;
    if (epl__is_inner(epl__fn_of(y), u, y))
        return epl_linear_transpose((epl_linear){x, y}, u);
    epl_vjps((epl_vals){1, &y}, (epl_vals){1, &x}, (epl_vals){1, &u}, &g);
    return g;
}

epl_val epl_jvp(epl_val y, epl_val x, epl_val v)
{
    epl_val d;
    if (epl__is_inner(epl__fn_of(x), v, x))
        return epl_linear_apply(epl_linearize(y, x), v);
    epl_jvps((epl_vals){1, &y}, (epl_vals){1, &x}, (epl_vals){1, &v}, &d);
    return d;
}

epl_val epl_hvp(epl_val y, epl_val x, epl_val v)
{
    return epl_jvp(epl_gradient(y, x), x, v);
}

/* hvp along a vector that is then replaced by all unit vectors at once. */
epl_val epl_hessian(epl_val y, epl_val x)
{
    epl_val g = epl_gradient(y, x);
    epl_fn *f = epl__fn_of(g);
    if (!f)
        return EPL_NO_VAL;
    epl_type t = epl_typeof(x);
    int64_t n = epl_count(t), shape[EPL_MAX_RANK + 1] = {n};
    if (t.shape.rank + 1 > EPL_MAX_RANK) {
        epl__fail(f, EPL_ERR_SHAPE, "[hessian] a variable of rank %d leaves no axis", t.shape.rank);
        return EPL_NO_VAL;
    }
    memcpy(shape + 1, t.shape.dim, (size_t)t.shape.rank * sizeof *shape);
    epl_val v = epl__placeholder(f, &t), d = epl_jvp(g, x, v);
    epl__rules_begin(f);
    epl_val unit =
        epl__reshape(epl__eye(f, t.dtype, n), epl_shape_of((size_t)t.shape.rank + 1, shape));
    epl__id map = epl__id_of(v), to = epl__id_of(unit);
    bool mapped = true;
    epl__batching b = {f, f, map, &map, &to, &mapped, 1, n};
    epl__id rows = d.graph && unit.graph ? epl__batch(&b, epl__id_of(d)) : EPL__ID_NONE;
    epl_val h = rows == EPL__ID_NONE
                    ? EPL_NO_VAL
                    : epl__reshape(epl__val(f, rows), epl_shape_of(2, (int64_t[]){n, n}));
    epl__rules_end(f);
    return h.graph ? epl__result(f, epl__id_of(h), epl__node_at(f, epl__id_of(h))->type) : h;
}

epl_val epl_copy(epl_val v)
{
    epl_fn *f = epl__fn_of(v);
    epl__id id = epl__id_of(v);
    if (!f || !epl__meet((epl_vals){1, &v}, &id, "copy"))
        return epl__is_num(v) ? v : EPL_NO_VAL;
    return epl__result(f, id, epl__node_at(f, id)->type);
}

epl_val epl_stop_gradient(epl_val v)
{
    return epl__is_num(v) ? v : epl_op(&epl__prim_stop, (epl_vals){1, &v}, NULL);
}
