/* laws_tile.c -- element-wise primitives over their test range: a plan against the scalar in
 * every dtype that the tile engine has for it, and derivatives against differences.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "../../src/base/key.h"
#include "../../src/graph/graph.h"
#include "../../src/kernel/kernel.h"
#include "../../tools/tensor.h"
#include "law.h"
#include "sample.h"

enum { POINTS = 1500, SLOPES = 60, OPERANDS = 3 };

typedef struct {
    const epl_prim *p;
    epl_scope *s;
    epl_dtype of; /* the dtype that the tile engine is asked about */
    epl_dtype to; /* of cast */
    epl_array in[OPERANDS];
    uint64_t words;
} tried;

/* -- operands ------------------------------------------------------------------------------ */
static double between(tried *t, double lo, double hi)
{
    uint32_t w;
    epl__random_bits(epl_seed(77).word, t->words++, &w, 1);
    return lo + (hi - lo) * ((double)w + 0.5) * 0x1p-32;
}

/* Number i of operand k: each of the odd ones with each other, then the test range. */
static double operand(tried *t, epl_dtype d, int k, int64_t i)
{
    static const double odd[] = {0,   -0.0, 1,    -1,   INFINITY, -INFINITY,
                                 NAN, 0.5,  -2.5, 1e30, -1e-30,   3};
    enum { ODD = sizeof odd / sizeof *odd };
    double lo = t->p->test_min, hi = t->p->test_max;
    if (lo == 0 && hi == 0)
        hi = 2, lo = -2;
    if (d == EPL_BOOL)
        return between(t, 0, 1) < 0.5;
    if (!epl_dtype_is_float(d))
        return floor(between(t, d == EPL_U8 ? 0 : -9, 10));
    if (i < ODD * ODD)
        return odd[k == 0 ? i / ODD : k == 1 ? i % ODD : i * 5 % ODD];
    return between(t, lo, hi);
}

static epl_dtype operand_dtype(const tried *t, int k)
{
    return t->p == &epl__prim_select && k == 0 ? EPL_BOOL : t->of;
}

static bool operands(tried *t)
{
    for (int k = 0; k < t->p->inputs; k++) {
        epl_dtype d = operand_dtype(t, k);
        t->in[k] = tensor_new(t->s, epl_type_of(d, epl_dims(POINTS)));
        for (int64_t i = 0; t->in[k].data && i < POINTS; i++)
            tensor_set(&t->in[k], i, operand(t, d, k, i));
    }
    return epl_scope_status(t->s) == EPL_OK;
}

/* -- a plan against the scalar --------------------------------------------------------------- */
static epl_fn *function_of(const tried *t)
{
    epl_fn *f = epl_fn_new(t->s, t->p->name);
    epl_val x[OPERANDS];
    char name[24];
    for (int k = 0; k < t->p->inputs; k++) {
        snprintf(name, sizeof name, "x%d", k);
        x[k] = epl_input(f, name, t->in[k].type);
    }
    epl__cast_attrs cast = {t->to};
    epl_output(f, "y", epl_op(t->p, (epl_vals){(size_t)t->p->inputs, x}, &cast));
    return f;
}

/* The primitive may not take this dtype (a logical one takes booleans alone). */
static void one_dtype(const epl_prim *p, epl_dtype of, epl_dtype to)
{
    tried t = {.p = p, .s = epl_scope_new(NULL), .of = of, .to = to};
    char text[ARRAY_TEXT];
    if (!operands(&t)) {
        law_broken(LAW_TILE, "no operands: %s", epl_scope_message(t.s));
        epl_scope_free(t.s);
        return;
    }
    epl_fn *f = function_of(&t);
    if (epl_scope_status(t.s) == EPL_OK) {
        epl_type type = f->output[0].type;
        epl_arrays in = {(size_t)p->inputs, t.in};
        epl_array *want = outputs_of(t.s, &type, 1);
        epl_plan plan = epl_compile(t.s, f);
        epl_work *work = epl_work_new(t.s, NULL);
        epl_array *got = plan_run(t.s, LAW_TILE, plan, work, in, &type, 1);
        double close = to == EPL_F32 || of == EPL_F32 ? 6e-7 : 4e-15;
        law_checked(LAW_TILE);
        if (!want || epl_reference(f, in, (epl_arrays){1, want}) != EPL_OK)
            law_broken(LAW_TILE, "%s: %s", epl_dtype_name(of), epl_scope_message(t.s));
        else if (got && !array_near(got, want, close, 0, text))
            law_broken(LAW_TILE, "%s: %s", epl_dtype_name(of), text);
    }
    epl_scope_free(t.s);
}

static void all_dtypes(const epl_prim *p)
{
    static const epl_dtype each[] = {EPL_F32, EPL_F64, EPL_I64, EPL_I32,
                                     EPL_I16, EPL_I8,  EPL_U8,  EPL_BOOL};
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        if (!epl__tile_has((epl__tile_op)p->tile, each[i]))
            continue;
        if (p != &epl__prim_cast)
            one_dtype(p, each[i], each[i]);
        for (size_t k = 0; p == &epl__prim_cast && k < sizeof each / sizeof *each; k++)
            one_dtype(p, each[i], each[k]);
    }
}

/* -- derivatives ----------------------------------------------------------------------------- */
/* Inputs x and v; outputs y, dy, ddy: along v once and twice. */
static epl_fn *slopes_of(tried *t)
{
    epl_fn *f = epl_fn_new(t->s, t->p->name);
    epl_val x[OPERANDS], v[OPERANDS], y, dy, ddy;
    char name[24];
    size_t n = (size_t)t->p->inputs;
    for (size_t k = 0; k < 2 * n; k++) {
        snprintf(name, sizeof name, "in%zu", k);
        *(k < n ? &x[k] : &v[k - n]) = epl_input(f, name, epl_f64(SLOPES));
    }
    y = epl_op(t->p, (epl_vals){n, x}, NULL);
    epl_jvps((epl_vals){1, &y}, (epl_vals){n, x}, (epl_vals){n, v}, &dy);
    epl_jvps((epl_vals){1, &dy}, (epl_vals){n, x}, (epl_vals){n, v}, &ddy);
    epl_output(f, "y", y);
    epl_output(f, "dy", dy);
    epl_output(f, "ddy", ddy);
    return f;
}

static void slopes_against(const epl_array *lo, const epl_array *hi, const epl_array *at,
                           double step)
{
    for (int order = 1; order <= 2; order++)
        for (int64_t i = 0; i < SLOPES; i++) {
            double slope = (tensor_number(&hi[order - 1], i) - tensor_number(&lo[order - 1], i)) /
                           (2 * step);
            double got = tensor_number(&at[order], i);
            bool far = fabs(got - slope) > 3e-6 * (1 + fabs(slope));
            /* A jump or a kink between the two points, of a step or of max: no slope. */
            bool jump = fabs(tensor_number(&hi[order - 1], i) + tensor_number(&lo[order - 1], i) -
                             2 * tensor_number(&at[order - 1], i)) > 1e-6;
            if (far && !jump)
                law_broken(order == 1 ? LAW_JVP : LAW_SECOND,
                           "%.12g at point %lld, differences give %.12g", got, (long long)i, slope);
            law_skipped(order == 1 ? LAW_JVP : LAW_SECOND, far && jump);
        }
}

static void slopes(const epl_prim *p)
{
    static const double step = 1e-5;
    tried t = {.p = p, .s = epl_scope_new(NULL), .of = EPL_F64};
    epl_array x[2 * OPERANDS], moved[3][2 * OPERANDS], *out[3];
    epl_type type[3] = {epl_f64(SLOPES), epl_f64(SLOPES), epl_f64(SLOPES)};
    size_t n = (size_t)p->inputs;
    for (size_t k = 0; k < 2 * n; k++) {
        x[k] = tensor_new(t.s, epl_f64(SLOPES));
        for (int64_t i = 0; x[k].data && i < SLOPES; i++)
            tensor_set(&x[k], i, k < n ? operand(&t, EPL_F64, 0, POINTS) : between(&t, -1, 1));
    }
    epl_fn *f = slopes_of(&t);
    epl_plan plan = epl_compile(t.s, f);
    epl_work *work = epl_work_new(t.s, NULL);
    law_checked(LAW_JVP);
    law_checked(LAW_SECOND);
    for (int at = 0; at < 3; at++) {
        for (size_t k = 0; k < 2 * n; k++)
            moved[at][k] = k < n && at != 1 ? array_moved(t.s, &x[k], (at - 1) * step, &x[n + k])
                                            : x[k];
        out[at] = plan_run(t.s, LAW_JVP, plan, work, (epl_arrays){2 * n, moved[at]}, type, 3);
    }
    if (out[0] && out[1] && out[2])
        slopes_against(out[0], out[2], out[1], step);
    epl_scope_free(t.s);
}

/* Without attributes, of floats alone, with a floating result. */
static bool has_slope(const epl_prim *p)
{
    epl_type in[OPERANDS] = {epl_f64(1), epl_f64(1), epl_f64(1)};
    if (!p->elementwise || p->attrs_size || p->inputs < 1 || p->inputs > OPERANDS ||
        p == &epl__prim_select)
        return false;
    if (p->lower == EPL_LOWER_TILE && !epl__tile_has((epl__tile_op)p->tile, EPL_F64))
        return false;
    return is_float(p->type ? p->type(in, (size_t)p->inputs, NULL) : in[0]);
}

void laws_of_elementwise(void)
{
    const epl_prim *p;
    char name[80];
    for (size_t i = 0; (p = epl_prim_at(i)) != NULL; i++) {
        snprintf(name, sizeof name, "primitive %s", p->name);
        law_subject(name);
        if (p->lower == EPL_LOWER_TILE && p->inputs <= OPERANDS)
            all_dtypes(p);
        if (has_slope(p))
            slopes(p);
    }
}
