/* gradcheck.c -- a function's derivatives against differences of its values, in f64.
 *
 * At a random or a given point and along random vectors v and u: J v against central differences,
 * u' J v both ways round, the derivative of u' J along v against differences of u' J, and
 * the function mapped over three points against three runs.
 */
#include <math.h>
#include <string.h>
#include "../base/key.h"
#include "../base/scope.h"
#include "../base/spec.h"
#include "../graph/structure.h"
#include "run.h"

enum { ROWS = 3, SHORTER = 2 };                /* points of the map; shorter steps that are tried */
static const double STEP = 1e-5, CLOSE = 1e-6; /* how far a point is moved; how near numbers are */

typedef struct {
    epl_scope *s;
    epl_fn *f;
    uint32_t ins, outs;
    epl_val *x, *v, *y, *u; /* of the function under construction */
    epl_key key;
    uint64_t draws;
    const epl_array *at; /* the point; NULL: a random one */
    double h;            /* by which v is multiplied: many inputs together move no farther */
} check;

static epl_status failed(check *c, const char *what, const char *of, double got, double want)
{
    epl_scope_fail(c->s, EPL_ERR_CHECK, "[gradcheck] \"%s\": %s of \"%s\" is %.10g, expected %.10g",
                   c->f->name, what, of, got, want);
    return EPL_ERR_CHECK;
}

static bool close_to(double a, double b, double scale)
{
    return fabs(a - b) <= CLOSE * fmax(1, scale) || (isnan(a) && isnan(b));
}

/* Random numbers in (-1, 1) for floats, zeros for all else. */
static epl_array drawn(check *c, epl_type t)
{
    epl_array a = {epl_scope_alloc(c->s, epl_bytes(t) + 8), t};
    for (int64_t i = 0, n = a.data && t.dtype == EPL_F64 ? epl_count(t) : 0; i < n; i++) {
        uint32_t w[2];
        epl__random_bits(c->key.word, 2 * c->draws++, w, 2);
        ((double *)a.data)[i] = ((double)w[0] + 0.5) * 0x1p-31 - 1;
    }
    return a;
}

static double dot(const epl_array *a, const epl_array *b)
{
    double sum = 0;
    for (int64_t i = 0, n = a->type.dtype == EPL_F64 ? epl_count(a->type) : 0; i < n; i++)
        sum += ((const double *)a->data)[i] * ((const double *)b->data)[i];
    return sum;
}

static epl_array moved(check *c, const epl_array *x, const epl_array *v, double h)
{
    epl_array a = {epl_scope_alloc(c->s, epl_bytes(x->type) + 8), x->type};
    if (a.data && epl_bytes(x->type))
        memcpy(a.data, x->data, epl_bytes(x->type));
    for (int64_t i = 0, n = a.data && x->type.dtype == EPL_F64 ? epl_count(a.type) : 0; i < n; i++)
        ((double *)a.data)[i] += h * ((const double *)v->data)[i];
    return a;
}

/* inputs x.., v.., u..; outputs y.., J v.., u' J.., d(u' J).. of the floating ones. */
static epl_plan derivatives(check *c, epl_array *out, uint32_t *outs)
{
    epl_fn *g = epl_fn_new(c->s, c->f->name);
    epl_val fx[64], fv[64], fy[64], fu[64], jv[64], uj[64], d[64];
    size_t nx = 0, ny = 0;
    char name[24];
    for (uint32_t i = 0; i < c->ins; i++)
        c->x[i] = epl_input(g, epl__text(name, sizeof name, "x%u", i), c->f->input[i].type);
    for (uint32_t i = 0; i < c->ins; i++)
        c->v[i] = epl_input(g, epl__text(name, sizeof name, "v%u", i), c->f->input[i].type);
    for (uint32_t i = 0; i < c->outs; i++)
        c->u[i] = epl_input(g, epl__text(name, sizeof name, "u%u", i), c->f->output[i].type);
    epl_call(c->f, (epl_vals){c->ins, c->x}, c->y);
    for (uint32_t i = 0; i < c->ins; i++)
        if (c->f->input[i].type.dtype == EPL_F64) {
            fx[nx] = c->x[i];
            fv[nx++] = c->v[i];
        }
    for (uint32_t i = 0; i < c->outs; i++)
        if (c->f->output[i].type.dtype == EPL_F64) {
            fy[ny] = c->y[i];
            fu[ny++] = c->u[i];
        }
    if (!nx || !ny) {
        epl_scope_fail(c->s, EPL_ERR_ARG, "[gradcheck] \"%s\" has no f64 %s", c->f->name,
                       nx ? "output" : "input");
        return NULL;
    }
    epl_jvps((epl_vals){ny, fy}, (epl_vals){nx, fx}, (epl_vals){nx, fv}, jv);
    epl_vjps((epl_vals){ny, fy}, (epl_vals){nx, fx}, (epl_vals){ny, fu}, uj);
    epl_jvps((epl_vals){nx, uj}, (epl_vals){nx, fx}, (epl_vals){nx, fv}, d);
    *outs = 0;
    for (size_t k = 0; k < 2 * (nx + ny); k++) {
        epl_val o = k < ny            ? fy[k]
                    : k < 2 * ny      ? jv[k - ny]
                    : k < 2 * ny + nx ? uj[k - 2 * ny]
                                      : d[k - 2 * ny - nx];
        epl_output(g, epl__text(name, sizeof name, "o%zu", k), o);
        out[(*outs)++] =
            (epl_array){epl_scope_alloc(c->s, epl_bytes(epl_typeof(o)) + 8), epl_typeof(o)};
    }
    return epl_compile(c->s, g);
}

static epl_status run_at(check *c, epl_plan p, const epl_array *x, const epl_array *v,
                         const epl_array *u, epl_array *out, uint32_t outs, bool fresh)
{
    epl_array in[192];
    for (uint32_t i = 0; i < c->ins; i++) {
        in[i] = x[i];
        in[c->ins + i] = v[i];
    }
    for (uint32_t i = 0; i < c->outs; i++)
        in[2 * c->ins + i] = u[i];
    for (uint32_t i = 0; fresh && i < outs; i++)
        out[i].data = epl_scope_alloc(c->s, epl_bytes(out[i].type) + 8);
    epl_work *w = epl_work_new(c->s, NULL);
    epl_status status =
        epl_run(p, (epl_arrays){2 * c->ins + c->outs, in}, (epl_arrays){outs, out}, w);
    if (status != EPL_OK)
        epl_scope_fail(c->s, status, "%s", epl_work_message(w));
    return epl_scope_status(c->s);
}

/* out: at x; lo, hi: at x -+ h v. Groups of ny, ny, nx, nx arrays. */
static epl_status compare(check *c, const epl_array *out, const epl_array *lo, const epl_array *hi,
                          const epl_array *v, const epl_array *u)
{
    size_t ny = 0, nx = 0;
    const char *yn[64], *xn[64];
    double ujv = 0, vju = 0;
    const epl_array *fv[64], *fu[64];
    for (uint32_t i = 0; i < c->outs; i++)
        if (c->f->output[i].type.dtype == EPL_F64) {
            fu[ny] = &u[i];
            yn[ny++] = c->f->output[i].name;
        }
    for (uint32_t i = 0; i < c->ins; i++)
        if (c->f->input[i].type.dtype == EPL_F64) {
            fv[nx] = &v[i];
            xn[nx++] = c->f->input[i].name;
        }
    for (size_t k = 0; k < 2 * ny + 2 * nx; k++) {
        bool of_y = k < ny, of_u = k >= 2 * ny && k < 2 * ny + nx;
        if (!of_y && !of_u)
            continue;
        const double *p = lo[k].data, *q = hi[k].data, *d = out[of_y ? k + ny : k + nx].data;
        double scale = 0;
        for (int64_t i = 0, n = epl_count(out[k].type); i < n; i++)
            scale = fmax(scale, fmax(fabs(p[i]), fabs(q[i])) + fabs(d[i]));
        for (int64_t i = 0, n = epl_count(out[k].type); i < n; i++)
            if (!close_to(d[i], (q[i] - p[i]) / (2 * c->h), scale))
                return failed(c, of_y ? "the jvp" : "the second derivative",
                              of_y ? yn[k] : xn[k - 2 * ny], d[i], (q[i] - p[i]) / (2 * c->h));
    }
    for (size_t k = 0; k < ny; k++)
        ujv += dot(fu[k], &out[ny + k]);
    for (size_t k = 0; k < nx; k++)
        vju += dot(fv[k], &out[2 * ny + k]);
    return close_to(ujv, vju, fabs(ujv)) ? EPL_OK : failed(c, "the vjp", yn[0], vju, ujv);
}

/* Copies of a mixed tree lie range by range. */
static void put_row(const epl_array *rows, const epl_array *one, size_t r)
{
    epl_spec spec = one->type.dtype == EPL_NONE ? one->type.spec : NULL;
    for (int k = 0; k < (spec ? epl__spec_parts(spec) : 1); k++) {
        size_t to = spec ? epl__spec_part_byte(spec, k, ROWS) : 0;
        size_t from = spec ? epl__spec_part_byte(spec, k, 1) : 0;
        size_t n = epl_bytes(spec ? epl__spec_part(spec, k, one->type.shape) : one->type);
        memcpy((char *)rows->data + to + r * n, (const char *)one->data + from, n);
    }
}

static epl_status mapped(check *c, epl_array *const *x, epl_array *const *y)
{
    epl_fn *g = epl_fn_new(c->s, c->f->name), *row = NULL;
    epl_array in[64], out[64];
    char name[24];
    for (uint32_t i = 0; i < c->ins; i++) {
        epl_type t = c->f->input[i].type;
        size_t bytes = epl_bytes(t);
        t.shape = epl__shape_insert(t.shape, 0, ROWS);
        in[i] = (epl_array){epl_scope_alloc(c->s, epl_bytes(t) + 8), t};
        for (size_t r = 0; in[i].data && bytes && r < ROWS; r++)
            put_row(&in[i], &x[r][i], r);
        c->v[i] = epl_input(g, epl__text(name, sizeof name, "x%u", i), t);
    }
    row = epl_map(g);
    for (uint32_t i = 0; i < c->ins; i++)
        c->x[i] = epl_each(row, c->v[i], 0);
    epl_call(c->f, (epl_vals){c->ins, c->x}, c->y);
    for (uint32_t i = 0; i < c->outs; i++) {
        epl_val o = epl_collect(row, c->y[i]);
        epl_output(g, epl__text(name, sizeof name, "o%u", i), o);
        out[i] = (epl_array){epl_scope_alloc(c->s, epl_bytes(epl_typeof(o)) + 8), epl_typeof(o)};
    }
    epl_work *w = epl_work_new(c->s, NULL);
    epl_plan p = epl_compile(c->s, g);
    epl_status status = epl_run(p, (epl_arrays){c->ins, in}, (epl_arrays){c->outs, out}, w);
    if (status != EPL_OK) {
        epl_scope_fail(c->s, status, "%s", epl_work_message(w));
        return status;
    }
    for (uint32_t i = 0; i < c->outs; i++)
        for (int64_t k = 0, n = epl_count(c->f->output[i].type); k < ROWS * n; k++) {
            if (c->f->output[i].type.dtype != EPL_F64)
                break;
            double got = ((double *)out[i].data)[k], want = ((double *)y[k / n][i].data)[k % n];
            if (!close_to(got, want, fabs(want)))
                return failed(c, "the map", c->f->output[i].name, got, want);
        }
    return EPL_OK;
}

/* at[1], at[2]: what lies at x -+ h v. */
static epl_status differences(check *c, epl_plan p, const epl_array *x, const epl_array *v,
                              const epl_array *u, epl_array *lo, epl_array *hi,
                              epl_array at[3][256], uint32_t outs)
{
    for (uint32_t i = 0; i < c->ins; i++) {
        lo[i] = moved(c, &x[i], &v[i], -c->h);
        hi[i] = moved(c, &x[i], &v[i], c->h);
    }
    epl_status status = run_at(c, p, lo, v, u, at[1], outs, true);
    if (status == EPL_OK)
        status = run_at(c, p, hi, v, u, at[2], outs, true);
    return status == EPL_OK ? compare(c, at[0], at[1], at[2], v, u) : status;
}

static epl_status all_checks(check *c)
{
    epl_array x[64], v[64], u[64], lo[64], hi[64], at[3][256], *rows[ROWS], *values[ROWS];
    uint32_t outs;
    double norm = 0;
    epl_plan p = derivatives(c, at[0], &outs);
    if (!p || epl_scope_status(c->s) != EPL_OK)
        return epl_scope_status(c->s);
    for (uint32_t i = 0; i < c->ins; i++) {
        x[i] = c->at ? c->at[i] : drawn(c, c->f->input[i].type);
        v[i] = drawn(c, c->f->input[i].type);
        norm += dot(&v[i], &v[i]);
    }
    for (uint32_t i = 0; i < c->outs; i++)
        u[i] = drawn(c, c->f->output[i].type);
    memcpy(at[1], at[0], sizeof at[0]);
    memcpy(at[2], at[0], sizeof at[0]);
    epl_status status = run_at(c, p, x, v, u, at[0], outs, true);
    epl_mark m = epl_scope_mark(c->s);
    c->h = STEP / fmax(1, sqrt(norm));
    if (status == EPL_OK)
        status = differences(c, p, x, v, u, lo, hi, at, outs);
    for (int i = 0; i < SHORTER && status == EPL_ERR_CHECK; i++) {
        epl_scope_reset(c->s, m); /* a wrong derivative is wrong at each step; a curve is not */
        c->h /= 10;
        status = differences(c, p, x, v, u, lo, hi, at, outs);
    }
    if (status != EPL_OK)
        return status;
    epl_array *three[ROWS] = {x, lo, hi};
    for (int r = 0; r < ROWS; r++) {
        rows[r] = three[r];
        values[r] = epl_scope_alloc(c->s, (c->outs + 1) * sizeof *values[r]);
        for (uint32_t i = 0, k = 0; values[r] && i < c->outs; i++)
            if (c->f->output[i].type.dtype == EPL_F64)
                values[r][i] = at[r][k++];
    }
    return epl_scope_status(c->s) == EPL_OK ? mapped(c, rows, values) : epl_scope_status(c->s);
}

/* Whether these arrays are one for each input of f; else the error. */
static bool is_point(epl_scope *s, const epl_fn *f, const epl_arrays *at)
{
    char want[EPL_TYPE_TEXT], got[EPL_TYPE_TEXT];
    if (at->count != f->inputs || (at->count && !at->at))
        epl_scope_fail(s, EPL_ERR_ARG, "[gradcheck] \"%s\" has %u inputs, got %zu arrays", f->name,
                       (unsigned)f->inputs, at->at ? at->count : 0);
    for (uint32_t i = 0; i < f->inputs && epl_scope_status(s) == EPL_OK; i++)
        if (!epl_type_equal(at->at[i].type, f->input[i].type) ||
            (!at->at[i].data && epl_bytes(at->at[i].type)))
            epl_scope_fail(s, EPL_ERR_SHAPE, "[gradcheck] input %u \"%s\" must be %s, got %s%s", i,
                           f->input[i].name, epl_type_text(f->input[i].type, want),
                           epl_type_text(at->at[i].type, got),
                           at->at[i].data ? "" : " without data");
    return epl_scope_status(s) == EPL_OK;
}

static epl_status checked(epl_scope *s, epl_fn *f, const epl_arrays *at, epl_key key)
{
    epl_val x[64], v[64], y[64], u[64];
    if (epl_scope_status(s) != EPL_OK)
        return epl_scope_status(s);
    check c = {
        s, f, f ? f->inputs : 0, f ? f->outputs : 0, x, v, y, u, key, 0, at ? at->at : NULL, STEP};
    if (!f || c.ins > 60 || c.outs > 60) {
        epl_scope_fail(s, EPL_ERR_ARG, "[gradcheck] %s",
                       f ? "at most 60 inputs and outputs" : "there is no function");
        return EPL_ERR_ARG;
    }
    if (at && !is_point(s, f, at))
        return epl_scope_status(s);
    epl_mark m = epl_scope_mark(s);
    epl_status status = all_checks(&c);
    if (status == EPL_OK)
        epl_scope_reset(s, m); /* keeps an error's text, else leaves nothing behind */
    return status;
}

epl_status epl_gradcheck(epl_scope *s, epl_fn *f, epl_key key)
{
    return checked(s, f, NULL, key);
}

epl_status epl_gradcheck_at(epl_scope *s, epl_fn *f, epl_arrays at, epl_key key)
{
    return checked(s, f, &at, key);
}
