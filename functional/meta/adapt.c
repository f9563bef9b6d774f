/* adapt.c -- inner loops, unrolled. Everything is an operation on values: the derivative
 * through the loop is that of its operations, of any order. */
#include "../op/op.h"

static epl_val fail(epl_val v, epl_status status, const char *what)
{
    return epl__bad(v, status, "[adapt] %s", what);
}

/* values[i]: leaf i of the tree where it adapts, else none. NULL: no memory, or no such leaf. */
static epl_val *adapting(const epl_adapt_args *a, epl_val tree, size_t *count)
{
    size_t n = epl_spec_leaves(a->spec);
    epl_val *leaf = epl_scope_alloc(epl_val_scope(tree), (n + 1) * sizeof *leaf);
    *count = 0;
    for (size_t i = 0; leaf && i < n; i++)
        if (epl_glob(a->only, epl_spec_leaf(a->spec, i))) {
            leaf[i] = epl_leaf_at(a->spec, tree, i);
            ++*count;
        }
    if (leaf && !*count)
        fail(tree, EPL_ERR_MATCH, "no leaf matches .only");
    return *count ? leaf : NULL;
}

/* The gradient with respect to the leaves that adapt; zeros elsewhere. The others stay what
 * they are for the outer derivative: nothing is stopped. */
static epl_val slope_of_leaves(const epl_adapt_args *a, epl_val p)
{
    size_t count, n = epl_spec_leaves(a->spec), k = 0;
    epl_val *leaf = adapting(a, p, &count);
    epl_val *x = leaf ? epl_scope_alloc(epl_val_scope(p), 2 * count * sizeof *x) : NULL;
    if (!x)
        return EPL_NO_VAL;
    for (size_t i = 0; i < n; i++)
        if (!epl_is_none(leaf[i]))
            x[k++] = leaf[i] = epl_copy(leaf[i]);
    epl_val *g = x + count;
    epl_gradients(a->loss(a->task, epl_tree_with(a->spec, p, leaf)), (epl_vals){count, x}, g);
    k = 0;
    for (size_t i = 0; i < n; i++)
        if (!epl_is_none(leaf[i]))
            leaf[i] = g[k++];
    return epl_tree_with(a->spec, epl_zeros_like(p), leaf);
}

static epl_val slope(const epl_adapt_args *a, epl_val p)
{
    epl_val g = a->only ? slope_of_leaves(a, p) : epl_gradient(a->loss(a->task, p), p);
    if (!epl_is_none(a->proximal)) /* where a leaf does not adapt, p is params */
        g = epl_add(g, epl_mul(a->proximal, epl_sub(p, a->params)));
    return a->first_order ? epl_stop_gradient(g) : g;
}

/* Zeros for the state of an optimizer of P parameters. */
static epl_val fresh_state(const epl_adapt_args *a)
{
    epl_scope *s = epl_val_scope(a->params);
    epl_type t = epl_typeof(a->params);
    epl_leaf_spec leaf = {.path = "p", .dtype = t.dtype, .shape = t.shape, .role = EPL_WEIGHT};
    int64_t n = epl_spec_count(a->optimizer->state(s, epl_spec_new(s, 1, &leaf)));
    return epl_expand(epl_zeros_like(epl_narrow(a->params, 0, 0, 1)), epl_dims(n));
}

static epl_val step(const epl_adapt_args *a, epl_val p, epl_val lr, epl_val *state)
{
    epl_val hyper[16] = {{NULL, 0}}, g = slope(a, p), next;
    size_t count;
    if (!a->optimizer)
        next = epl_sub(p, epl_mul(lr, g));
    else {
        for (size_t i = 1; i < 16 && a->hyper && a->optimizer->hypers[i].name; i++)
            hyper[i] = a->hyper[i];
        hyper[0] = lr;
        next = a->optimizer->step(p, g, state, hyper);
    }
    epl_val *leaf = a->only ? adapting(a, next, &count) : NULL;
    return leaf ? epl_tree_with(a->spec, p, leaf) : next;
}

epl_val epl_op_adapt(const epl_adapt_args *a, const char *given)
{
    epl_val p = a->params, state = EPL_NO_VAL, *kept = a->state ? a->state : &state;
    int64_t steps = epl__given(given, "steps") ? a->steps : 1;
    if (epl_is_none(p))
        return p;
    if (epl_rank(p) != 1 || !a->loss || steps < 0)
        return fail(p, EPL_ERR_ARG,
                    "a vector of parameters, a loss and a number of steps are needed");
    if (a->lrs.count && (int64_t)a->lrs.count != steps)
        return fail(p, EPL_ERR_ARG, ".lrs must hold a rate for each step");
    if (a->only && epl_spec_count(a->spec) != epl_dim(p, 0))
        return fail(p, EPL_ERR_ARG, ".only needs the .spec of the parameters");
    if (a->optimizer && !a->state)
        state = fresh_state(a);
    for (int64_t k = 0; k < steps; k++) {
        epl_val lr = a->lrs.count ? a->lrs.at[k] : epl_is_none(a->lr) ? epl_num(0.01) : a->lr;
        p = step(a, p, lr, kept);
        if (a->path)
            a->path[k] = p;
    }
    return p;
}

/* -- what goes with it ----------------------------------------------------------------------- */
epl_val epl_multi_step_loss(epl_task_loss loss, const void *task, epl_vals path, epl_val weights)
{
    epl_val sum = EPL_NO_VAL;
    for (size_t k = 0; k < path.count; k++) {
        epl_val part = epl_mul(epl_select(weights, 0, (int64_t)k), loss(task, path.at[k]));
        sum = k ? epl_add(sum, part) : part;
    }
    return sum;
}

epl_val epl_reptile(epl_val params, epl_val phis)
{
    return epl_sub(params, epl_mean(phis, .dim = epl_axes(0)));
}

epl_val epl_by_leaf(epl_spec spec, epl_val v)
{
    size_t n = epl_spec_leaves(spec);
    epl_val *part = epl_scope_alloc(epl_val_scope(v), (n + 1) * sizeof *part);
    if (part && (epl_rank(v) != 1 || epl_dim(v, 0) != (int64_t)n))
        epl_scope_fail(epl_val_scope(v), EPL_ERR_SHAPE,
                       "[by_leaf] %zu numbers are expected, one for each leaf of the spec", n);
    for (size_t i = 0; part && i < n; i++) {
        const epl_leaf_spec *leaf = epl_spec_leaf(spec, i);
        int64_t count = epl_count(epl_type_of(leaf->dtype, leaf->shape));
        part[i] = epl_expand(epl_narrow(v, 0, (int64_t)i, 1), epl_dims(count));
    }
    return part ? epl_cat((epl_vals){n, part}) : EPL_NO_VAL;
}
