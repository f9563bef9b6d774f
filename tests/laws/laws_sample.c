/* laws_sample.c -- the laws of one sample at one point. */
#include <math.h>
#include <stdio.h>
#include "../../tools/tensor.h"
#include "sample.h"

/* -- values -------------------------------------------------------------------------------- */
void law_of_value(const sample *p)
{
    const json *value = json_get(p->request, "value"), *j = value ? value->first : NULL;
    char text[ARRAY_TEXT];
    if (!value)
        return; /* a draw: not torch's numbers */
    law_checked(LAW_VALUE);
    epl_array *out = outputs_of(p->s, p->out, p->outs);
    epl_arrays in = {p->call.inputs, p->call.input};
    if (!out || epl_reference(p->fn, in, (epl_arrays){p->outs, out}) != EPL_OK) {
        sample_broken(p, LAW_VALUE, "the reference", epl_scope_message(p->s));
        return;
    }
    for (size_t i = 0; i < p->outs; i++, j = j ? j->next : NULL) {
        epl_array want;
        if (!j || !tensor_read(p->s, j, "value", &want)) {
            sample_broken(p, LAW_VALUE, "torch gives fewer results", epl_scope_message(p->s));
            return;
        }
        if (out[i].type.dtype != want.type.dtype)
            sample_broken(p, LAW_VALUE, "torch gives", epl_dtype_name(want.type.dtype));
        else if (!array_near(&out[i], &want, 1e-9, 1e-10, text))
            sample_broken(p, LAW_VALUE, "the result", text);
    }
    if (j)
        sample_broken(p, LAW_VALUE, "torch gives", "more results");
}

void law_of_plan(const derived *d)
{
    char text[ARRAY_TEXT];
    law_checked(LAW_PLAN);
    epl_array *got = derived_run(d, LAW_PLAN, d->in), *want = outputs_of(d->p->s, d->out, d->outs);
    if (!got || !want)
        return;
    if (epl_reference(d->fn, (epl_arrays){d->ins, d->in}, (epl_arrays){d->outs, want}) != EPL_OK) {
        sample_broken(d->p, LAW_PLAN, "the reference", epl_scope_message(d->p->s));
        return;
    }
    for (size_t i = 0; i < d->outs; i++)
        if (!array_near(&got[i], &want[i], 1e-9, 1e-11, text))
            sample_broken(d->p, LAW_PLAN, d->name[i], text);
}

/* -- differences --------------------------------------------------------------------------- */
static const double STEP = 1e-4;

/* Values of one element at x + k STEP v, k from -2 to 2, and what the derivative should be. */
typedef struct {
    double f[5];
    double slope, doubt;
} line_of_values;

/* False: not smooth here, or too steep to say. A kink shows in the second difference, which
 * does not shrink with the step. */
static bool slope_of(line_of_values *l)
{
    double largest = 0;
    for (int k = 0; k < 5; k++) {
        if (!isfinite(l->f[k]))
            return false;
        largest = fmax(largest, fabs(l->f[k]));
    }
    double noise = 1e-15 * (largest + 1) / STEP;
    double near = (l->f[3] - l->f[1]) / (2 * STEP), far = (l->f[4] - l->f[0]) / (4 * STEP);
    double bend = fabs(l->f[3] - 2 * l->f[2] + l->f[1]) / STEP;
    double far_bend = fabs(l->f[4] - 2 * l->f[2] + l->f[0]) / (2 * STEP);
    l->slope = (4 * near - far) / 3;
    l->doubt = 4 * fabs(near - far) + 100 * noise;
    return fabs(near - far) <= 1e-3 * (1 + fabs(near)) &&
           !(bend > 100 * noise && bend > 0.7 * far_bend);
}

/* The derivatives of one group against differences of another. */
static long compare(const derived *d, law l, epl_array *const *at, derived_group of,
                    derived_group by)
{
    char text[ARRAY_TEXT];
    long judged = 0, left_out = 0;
    size_t n = of == DERIVED_Y ? d->ny : d->nx;
    for (size_t i = 0; i < n; i++) {
        size_t value = d->first[of] + (of == DERIVED_Y ? d->y[i] : i);
        const epl_array *slope = &at[2][d->first[by] + i];
        for (int64_t e = 0, count = epl_count(slope->type); e < count; e++) {
            line_of_values v;
            for (int k = 0; k < 5; k++)
                v.f[k] = tensor_number(&at[k][value], e);
            if (!slope_of(&v)) {
                left_out++;
                continue;
            }
            judged++;
            double got = tensor_number(slope, e);
            if (fabs(got - v.slope) <= 1e-6 * (1 + fabs(v.slope)) + v.doubt)
                continue;
            snprintf(text, sizeof text, "%.12g at %lld of %zu, differences give %.12g", got,
                     (long long)e, i, v.slope);
            sample_broken(d->p, l, d->name[d->first[by] + i], text);
            return judged;
        }
    }
    law_skipped(l, left_out);
    return judged;
}

long law_of_differences(const derived *d, law l)
{
    epl_array *at[5], *in = arrays_new(d->p->s, d->ins);
    bool is_second = l == LAW_SECOND;
    if (!d->nx || !in)
        return 0;
    law_checked(l);
    for (int k = 0; k < 5; k++) {
        for (size_t i = 0; i < d->ins; i++)
            in[i] = d->in[i];
        for (size_t i = 0; i < d->nx && k != 2; i++)
            in[d->x[i]] = array_moved(d->p->s, &d->in[d->x[i]], (k - 2) * STEP,
                                      &d->in[d->p->call.inputs + i]);
        at[k] = derived_run(d, l, in);
        if (!at[k])
            return 0;
    }
    return compare(d, l, at, is_second ? DERIVED_UJ : DERIVED_Y,
                   is_second ? DERIVED_D : DERIVED_JV);
}

/* -- the orders and directions against each other -------------------------------------------- */
static bool close_sums(double a, double b, double magnitude)
{
    return fabs(a - b) <= 1e-9 * magnitude + 1e-12 || (!isfinite(a) && !isfinite(b));
}

/* A derivative with respect to nothing: the mean of nothing is not a number. */
static bool nothing_varies(const derived *d)
{
    for (size_t i = 0; i < d->nx; i++)
        if (epl_count(d->in[d->x[i]].type))
            return false;
    return true;
}

void law_of_vjp(const derived *d)
{
    char text[ARRAY_TEXT];
    epl_array *out = d->nx ? derived_run(d, LAW_VJP, d->in) : NULL;
    const epl_array *v = d->in + d->p->call.inputs, *u = v + d->nx;
    double ujv = 0, vju = 0, magnitude = 0;
    if (!out)
        return;
    law_checked(LAW_VJP);
    for (size_t i = 0; i < d->ny; i++)
        ujv += array_dot(&u[i], &out[d->first[DERIVED_JV] + i], &magnitude);
    for (size_t i = 0; i < d->nx; i++)
        vju += array_dot(&v[i], &out[d->first[DERIVED_UJ] + i], &magnitude);
    if (close_sums(ujv, vju, magnitude) || nothing_varies(d))
        return;
    snprintf(text, sizeof text, "<u, J v> is %.15g, <J' u, v> is %.15g", ujv, vju);
    sample_broken(d->p, LAW_VJP, "the product", text);
}

/* Second derivatives forward over backward, backward over forward, backward over backward. */
void law_of_orders(const derived *d)
{
    char text[ARRAY_TEXT];
    epl_array *out = d->nx ? derived_run(d, LAW_SECOND, d->in) : NULL;
    if (!out)
        return;
    law_checked(LAW_SECOND);
    for (size_t i = 0; i < d->nx; i++)
        for (int g = DERIVED_R; g <= DERIVED_RR; g++) {
            size_t at = d->first[g] + i;
            if (!array_near(&out[at], &out[d->first[DERIVED_D] + i], 1e-8, 1e-9, text))
                sample_broken(d->p, LAW_SECOND, d->name[at], text);
        }
}
