/* test_golden.c -- every layer against PyTorch: outputs in both modes, new buffers, gradients
 * with respect to parameters and input, from descriptions as JSON. */
#include "golden.h"

/* PyTorch computes hardsigmoid's derivative with 1 / 6 in f32. */
static double close_to(const char *name)
{
    return strcmp(name, "hardsigmoid") ? 1e-11 : 1e-7;
}

typedef struct {
    epl_scope *s;
    epl_file *file;
    const char *name;
    epl_module net;
    epl_tree *params, *buffers;
    epl_check check; /* of the plans */
    epl_array in[8];
    size_t inputs;
} golden;

static epl_array numbers(golden *g, const char *what)
{
    char name[200];
    snprintf(name, sizeof name, "%.90s/%.90s", g->name, what);
    return epl_file_tensor(g->file, name);
}

static bool read_inputs(golden *g)
{
    char name[200] = "input";
    epl_type type[8];
    for (g->inputs = 0; g->inputs < 8; g->inputs++) {
        g->in[g->inputs] = numbers(g, name);
        if (!g->in[g->inputs].data)
            break;
        type[g->inputs] = g->in[g->inputs].type;
        snprintf(name, sizeof name, "input.%d", (int)(g->inputs + 1) % 10);
    }
    if (type[0].dtype != EPL_F64) /* indices: the parameters' dtype is that of a float input */
        type[0].dtype = EPL_F64;
    epl_module m = epl_module_from_json(g->s, epl_file_meta(g->file, g->name));
    g->net = epl_infer_all(g->s, m, g->inputs, type);
    return g->net != NULL;
}

static bool read_numbers(golden *g)
{
    char prefix[200];
    g->params = epl_tree_new(g->s, epl_params_of(g->net));
    g->buffers = epl_tree_new(g->s, epl_buffers_of(g->net));
    snprintf(prefix, sizeof prefix, "%s/param/", g->name);
    if (epl_load(g->file, g->params, .prefix = prefix, .unexpected = EPL_FAIL))
        return false;
    snprintf(prefix, sizeof prefix, "%s/buffer/", g->name);
    return epl_load(g->file, g->buffers, .prefix = prefix, .unexpected = EPL_FAIL) == EPL_OK;
}

static epl_val apply(golden *g, epl_fn *f, epl_val p, epl_val x, epl_val *b, bool train)
{
    epl_val more[8];
    for (size_t i = 1; i < g->inputs; i++)
        more[i - 1] = epl_data(f, g->in[i]);
    return epl_apply(g->net, p, x, .buffers = b, .train = train, .more = {g->inputs - 1, more});
}

static bool leaves_close(golden *g, const char *part, epl_spec spec, epl_array tree)
{
    epl_tree *t = epl_tree_borrow(g->s, spec, tree.data);
    bool fit = true;
    for (size_t i = 0; i < epl_spec_leaves(spec); i++) {
        char what[200];
        snprintf(what, sizeof what, "%s/%s", part, epl_spec_leaf(spec, i)->path);
        epl_array want = numbers(g, what), got = epl_tree_leaf(t, epl_spec_leaf(spec, i)->path);
        snprintf(what, sizeof what, "%s: %s %s", g->name, part, epl_spec_leaf(spec, i)->path);
        fit &= golden_close(what, want, got, close_to(g->name));
    }
    return fit;
}

/* By a plan: the output in evaluation. */
static bool evaluation(golden *g)
{
    epl_fn *f = epl_fn_new(g->s, g->name);
    epl_fn_check(f, g->check);
    epl_val p = epl_input_tree(f, "params", epl_params_of(g->net));
    epl_val b = epl_input_tree(f, "buffers", epl_buffers_of(g->net));
    epl_val x = epl_input(f, "x", g->in[0].type);
    epl_output(f, "y", apply(g, f, p, x, &b, false));
    epl_array want = numbers(g, "eval"), got = want;
    got.data = epl_scope_alloc(g->s, epl_bytes(want.type) + 1);
    epl_work *w = epl_work_new(g->s, NULL);
    epl_arrays in = epl_arrays(epl_tree_array(g->params), epl_tree_array(g->buffers), g->in[0]);
    if (epl_run(epl_compile(g->s, f), in, epl_arrays(got), w)) {
        cr_log_error("%s: %s", g->name, epl_work_message(w));
        return false;
    }
    return golden_close(g->name, want, got, close_to(g->name));
}

/* In training: output, gradients, the next buffers. */
static bool training(golden *g)
{
    bool smooth = g->in[0].type.dtype == EPL_F64;
    epl_fn *f = epl_fn_new(g->s, g->name);
    epl_fn_check(f, g->check);
    epl_val p = epl_input_tree(f, "params", epl_params_of(g->net));
    epl_val b = epl_input_tree(f, "buffers", epl_buffers_of(g->net));
    epl_val x = epl_input(f, "x", g->in[0].type), d[2];
    epl_val y = apply(g, f, p, x, &b, true);
    epl_val loss = epl_sum(epl_mul(y, epl_data(f, numbers(g, "weight"))));
    epl_gradients(loss, (epl_vals){smooth ? 2 : 1, epl_list(p, x).at}, d);
    epl_output(f, "y", y);
    epl_output(f, "dp", d[0]);
    if (smooth)
        epl_output(f, "dx", d[1]);
    epl_update(f, "buffers", b);
    epl_array want = numbers(g, "output"), out[3] = {want, epl_tree_array(g->params), g->in[0]};
    for (int i = 0; i < 3; i++)
        out[i].data = epl_scope_alloc(g->s, epl_bytes(out[i].type) + 1);
    epl_work *w = epl_work_new(g->s, NULL);
    epl_arrays in = epl_arrays(epl_tree_array(g->params), epl_tree_array(g->buffers), g->in[0]);
    if (epl_run(epl_compile(g->s, f), in, (epl_arrays){smooth ? 3 : 2, out}, w)) {
        cr_log_error("%s: %s", g->name, epl_work_message(w));
        return false;
    }
    bool fit = golden_close(g->name, want, out[0], close_to(g->name));
    fit &= leaves_close(g, "grad", epl_params_of(g->net), out[1]);
    fit &= leaves_close(g, "next", epl_buffers_of(g->net), epl_tree_array(g->buffers));
    return fit &
           (!smooth || golden_close(g->name, numbers(g, "grad_input"), out[2], close_to(g->name)));
}

static void check(epl_file *file, const char *name, epl_check what)
{
    golden g = {.s = epl_scope_new(NULL), .file = file, .name = name, .check = what};
    bool made = read_inputs(&g) && read_numbers(&g);
    cr_expect(made, "%s: %s", name, epl_scope_message(g.s));
    if (made) {
        cr_expect(evaluation(&g), "%s in evaluation", name);
        cr_expect(training(&g), "%s in training", name);
    }
    epl_scope_free(g.s);
}

static void all_layers(epl_check what)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_file *file = epl_open(s, EPL_TESTS "/golden/layers.safetensors");
    const char *name;
    size_t n = 0;
    cr_assert(file, "%s", epl_scope_message(s));
    for (; (name = epl_file_meta_key(file, n)); n++)
        check(file, name, what);
    cr_expect_geq(n, 80);
    cr_expect_eq(epl_scope_status(s), EPL_OK, "%s", epl_scope_message(s));
    epl_scope_free(s);
}

Test(golden, layers)
{
    all_layers(EPL_CHECK_OFF);
}

/* The same numbers, and nothing to say of any layer. */
Test(golden, layers_by_checked_plans)
{
    all_layers(EPL_CHECK_FINITE);
}

/* A description that was read and written again says the same. */
Test(golden, round_trip)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_file *file = epl_open(s, EPL_TESTS "/golden/layers.safetensors");
    const char *name;
    for (size_t i = 0; (name = epl_file_meta_key(file, i)); i++) {
        const char *once = epl_module_json(s, epl_module_from_json(s, epl_file_meta(file, name)));
        const char *twice = epl_module_json(s, epl_module_from_json(s, once));
        cr_expect(*once, "%s: %s", name, epl_scope_message(s));
        cr_expect_str_eq(once, twice);
    }
    epl_scope_free(s);
}
