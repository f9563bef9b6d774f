/* custom_rule.c -- derivatives by a rule that is an inner function.
 *
 * A rule of tangents is put in where the tangents are asked for. A rule of cotangents waits: its
 * region on the tape stands for the tangents, and becomes the rule when the tape is run
 * backwards. If it is not, but stays in a function (forward mode), its body is the rule's
 * transpose. Invariant: a rule is linear in its seeds, or it is only ever run backwards.
 */
#include <string.h>
#include "../base/scope.h"
#include "../base/type.h"
#include "custom.h"
#include "transform.h"

static bool no_memory(epl_fn *f)
{
    epl__fail(f, EPL_ERR_MEMORY, "no memory for a rule of \"%s\"", f->name);
    return false;
}

static bool has_seed(const epl__rule *r, uint32_t index)
{
    for (uint32_t k = 0; k < r->inputs; k++)
        if (r->input[k].kind == EPL__SEED && r->input[k].index == index)
            return true;
    return false;
}

static bool has_pair(const epl__rule *r, epl__id of)
{
    for (uint32_t k = 0; k < r->pairs; k++)
        if (r->pair[k].of == of)
            return true;
    return false;
}

/* A value that varies and of which the rule knows nothing would lose its derivative. */
static bool all_known(epl_fn *f, const epl__region *r, const epl__rule *rule, const epl_val *dx)
{
    char t[EPL_TYPE_TEXT];
    const epl_fn *c = r->body[0];
    for (uint32_t i = 0; i < c->inputs; i++) {
        if (!dx[i].graph || !rule->captured[i] ||
            (rule->backward ? has_pair(rule, c->input[i].value) : has_seed(rule, i)))
            continue;
        epl__fail(f, EPL_ERR_RULE,
                  "[custom] the function uses a value of an outer function, %s, and its rule "
                  "gives no derivative for it: take the value in with epl_pass, or through "
                  "epl_stop_gradient",
                  epl_type_text(c->input[i].type, t));
        return false;
    }
    return true;
}

/* Values inside of which the rule says nothing, but that it reads. */
bool epl__rule_inner(const epl_fn *c, epl__rule *r)
{
    epl_fn *g = epl__body_new(r->rule);
    epl__id *arg = g ? epl__arena_take(&g->arena, (c->inputs + 1) * sizeof *arg) : NULL;
    uint32_t *part = g ? epl__arena_take(&g->arena, (c->outputs + 1) * sizeof *part) : NULL;
    if (!arg || !part)
        return false;
    for (uint32_t i = 0; i < c->inputs; i++)
        arg[i] = epl__body_input(g, &c->input[i].type);
    for (uint32_t j = 0; j < c->outputs; j++) {
        bool known = r->backward ? has_seed(r, j) : has_pair(r, c->output[j].value);
        epl__id out;
        if (known || !epl_dtype_is_float(c->output[j].type.dtype))
            continue;
        part[g->outputs] = j;
        if (!epl__inline(g, c, arg, j, 1, &out) || !epl__body_output(g, out))
            return false;
    }
    r->inner = g;
    r->part = part;
    return true;
}

static bool inner_tangents(epl_fn *f, epl__id id, const epl__rule *rule, const epl_val *dx,
                           epl__id *dy)
{
    const epl__node *n = epl__node_at(f, id);
    epl_fn *body = rule->inner;
    if (!body->outputs)
        return true;
    epl__id *d = epl__arena_take(&f->tape_arena, body->outputs * sizeof *d);
    epl__region like = *epl__region_of(n);
    like.body = &body;
    like.custom = &epl__by_body;
    const epl__region *r = d ? epl__region_new(f, &like, like.role, n->count) : NULL;
    epl__id plain = r ? epl__region_build(f, r, n->in, n->count) : EPL__ID_NONE;
    if (plain == EPL__ID_NONE || !epl__region_tangents(f, plain, dx, d))
        return false;
    for (uint32_t k = 0; k < body->outputs; k++)
        dy[rule->part[k]] = d[k];
    return true;
}

/* -- tangents ------------------------------------------------------------------------------ */
/* The rule's argument k, but for seeds. */
static epl__id value_for(epl_fn *f, epl__id region, const epl__rule_input *in)
{
    return in->kind == EPL__OPERAND ? epl__node_at(f, region)->in[in->index]
                                    : epl__part_of(f, region, in->index);
}

static bool tangents(epl_fn *f, epl__id id, const epl_val *dx, epl__id *dy)
{
    const epl__region *r = epl__region_of(epl__node_at(f, id));
    const epl__rule *rule = r->custom->data;
    const epl_fn *c = r->body[0];
    epl__id *arg = epl__arena_take(&f->tape_arena, (rule->inputs + 1) * sizeof *arg);
    epl__id *out = epl__arena_take(&f->tape_arena, (rule->pairs + 1) * sizeof *out);
    bool any = false;
    if (!arg || !out)
        return no_memory(f);
    if (!all_known(f, r, rule, dx))
        return false;
    for (uint32_t k = 0; k < rule->inputs; k++) {
        const epl__rule_input *in = &rule->input[k];
        bool seed = in->kind == EPL__SEED;
        any |= seed && dx[in->index].graph;
        arg[k] = !seed                 ? value_for(f, id, in)
                 : dx[in->index].graph ? epl__id_of(dx[in->index])
                                       : epl__zeros(f, &c->input[in->index].type);
    }
    if (!inner_tangents(f, id, rule, dx, dy))
        return false;
    if (!any)
        return true;
    if (!epl__inline(f, rule->rule, arg, 0, rule->pairs, out))
        return false;
    for (uint32_t j = 0; j < c->outputs; j++)
        for (uint32_t k = 0; k < rule->pairs; k++)
            if (rule->pair[k].of == c->output[j].value)
                dy[j] = epl__splat_is(f, out[k], 0) ? EPL__ID_NONE : out[k];
    return true;
}

/* -- cotangents ---------------------------------------------------------------------------- */
/* On the tape; operands as the inputs of epl__rule_forward. */
static uint32_t seeds_of(const epl__rule *r)
{
    uint32_t n = 0;
    for (uint32_t k = 0; k < r->inputs; k++)
        n += r->input[k].kind == EPL__SEED;
    return n;
}

static bool wait_tangents(epl_fn *f, epl__id id, const epl_val *dx, epl__id *dy);
static bool wait_transpose(epl_fn *f, epl__id id, const epl__id *ct, epl__id *back);

static epl__id wait_build(epl_fn *f, const epl__rule *rule, const epl__id *in, bool with_rule)
{
    uint32_t count = rule->inputs - seeds_of(rule) + rule->pairs;
    uint8_t *role = epl__arena_take(&f->tape_arena, count + 1);
    epl__custom *c = epl__arena_take(&f->arena, sizeof *c);
    if (!role || !c) {
        no_memory(f);
        return EPL__ID_NONE;
    }
    memset(role, EPL__PASS, count);
    *c = (epl__custom){wait_tangents, wait_transpose, rule, NULL};
    epl_fn *body = rule->forward;
    epl__region like = {
        .kind = EPL__SWITCH, .bodies = 1, .body = &body, .custom = with_rule ? c : &epl__by_body};
    const epl__region *r = epl__region_new(f, &like, role, count);
    return r ? epl__region_build(f, r, in, count) : EPL__ID_NONE;
}

/* Along dx: on the tape it is dx' of the rule, to be run backwards. */
static bool wait(epl_fn *f, epl__id id, const epl_val *dx, epl__id *dy)
{
    const epl__region *r = epl__region_of(epl__node_at(f, id));
    const epl__rule *rule = r->custom->data;
    const epl_fn *c = r->body[0];
    uint32_t n = 0;
    bool any = false;
    epl__id *in = epl__arena_take(&f->tape_arena, (rule->inputs + rule->pairs + 1) * sizeof *in);
    if (!in)
        return no_memory(f);
    if (!all_known(f, r, rule, dx))
        return false;
    for (uint32_t k = 0; k < rule->inputs; k++)
        if (rule->input[k].kind != EPL__SEED)
            in[n++] = value_for(f, id, &rule->input[k]);
    for (uint32_t p = 0; p < rule->pairs; p++)
        for (uint32_t i = 0; i < c->inputs; i++)
            if (c->input[i].value == rule->pair[p].of) {
                any |= dx[i].graph != NULL;
                in[n++] = dx[i].graph ? epl__id_of(dx[i]) : epl__zeros(f, &c->input[i].type);
            }
    if (!inner_tangents(f, id, rule, dx, dy))
        return false;
    epl__id node = any ? wait_build(f, rule, in, true) : EPL__ID_NONE;
    for (uint32_t k = 0, s = 0; any && k < rule->inputs; k++) {
        if (rule->input[k].kind != EPL__SEED)
            continue;
        epl__id value = c->output[rule->input[k].index].value, t = epl__part_of(f, node, s++);
        for (uint32_t j = 0; j < c->outputs; j++)
            if (c->output[j].value == value)
                dy[j] = t;
    }
    return epl_scope_status(f->scope) == EPL_OK;
}

/* It is linear in the tangents among its operands; in the others it is what its body says. */
static bool wait_tangents(epl_fn *f, epl__id id, const epl_val *dx, epl__id *dy)
{
    const epl__node *n = epl__node_at(f, id);
    const epl__rule *rule = epl__region_of(n)->custom->data;
    uint32_t seeds = seeds_of(rule), values = rule->inputs - seeds;
    bool of_values = false, of_tangents = false;
    epl__id *in = epl__arena_take(&f->tape_arena, (n->count + seeds + 1) * sizeof *in);
    epl_val *d = epl__arena_take(&f->tape_arena, (n->count + 1) * sizeof *d);
    if (!in || !d)
        return no_memory(f);
    for (uint32_t i = 0; i < n->count; i++) {
        bool value = i < values;
        of_values |= value && dx[i].graph;
        of_tangents |= !value && dx[i].graph;
        d[i] = value ? dx[i] : EPL_NO_VAL;
        in[i] = value         ? n->in[i]
                : dx[i].graph ? epl__id_of(dx[i])
                              : epl__zeros(f, epl__node_at(f, n->in[i])->type);
    }
    if (of_tangents) {
        epl__id along = wait_build(f, rule, in, true);
        for (uint32_t s = 0; s < seeds; s++)
            dy[s] = epl__part_of(f, along, s);
    }
    epl__id plain = of_values ? wait_build(f, rule, epl__node_at(f, id)->in, false) : EPL__ID_NONE;
    epl__id *more = in + n->count;
    if (of_values && (plain == EPL__ID_NONE || !epl__region_tangents(f, plain, d, more)))
        return false;
    for (uint32_t s = 0; of_values && s < seeds; s++)
        dy[s] = epl__plus(f, dy[s], more[s]);
    return epl_scope_status(f->scope) == EPL_OK;
}

static bool wait_transpose(epl_fn *f, epl__id id, const epl__id *ct, epl__id *back)
{
    const epl__node *n = epl__node_at(f, id);
    const epl__rule *rule = epl__region_of(n)->custom->data;
    epl__id *arg = epl__arena_take(&f->tape_arena, (rule->inputs + 1) * sizeof *arg);
    epl__id *out = epl__arena_take(&f->tape_arena, (rule->pairs + 1) * sizeof *out);
    uint32_t values = rule->inputs - seeds_of(rule), v = 0, s = 0;
    if (!arg || !out)
        return no_memory(f);
    for (uint32_t k = 0; k < rule->inputs; k++) {
        bool seed = rule->input[k].kind == EPL__SEED;
        arg[k] = !seed                   ? n->in[v++]
                 : ct[s] != EPL__ID_NONE ? ct[s]
                                         : epl__zeros(f, &rule->rule->input[k].type);
        s += seed;
    }
    if (!epl__inline(f, rule->rule, arg, 0, rule->pairs, out))
        return false;
    n = epl__node_at(f, id);
    for (uint32_t p = 0; p < rule->pairs; p++)
        if (n->in[values + p] & EPL__TAPE)
            back[values + p] = out[p];
    return true;
}

const epl__custom *epl__rule_custom(epl_fn *f, const epl__rule *rule)
{
    epl__custom *c = epl__arena_take(&f->arena, sizeof *c);
    if (c)
        *c = (epl__custom){rule->backward ? wait : tangents, NULL, rule, NULL};
    return c;
}

/* -- the transpose of a backward rule -------------------------------------------------------- */
static bool run_only_backwards(const epl_array *in, size_t count, const epl_array *out,
                               const void *attrs, char *message)
{
    static const char why[] = "the rule is not linear in its cotangents, so that it has no forward "
                              "derivative: give epl_custom_jvp";
    (void)in, (void)count, (void)out, (void)attrs;
    memcpy(message, why, sizeof why);
    return false;
}
/* Stands for a tangent that does not exist. */
static const epl_prim no_tangent = {.name = "custom_vjp",
                                    .formula = "no forward derivative",
                                    .inputs = 1,
                                    .elementwise = true,
                                    .kernel = run_only_backwards};

static bool transposed(epl_fn *g, const epl__rule *rule, const epl__id *value, const epl__id *dx,
                       epl__id *dy)
{
    uint32_t seeds = seeds_of(rule), n = 0;
    size_t most = (size_t)rule->inputs + seeds + 2 * (size_t)rule->pairs + 1;
    epl__id *arg = epl__arena_take(&g->tape_arena, most * sizeof *arg);
    if (!arg)
        return false;
    epl__id *ct = arg + rule->inputs, *out = ct + seeds, *along = out + rule->pairs;
    for (uint32_t k = 0, v = 0, s = 0; k < rule->inputs; k++)
        if (rule->input[k].kind == EPL__SEED)
            arg[k] = ct[s++] = epl__tape_input(g, epl__type_intern(g, &rule->rule->input[k].type));
        else
            arg[k] = value[v++];
    if (!epl__inline(g, rule->rule, arg, 0, rule->pairs, out))
        return false;
    for (uint32_t p = 0; p < rule->pairs; p++)
        if (out[p] & EPL__TAPE) {
            out[n] = out[p];
            along[n++] = dx[p];
        }
    return epl__transpose(g, out, along, n, ct, seeds, dy);
}

epl_fn *epl__rule_forward(const epl_fn *function, const epl__rule *rule, bool linear)
{
    epl_fn *g = epl__body_new(rule->rule);
    uint32_t seeds = seeds_of(rule), v = 0, s = 0;
    size_t most = (size_t)rule->inputs + rule->pairs + seeds + 1;
    epl__id *value = g ? epl__arena_take(&g->arena, most * sizeof *value) : NULL;
    if (!value)
        return NULL;
    epl__id *dx = value + rule->inputs, *dy = dx + rule->pairs;
    for (uint32_t k = 0; k < rule->inputs; k++)
        if (rule->input[k].kind != EPL__SEED)
            value[v++] = epl__body_input(g, &rule->rule->input[k].type);
    for (uint32_t p = 0; p < rule->pairs; p++)
        dx[p] = epl__body_input(g, epl__node_at(function, rule->pair[p].of)->type);
    for (uint32_t i = 0; i < seeds; i++)
        dy[i] = EPL__ID_NONE;
    if (linear && !transposed(g, rule, value, dx, dy))
        return NULL;
    for (uint32_t k = 0; k < rule->inputs; k++) {
        if (rule->input[k].kind != EPL__SEED)
            continue;
        epl__id d = dy[s++] == EPL__ID_NONE ? epl__zeros(g, &rule->rule->input[k].type) : dy[s - 1];
        if (!linear)
            d = epl__id_of(epl__build(g, &no_tangent, &d, 1, NULL, NULL));
        if (!epl__body_output(g, d))
            return NULL;
    }
    epl__tape_clear(g);
    return g;
}
