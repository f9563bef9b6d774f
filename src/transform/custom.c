/* custom.c -- derivatives of one's own as users build them: a piece of a function and its rule.
 *
 * The rule is an inner function beside the piece. Its inputs are values, tangents or cotangents
 * of values of the piece; what it uses of outer functions becomes an operand of the piece too,
 * so that both go together wherever a transform takes them.
 */
#include <espalier/custom.h>
#include <string.h>
#include "../base/scope.h"
#include "../base/type.h"
#include "../graph/flow.h"
#include "custom.h"

static bool no_memory(epl_fn *f)
{
    epl__fail(f, EPL_ERR_MEMORY, "[custom] no memory");
    return false;
}

static bool permit(epl_fn *f, epl__id result);

epl_fn *epl_custom(epl_fn *parent)
{
    epl_fn *f = epl__flow_single(parent, "custom");
    if (f)
        f->flow->permit = permit;
    return f;
}

static epl_fn *rule_new(epl_fn *custom, bool backward)
{
    const char *what = backward ? "custom_vjp" : "custom_jvp";
    if (!custom || epl_scope_status(custom->scope) != EPL_OK)
        return NULL;
    bool fits = custom->kind == EPL__FN_BRANCH && custom->flow->permit == permit;
    if (!fits || custom->closed || custom->flow->rule) {
        epl__fail(custom, EPL_ERR_USE, "[%s] %s", what,
                  !fits            ? "what epl_custom gave is expected"
                  : custom->closed ? "its function is closed: give the rule before epl_last"
                                   : "a function has one rule");
        return NULL;
    }
    epl_fn *f = epl__flow_single(custom->parent, what);
    epl__rule *r = f ? epl__arena_take(&f->arena, sizeof *r) : NULL;
    if (!r) {
        no_memory(custom);
        return NULL;
    }
    *r = (epl__rule){.rule = f, .backward = backward};
    f->flow->branches = 0; /* it has no results of its own */
    f->flow->of = custom;
    f->flow->rule = custom->flow->rule = r;
    return f;
}

epl_fn *epl_custom_jvp(epl_fn *custom)
{
    return rule_new(custom, false);
}

epl_fn *epl_custom_vjp(epl_fn *custom)
{
    return rule_new(custom, true);
}

/* -- what comes in ------------------------------------------------------------------------- */
/* The rule's input for this; the same one, if it was asked for before. */
static epl_val input(epl_fn *f, epl__rule_source kind, uint32_t index, const epl_type *t)
{
    epl__rule *r = f->flow->rule;
    for (uint32_t k = 0; k < r->inputs; k++)
        if (r->input[k].kind == kind && r->input[k].index == index)
            return epl__val(f, f->input[k].value);
    epl__rule_input *list =
        epl__arena_grown(&f->arena, r->input, r->inputs, &r->input_room, sizeof *list);
    if (!list) {
        no_memory(f);
        return EPL_NO_VAL;
    }
    r->input = list;
    epl__id id = epl__body_input(f, t);
    if (id != EPL__ID_NONE)
        r->input[r->inputs++] = (epl__rule_input){kind, index};
    return epl__val(f, id);
}

/* As which entry the value came into the piece; `entries` if as none. */
static uint32_t entry_of(const epl_fn *c, epl__id id)
{
    uint32_t i = 0;
    while (i < c->entries && c->entry[i].inner != id)
        i++;
    return i;
}

typedef enum { PRIMAL, TANGENT, COTANGENT } reading;
static const char *const name[] = {"primal", "tangent", "cotangent"};

static bool readable(epl_fn *f, epl_val v, reading what)
{
    if (!f || epl_scope_status(f->scope) != EPL_OK)
        return false;
    const epl__rule *r = f->kind == EPL__FN_BRANCH ? f->flow->rule : NULL;
    if (!r || r->rule != f || (what == TANGENT && r->backward) ||
        (what == COTANGENT && !r->backward)) {
        epl__fail(f, EPL_ERR_USE, "[%s] %s", name[what],
                  !r || r->rule != f ? "what epl_custom_jvp or epl_custom_vjp gave is expected"
                  : r->backward      ? "a rule of cotangents has no tangents: use epl_cotangent"
                                     : "a rule of tangents has no cotangents: use epl_tangent");
        return false;
    }
    if (f->flow->of->closed)
        epl__fail(f, EPL_ERR_USE, "[%s] the function of this rule is closed", name[what]);
    else if (v.graph != f->flow->of)
        epl__fail(f, EPL_ERR_USE, "[%s] a value of the function of this rule is expected, got %s",
                  name[what],
                  epl__is_num(v) ? "a plain number"
                  : v.graph      ? "another function's"
                                 : "none");
    return epl_scope_status(f->scope) == EPL_OK;
}

static epl_val read_one(epl_fn *f, epl__id id, reading what)
{
    epl_fn *c = f->flow->of;
    epl_type t = *epl__node_at(c, id)->type;
    uint32_t entry = entry_of(c, id), part;
    char text[EPL_TYPE_TEXT];
    if (what != PRIMAL && !epl_dtype_is_float(t.dtype)) {
        epl__fail(f, EPL_ERR_DTYPE, "[%s] %s has none: only floating values vary", name[what],
                  epl_type_text(t, text));
        return EPL_NO_VAL;
    }
    if (what == TANGENT && entry == c->entries) {
        epl__fail(f, EPL_ERR_USE,
                  "[tangent] a value that was passed in is expected; of others "
                  "the rule makes it");
        return EPL_NO_VAL;
    }
    if (what != COTANGENT && entry < c->entries)
        return input(f, what == PRIMAL ? EPL__OPERAND : EPL__SEED, entry, &t);
    if (!epl__body_output_of(c, id, 0, &part)) {
        no_memory(f);
        return EPL_NO_VAL;
    }
    return input(f, what == PRIMAL ? EPL__PART : EPL__SEED, part, &t);
}

static epl_val read(epl_fn *f, epl_val v, reading what)
{
    if (!readable(f, v, what))
        return EPL_NO_VAL;
    const epl__node *n = epl__node_at(f->flow->of, epl__id_of(v));
    if (n->prim != &epl__prim_tuple)
        return read_one(f, epl__id_of(v), what);
    epl__id part[EPL__MAX_PARTS];
    for (uint32_t i = 0; i < n->count; i++)
        part[i] = epl__id_of(read_one(f, n->in[i], what));
    return epl__build(f, &epl__prim_tuple, part, n->count, NULL, n->type);
}

epl_val epl_primal(epl_fn *rule, epl_val v)
{
    return read(rule, v, PRIMAL);
}

epl_val epl_tangent(epl_fn *rule, epl_val v)
{
    return read(rule, v, TANGENT);
}

epl_val epl_cotangent(epl_fn *rule, epl_val v)
{
    return read(rule, v, COTANGENT);
}

/* -- what the rule gives -------------------------------------------------------------------- */
static void give_one(epl_fn *f, epl__id of, epl__id given)
{
    epl__rule *r = f->flow->rule;
    epl_fn *c = f->flow->of;
    char want[EPL_TYPE_TEXT], got[EPL_TYPE_TEXT];
    epl_type a = *epl__node_at(c, of)->type, b = *epl__node_at(f, given)->type;
    bool again = false;
    for (uint32_t k = 0; k < r->pairs; k++)
        again |= r->pair[k].of == of;
    if (!epl_dtype_is_float(a.dtype) || !epl_type_equal(a, b))
        epl__fail(f, EPL_ERR_SHAPE, "[give] the value is %s, its %s %s%s", epl_type_text(a, want),
                  r->backward ? "cotangent" : "tangent", epl_type_text(b, got),
                  epl_type_equal(a, b) ? ": only floating values vary" : "");
    else if (r->backward && entry_of(c, of) == c->entries)
        epl__fail(f, EPL_ERR_USE,
                  "[give] a rule of cotangents gives those of values that were "
                  "passed in");
    else if (again)
        epl__fail(f, EPL_ERR_USE, "[give] this value was given its %s before",
                  r->backward ? "cotangent" : "tangent");
    if (epl_scope_status(f->scope) != EPL_OK)
        return;
    epl__rule_pair *list =
        epl__arena_grown(&f->arena, r->pair, r->pairs, &r->pair_room, sizeof *list);
    if (!list || !epl__body_output(f, given)) {
        no_memory(f);
        return;
    }
    r->pair = list;
    r->pair[r->pairs++] = (epl__rule_pair){of, given};
}

void epl_give(epl_fn *f, epl_val v, epl_val derivative)
{
    if (!f || epl_scope_status(f->scope) != EPL_OK || !readable(f, v, PRIMAL))
        return;
    epl__id id = epl__inside(f, derivative, "give");
    if (id == EPL__ID_NONE)
        return;
    const epl__node *a = epl__node_at(f->flow->of, epl__id_of(v)), *b = epl__node_at(f, id);
    if (a->prim != &epl__prim_tuple) {
        give_one(f, epl__id_of(v), id);
        return;
    }
    if (b->prim != &epl__prim_tuple || b->count != a->count) {
        epl__fail(f, EPL_ERR_SHAPE, "[give] the value is a mixed tree, what is given for it not");
        return;
    }
    for (uint32_t i = 0; i < a->count; i++)
        if (epl_dtype_is_float(epl__node_at(f->flow->of, a->in[i])->type->dtype))
            give_one(f, a->in[i], b->in[i]);
}

/* -- closing ------------------------------------------------------------------------------- */
/* What the rule uses of outer functions is taken into the piece as well. */
static bool outer_values(epl_fn *c, epl__rule *r)
{
    epl_fn *f = r->rule;
    uint32_t own = c->entries;
    for (uint32_t i = 0; i < f->entries; i++) {
        const epl__entry *e = &f->entry[i];
        epl_type t = *epl__node_at(f, e->inner)->type;
        epl_val v = epl__entry_add(c, e->outer, EPL__AS_PASSED_IN);
        epl__rule_input *list =
            epl__arena_grown(&f->arena, r->input, r->inputs, &r->input_room, sizeof *list);
        if (!v.graph || !list)
            return no_memory(f);
        r->input = list;
        if (epl__body_input(f, &t) == EPL__ID_NONE)
            return no_memory(f);
        f->input[r->inputs].value = e->inner;
        r->input[r->inputs++] = (epl__rule_input){EPL__OPERAND, c->entries - 1};
    }
    bool *captured = epl__arena_take(&c->arena, c->entries + 1);
    for (uint32_t i = 0; captured && i < own; i++)
        captured[i] = c->entry[i].axis == EPL__AS_USED;
    r->captured = captured;
    return captured || no_memory(f);
}

/* A rule of cotangents gives one for each floating value that was passed in. */
static bool complete(epl_fn *c, const epl__rule *r, uint32_t own)
{
    char t[EPL_TYPE_TEXT];
    for (uint32_t i = 0; r->backward && i < own; i++) {
        epl_type type = *epl__node_at(c, c->entry[i].inner)->type;
        bool given = c->entry[i].axis == EPL__AS_USED || !epl_dtype_is_float(type.dtype);
        for (uint32_t k = 0; k < r->pairs; k++)
            given |= r->pair[k].of == c->entry[i].inner;
        if (given)
            continue;
        epl__fail(c, EPL_ERR_USE,
                  "[custom_vjp] the rule gives no cotangent of what was passed in as value %u, %s: "
                  "epl_give is missing (zeros are a cotangent)",
                  i, epl_type_text(type, t));
        return false;
    }
    return true;
}

static bool linear_in_seeds(const epl__rule *r)
{
    epl__arena scratch;
    epl__arena_init(&scratch, r->rule->arena.alloc);
    bool *in = epl__arena_take(&scratch, r->inputs + 1);
    bool *out = epl__arena_take(&scratch, r->pairs + 1);
    for (uint32_t k = 0; in && k < r->inputs; k++)
        in[k] = r->input[k].kind == EPL__SEED;
    bool linear = in && out && epl__linear_in(r->rule, in, out, &scratch);
    epl__arena_free(&scratch);
    return linear;
}

static bool close_rule(epl_fn *c)
{
    epl__rule *r = c->flow->rule;
    uint32_t own = c->entries;
    if (!r) {
        epl__fail(c, EPL_ERR_USE,
                  "[custom] the function has no rule: epl_custom_jvp or epl_custom_vjp is missing");
        return false;
    }
    if (!complete(c, r, own) || !outer_values(c, r))
        return false;
    r->rule->closed = true;
    bool linear = linear_in_seeds(r);
    if (!linear && !r->backward) {
        epl__fail(c, EPL_ERR_RULE,
                  "[custom_jvp] the rule is not linear in its tangents: each must pass through "
                  "sums, products with values that do not depend on tangents, and what only moves "
                  "numbers");
        return false;
    }
    if (r->backward && !(r->forward = epl__rule_forward(c, r, linear)))
        return no_memory(c);
    if (!epl__flow_ports(c) || !epl__rule_inner(c, r))
        return no_memory(c);
    c->flow->custom = epl__rule_custom(c, r);
    return c->flow->custom || no_memory(c);
}

/* A result has its place in the rule. */
static bool has_rule(epl_fn *c, epl__id result)
{
    const epl__rule *r = c->flow->rule;
    epl_type t = *epl__node_at(c, result)->type;
    bool found = !epl_dtype_is_float(t.dtype);
    char text[EPL_TYPE_TEXT];
    for (uint32_t k = 0; !r->backward && k < r->pairs; k++)
        found |= r->pair[k].of == result;
    for (uint32_t k = 0; r->backward && k < r->inputs; k++)
        found |= r->input[k].kind == EPL__SEED && c->output[r->input[k].index].value == result;
    if (!found)
        epl__fail(c, EPL_ERR_USE, "[custom] the rule %s of this result, %s: %s is missing",
                  r->backward ? "does not use the cotangent" : "gives no tangent",
                  epl_type_text(t, text), r->backward ? "epl_cotangent" : "epl_give");
    return found;
}

static bool permit(epl_fn *c, epl__id result)
{
    return result == EPL__ID_NONE ? close_rule(c) : has_rule(c, result);
}
