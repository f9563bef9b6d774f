/* laws_pieces.c -- control flow against the same steps written out: two functions of the same
 * inputs, whose values and derivatives are equal, to the third order.
 */
#include <stdio.h>
#include <string.h>
#include "laws_graph.h"

enum { PORTS = 24, ROOM = 2 * PORTS, OUTS = 8 * PORTS };

/* A function with its derivatives, and what they are at the sample's point. */
typedef struct {
    const sample *p;
    epl_fn *f;
    epl_array in[ROOM];
    size_t ins, outs, values;
    epl_type type[OUTS];
    const char *name[OUTS];
    epl_array *by_plan, *by_reference;
} wide;

static epl_val wide_input(wide *w, epl_array a)
{
    char name[24];
    snprintf(name, sizeof name, "in%zu", w->ins);
    w->in[w->ins++] = a;
    return epl_input(w->f, name, a.type);
}

static void wide_output(wide *w, const char *what, epl_val v)
{
    char name[24];
    snprintf(name, sizeof name, "out%zu", w->outs);
    w->name[w->outs] = what;
    w->type[w->outs++] = epl_typeof(v);
    epl_output(w->f, name, v);
}

/* What is floating of the function: derivatives are of y by x along v. */
typedef struct {
    size_t nx, ny;
    epl_val x[PORTS], v[PORTS], y[PORTS];
} floats;

/* Three tangents, and what reverse sweeps give, alone and with tangents. */
static void derivatives(wide *w, const floats *d, bool forward)
{
    epl_val t1[PORTS], t2[PORTS], t3[PORTS];
    epl_vals xs = {d->nx, d->x}, vs = {d->nx, d->v};
    epl_jvps((epl_vals){d->ny, d->y}, xs, vs, t1);
    epl_jvps((epl_vals){d->ny, t1}, xs, vs, t2);
    epl_jvps((epl_vals){d->ny, t2}, xs, vs, t3);
    for (size_t i = 0; i < d->ny; i++) {
        wide_output(w, "the tangent", t1[i]);
        wide_output(w, "the second tangent", t2[i]);
        wide_output(w, "the third tangent", t3[i]);
    }
    if (forward)
        return;
    epl_val g[PORTS], h[PORTS], r[PORTS], sum = epl_mean(d->y[0]);
    for (size_t i = 1; i < d->ny; i++)
        sum = epl_add(epl_mean(epl_sin(d->y[i])), sum);
    epl_gradients(sum, xs, g);
    epl_jvps((epl_vals){d->nx, g}, xs, vs, h);
    epl_val norm = epl_mean(epl_square(g[0]));
    for (size_t i = 0; i < d->nx; i++) {
        wide_output(w, "the gradient", g[i]);
        wide_output(w, "the hvp", h[i]);
        wide_output(w, "the tangent of the hvp", epl_jvp(h[i], d->x[i], d->v[i]));
        norm = i ? epl_add(norm, epl_mean(epl_square(g[i]))) : norm;
    }
    epl_gradients(norm, xs, r);
    for (size_t i = 0; i < d->nx; i++) {
        wide_output(w, "the gradient of gradients", r[i]);
        wide_output(w, "the gradient of gradients of gradients",
                    epl_gradient(epl_sum(epl_mul(r[i], d->v[i])), d->x[0]));
    }
}

static bool wide_run(wide *w)
{
    epl_scope *s = w->p->s;
    epl_plan plan = epl_compile(s, w->f);
    epl_arrays in = {w->ins, w->in};
    w->by_plan = plan_run(s, LAW_PIECES, plan, epl_work_new(s, NULL), in, w->type, w->outs);
    w->by_reference = outputs_of(s, w->type, w->outs);
    if (!w->by_plan || !w->by_reference)
        return false;
    if (epl_reference(w->f, in, (epl_arrays){w->outs, w->by_reference}) == EPL_OK)
        return true;
    sample_broken(w->p, LAW_PIECES, "the reference", epl_scope_message(s));
    return false;
}

static bool wide_make(wide *w, const sample *p, bool forward)
{
    epl_val x[PORTS], y[PORTS];
    floats d = {.nx = 0};
    *w = (wide){.p = p, .f = epl_fn_new(p->s, "wide")};
    for (size_t i = 0; i < p->call.inputs; i++)
        x[i] = wide_input(w, p->call.input[i]);
    for (size_t i = 0; i < p->call.inputs; i++) {
        epl_type t = p->call.input[i].type;
        if (!is_float(t))
            continue;
        d.x[d.nx] = x[i];
        d.v[d.nx++] = wide_input(w, array_drawn(p->s, t, epl_key_fold(p->key, 20 + i)));
    }
    epl_call(p->fn, (epl_vals){p->call.inputs, x}, y);
    for (size_t i = 0; i < p->outs; i++) {
        wide_output(w, "the value", y[i]);
        if (is_float(p->out[i]))
            d.y[d.ny++] = y[i];
    }
    w->values = p->outs;
    if (d.nx && d.ny)
        derivatives(w, &d, forward);
    if (epl_scope_status(p->s) != EPL_OK)
        sample_broken(p, LAW_PIECES, "the derivatives", epl_scope_message(p->s));
    return epl_scope_status(p->s) == EPL_OK && wide_run(w);
}

void law_of_pieces(const sample *inside, const sample *written_out, bool forward, bool same_bits)
{
    wide a, b;
    char text[ARRAY_TEXT], what[120];
    law_checked(LAW_PIECES);
    if (!wide_make(&a, inside, forward) || !wide_make(&b, written_out, forward))
        return;
    for (size_t i = 0; i < a.outs; i++) {
        bool exact = same_bits && i < a.values;
        for (int way = 0; way < 2; way++) {
            epl_array *got = way ? &a.by_reference[i] : &a.by_plan[i];
            epl_array *want = way ? &b.by_reference[i] : &b.by_plan[i];
            if (array_near(got, want, exact ? 0 : 1e-8, exact ? 0 : 1e-9, text))
                continue;
            snprintf(what, sizeof what, "%s of inner functions, by %s", a.name[i],
                     way ? "the reference" : "a plan");
            sample_broken(inside, LAW_PIECES, what, text);
        }
    }
}
