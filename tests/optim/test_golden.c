/* test_golden.c -- optimizers step by step against PyTorch, by name and with their options. */
#include <criterion/criterion.h>
#include <espalier/espalier.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { P = 7, STEPS = 12 };

typedef struct {
    epl_scope *s;
    epl_file *file;
    const char *name, *options; /* {"optimizer": "sgd", "lr": 0.1} */
    const epl_optimizer *o;
    epl_dtype dtype;
} run;

/* The value of an option in the JSON, none if it is not there. */
static epl_val option(const run *r, const char *name)
{
    char key[40];
    snprintf(key, sizeof key, "\"%s\": ", name);
    const char *at = strstr(r->options, key);
    if (!at)
        return EPL_NO_VAL;
    at += strlen(key);
    return *at == 't' || *at == 'f' ? epl_flag(*at == 't') : epl_num(strtod(at, NULL));
}

static void choose(run *r)
{
    char name[40];
    cr_assert_eq(sscanf(r->options, "{\"optimizer\": \"%39[a-z]\"", name), 1);
    r->o = epl_optimizer_named(name);
    cr_assert(r->o, "%s", name);
}

static epl_val constant(run *r, epl_fn *f, const char *name)
{
    return epl_cast(epl_data(f, epl_file_tensor(r->file, name)), r->dtype);
}

/* One step as a function: p and state are updated. */
static epl_plan step_of(run *r, epl_spec spec, epl_spec state, bool kept)
{
    epl_val hyper[16];
    for (size_t i = 0; r->o->hypers[i].name; i++)
        hyper[i] = option(r, r->o->hypers[i].name);
    epl_fn *f = epl_fn_new(r->s, r->name);
    epl_val p = epl_input_tree(f, "p", spec), was = epl_input_tree(f, "state", state);
    epl_val g = epl_mul(constant(r, f, "a"), epl_sub(p, constant(r, f, "c")));
    epl_update(f, "p", r->o->step(p, g, kept ? &was : NULL, hyper));
    if (kept)
        epl_update(f, "state", was);
    return epl_compile(r->s, f);
}

static double at(epl_array a, int64_t i)
{
    return a.type.dtype == EPL_F64 ? ((double *)a.data)[i] : (double)((float *)a.data)[i];
}

static void expect_close(const run *r, const char *what, const double *want, epl_array got)
{
    for (int i = 0; i < P; i++)
        cr_expect_float_eq(
            at(got, i), want[i], (r->dtype == EPL_F64 ? 1e-13 : 2e-6) * (1 + fabs(want[i])),
            "%s %s [%d]: %.17g expected, got %.17g", r->name, what, i, want[i], at(got, i));
}

static void expect_slots(run *r, epl_tree *state)
{
    static const char *const slot[] = {"momentum_buffer", "exp_avg", "exp_avg_sq"};
    for (int i = 0; i < 3; i++) {
        char name[80];
        snprintf(name, sizeof name, "%.40s/%s", r->name, slot[i]);
        epl_array want = epl_file_tensor(r->file, name);
        snprintf(name, sizeof name, "%s.p", slot[i]);
        if (want.data)
            expect_close(r, slot[i], want.data, epl_tree_leaf(state, name));
    }
    cr_expect_eq(at(epl_tree_leaf(state, "step"), 0), STEPS, "%s", r->name);
}

static void follow(run *r)
{
    char name[80];
    choose(r);
    bool kept = strcmp(r->o->name, "sgd") || !epl_is_none(option(r, "momentum"));
    epl_leaf_spec leaf = {.path = "p", .dtype = r->dtype, .shape = epl_dims(P), .role = EPL_WEIGHT};
    epl_spec spec = epl_spec_new(r->s, 1, &leaf), layout = r->o->state(r->s, spec);
    epl_tree *p = epl_tree_new(r->s, spec), *state = epl_tree_new(r->s, layout);
    epl_array theta = epl_tree_array(p), start = epl_file_tensor(r->file, "start");
    for (int i = 0; i < P; i++)
        if (r->dtype == EPL_F64)
            ((double *)theta.data)[i] = at(start, i);
        else
            ((float *)theta.data)[i] = (float)at(start, i);
    snprintf(name, sizeof name, "%.40s/p", r->name);
    const double *want = epl_file_tensor(r->file, name).data;
    epl_plan plan = step_of(r, spec, layout, kept);
    epl_work *w = epl_work_new(r->s, NULL);
    for (int i = 0; i < STEPS; i++) {
        epl_status status =
            epl_run(plan, epl_arrays(theta, epl_tree_array(state)), (epl_arrays){0, NULL}, w);
        cr_assert_eq(status, EPL_OK, "%s: %s", r->name, epl_work_message(w));
        expect_close(r, "p", want + i * P, theta);
    }
    if (kept)
        expect_slots(r, state);
}

static void follow_all(epl_dtype dtype)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_file *file = epl_open(s, EPL_TESTS "/golden/optim.safetensors");
    const char *name;
    size_t n = 0;
    cr_assert(file, "%s", epl_scope_message(s));
    for (; (name = epl_file_meta_key(file, n)); n++) {
        run r = {.s = epl_scope_new(NULL),
                 .file = file,
                 .name = name,
                 .options = epl_file_meta(file, name),
                 .dtype = dtype};
        follow(&r);
        epl_scope_free(r.s);
    }
    cr_expect_eq(n, 11);
    epl_scope_free(s);
}

Test(optim, steps_in_f64)
{
    follow_all(EPL_F64);
}

Test(optim, steps_in_f32)
{
    follow_all(EPL_F32);
}
