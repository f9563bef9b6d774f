/* test_linalg.c -- linear algebra against PyTorch: values, derivatives of first and second
 * order, batches as leading axes and as maps.
 */
#include <criterion/criterion.h>
#include <espalier/espalier.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "linalg_cases.h"

/* -- the cases of golden/linalg.py ---------------------------------------------------------- */
typedef struct {
    const char *name;
    epl_val (*f)(epl_val a, epl_val b);
    const char *b; /* its shape by letters: n, m for n + 3, and k for 2; NULL: none */
    const char *a; /* the same of a; NULL: square */
} golden;
static const golden goldens[] = {
    {"cholesky", cholesky, NULL, NULL},
    {"cholesky_upper", cholesky_upper, NULL, NULL},
    {"cholesky_solve", cholesky_solve, "nk", NULL},
    {"cholesky_solve_upper", cholesky_solve_upper, "nk", NULL},
    {"lower_left", lower_left, "nk", NULL},
    {"upper_left", upper_left, "nk", NULL},
    {"lower_right", lower_right, "kn", NULL},
    {"unit_left", unit_left, "nk", NULL},
    {"solve", solve, "nk", NULL},
    {"solve_right", solve_right, "kn", NULL},
    {"solve_vector", solve, "n", NULL},
    {"inv", inv, NULL, NULL},
    {"det", det, NULL, NULL},
    {"logabsdet", logabsdet, NULL, NULL},
    {"lu_factor", lu_factor, NULL, NULL},
    {"eigvalsh", eigvalsh, NULL, NULL},
    {"eigenvectors", eigenvectors, NULL, NULL},
    {"lu_tall", lu_parts, NULL, "mn"},
    {"lu_wide", lu_parts, NULL, "nm"},
    {"lu_solve", lu_solve, "nk", NULL},
    {"lu_solve_adjoint", lu_solve_adjoint, "nk", NULL},
    {"lu_solve_right", lu_solve_right, "kn", NULL},
};

/* -- one case --------------------------------------------------------------------------------- */
typedef struct {
    const golden *g;
    const char *name; /* NAME/SHAPE */
    epl_array data;   /* operands, directions, cotangent, then what is wanted */
    int64_t batch, n; /* batch -1: none */
    bool mapped;      /* the batch is mapped, not an axis */
} trial;

static epl_type typed(const trial *t, const char *letters)
{
    epl_type type = {.dtype = EPL_F64};
    if (t->batch >= 0)
        type.shape.dim[type.shape.rank++] = t->batch;
    for (; *letters; letters++)
        type.shape.dim[type.shape.rank++] = *letters == 'k' ? 2 : *letters == 'm' ? t->n + 3 : t->n;
    return type;
}

/* A vector of two functions: whole values outside, entries inside of a map. */
typedef struct {
    epl_fn *f, *body;
    const trial *t;
    epl_array in[5];
    int64_t read; /* of data */
    size_t ins, outs;
    epl_array out[6];
} making;

static epl_val operand(making *m, epl_type type)
{
    char name[8];
    snprintf(name, sizeof name, "in%zu", m->ins);
    m->in[m->ins++] = epl_at((double *)m->t->data.data + m->read, type);
    m->read += epl_count(type);
    epl_val v = epl_input(m->f, name, type);
    return m->t->mapped ? epl_each(m->body, v, 0) : v;
}

static void result(making *m, epl_scope *s, epl_val v, bool summed)
{
    char name[8];
    snprintf(name, sizeof name, "out%zu", m->outs);
    v = m->t->mapped ? epl_collect(m->body, v) : v;
    v = summed ? epl_sum(v) : v;
    epl_output(m->f, name, v);
    epl_type type = epl_typeof(v);
    m->out[m->outs++] = epl_at(epl_scope_alloc(s, epl_bytes(type) + 8), type);
}

static void build(making *m, epl_scope *s)
{
    const golden *g = m->t->g;
    epl_val x[2] = {EPL_NO_VAL, EPL_NO_VAL}, v[2], y, u, jv, uj[2], d[2];
    const char *shape = g->a ? g->a : "nn";
    size_t n = g->b ? 2 : 1;
    x[0] = operand(m, typed(m->t, shape));
    x[1] = g->b ? operand(m, typed(m->t, g->b)) : x[1];
    v[0] = operand(m, typed(m->t, shape));
    v[1] = g->b ? operand(m, typed(m->t, g->b)) : EPL_NO_VAL;
    y = g->f(x[0], x[1]);
    epl_type type = epl_typeof(y);
    if (m->t->mapped && type.dtype) {
        memmove(type.shape.dim + 1, type.shape.dim, (size_t)type.shape.rank * sizeof(int64_t));
        type.shape.dim[0] = m->t->batch;
        type.shape.rank++;
    }
    u = operand(m, type);
    epl_vals xs = {n, x}, vs = {n, v}, ujs = {n, uj};
    epl_vjps(epl_list(y), xs, epl_list(u), uj);
    epl_jvps(epl_list(y), xs, vs, &jv);
    epl_jvps(ujs, xs, vs, d);
    result(m, s, y, false);
    result(m, s, jv, false);
    for (size_t i = 0; i < n; i++)
        result(m, s, uj[i], false);
    for (size_t i = 0; i < n; i++)
        result(m, s, d[i], m->t->n > 5);
}

static void expect_close(making *m)
{
    const double *all = m->t->data.data;
    size_t firsts = m->outs - (m->t->g->b ? 2 : 1);
    for (size_t i = 0; i < m->outs; i++) {
        int64_t n = epl_count(m->out[i].type);
        double scale = 1, *got = m->out[i].data;
        for (int64_t k = 0; k < n; k++)
            scale = fmax(scale, fabs(all[m->read + k]));
        scale *= i == 0 ? 1e-10 : i < firsts ? 1e-9 : 1e-8;
        for (int64_t k = 0; k < n; k++)
            cr_assert_float_eq(got[k], all[m->read + k], scale,
                               "%s%s, output %zu [%lld]: %.17g expected, got %.17g", m->t->name,
                               m->t->mapped ? " mapped" : "", i, (long long)k, all[m->read + k],
                               got[k]);
        m->read += n;
    }
    cr_assert_eq(m->read, epl_count(m->t->data.type), "%s: not all was compared", m->t->name);
}

static void follow(const trial *t)
{
    epl_scope *s = epl_scope_new(NULL);
    making m = {.f = epl_fn_new(s, t->name), .t = t};
    m.body = t->mapped ? epl_map(m.f) : m.f;
    build(&m, s);
    epl_plan plan = epl_compile(s, m.f);
    epl_work *w = epl_work_new(s, NULL);
    epl_arrays in = {m.ins, m.in}, out = {m.outs, m.out};
    cr_assert_eq(epl_run(plan, in, out, w), EPL_OK, "%s: %s", t->name, epl_work_message(w));
    expect_close(&m);
    epl_scope_free(s);
}

Test(linalg, as_torch_has_it)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_file *file = epl_open(s, EPL_TESTS "/golden/linalg.safetensors");
    size_t cases = sizeof goldens / sizeof *goldens, done = 0;
    cr_assert(file, "%s", epl_scope_message(s));
    for (size_t i = 0; i < epl_file_tensors(file); i++) {
        trial t = {.name = epl_file_name(file, i), .batch = -1};
        const char *shape = strchr(t.name, '/') + 1, *times = strchr(shape, 'x');
        for (size_t k = 0; k < cases; k++)
            if (!strncmp(goldens[k].name, t.name, (size_t)(shape - 1 - t.name)) &&
                !goldens[k].name[shape - 1 - t.name])
                t.g = &goldens[k];
        cr_assert(t.g, "%s", t.name);
        t.data = epl_file_tensor(file, t.name);
        t.batch = times ? strtoll(shape, NULL, 10) : -1;
        t.n = strtoll(times ? times + 1 : shape, NULL, 10);
        follow(&t);
        t.mapped = times != NULL;
        if (t.mapped)
            follow(&t);
        done++;
    }
    cr_expect_eq(done, 185);
    epl_scope_free(s);
}
