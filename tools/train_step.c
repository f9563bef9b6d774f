/* train_step.c -- what a step and a test compute: functions for epl_jit. */
#include <stdio.h>
#include <string.h>
#include "train.h"

/* -- losses by torch's names ------------------------------------------------------------------ */
static const epl_attr *row_named(const epl_operation *o, const char *name)
{
    for (const epl_attr *row = o->args; row->name; row++)
        if (!strcmp(row->name, name))
            return row;
    return NULL;
}

const epl_operation *loss_named(const char *name)
{
    const epl_operation *o = epl_operation_named(name);
    if (!o || !row_named(o, "reduction"))
        return NULL;
    const epl_attr *input = row_named(o, "input"), *target = row_named(o, "target");
    if (!input || !target || input->type != EPL_TENSOR || target->type != EPL_TENSOR)
        return NULL;
    for (const epl_attr *row = o->args; row->name; row++)
        if (row->flags & EPL_ATTR_REQUIRED && row != input && row != target)
            return NULL; /* it needs more than a network gives */
    return o;
}

epl_val loss_of(const epl_operation *loss, epl_val output, epl_val target)
{
    epl_dtype to = epl_typeof(output).dtype, from = epl_typeof(target).dtype;
    char args[512] __attribute__((aligned(16))) = {0};
    epl_val result = EPL_NO_VAL;
    if (loss->args_size > sizeof args) {
        epl_scope_fail(epl_val_scope(output), EPL_ERR_ARG, "[%s] cannot be a loss here",
                       loss->name);
        return result;
    }
    if (epl_dtype_is_float(from) && from != to && epl_dtype_is_float(to))
        target = epl_cast(target, to);
    memcpy(args + row_named(loss, "input")->offset, &output, sizeof output);
    memcpy(args + row_named(loss, "target")->offset, &target, sizeof target);
    loss->build(args, "input target", &result, 1);
    return result;
}

/* -- functions ------------------------------------------------------------------------------- */
/* Inputs: params, then buffers and optimizer state where there are any, key, x, y. */
void train_build_step(epl_fn *f, const void *data)
{
    const train_net *n = data;
    epl_fn_check(f, n->check);
    epl_val theta = epl_input_tree(f, "params", n->params);
    epl_val stats = n->buffers ? epl_input_tree(f, "buffers", n->buffers) : EPL_NO_VAL;
    epl_val state = n->state ? epl_input_tree(f, "state", n->state) : EPL_NO_VAL;
    epl_val key = epl_input(f, "key", EPL_KEY);
    epl_val x = epl_prepare(n->net, epl_input(f, "x", EPL_AS_PASSED), n->dtype);
    epl_val y = epl_input(f, "y", EPL_AS_PASSED), out;
    if (n->buffers)
        out = epl_apply(n->net, theta, x, .buffers = &stats, .train = true, .key = key);
    else
        out = epl_apply(n->net, theta, x, .train = true, .key = key);
    epl_val loss = loss_of(n->loss, out, y);
    epl_val next = optimizer_step(n->optimizer, theta, epl_gradient(loss, theta), &state);
    epl_update(f, "params", next);
    if (n->buffers)
        epl_update(f, "buffers", stats);
    if (n->state)
        epl_update(f, "state", state);
    epl_output(f, "loss", loss);
}

/* Are the targets classes that the output, [n, classes], can be compared with? */
bool train_counts(epl_type output, epl_type target)
{
    return target.dtype == EPL_I64 && target.shape.rank == 1 && output.shape.rank == 2;
}

/* Inputs: params, buffers where there are any, x, y; outputs: loss, and how many are right. */
void train_build_test(epl_fn *f, const void *data)
{
    const train_net *n = data;
    epl_fn_check(f, n->check);
    epl_val theta = epl_input_tree(f, "params", n->params);
    epl_val stats = n->buffers ? epl_input_tree(f, "buffers", n->buffers) : EPL_NO_VAL;
    epl_val x = epl_prepare(n->net, epl_input(f, "x", EPL_AS_PASSED), n->dtype);
    epl_val y = epl_input(f, "y", EPL_AS_PASSED);
    epl_val out = n->buffers ? epl_apply(n->net, theta, x, .buffers = &stats)
                             : epl_apply(n->net, theta, x);
    epl_output(f, "loss", loss_of(n->loss, out, y));
    if (n->counts)
        epl_output(f, "right", epl_sum(epl_eq(epl_argmax(out, .dim = 1), y)));
}
