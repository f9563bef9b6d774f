/* init.c -- `espalier init`: a network described and initialised, without training. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "model.h"
#include "tool.h"

typedef struct {
    const char *model, *shape, *out, *dtype, *input_dtype, *params;
    int64_t seed;
} init_options;

/* "1,28,28" */
static bool read_shape(const char *text, epl_shape *shape)
{
    *shape = (epl_shape){0};
    if (!*text)
        return true;
    for (const char *p = text;; p++) {
        char *end;
        errno = 0;
        long long n = strtoll(p, &end, 10);
        if (end == p || errno || n < 1 || shape->rank == EPL_MAX_RANK - 1)
            return false;
        shape->dim[shape->rank++] = n;
        p = end;
        if (!*p)
            return true;
        if (*p != ',')
            return false;
    }
}

/* The type of a batch of one. */
static bool batch_type(epl_scope *s, const init_options *o, const model *m, epl_type *type)
{
    epl_shape one = epl_example_of(m->net).shape, batch = {.rank = 1, .dim = {1}};
    if (o->shape && !read_shape(o->shape, &one)) {
        epl_scope_fail(s, EPL_ERR_ARG,
                       "--input-shape must be sizes without the batch axis, as "
                       "1,28,28; got \"%s\"",
                       o->shape);
        return false;
    }
    if (!o->shape && one.rank == 0) {
        epl_scope_fail(s, EPL_ERR_ARG, "the description tells no input shape: give --input-shape");
        return false;
    }
    for (int i = 0; i < one.rank; i++)
        batch.dim[batch.rank++] = one.dim[i];
    *type = epl_type_of(epl_dtype_named(o->input_dtype), batch);
    return true;
}

static bool make(epl_scope *s, const init_options *o)
{
    model m;
    epl_type type;
    if (!model_open(s, o->model, &m) || !batch_type(s, o, &m, &type))
        return false;
    epl_file *from = o->params ? epl_open(s, o->params) : m.file;
    if (epl_scope_status(s) != EPL_OK)
        return false;
    epl_dtype dtype = epl_dtype_named(o->dtype), given = from ? model_file_dtype(from) : EPL_NONE;
    epl_example e = epl_example_of(m.net);
    if (o->shape) {
        e.shape = epl_shape_of((size_t)type.shape.rank - 1, type.shape.dim + 1);
        m.net = epl_with_example(s, m.net, e);
    }
    dtype = given ? given : dtype;
    if (!model_fit(s, &m, type, dtype))
        return false;
    epl_spec params = model_layout(s, epl_params_of(m.net), dtype);
    epl_spec buffers = model_layout(s, epl_buffers_of(m.net), dtype);
    epl_key key = model_key(o->seed);
    epl_tree *theta = params ? epl_init(s, params, key) : NULL;
    epl_tree *stats = buffers ? epl_init(s, buffers, key) : NULL;
    if (from && !model_load(s, from, theta, stats, o->params ? o->params : o->model, "init"))
        return false;
    return epl_save(s, o->out, .net = m.net, .params = theta, .buffers = stats) == EPL_OK;
}

int tool_init(int argc, char **argv)
{
    init_options o = {.dtype = "f32", .input_dtype = "f32", .seed = 1};
    const tool_option options[] = {
        {"--input-shape", TOOL_TEXT, &o.shape, NULL, "SIZES",
         "of one example, without the batch axis: 1,28,28"},
        {"--input-dtype", TOOL_TEXT, &o.input_dtype, NULL, "DTYPE", "i64 for tokens (f32)"},
        {"--seed", TOOL_INT, &o.seed, NULL, "N", "of the parameters (1)"},
        {"--dtype", TOOL_TEXT, &o.dtype, NULL, "f32|f64", "of the parameters (f32)"},
        {"--params", TOOL_TEXT, &o.params, NULL, "FILE",
         "take the tensors of a safetensors file in place of new numbers"},
        {"--out", TOOL_TEXT, &o.out, NULL, "FILE", "where network and numbers are written"},
        {NULL, TOOL_FLAG, NULL, NULL, NULL, NULL},
    };
    const tool_command command = {"init",
                                  "MODEL --input-shape SIZES --out FILE [--seed N]",
                                  "Describes and initialises a network without training it.",
                                  NULL,
                                  options,
                                  1,
                                  1,
                                  "MODEL is mnist-cnn, a description (.json), or a saved file.\n"};
    int status = tool_parse(&command, argc, argv, &o.model);
    if (status != TOOL_GO_ON)
        return status;
    if (!o.out)
        return tool_misused(&command, "--out is missing");
    epl_dtype dtype = epl_dtype_named(o.dtype);
    if (dtype != EPL_F32 && dtype != EPL_F64)
        return tool_misused(&command, "--dtype must be f32 or f64, got \"%s\"", o.dtype);
    if (!epl_dtype_named(o.input_dtype))
        return tool_misused(&command, "--input-dtype: \"%s\" is no dtype", o.input_dtype);
    epl_scope *s = epl_scope_new(NULL);
    status = make(s, &o) ? TOOL_OK : tool_fail("init", "%s", epl_scope_message(s));
    epl_scope_free(s);
    return status;
}
