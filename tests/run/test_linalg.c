/* test_linalg.c -- linear algebra against PyTorch: values, derivatives of first and second
 * order, batches as leading axes and as maps; and what bad numbers give.
 */
#include <criterion/criterion.h>
#include <espalier/espalier.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- the cases of golden/linalg.py ---------------------------------------------------------- */
static epl_val cholesky(epl_val a, epl_val b)
{
    (void)b;
    return epl_cholesky(a);
}

static epl_val cholesky_upper(epl_val a, epl_val b)
{
    (void)b;
    return epl_cholesky(a, .upper = true);
}

static epl_val cholesky_solve(epl_val a, epl_val b)
{
    return epl_cholesky_solve(b, a);
}

static epl_val cholesky_solve_upper(epl_val a, epl_val b)
{
    return epl_cholesky_solve(b, a, .upper = true);
}

static epl_val lower_left(epl_val a, epl_val b)
{
    return epl_solve_triangular(a, b, .upper = false);
}

static epl_val upper_left(epl_val a, epl_val b)
{
    return epl_solve_triangular(a, b, .upper = true);
}

static epl_val lower_right(epl_val a, epl_val b)
{
    return epl_solve_triangular(a, b, .left = false);
}

static epl_val unit_left(epl_val a, epl_val b)
{
    return epl_solve_triangular(a, b, .unitriangular = true);
}

static epl_val solve(epl_val a, epl_val b)
{
    return epl_solve(a, b);
}

static epl_val solve_right(epl_val a, epl_val b)
{
    return epl_solve(a, b, .left = false);
}

static epl_val inv(epl_val a, epl_val b)
{
    (void)b;
    return epl_inv(a);
}

static epl_val det(epl_val a, epl_val b)
{
    (void)b;
    return epl_det(a);
}

static epl_val logabsdet(epl_val a, epl_val b)
{
    epl_val size;
    (void)b;
    epl_slogdet(a, .logabsdet = &size);
    return size;
}

static epl_val lu_factor(epl_val a, epl_val b)
{
    (void)b;
    return epl_lu_factor(a);
}

static epl_val eigvalsh(epl_val a, epl_val b)
{
    (void)b;
    return epl_eigvalsh(a);
}

static epl_val eigenvectors(epl_val a, epl_val b)
{
    epl_val v;
    (void)b;
    epl_eigh(a, .eigenvectors = &v);
    return v;
}

typedef struct {
    const char *name;
    epl_val (*f)(epl_val a, epl_val b);
    const char *b; /* its shape by letters: n, and k for 2; NULL: none */
} golden;
static const golden goldens[] = {
    {"cholesky", cholesky, NULL},
    {"cholesky_upper", cholesky_upper, NULL},
    {"cholesky_solve", cholesky_solve, "nk"},
    {"cholesky_solve_upper", cholesky_solve_upper, "nk"},
    {"lower_left", lower_left, "nk"},
    {"upper_left", upper_left, "nk"},
    {"lower_right", lower_right, "kn"},
    {"unit_left", unit_left, "nk"},
    {"solve", solve, "nk"},
    {"solve_right", solve_right, "kn"},
    {"solve_vector", solve, "n"},
    {"inv", inv, NULL},
    {"det", det, NULL},
    {"logabsdet", logabsdet, NULL},
    {"lu_factor", lu_factor, NULL},
    {"eigvalsh", eigvalsh, NULL},
    {"eigenvectors", eigenvectors, NULL},
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
        type.shape.dim[type.shape.rank++] = *letters == 'k' ? 2 : t->n;
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
    size_t n = g->b ? 2 : 1;
    x[0] = operand(m, typed(m->t, "nn"));
    x[1] = g->b ? operand(m, typed(m->t, g->b)) : x[1];
    v[0] = operand(m, typed(m->t, "nn"));
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
    cr_expect_eq(done, 143);
    epl_scope_free(s);
}

/* -- larger ones, by what they must solve ---------------------------------------------------- */
static epl_val residual_of_cholesky(epl_val a, epl_val b)
{
    epl_val l = epl_cholesky(epl_matmul(a, epl_transpose(a, -1, -2)));
    (void)b;
    return epl_sub(epl_matmul(l, epl_transpose(l, -1, -2)),
                   epl_matmul(a, epl_transpose(a, -1, -2)));
}

static epl_val residual_of_solve(epl_val a, epl_val b)
{
    return epl_sub(epl_matmul(a, epl_solve(a, b)), b);
}

static epl_val residual_of_lu(epl_val a, epl_val b)
{
    epl_val l, u, p = epl_lu(a, .L = &l, .U = &u);
    (void)b;
    return epl_sub(epl_matmul(p, epl_matmul(l, u)), a);
}

static epl_val residual_of_eigh(epl_val a, epl_val b)
{
    epl_val v, s = epl_add(a, epl_transpose(a, -1, -2)), w = epl_eigh(s, .eigenvectors = &v);
    (void)b;
    return epl_sub(epl_matmul(s, v), epl_mul(v, epl_unsqueeze(w, -2)));
}

static epl_val orthogonality_of_eigh(epl_val a, epl_val b)
{
    epl_val v;
    epl_eigh(epl_mul(a, epl_num(1e-20)), .eigenvectors = &v); /* its squares are below f32 */
    return epl_sub(epl_matmul(epl_transpose(v, -1, -2), v), b);
}

/* The largest entry of f(a, ones on the diagonal), for random a [2, n, n] of size 1. */
static double residual(epl_val (*f)(epl_val, epl_val), epl_dtype dtype, int64_t n)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *fn = epl_fn_new(s, "residual");
    epl_val key = epl_input(fn, "key", epl_i64(2));
    epl_val a = epl_normal(key, epl_dims(2, n, n), .dtype = dtype);
    epl_val r = f(a, epl_eye(fn, dtype, n, 0));
    epl_output(fn, "r", epl_cast(epl_amax(epl_abs(r)), EPL_F64));
    int64_t words[2] = {5, 6};
    double largest = NAN;
    epl_plan plan = epl_compile(s, fn);
    epl_work *w = epl_work_new(s, NULL);
    epl_status status = epl_run(plan, epl_arrays(epl_at(words, epl_i64(2))),
                                epl_arrays(epl_at(&largest, epl_f64())), w);
    cr_expect_eq(status, EPL_OK, "%s", epl_work_message(w));
    epl_scope_free(s);
    return largest;
}

Test(linalg, larger_ones_solve_what_they_must)
{
    static epl_val (*const each[])(epl_val, epl_val) = {residual_of_cholesky, residual_of_solve,
                                                        residual_of_lu, residual_of_eigh,
                                                        orthogonality_of_eigh};
    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        for (int64_t n = 16; n <= 80; n += 32) {
            double single = residual(each[i], EPL_F32, n), exact = residual(each[i], EPL_F64, n);
            cr_expect(single < 2e-6 * (double)(n * n) && exact < 2e-14 * (double)n,
                      "%zu of order %lld: %g in f32, %g in f64", i, (long long)n, single, exact);
            cr_expect(single > 0 && exact > 0, "%zu: nothing was computed", i);
        }
}

/* -- bad numbers --------------------------------------------------------------------------------
 */
/* The message of a run of f on a [batch, n, n]; "" if it is well. */
static void run_message(epl_val (*f)(epl_val, epl_val), const double *a, epl_type type,
                        char message[400])
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *fn = epl_fn_new(s, "bad");
    epl_val x = epl_input(fn, "a", type), y = f(x, x);
    epl_output(fn, "y", y);
    epl_plan plan = epl_compile(s, fn);
    epl_work *w = epl_work_new(s, NULL);
    epl_type out = epl_typeof(y);
    void *to = epl_scope_alloc(s, epl_bytes(out) + 8);
    epl_status status =
        epl_run(plan, epl_arrays(epl_at((void *)a, type)), epl_arrays(epl_at(to, out)), w);
    cr_expect(status == EPL_OK || status == EPL_ERR_DATA);
    snprintf(message, 400, "%s", status == EPL_OK ? "" : epl_work_message(w));
    epl_scope_free(s);
}

static epl_val slope_of_vectors(epl_val a, epl_val b)
{
    return epl_gradient(epl_sum(epl_mul(eigenvectors(a, b), b)), a);
}

static epl_val slope_of_values(epl_val a, epl_val b)
{
    return epl_gradient(epl_sum(eigvalsh(a, b)), a);
}

static epl_val slope_of_det(epl_val a, epl_val b)
{
    return epl_gradient(epl_sum(det(a, b)), a);
}

Test(linalg, bad_numbers_fail_the_run)
{
    static const double a[2][9] = {{2, 0, 0, 0, 2, 0, 0, 0, 3}, {1, 0, 0, 0, 1, 0, 0, 0, -1}},
                        singular[2][9] = {{1, 2, 3, 4, 5, 7, 7, 8, 10},
                                          {1, 2, 0, 2, 4, 0, 0, 0, 0}},
                        unknown[9] = {1, 2, 3, 4, NAN, 6, 7, 8, 9};
    static const struct {
        epl_val (*f)(epl_val, epl_val);
        const void *a;
        int batch;
        const char *expected;
    } each[] = {
        {cholesky, a, 2, "the leading minor of order 3 is not positive (batch 1)"},
        {cholesky, unknown, 0, "the leading minor of order 2 is not positive"},
        {solve, singular, 2, "the matrix is singular: pivot 2 is zero (batch 1)"},
        {inv, singular, 2, "the matrix is singular: pivot 2 is zero (batch 1)"},
        {upper_left, singular, 2,
         "the matrix is singular: entry 3 of the diagonal is zero (batch 1)"},
        {unit_left, singular, 2, ""},
        {det, singular, 2, ""},
        {logabsdet, singular, 2, ""},
        {lu_factor, singular, 2, ""},
        {slope_of_det, singular, 2, "the matrix is singular"},
        {eigvalsh, unknown, 0, "a NaN or infinity stands in the matrix of order 3"},
        {slope_of_values, a, 2, ""},
        {slope_of_vectors, a, 2, "eigenvalues 1 and 2 are equal"},
    };
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        char message[400];
        epl_type type = each[i].batch ? epl_f64(2, 3, 3) : epl_f64(3, 3);
        run_message(each[i].f, each[i].a, type, message);
        bool as_expected = *each[i].expected ? strstr(message, each[i].expected) != NULL
                                             : !*message;
        cr_expect(as_expected, "%zu: \"%s\", got \"%s\"", i, each[i].expected, message);
    }
}

/* -- bad arguments ------------------------------------------------------------------------------
 */
Test(linalg, bad_arguments)
{
    static const struct {
        const char *op, *expected;
    } each[] = {
        {"oblong", "[cholesky] operand 1 is f64[2,3]; [..., n, n] is expected"},
        {"integers", "[inv] operand 1 is i64[3,3]; f32 or f64 is expected"},
        {"misfit", "[solve] f64[3,3] and f64[2,3] do not fit"},
        {"batches", "[solve_triangular] the axes before the matrices of f64[2,3,3] and f64[4,3,1]"},
        {"vector", "[solve] left must be true where B, f64[3], holds vectors"},
        {"word", "[eigh] UPLO is \"L\" or \"U\", got \"X\""},
        {"pivot", "[lu] pivot must be true"},
        {"dtypes", "[solve] operands f64[3,3] and f32[3,1] must have one dtype"},
    };
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        epl_scope *s = epl_scope_new(NULL);
        epl_fn *f = epl_fn_new(s, "bad");
        epl_val a = epl_input(f, "a", epl_f64(3, 3)), many = epl_input(f, "many", epl_f64(2, 3, 3));
        epl_val flat = epl_input(f, "flat", epl_f64(2, 3));
        epl_val v[] = {epl_input(f, "v", epl_f64(3)), epl_input(f, "w", epl_f64(4, 3, 1)),
                       epl_input(f, "i", epl_i64(3, 3)), epl_input(f, "x", epl_f32(3, 1))};
        epl_val y = i == 0   ? epl_cholesky(flat)
                    : i == 1 ? epl_inv(v[2])
                    : i == 2 ? epl_solve(a, flat)
                    : i == 3 ? epl_solve_triangular(many, v[1], .upper = true)
                    : i == 4 ? epl_solve(a, v[0], .left = false)
                    : i == 5 ? epl_eigh(a, .UPLO = "X")
                    : i == 6 ? epl_lu(a, .pivot = false)
                             : epl_solve(a, v[3]);
        cr_expect(epl_is_none(y), "%s", each[i].op);
        cr_expect(strstr(epl_scope_message(s), each[i].expected), "%s: got \"%s\"", each[i].op,
                  epl_scope_message(s));
        epl_scope_free(s);
    }
}
