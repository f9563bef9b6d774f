/* laws_graph.c -- laws of functions, random ones above all: third order, nested maps, linear
 * maps and Jacobians. Each builds a function of its own and compares pairs of outputs.
 */
#include <stdio.h>
#include <string.h>
#include "../../tools/tensor.h"
#include "laws_graph.h"

enum { ROOM = DERIVED_ROOM + 2, MOST_ENTRIES = 400 };

/* A function of the graph's inputs, and more vectors. */
typedef struct {
    const sample *p;
    epl_fn *f;
    epl_array in[ROOM];
    size_t ins, outs;
    epl_val x[ROOM], y[DERIVED_ROOM];
    epl_type out[12];
} probe;

static epl_val probe_input(probe *b, epl_array a)
{
    char name[24];
    snprintf(name, sizeof name, "in%zu", b->ins);
    b->in[b->ins++] = a;
    return epl_input(b->f, name, a.type);
}

static void probe_open(probe *b, const sample *p, const char *name)
{
    *b = (probe){.p = p, .f = epl_fn_new(p->s, name)};
    for (size_t i = 0; i < p->call.inputs; i++)
        b->x[i] = probe_input(b, p->call.input[i]);
    epl_call(p->fn, (epl_vals){p->call.inputs, b->x}, b->y);
}

static void probe_output(probe *b, epl_val v)
{
    char name[24];
    snprintf(name, sizeof name, "out%zu", b->outs);
    b->out[b->outs++] = epl_typeof(v);
    epl_output(b->f, name, v);
}

/* Outputs come in pairs that must be equal. */
static void probe_compare(probe *b, law l, const char *const *what, double relative,
                          double absolute)
{
    char text[ARRAY_TEXT];
    law_checked(l);
    epl_plan plan = epl_compile(b->p->s, b->f);
    epl_work *work = epl_work_new(b->p->s, NULL);
    epl_array *out = plan_run(b->p->s, l, plan, work, (epl_arrays){b->ins, b->in}, b->out, b->outs);
    for (size_t i = 0; i < b->outs; i += 2)
        if (!out || !array_near(&out[i + 1], &out[i], relative, absolute, text))
            sample_broken(b->p, l, what[i / 2], out ? text : epl_scope_message(b->p->s));
}

/* -- third order --------------------------------------------------------------------------- */
static epl_val along(epl_val g, epl_val v)
{
    return epl_sum(epl_mul(g, v));
}

/* D^3 s [v, v, v] by the first floating input: three tangents, or three gradients. */
void law_of_third(const sample *p)
{
    probe b;
    size_t i = 0, k = 0;
    while (i < p->call.inputs && !is_float(p->call.input[i].type))
        i++;
    while (k < p->outs && !is_float(p->out[k]))
        k++;
    if (i == p->call.inputs || k == p->outs || !epl_count(p->out[k]) ||
        !epl_count(p->call.input[i].type))
        return;
    probe_open(&b, p, "third");
    epl_val x = b.x[i], s = epl_mean(b.y[k]);
    epl_val v = probe_input(&b, array_drawn(p->s, p->call.input[i].type, epl_key_fold(p->key, 7)));
    probe_output(&b, epl_jvp(epl_jvp(epl_jvp(s, x, v), x, v), x, v));
    epl_val backward = along(epl_gradient(s, x), v);
    probe_output(&b, along(epl_gradient(along(epl_gradient(backward, x), v), x), v));
    probe_compare(&b, LAW_THIRD, (const char *[]){"three gradients, and three tangents"}, 1e-7,
                  1e-8);
}

/* -- linear maps ----------------------------------------------------------------------------- */
void law_of_linear(const sample *p)
{
    static const char *const what[] = {"a linear map, and jvp", "its transpose, and vjp",
                                       "Jacobians backward and forward"};
    probe b;
    probe_open(&b, p, "linear");
    epl_val x = b.x[0], y = b.y[0];
    epl_type of_x = p->call.input[0].type, of_y = p->out[0];
    epl_val v = probe_input(&b, array_drawn(p->s, of_x, epl_key_fold(p->key, 8)));
    epl_val u = probe_input(&b, array_drawn(p->s, of_y, epl_key_fold(p->key, 9)));
    epl_linear l = epl_linearize(y, x);
    probe_output(&b, epl_jvp(y, x, v));
    probe_output(&b, epl_linear_apply(l, v));
    probe_output(&b, epl_vjp(y, x, u));
    probe_output(&b, epl_linear_transpose(l, u));
    if (epl_count(of_x) * epl_count(of_y) <= MOST_ENTRIES) {
        probe_output(&b, epl_jacobian(y, x, .mode = "forward", .chunk = 3));
        probe_output(&b, epl_jacobian(y, x, .mode = "reverse"));
    }
    probe_compare(&b, LAW_LINEAR, what, 1e-9, 1e-10);
}

/* -- nested maps ------------------------------------------------------------------------------- */
enum { OUTER = 2, INNER = 2 };

/* [OUTER, INNER, ...]: the input, smaller from row to row. */
static epl_array grown(epl_scope *s, const epl_array *a)
{
    epl_type t = a->type;
    int64_t n = epl_count(t);
    memmove(t.shape.dim + 2, t.shape.dim, (size_t)t.shape.rank * sizeof *t.shape.dim);
    t.shape.rank += 2;
    t.shape.dim[0] = OUTER;
    t.shape.dim[1] = INNER;
    epl_array all = tensor_new(s, t);
    for (int64_t i = 0; all.data && i < OUTER * INNER * n; i++)
        tensor_set(&all, i, tensor_number(a, i % n) / (double)(1 + i / n));
    return all;
}

static epl_shape without_first(epl_shape s)
{
    memmove(s.dim + 1, s.dim + 2, (size_t)(s.rank - 2) * sizeof *s.dim);
    s.dim[0] = OUTER * INNER;
    s.rank--;
    return s;
}

/* The value and a gradient, for one entry. */
static void entry(const sample *p, const epl_val *x, epl_val *value, epl_val *gradient)
{
    epl_val y[DERIVED_ROOM];
    epl_call(p->fn, (epl_vals){p->call.inputs, x}, y);
    *value = y[0];
    *gradient = epl_gradient(epl_mean(epl_square(y[0])), x[0]);
}

void law_of_nested(const sample *p)
{
    static const char *const what[] = {"values of a map in a map, and of one",
                                       "gradients in a map in a map, and in one"};
    probe b = {.p = p, .f = epl_fn_new(p->s, "nested")};
    epl_fn *outer = epl_map(b.f), *inner = epl_map(outer), *flat = epl_map(b.f, .chunk = 3);
    epl_val in[ROOM], one[ROOM], v[4], single[2], nested;
    for (size_t i = 0; i < p->call.inputs; i++) {
        epl_val all = probe_input(&b, grown(p->s, &p->call.input[i]));
        in[i] = epl_each(inner, epl_each(outer, all, 0), 0);
        one[i] = epl_each(flat, epl_reshape(all, without_first(epl_typeof(all).shape)), 0);
    }
    entry(p, one, &v[0], &v[2]);
    epl_collects(flat, epl_list(v[0], v[2]), single);
    entry(p, in, &v[1], &v[3]);
    epl_collects(inner, epl_list(v[1], v[3]), v);
    for (int k = 0; k < 2; k++) {
        nested = epl_collect(outer, v[k]);
        probe_output(&b, single[k]);
        probe_output(&b, epl_reshape(nested, epl_typeof(single[k]).shape));
    }
    probe_compare(&b, LAW_NESTED, what, 1e-9, 1e-10);
}

/* -- checkpoints ------------------------------------------------------------------------------- */
/* The first result with all of the function in a checkpoint: with a budget of bytes, or (-1) one
 * that keeps what is named, in loops and branches, too. */
static epl_val made_again(probe *b, int64_t bytes)
{
    epl_fn *c = bytes < 0 ? epl_checkpoint(b->f, .keep = "drawn")
                          : epl_checkpoint(b->f, .bytes = bytes);
    epl_val x[ROOM], y[DERIVED_ROOM];
    for (size_t i = 0; i < b->p->call.inputs; i++)
        x[i] = epl_pass(c, b->x[i]);
    epl_call(b->p->fn, (epl_vals){b->p->call.inputs, x}, y);
    return epl_last(c, epl_keep(y[0], "drawn")); /* also where nothing is drawn */
}

void law_of_kept(const sample *p)
{
    static const char *const what[] = {
        "values without a checkpoint, and with one",
        "a gradient, which asks for more, and itself",
        "values without a checkpoint, and with one that keeps",
        "a gradient of it, and itself",
        "values without a checkpoint, and with one that keeps by name",
        "a gradient of it, and itself"};
    static const char *const more[] = {
        "gradients without a checkpoint, and with one",
        "gradients without a checkpoint, and with one that keeps",
        "gradients without a checkpoint, and with one that keeps by name",
        "their tangents without a checkpoint, and with one",
        "their tangents without a checkpoint, and with one that keeps",
        "their tangents without a checkpoint, and with one that keeps by name"};
    const int64_t bytes[3] = {0, 8 * (1 + epl_count(p->out[0])), -1};
    probe b, d;
    probe_open(&b, p, "values");
    probe_open(&d, p, "derivatives");
    epl_val v = probe_input(&d, array_drawn(p->s, p->call.input[0].type, epl_key_fold(p->key, 11)));
    epl_val g[4];
    for (int i = 0; i < 3; i++) {
        epl_val y = made_again(&b, bytes[i]), by_x = epl_gradient(epl_mean(epl_square(y)), b.x[0]);
        probe_output(&b, b.y[0]);
        probe_output(&b, y);
        probe_output(&b, by_x);
        probe_output(&b, by_x);
    }
    for (int i = 0; i < 4; i++) {
        epl_val y = i ? made_again(&d, bytes[i - 1]) : d.y[0];
        g[i] = epl_gradient(epl_mean(epl_square(y)), d.x[0]);
    }
    for (int order = 0; order < 2; order++)
        for (int i = 1; i < 4; i++) {
            probe_output(&d, order ? epl_jvp(g[0], d.x[0], v) : g[0]);
            probe_output(&d, order ? epl_jvp(g[i], d.x[0], v) : g[i]);
        }
    probe_compare(&b, LAW_KEPT, what, 0, 0);
    probe_compare(&d, LAW_KEPT, more, 1e-9, 1e-10);
}
