/* run.c -- `espalier run`: a network applied to tensors of a file; also its gradient. */
#include <stdio.h>
#include <string.h>
#include "model.h"
#include "tensor.h"
#include "tool.h"
#include "train.h"

typedef struct {
    const char *model, *in, *out, *params, *loss, *check;
    bool train;
    int64_t seed, threads;
} run_options;

typedef struct {
    epl_scope *s;
    const run_options *o;
    model m;
    epl_dtype dtype;
    epl_array input, target;
    epl_spec params, buffers; /* NULL: there are none */
    epl_tree *theta, *stats, *grad, *next;
    epl_array output, loss;
} runner;

static bool fail(runner *r, const char *what, const char *name)
{
    epl_scope_fail(r->s, EPL_ERR_ARG, "%s %s", what, name);
    return false;
}

/* -- what comes in ---------------------------------------------------------------------------- */
/* A copy: numbers in a foreign file may lie anywhere. */
static bool take(runner *r, epl_file *f, const char *name, epl_array *a)
{
    epl_array mapped = epl_file_tensor(f, name);
    if (mapped.type.dtype == EPL_NONE)
        return fail(r, r->o->in,
                    strcmp(name, "input") ? "has no tensor \"target\", which --grad needs"
                                          : "has no tensor \"input\"");
    *a = tensor_new(r->s, mapped.type);
    if (a->data && epl_bytes(a->type))
        memcpy(a->data, mapped.data, epl_bytes(a->type));
    return a->data != NULL;
}

static bool read_all(runner *r)
{
    const run_options *o = r->o;
    epl_file *in = epl_open(r->s, o->in), *from = NULL;
    if (!in || !take(r, in, "input", &r->input) || (o->loss && !take(r, in, "target", &r->target)))
        return false;
    if (r->input.type.shape.rank < 1)
        return fail(r, o->in, "has an input without a batch axis");
    if (!model_open(r->s, o->model, &r->m))
        return false;
    from = o->params ? epl_open(r->s, o->params) : r->m.file;
    if (epl_scope_status(r->s) != EPL_OK)
        return false;
    bool f64 = r->input.type.dtype == EPL_F64;
    r->dtype = from ? model_file_dtype(from) : EPL_NONE;
    r->dtype = r->dtype ? r->dtype : f64 ? EPL_F64 : EPL_F32;
    if (!model_fit(r->s, &r->m, r->input.type, r->dtype))
        return false;
    r->params = model_layout(r->s, epl_params_of(r->m.net), r->dtype);
    r->buffers = model_layout(r->s, epl_buffers_of(r->m.net), r->dtype);
    if (r->params && !from)
        return fail(r, o->model, "has parameters, and is given none: --params FILE");
    r->theta = r->params ? epl_tree_new(r->s, r->params) : NULL;
    r->stats = r->buffers ? epl_init(r->s, r->buffers, epl_seed(0)) : NULL;
    return !from ||
           model_load(r->s, from, r->theta, r->stats, o->params ? o->params : o->model, "run");
}

/* -- what is computed ----------------------------------------------------------------------------
 */
/* Inputs: params and buffers where there are any, key, input, target with --grad. */
static void build(runner *r, epl_fn *f, const epl_operation *loss)
{
    epl_val theta = r->params ? epl_input_tree(f, "params", r->params) : EPL_NO_VAL;
    epl_val stats = r->buffers ? epl_input_tree(f, "buffers", r->buffers) : EPL_NO_VAL;
    epl_val key = epl_input(f, "key", EPL_KEY);
    epl_val x = epl_prepare(r->m.net, epl_input(f, "input", r->input.type), r->dtype);
    epl_apply_args a = {.net = r->m.net, .params = theta, .input = x, .train = r->o->train};
    a.buffers = r->buffers ? &stats : NULL;
    a.key = r->o->train ? key : EPL_NO_VAL;
    epl_val y = epl_op_apply(&a, "buffers train key");
    epl_output(f, "output", y);
    r->output = tensor_new(r->s, epl_typeof(y));
    if (loss) {
        epl_val l = loss_of(loss, y, epl_input(f, "target", r->target.type));
        epl_output(f, "loss", l);
        r->loss = tensor_new(r->s, epl_typeof(l));
        if (r->params)
            epl_output(f, "grad", epl_gradient(l, theta));
        r->grad = r->params ? epl_tree_new(r->s, r->params) : NULL;
    }
    if (r->o->train && r->buffers) {
        epl_output(f, "buffers", stats);
        r->next = epl_tree_new(r->s, r->buffers);
    }
}

static size_t add_tree(epl_array *list, size_t n, const epl_tree *t)
{
    if (t)
        list[n++] = epl_tree_array(t);
    return n;
}

static bool compute(runner *r, const epl_operation *loss)
{
    epl_key key = model_step_key(r->o->seed, 0);
    epl_fn *f = epl_fn_new(r->s, "run");
    epl_array in[5], out[4];
    size_t ins, outs = 0;
    epl_check check;
    model_check(r->o->check, &check);
    epl_fn_check(f, check);
    build(r, f, loss);
    epl_plan plan = epl_compile(r->s, f);
    epl_pool *pool = r->o->threads == 1 ? NULL : epl_pool_new(r->s, (int)r->o->threads);
    epl_work *work = epl_work_new(r->s, pool);
    if (epl_scope_status(r->s) != EPL_OK)
        return false;
    ins = add_tree(in, add_tree(in, 0, r->theta), r->stats);
    in[ins++] = epl_at(key.word, EPL_KEY);
    in[ins++] = r->input;
    out[outs++] = r->output;
    if (loss) {
        in[ins++] = r->target;
        out[outs++] = r->loss;
    }
    outs = add_tree(out, add_tree(out, outs, r->grad), r->next);
    if (epl_run(plan, (epl_arrays){ins, in}, (epl_arrays){outs, out}, work) == EPL_OK)
        return true;
    epl_scope_fail(r->s, EPL_ERR_DATA, "%s", epl_work_message(work));
    return false;
}

static bool write_all(runner *r)
{
    epl_named tensor[2] = {{"output", r->output}, {"loss", r->loss}};
    epl_part part[2];
    size_t parts = 0;
    if (r->grad)
        part[parts++] = (epl_part){"grad.", r->grad};
    if (r->next)
        part[parts++] = (epl_part){"buffer.", r->next};
    return epl_save(r->s, r->o->out, .part_count = parts, .parts = part,
                    .tensor_count = r->o->loss ? 2 : 1, .tensors = tensor) == EPL_OK;
}

/* -- the command --------------------------------------------------------------------------------
 */
static int run(const run_options *o, const epl_operation *loss)
{
    runner r = {.s = epl_scope_new(NULL), .o = o};
    int status = read_all(&r) && compute(&r, loss) && write_all(&r)
                     ? TOOL_OK
                     : tool_fail("run", "%s", epl_scope_message(r.s));
    epl_scope_free(r.s);
    return status;
}

int tool_run(int argc, char **argv)
{
    run_options o = {.seed = 1};
    const tool_option options[] = {
        {"--in", TOOL_TEXT, &o.in, NULL, "FILE", "tensors: input, and target for --grad"},
        {"--out", TOOL_TEXT, &o.out, NULL, "FILE", "tensors: output, loss, grad.PATH, buffer.PATH"},
        {"--params", TOOL_TEXT, &o.params, NULL, "FILE", "take the tensors of a safetensors file"},
        {"--grad", TOOL_TEXT, &o.loss, NULL, "LOSS",
         "also the loss and its gradient; a loss of torch.nn.functional"},
        {"--train", TOOL_FLAG, &o.train, NULL, NULL, "in training mode; also the new buffers"},
        {"--seed", TOOL_INT, &o.seed, NULL, "N", "of what is random in training mode (1)"},
        {"--threads", TOOL_INT, &o.threads, NULL, "N", "(0: as many as may be used)"},
        {"--check", TOOL_TEXT, &o.check, NULL, "nan|finite",
         "name the first operation that makes a NaN (or an infinity)"},
        {NULL, TOOL_FLAG, NULL, NULL, NULL, NULL},
    };
    const tool_command command = {
        "run",
        "MODEL --in FILE --out FILE [--params FILE] [--grad LOSS] [--train]",
        "Applies a network to the tensor \"input\" of a safetensors file.",
        NULL,
        options,
        1,
        1,
        "MODEL is a saved file, a description (.json), or mnist-cnn.\n"};
    int status = tool_parse(&command, argc, argv, &o.model);
    if (status != TOOL_GO_ON)
        return status;
    if (!o.in || !o.out)
        return tool_misused(&command, "--in and --out are needed");
    const epl_operation *loss = o.loss ? loss_named(o.loss) : NULL;
    if (o.loss && !loss)
        return tool_misused(&command, "--grad: \"%s\" is no loss of an input and a target", o.loss);
    epl_check check;
    if (!model_check(o.check, &check))
        return tool_misused(&command, "--check must be nan or finite");
    return run(&o, loss);
}
