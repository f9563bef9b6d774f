/* test_compose.c -- transforms and control flow in one another: all ordered pairs and triples on
 * a small function with parameters, against numbers with infinitesimals (jet.h).
 *
 * A transform makes a function R^2 -> R^2 of another one. Each is written twice: with values of
 * the library, and with plain numbers.
 */
#include <criterion/criterion.h>
#include <espalier/espalier.h>
#include "jet.h"

enum { N = 2, ROWS = 3, STEPS = 2, MOST = 3, OF_W = JET_BITS - 1 };
typedef enum {
    VMAP,
    CHUNKED,
    GRAD,
    GRAD_W, /* with respect to the parameters */
    JVP,
    HVP,
    CHECKPOINT,
    SCAN,
    WHILE,
    COND,
    SWITCH,
    KINDS
} kind;
static const char *const name[KINDS] = {"vmap",  "chunked vmap", "grad",       "grad by params",
                                        "jvp",   "hvp",          "checkpoint", "scan",
                                        "while", "cond",         "switch"};
static const double along[N] = {0.7, -0.4}, weight[N] = {1, -0.6};
static const double factor[ROWS] = {1, 0.5, -0.8};

typedef struct {
    int count;
    kind at[MOST];
} chain;
static chain rest_of(chain c)
{
    chain r = {c.count - 1, {0}};
    memcpy(r.at, c.at + 1, (size_t)r.count * sizeof *r.at);
    return r;
}

/* -- with values --------------------------------------------------------------------------- */
static epl_val constant(epl_fn *f, const double *v)
{
    return epl_data(f, epl_at(v, epl_f64(N)));
}

static epl_val applied(chain c, epl_fn *f, epl_val x, epl_val w);

static epl_val rows(chain c, epl_fn *f, epl_val x, epl_val w, int64_t chunk)
{
    epl_val k = epl_data(f, epl_at(factor, epl_f64(ROWS)));
    epl_val all = epl_mul(epl_unsqueeze(x, 1), epl_unsqueeze(k, 0)); /* [N, ROWS] */
    epl_fn *m = epl_map(f, .chunk = chunk);
    epl_val one = epl_each(m, all, 1), y = applied(c, m, one, epl_pass(m, w));
    return epl_matmul(k, epl_collect(m, y));
}

/* h <- y(h) / 2 + h / 8 */
static epl_val turn(chain c, epl_fn *f, epl_val h, epl_val w)
{
    return epl_add(epl_scale(applied(c, f, h, w), 0.5), epl_scale(h, 0.125));
}

static epl_val loop(chain c, epl_fn *f, epl_val x, epl_val w, bool is_while)
{
    epl_fn *t = is_while ? epl_while(f, .most = STEPS + 1) : epl_scan(f, .length = STEPS);
    epl_val h = epl_carry(t, x);
    if (is_while) {
        epl_val n = epl_carry(t, epl_data(f, epl_at(&(int64_t){0}, epl_i64())));
        epl_keep_going(t, epl_lt(n, epl_int(STEPS)));
        epl_next(t, n, epl_add(n, epl_int(1)));
    }
    epl_next(t, h, turn(c, t, h, w)); /* w as it is used */
    return epl_last(t, h);
}

static epl_val sided(chain c, epl_fn *f, epl_val x, epl_val w)
{
    epl_fn *yes = epl_when(f, epl_gt(epl_select(x, 0, 0), epl_num(0))), *no = epl_otherwise(yes);
    epl_val a = applied(c, yes, epl_pass(yes, x), epl_pass(yes, w));
    epl_val b = applied(c, no, epl_scale(epl_pass(no, x), -0.5), epl_pass(no, w));
    return epl_either(yes, a, no, b);
}

static epl_val switched(chain c, epl_fn *f, epl_val x, epl_val w)
{
    epl_fn *b[3];
    epl_switch(f, epl_cast(epl_gt(epl_select(x, 0, 1), epl_num(0)), EPL_I64), 3, b);
    epl_val y[3];
    for (int i = 0; i < 3; i++)
        y[i] = applied(c, b[i], epl_scale(epl_pass(b[i], x), factor[i]), epl_pass(b[i], w));
    return epl_chosen(b[0], epl_list(y[0], y[1], y[2]));
}

static epl_val kept_little(chain c, epl_fn *f, epl_val x, epl_val w)
{
    epl_fn *k = epl_checkpoint(f);
    return epl_last(k, applied(c, k, epl_pass(k, x), w));
}

static epl_val total(epl_fn *f, epl_val y)
{
    return epl_sum(epl_mul(y, constant(f, weight)));
}

static epl_val applied(chain c, epl_fn *f, epl_val x, epl_val w)
{
    if (!c.count) /* sin(w x) e^(x / 4) */
        return epl_mul(epl_sin(epl_matmul(w, x)), epl_exp(epl_scale(x, 0.25)));
    chain r = rest_of(c);
    epl_val v = constant(f, along), own = epl_copy(x);
    switch (c.at[0]) {
    case VMAP:
        return rows(r, f, x, w, 0);
    case CHUNKED:
        return rows(r, f, x, w, 2);
    case GRAD:
        return epl_gradient(total(f, applied(r, f, own, w)), own);
    case GRAD_W:
        w = w.graph == (const void *)f ? epl_copy(w) : epl_pass(f, w); /* a variable of f */
        return epl_matmul(epl_gradient(total(f, applied(r, f, x, w)), w), v);
    case JVP:
        return epl_jvp(applied(r, f, own, w), own, v);
    case HVP:
        return epl_hvp(total(f, applied(r, f, own, w)), own, v);
    case CHECKPOINT:
        return kept_little(r, f, x, w);
    case COND:
        return sided(r, f, x, w);
    case SWITCH:
        return switched(r, f, x, w);
    default:
        return loop(r, f, x, w, c.at[0] == WHILE);
    }
}

/* -- with numbers -------------------------------------------------------------------------- */
typedef struct {
    jet x[N];
} vector;
typedef struct {
    jet w[N][N];
} matrix;

static vector counted(chain c, vector x, const matrix *w, int level);

static vector scaled(vector x, double k)
{
    for (int i = 0; i < N; i++)
        x.x[i] = jet_scale(&x.x[i], k);
    return x;
}

static vector sum(vector a, vector b)
{
    for (int i = 0; i < N; i++)
        a.x[i] = jet_add(&a.x[i], &b.x[i]);
    return a;
}

static vector base(vector x, const matrix *w)
{
    vector y;
    for (int i = 0; i < N; i++) {
        jet dot = jet_of(0), quarter = jet_scale(&x.x[i], 0.25), e = jet_exp(&quarter);
        for (int k = 0; k < N; k++) {
            jet p = jet_mul(&w->w[i][k], &x.x[k]);
            dot = jet_add(&dot, &p);
        }
        jet s = jet_sin(&dot);
        y.x[i] = jet_mul(&s, &e);
    }
    return y;
}

static vector seeded(vector x, const double *v, int level)
{
    for (int i = 0; i < N; i++)
        x.x[i] = jet_seed(x.x[i], level, v[i]);
    return x;
}

static jet total_number(vector y)
{
    jet t = jet_of(0);
    for (int i = 0; i < N; i++) {
        jet p = jet_scale(&y.x[i], weight[i]);
        t = jet_add(&t, &p);
    }
    return t;
}

/* The gradient of the total; of its slope along v if that is given. */
static vector gradient(chain c, vector x, const matrix *w, int level, const double *v)
{
    vector g;
    for (int i = 0; i < N; i++) {
        double unit[N] = {0};
        unit[i] = 1;
        vector at = seeded(x, unit, level);
        if (v)
            at = seeded(at, v, level + 1);
        jet t = total_number(counted(c, at, w, level + (v ? 2 : 1)));
        g.x[i] = jet_slope(&t, level);
        if (v)
            g.x[i] = jet_slope(&g.x[i], level + 1);
    }
    return g;
}

static vector gradient_by_w(chain c, vector x, const matrix *w, int level)
{
    vector g;
    for (int i = 0; i < N; i++) {
        matrix m = *w; /* the row along v at once */
        for (int k = 0; k < N; k++)
            m.w[i][k] = jet_seed(m.w[i][k], level, along[k]);
        jet t = total_number(counted(c, x, &m, level + 1));
        g.x[i] = jet_slope(&t, level);
    }
    return g;
}

static vector slope(chain c, vector x, const matrix *w, int level)
{
    vector y = counted(c, seeded(x, along, level), w, level + 1);
    for (int i = 0; i < N; i++)
        y.x[i] = jet_slope(&y.x[i], level);
    return y;
}

static vector counted_rows(chain c, vector x, const matrix *w, int level)
{
    vector y = scaled(x, 0);
    for (int r = 0; r < ROWS; r++)
        y = sum(y, scaled(counted(c, scaled(x, factor[r]), w, level), factor[r]));
    return y;
}

static vector counted(chain c, vector x, const matrix *w, int level)
{
    if (!c.count)
        return base(x, w);
    chain r = rest_of(c);
    switch (c.at[0]) {
    case VMAP:
    case CHUNKED:
        return counted_rows(r, x, w, level);
    case GRAD:
        return gradient(r, x, w, level, NULL);
    case HVP:
        return gradient(r, x, w, level, along);
    case GRAD_W:
        return gradient_by_w(r, x, w, level);
    case JVP:
        return slope(r, x, w, level);
    case COND:
        return counted(r, x.x[0].c[0] > 0 ? x : scaled(x, -0.5), w, level);
    case SWITCH:
        return counted(r, scaled(x, factor[x.x[1].c[0] > 0]), w, level);
    case SCAN:
    case WHILE:
        for (int k = 0; k < STEPS; k++)
            x = sum(scaled(counted(r, x, w, level), 0.5), scaled(x, 0.125));
        return x;
    default:
        return counted(r, x, w, level);
    }
}

/* -- both ---------------------------------------------------------------------------------- */
static const double at_x[N] = {0.4, -0.9}, at_w[N][N] = {{0.8, -0.3}, {0.5, 1.1}};

static int wrong(const chain *c, const char *what, const double *got, const double *want, int n)
{
    for (int i = 0; i < n; i++)
        if (!(fabs(got[i] - want[i]) <= 1e-9 * (1 + fabs(want[i])))) {
            cr_log_error("%s of %s%s: %s: %.15g at %d, expected %.15g", name[c->at[0]],
                         c->count > 1 ? name[c->at[1]] : "the function",
                         c->count > 2 ? name[c->at[2]] : "", what, got[i], i, want[i]);
            return 1;
        }
    return 0;
}

/* The value, and the gradient of its total by w. */
static void wanted(chain c, double *y, double *dw)
{
    vector x;
    matrix w;
    for (int i = 0; i < N; i++) {
        x.x[i] = jet_of(at_x[i]);
        for (int k = 0; k < N; k++)
            w.w[i][k] = jet_of(at_w[i][k]);
    }
    for (int i = 0; i < N * N; i++) {
        matrix m = w;
        m.w[i / N][i % N] = jet_seed(m.w[i / N][i % N], OF_W, 1);
        vector v = counted(c, x, &m, 0);
        jet t = total_number(v);
        dw[i] = t.c[1u << OF_W];
        for (int k = 0; k < N; k++)
            y[k] = v.x[k].c[0];
    }
}

static int checked(chain c, bool reference)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "composed");
    epl_val x = epl_input(f, "x", epl_f64(N)), w = epl_input(f, "w", epl_f64(N, N));
    epl_val out = applied(c, f, x, w);
    double y[N] = {0}, dw[N * N] = {0}, want[N], want_dw[N * N];
    epl_output(f, "y", out);
    epl_output(f, "dw", epl_gradient(total(f, out), w));
    epl_plan p = epl_compile(s, f);
    epl_arrays in = epl_arrays(epl_at(at_x, epl_f64(N)), epl_at(at_w, epl_f64(N, N)));
    epl_arrays to = epl_arrays(epl_at(y, epl_f64(N)), epl_at(dw, epl_f64(N, N)));
    wanted(c, want, want_dw);
    int off = epl_run(p, in, to, epl_work_new(s, NULL)) != EPL_OK;
    if (off)
        cr_log_error("%s of %s of %s: %s", name[c.at[0]], name[c.at[1]], name[c.at[2]],
                     epl_scope_message(s));
    off += wrong(&c, "value", y, want, N) + wrong(&c, "gradient", dw, want_dw, N * N);
    if (reference && epl_reference(f, in, to) != EPL_OK)
        off++;
    off += wrong(&c, "value by the reference", y, want, N);
    epl_scope_free(s);
    return off;
}

Test(compose, one)
{
    for (int a = 0; a < KINDS; a++)
        cr_expect_eq(checked((chain){1, {(kind)a}}, true), 0);
}

Test(compose, two)
{
    for (int a = 0; a < KINDS; a++)
        for (int b = 0; b < KINDS; b++)
            cr_expect_eq(checked((chain){2, {(kind)a, (kind)b}}, true), 0);
}

Test(compose, three)
{
    for (int i = 0; i < KINDS * KINDS * KINDS; i++) {
        kind a = (kind)(i / (KINDS * KINDS)), b = (kind)(i / KINDS % KINDS), c = (kind)(i % KINDS);
        cr_expect_eq(checked((chain){3, {a, b, c}}, i % 8 == 0), 0);
    }
}
