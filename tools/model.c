/* model.c -- networks by name, by description, by file; and their numbers. */
#include "model.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "tensor.h"

/* The network of the classic MNIST program. */
#define CONV(n) "{\"kind\": \"Conv2d\", \"out_channels\": " n ", \"kernel_size\": 5}"
#define LINEAR(n) "{\"kind\": \"Linear\", \"out_features\": " n "}"
#define POOL "{\"kind\": \"MaxPool2d\", \"kernel_size\": 2}"
#define RELU "{\"kind\": \"ReLU\"}"
static const char mnist_cnn[] =
    "{\"kind\": \"Sequential\", \"children\": {"
    "\"conv1\": " CONV("10") ", \"pool1\": " POOL ", \"relu1\": " RELU ", "
                             "\"conv2\": " CONV(
                                 "20") ", \"drop2\": {\"kind\": \"Dropout2d\", \"p\": 0.5}, "
                                       "\"pool2\": " POOL ", \"relu2\": " RELU
                                       ", \"flatten\": {\"kind\": \"Flatten\"}, "
                                       "\"fc1\": " LINEAR(
                                           "50") ", \"relu3\": " RELU
                                                 ", \"drop\": {\"kind\": \"Dropout\", \"p\": 0.5}, "
                                                 "\"fc2\": " LINEAR(
                                                     "10") ", \"log_softmax\": {\"kind\": "
                                                           "\"LogSoftmax\", \"dim\": 1}}}";

static const struct {
    const char *name, *json, *loss;
} built_in[] = {{"mnist-cnn", mnist_cnn, "nll_loss"}};
enum { BUILT_IN = sizeof built_in / sizeof built_in[0], LONGEST = 64 << 20 };

const char *model_names(void)
{
    return "mnist-cnn";
}

char *model_read_text(epl_scope *s, const char *path)
{
    FILE *f = fopen(path, "rb");
    struct stat st;
    char *text = NULL;
    if (!f || fstat(fileno(f), &st) != 0)
        epl_scope_fail(s, EPL_ERR_FILE, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode) || st.st_size > LONGEST)
        epl_scope_fail(s, EPL_ERR_FILE, "%s: a text file of up to 64 MiB is expected", path);
    else
        text = epl_scope_alloc(s, (size_t)st.st_size + 1);
    if (text && fread(text, 1, (size_t)st.st_size, f) != (size_t)st.st_size) {
        epl_scope_fail(s, EPL_ERR_FILE, "%s: could not be read", path);
        text = NULL;
    }
    if (text && strlen(text) != (size_t)st.st_size) {
        epl_scope_fail(s, EPL_ERR_FILE, "%s: a zero byte in a text", path);
        text = NULL;
    }
    if (f)
        fclose(f);
    return text;
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && !strcmp(s + n - m, end);
}

bool model_open(epl_scope *s, const char *name, model *m)
{
    *m = (model){.path = name};
    for (int i = 0; i < BUILT_IN; i++)
        if (!strcmp(name, built_in[i].name)) {
            m->net = epl_module_from_json(s, built_in[i].json);
            m->loss = built_in[i].loss;
            return m->net != NULL;
        }
    if (ends_with(name, ".json")) {
        const char *text = model_read_text(s, name);
        m->net = text ? epl_module_from_json(s, text) : NULL;
        return m->net != NULL;
    }
    struct stat st;
    if (stat(name, &st) != 0) {
        epl_scope_fail(s, EPL_ERR_FILE,
                       "%s: %s; a model is %s, a description (.json) or a saved file", name,
                       strerror(errno), model_names());
        return false;
    }
    m->file = epl_open(s, name);
    const char *described = m->file ? epl_file_meta(m->file, "espalier.description") : NULL;
    if (m->file && !described)
        epl_scope_fail(s, EPL_ERR_FILE, "%s: the file describes no network; give it as --params",
                       name);
    m->net = described ? epl_module_from_json(s, described) : NULL;
    return m->net != NULL;
}

epl_dtype model_file_dtype(epl_file *f)
{
    epl_dtype found = EPL_NONE;
    for (size_t i = 0; i < epl_file_tensors(f); i++) {
        const char *name = epl_file_name(f, i);
        epl_dtype d = epl_file_type(f, i).dtype;
        if (!strncmp(name, "optim.", 6) || !strncmp(name, "ema.", 4) || !epl_dtype_is_float(d))
            continue;
        if (d == EPL_F64)
            return EPL_F64;
        found = EPL_F32; /* half precision computes in f32 */
    }
    return found;
}

/* -- fitting ------------------------------------------------------------------------------ */
/* What the network is applied to: images and floats in the compute dtype, the rest as it is. */
static epl_type prepared(epl_type input, epl_dtype dtype)
{
    if (epl_dtype_is_float(input.dtype) || input.dtype == EPL_U8)
        input.dtype = dtype;
    return input;
}

bool model_fit(epl_scope *s, model *m, epl_type input, epl_dtype dtype)
{
    epl_example e = epl_example_of(m->net);
    char want[EPL_TYPE_TEXT], got[EPL_TYPE_TEXT];
    epl_shape one = {.rank = input.shape.rank - 1};
    for (int i = 0; i < one.rank; i++)
        one.dim[i] = input.shape.dim[i + 1];
    epl_type told = epl_type_of(EPL_F32, e.shape), found = epl_type_of(EPL_F32, one);
    if (e.shape.rank > 0 && !epl_type_equal(told, found)) {
        epl_scope_fail(s, EPL_ERR_SHAPE, "the model takes examples of shape %s, the data has %s",
                       epl_type_text(told, want) + 3, epl_type_text(found, got) + 3);
        return false;
    }
    m->net = epl_infer(s, m->net, prepared(input, dtype));
    return m->net != NULL;
}

epl_spec model_layout(epl_scope *s, epl_spec spec, epl_dtype dtype)
{
    if (!spec || epl_spec_leaves(spec) == 0)
        return NULL;
    /* A tree of several dtypes is known by its very spec: it is cast only if it must be. */
    for (size_t i = 0; i < epl_spec_leaves(spec); i++) {
        epl_dtype d = epl_spec_leaf(spec, i)->dtype;
        if (epl_dtype_is_float(d) && d != dtype)
            return epl_spec_cast(s, spec, dtype);
    }
    return spec;
}

epl_type model_output(epl_scope *s, epl_module net, epl_spec params, epl_spec buffers,
                      epl_type input, epl_dtype dtype)
{
    epl_fn *f = epl_fn_new(s, "types");
    epl_val theta = params ? epl_input_tree(f, "params", params) : EPL_NO_VAL;
    epl_val stats = buffers ? epl_input_tree(f, "buffers", buffers) : EPL_NO_VAL;
    epl_val x = epl_prepare(net, epl_input(f, "x", input), dtype);
    return epl_typeof(buffers ? epl_apply(net, theta, x, .buffers = &stats)
                              : epl_apply(net, theta, x));
}

/* -- keys --------------------------------------------------------------------------------- */
epl_key model_key(int64_t seed)
{
    return epl_key_fold(epl_seed((uint64_t)seed), 0);
}

epl_key model_order_key(int64_t seed, int64_t epoch)
{
    return epl_key_fold(epl_key_fold(epl_seed((uint64_t)seed), 1), (uint64_t)epoch);
}

epl_key model_step_key(int64_t seed, int64_t step)
{
    return epl_key_fold(epl_key_fold(epl_seed((uint64_t)seed), 2), (uint64_t)step);
}

/* -- numbers ------------------------------------------------------------------------------ */
/* Lines of a report that begin with this word (or do not), one after the other. */
static void add_lines(textbuf *t, const char *report, const char *word, bool with)
{
    for (const char *p = report ? report : ""; *p;) {
        size_t length = strcspn(p, "\n");
        if ((strncmp(p, word, strlen(word)) == 0) == with && length) {
            text_add(t, t->length ? "; " : "");
            text_add_bytes(t, p, length);
        }
        p += length + (p[length] == '\n');
    }
}

static size_t load(epl_file *f, epl_tree *tree, epl_tree *beside, epl_report *r)
{
    if (tree)
        epl_load(f, tree, .report = r, .missing = EPL_SKIP, .misshapen = EPL_SKIP,
                 .mistyped = EPL_SKIP, .beside = beside ? epl_tree_spec(beside) : NULL);
    return r->missing + r->misshapen + r->mistyped;
}

bool model_load(epl_scope *s, epl_file *f, epl_tree *params, epl_tree *buffers, const char *name,
                const char *command)
{
    epl_report of_params = {0}, of_buffers = {0};
    textbuf bad = {0}, extra = {0};
    size_t wrong = load(f, params, buffers, &of_params) + load(f, buffers, params, &of_buffers);
    add_lines(&bad, of_params.text, "unexpected", false);
    add_lines(&bad, of_buffers.text, "unexpected", false);
    add_lines(&extra, params ? of_params.text : of_buffers.text, "unexpected", true);
    if (wrong)
        epl_scope_fail(s, EPL_ERR_MATCH, "%s does not fit the network: %s", name,
                       bad.at ? bad.at : "");
    else if (extra.length)
        fprintf(stderr, "espalier %s: %s: ignored: %s\n", command, name, extra.at);
    text_free(&bad);
    text_free(&extra);
    return epl_scope_status(s) == EPL_OK;
}

bool model_check(const char *word, epl_check *check)
{
    *check = !word ? EPL_CHECK_OFF : !strcmp(word, "nan") ? EPL_CHECK_NAN : EPL_CHECK_FINITE;
    return !word || !strcmp(word, "nan") || !strcmp(word, "finite");
}
