/* derived.c -- a sample's function with its derivatives to the second order, built at one
 * point or inside a map.
 *
 * The function is called, so its nodes are built again where they are needed: inside the
 * body of a map the derivatives are taken there.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "../../tools/tensor.h"
#include "sample.h"

static const char *const group_name[DERIVED_GROUPS] = {"result",
                                                       "J v of result",
                                                       "J' u by input",
                                                       "the derivative along v of J' u by input",
                                                       "the gradient of <u, J v> by input",
                                                       "the gradient of <v, J' u> by input"};

typedef struct {
    derived *d;
    const mapping *m;
    epl_fn *body;                 /* where the function is called */
    epl_val in[DERIVED_ROOM * 3]; /* values in the body */
    epl_val y[DERIVED_ROOM], out[6 * DERIVED_ROOM];
} making;

/* -- inputs -------------------------------------------------------------------------------- */
bool derived_is_mapped(const derived *d, const mapping *m, size_t i)
{
    return m->rows && (m->only < 0 || (i < d->p->call.inputs && (size_t)m->only == i));
}

static bool is_key(const sample *p, size_t i)
{
    return strstr(p->call.tensor[i].name, "key") != NULL;
}

epl_array derived_row(const derived *d, size_t i, int64_t r, epl_scope *s)
{
    static const double factor[] = {1, 0.5, 0.25};
    epl_array a = array_copy(s, &d->in[i]);
    for (int64_t k = 0, n = epl_count(a.type); a.data && r && k < n; k++)
        if (is_float(a.type))
            tensor_set(&a, k, tensor_number(&a, k) * factor[r % 3]);
        else if (i < d->p->call.inputs && is_key(d->p, i))
            ((int64_t *)a.data)[k] += r * (k + 1);
    return a;
}

static epl_type with_rows(epl_type t, const mapping *m)
{
    int at = m->last ? t.shape.rank : 0;
    for (int k = t.shape.rank++; k > at; k--)
        t.shape.dim[k] = t.shape.dim[k - 1];
    t.shape.dim[at] = m->rows;
    return t;
}

/* All rows of an input as one array. */
static epl_array stacked(const derived *d, size_t i, const mapping *m)
{
    epl_array all = tensor_new(d->p->s, with_rows(d->in[i].type, m)), row[3];
    int64_t n = epl_count(d->in[i].type), rows = m->rows;
    size_t bytes = epl_dtype_bytes(d->in[i].type.dtype);
    bool is_own = i < d->p->call.inputs && is_key(d->p, i); /* a key: each row has its own */
    for (int64_t r = 0; r < 3; r++)
        row[r] = derived_row(d, i, r, d->p->s);
    for (int64_t r = 0; all.data && r < rows; r++) {
        if (is_own && r > 2)
            row[r % 3] = derived_row(d, i, r, d->p->s);
        for (int64_t k = 0; k < n; k++)
            memcpy((char *)all.data + (size_t)(m->last ? k * rows + r : r * n + k) * bytes,
                   (char *)row[r % 3].data + (size_t)k * bytes, bytes);
    }
    return all;
}

static bool points(derived *d)
{
    const op_call *c = &d->p->call;
    for (size_t i = 0; i < c->inputs; i++) {
        d->in[i] = c->input[i];
        if (is_float(d->in[i].type))
            d->x[d->nx++] = i;
    }
    for (size_t i = 0; i < d->p->outs; i++)
        if (is_float(d->p->out[i]))
            d->y[d->ny++] = i;
    d->ins = c->inputs;
    if (!d->nx || !d->ny)
        d->nx = d->ny = 0;
    for (size_t k = 0; k < d->nx; k++, d->ins++)
        d->in[d->ins] = array_drawn(d->p->s, d->in[d->x[k]].type, epl_key_fold(d->p->key, k));
    for (size_t k = 0; k < d->ny; k++, d->ins++)
        d->in[d->ins] = array_drawn(d->p->s, d->p->out[d->y[k]], epl_key_fold(d->p->key, 100 + k));
    return epl_scope_status(d->p->s) == EPL_OK;
}

static void inputs(making *k)
{
    derived *d = k->d;
    for (size_t i = 0; i < d->ins; i++) {
        char name[24];
        snprintf(name, sizeof name, "in%zu", i);
        bool is_mapped = derived_is_mapped(d, k->m, i);
        if (is_mapped)
            d->in[i] = stacked(d, i, k->m);
        epl_val v = epl_input(d->fn, name, d->in[i].type);
        if (is_mapped)
            v = epl_each(k->body, v, k->m->last ? -1 : 0);
        else if (k->m->rows && is_float(d->in[i].type))
            v = epl_pass(k->body, v); /* its derivative is taken inside */
        k->in[i] = v;
    }
}

/* -- outputs ------------------------------------------------------------------------------- */
static void derivatives(making *k)
{
    derived *d = k->d;
    epl_val x[DERIVED_ROOM], y[DERIVED_ROOM], *out[DERIVED_GROUPS];
    for (int g = 0; g < DERIVED_GROUPS; g++)
        out[g] = k->out + d->first[g];
    for (size_t i = 0; i < d->nx; i++)
        x[i] = k->in[d->x[i]];
    for (size_t i = 0; i < d->ny; i++)
        y[i] = k->y[d->y[i]];
    const epl_val *v = k->in + d->p->call.inputs, *u = v + d->nx;
    epl_vals xs = {d->nx, x}, ys = {d->ny, y}, vs = {d->nx, v}, us = {d->ny, u};
    epl_vjps(ys, xs, us, out[DERIVED_UJ]);
    if (k->m->first_order)
        return;
    epl_vals jv = {d->ny, out[DERIVED_JV]}, uj = {d->nx, out[DERIVED_UJ]};
    epl_jvps(ys, xs, vs, out[DERIVED_JV]);
    epl_jvps(uj, xs, vs, out[DERIVED_D]);
    epl_vjps(jv, xs, us, out[DERIVED_R]);
    epl_vjps(uj, xs, vs, out[DERIVED_RR]);
}

static void groups(making *k)
{
    derived *d = k->d;
    size_t size[DERIVED_GROUPS] = {d->p->outs, d->ny, d->nx, d->nx, d->nx, d->nx};
    for (int g = 0; g < DERIVED_GROUPS; g++) {
        bool is_left_out = k->m->first_order && g != DERIVED_Y && g != DERIVED_UJ;
        d->first[g] = d->outs;
        for (size_t i = 0; !is_left_out && i < size[g]; i++)
            d->name[d->outs++] = group_name[g];
    }
    d->first[DERIVED_GROUPS] = d->outs;
}

static bool outputs(making *k)
{
    derived *d = k->d;
    epl_call(d->p->fn, (epl_vals){d->p->call.inputs, k->in}, k->y);
    memcpy(k->out, k->y, d->p->outs * sizeof *k->y);
    if (d->nx)
        derivatives(k);
    d->out = epl_scope_alloc(d->p->s, (d->outs + 1) * sizeof *d->out);
    for (size_t i = 0; d->out && i < d->outs; i++) {
        char name[24];
        snprintf(name, sizeof name, "out%zu", i);
        epl_val v = k->m->rows ? epl_collect(k->body, k->out[i]) : k->out[i];
        d->out[i] = epl_typeof(v);
        epl_output(d->fn, name, v);
    }
    return epl_scope_status(d->p->s) == EPL_OK;
}

bool derived_make(derived *d, const sample *p, const mapping *m)
{
    making k = {.d = d, .m = m};
    *d = (derived){.p = p,
                   .fn = epl_fn_new(p->s, p->call.operation->name),
                   .in = arrays_new(p->s, 3 * DERIVED_ROOM)};
    if (!d->in || !points(d))
        return false;
    k.body = m->rows ? epl_map(d->fn, .chunk = m->chunk) : d->fn;
    groups(&k);
    inputs(&k);
    if (!outputs(&k))
        return false;
    d->plan = epl_compile(p->s, d->fn);
    d->work = epl_work_new(p->s, NULL);
    return epl_scope_status(p->s) == EPL_OK;
}

epl_array *derived_run(const derived *d, law l, const epl_array *in)
{
    epl_array *out =
        plan_run(d->p->s, l, d->plan, d->work, (epl_arrays){d->ins, in}, d->out, d->outs);
    if (!out)
        sample_broken(d->p, l, "the plan", "could not run");
    return out;
}
