/* meta_step.c -- one iteration of meta-training and the test, as functions. */
#include "meta.h"

const int64_t meta_times[META_TIMES] = {0, 1, 2, 5, META_STEPS};
const char *const meta_algorithm[META_KINDS] = {"maml", "fomaml",   "reptile",
                                                "anil", "meta-sgd", "imaml"};

static epl_val logits(const meta_task *t, epl_val params)
{
    return t->classes ? epl_apply(t->net, params, t->x, .train = true)
                      : epl_apply(t->net, params, t->x);
}

static epl_val loss_of(const void *task, epl_val params)
{
    const meta_task *t = task;
    epl_val out = logits(t, params);
    return t->classes ? epl_cross_entropy(out, t->y) : epl_mse_loss(out, t->y);
}

/* What the test tells: the share of right answers, or the loss. */
static epl_val measure(const meta_task *t, epl_val params)
{
    if (!t->classes)
        return loss_of(t, params);
    epl_val right = epl_eq(epl_argmax(logits(t, params), .dim = 1), t->y);
    return epl_mean(epl_cast(right, EPL_F32));
}

/* path: of `steps` entries, or NULL. */
static epl_val adapt(const meta *m, epl_val p, epl_val rates, const meta_task *support,
                     int64_t steps, epl_val *path)
{
    const meta_settings *at = &m->at;
    bool implicit = at->algorithm == META_IMAML;
    if (implicit && at->inner_lr == 0)
        return epl_proximal(p, loss_of, support, .steps = steps, .path = path,
                            .lambda = epl_num(at->lambda), .cg_steps = at->cg_steps);
    return epl_adapt(p, loss_of, support, .steps = steps, .path = path,
                     .lr = at->algorithm == META_SGD ? rates : epl_num(at->inner_lr),
                     .first_order = at->algorithm == META_FOMAML,
                     .only = at->algorithm == META_ANIL ? m->family->head : NULL,
                     .spec = epl_params_of(m->net),
                     .proximal = implicit ? epl_num(at->lambda) : EPL_NO_VAL);
}

static epl_val tree_input(epl_fn *f, const char *name, const epl_tree *t)
{
    return t ? epl_input_tree(f, name, epl_tree_spec(t)) : EPL_NO_VAL;
}

static epl_val data_input(epl_fn *f, const meta *m, const epl_array *a)
{
    return m->family->classes ? epl_input(f, "data", a->type) : EPL_NO_VAL;
}

static epl_val size(epl_val v)
{
    return epl_sqrt(epl_sum(epl_square(v)));
}

/* The meta-gradient of one task, where phi is the end of its inner loop from theta. residual:
 * |slope of the inner problem at phi| / |at theta|, and that of the linear system. */
static epl_val implicit(const meta *m, epl_val theta, epl_val phi, const meta_task *task,
                        epl_val *residual)
{
    epl_val at = epl_copy(epl_stop_gradient(phi)), lambda = epl_num(m->at.lambda);
    epl_val loss = loss_of(&task[0], at), pull = epl_mul(lambda, epl_sub(at, theta));
    epl_val first = epl_gradient(loss_of(&task[0], theta), theta);
    epl_val length = size(first), some = epl_where(epl_gt(length, epl_num(0)), length, epl_num(1));
    residual[0] = epl_div(size(epl_add(epl_gradient(loss, at), pull)), some);
    return epl_implicit(loss, at, epl_gradient(loss_of(&task[1], at), at), .lambda = lambda,
                        .steps = m->at.cg_steps, .residual = &residual[1]);
}

static void update(epl_fn *f, const meta *m, const char *name, const char *state_name, epl_val p,
                   epl_val g, epl_val state)
{
    epl_update(f, name, epl_opt_adam(p, g, &state, .lr = epl_num(m->at.outer_lr)));
    epl_update(f, state_name, state);
}

static epl_val mean_of(epl_fn *each, epl_val v)
{
    return epl_mean(epl_collect(each, v), .dim = epl_axes(0));
}

void meta_build_step(epl_fn *f, const void *data)
{
    const meta *m = data;
    bool implicitly = m->at.algorithm == META_IMAML;
    epl_fn_check(f, m->check);
    epl_val theta = tree_input(f, "params", m->params), state = tree_input(f, "adam", m->state);
    epl_val rates = tree_input(f, "rates", m->rates);
    epl_val rates_state = tree_input(f, "rates_adam", m->rates_state);
    epl_val keys = epl_split(epl_input(f, "key", EPL_KEY), m->at.tasks);
    epl_val examples = data_input(f, m, &m->train), g[2] = {{NULL, 0}}, residual[2] = {{NULL, 0}};
    meta_task task[2];

    /* Images' tasks are large and come in turn, each with its own gradient: from outside of the map
     * its values would be made again. */
    bool in_turn = m->family->classes, reptile = m->at.algorithm == META_REPTILE;
    epl_fn *each = epl_map(f, .chunk = in_turn);
    meta_draw_task(m, each, epl_each(each, keys, 0), examples, m->at.shots, m->at.queries, task);
    epl_val of[2] = {theta, rates};
    epl_val own[2] = {epl_pass(each, theta), m->rates ? epl_pass(each, rates) : rates};
    epl_val phi = adapt(m, own[0], own[1], task, m->at.steps, NULL), query = loss_of(&task[1], phi);
    const size_t n = m->rates ? 2 : 1;
    if (implicitly)
        g[0] = implicit(m, own[0], phi, task, residual);
    else if (in_turn && !reptile)
        epl_gradients(query, (epl_vals){n, own}, g);
    epl_val loss = epl_mean(epl_collect(each, query));
    if (reptile)
        g[0] = epl_reptile(theta, epl_collect(each, phi));
    else if (!implicitly && !in_turn)
        epl_gradients(loss, (epl_vals){n, of}, g);
    else
        for (size_t i = 0; i < n; i++)
            g[i] = mean_of(each, g[i]);
    update(f, m, "params", "adam", theta, g[0], state);
    if (m->rates)
        update(f, m, "rates", "rates_adam", rates, g[1], rates_state);
    epl_output(f, "loss", loss);
    for (int i = 0; i < 2 && implicitly; i++)
        epl_output(f, i ? "residual" : "inner_residual", epl_mean(epl_collect(each, residual[i])));
}

void meta_build_test(epl_fn *f, const void *exam)
{
    const meta_exam *e = exam;
    const meta *m = e->m;
    epl_fn_check(f, m->check);
    epl_val theta = tree_input(f, "params", m->params), rates = tree_input(f, "rates", m->rates);
    epl_val keys = epl_split(epl_input(f, "key", EPL_KEY), e->tasks);
    epl_val examples = data_input(f, m, &m->test), path[META_STEPS], cell[META_TIMES];
    meta_task task[2];

    epl_fn *each = epl_map(f, .chunk = m->family->classes ? 1 : 25);
    meta_draw_task(m, each, epl_each(each, keys, 0), examples, e->shots, m->family->test_queries,
                   task);
    epl_val p = epl_pass(each, theta);
    adapt(m, p, m->rates ? epl_pass(each, rates) : rates, task, META_STEPS, path);
    for (int i = 0; i < META_TIMES; i++)
        cell[i] = measure(&task[1], meta_times[i] ? path[meta_times[i] - 1] : p);
    epl_output(f, "cells", epl_collect(each, epl_stack((epl_vals){META_TIMES, cell})));
}

size_t meta_inputs(const meta *m, bool test, epl_key *key, epl_array *in)
{
    size_t n = 0;
    in[n++] = epl_tree_array(m->params);
    if (!test)
        in[n++] = epl_tree_array(m->state);
    if (m->rates)
        in[n++] = epl_tree_array(m->rates);
    if (m->rates && !test)
        in[n++] = epl_tree_array(m->rates_state);
    in[n++] = epl_at(key->word, EPL_KEY);
    if (m->family->classes)
        in[n++] = test ? m->test : m->train;
    return n;
}
