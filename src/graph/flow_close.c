/* flow_close.c -- loops and branches closed: their region in the parent, and its results.
 *
 * A while with a bound is made in flow_bounded.c.
 */
#include <string.h>
#include "../base/attr.h"
#include "../base/scope.h"
#include "../base/type.h"
#include "flow.h"

/* The entries of f as the inputs of a body. */
bool epl__flow_ports(epl_fn *f)
{
    f->input = epl__arena_take(&f->arena, (f->entries + 1) * sizeof *f->input);
    for (uint32_t i = 0; f->input && i < f->entries; i++)
        f->input[i] = (epl__port){"", *epl__node_at(f, f->entry[i].inner)->type, f->entry[i].inner,
                                  EPL__ID_NONE};
    f->inputs = f->input_nodes = f->entries;
    if (!f->input)
        epl__fail(f, EPL_ERR_MEMORY, "no memory for a region of \"%s\"", f->name);
    return f->input != NULL;
}

static epl__role role_of(const epl__entry *e)
{
    return e->axis >= 0 ? EPL__EACH : e->axis == EPL__AS_CARRIED ? EPL__CARRY : EPL__PASS;
}

/* The values that come in, with the mapped axis first, and their roles. */
static bool operands(epl_fn *f, epl__id *in, uint8_t *role)
{
    epl__rules_begin(f->parent);
    for (uint32_t i = 0; i < f->entries; i++) {
        const epl__entry *e = &f->entry[i];
        epl_val v = epl__val(f->parent, e->outer);
        role[i] = (uint8_t)role_of(e);
        in[i] = epl__id_of(e->axis > 0 ? epl__move_axis(v, e->axis, 0) : v);
    }
    epl__rules_end(f->parent);
    return epl_scope_status(f->scope) == EPL_OK;
}

static bool no_memory(epl_fn *f)
{
    epl__fail(f, EPL_ERR_MEMORY, "no memory for a region of \"%s\"", f->name);
    return false;
}

/* -- loops --------------------------------------------------------------------------------- */
static bool loop_complete(epl_fn *f, const char *what)
{
    const epl__flow *w = f->flow;
    for (uint32_t i = 0; i < w->carries; i++)
        if (w->carry[i].next == EPL__ID_NONE) {
            char t[EPL_TYPE_TEXT];
            epl__fail(f, EPL_ERR_USE,
                      "[%s] carried value %u, %s, has no epl_next; each needs one before the "
                      "first result is taken",
                      what, i, epl_type_text(*epl__node_at(f, w->carry[i].inner)->type, t));
            return false;
        }
    if (f->kind == EPL__FN_WHILE && w->keep == EPL__ID_NONE)
        epl__fail(f, EPL_ERR_USE, "[while] the loop has no condition: epl_keep_going is missing");
    if (f->kind == EPL__FN_SCAN && f->mapped_size < 0)
        epl__fail(f, EPL_ERR_USE,
                  "[scan] the number of steps is not known: give .length, or take "
                  "a value in by epl_each");
    return epl_scope_status(f->scope) == EPL_OK;
}

static bool close_loop(epl_fn *f)
{
    epl__flow *w = f->flow;
    bool scan = f->kind == EPL__FN_SCAN;
    if (!loop_complete(f, scan ? "scan" : "while") || !epl__flow_ports(f))
        return false;
    for (uint32_t i = 0; i < w->carries; i++)
        if (!epl__body_output(f, w->carry[i].next))
            return false;
    if (!scan && !epl__body_output(f, w->keep))
        return false;
    epl__id *in = epl__arena_take(&f->arena, (f->entries + 1) * sizeof *in);
    uint8_t *role = epl__arena_take(&f->arena, f->entries + 1);
    if (!in || !role || !operands(f, in, role))
        return no_memory(f);
    f->closed = true;
    if (!scan && f->mapped_size >= 0)
        return epl__bounded_close(f, in, role) || no_memory(f);
    epl__region like = {
        .kind = scan ? EPL__SCAN : EPL__WHILE, .reverse = w->reverse, .bodies = 1, .body = &f};
    epl__region *r = epl__region_new(f->parent, &like, role, f->entries);
    w->end = epl__arena_take(&f->parent->arena, (w->carries + 1) * sizeof *w->end);
    if (!r || !w->end)
        return no_memory(f);
    epl__rules_begin(f->parent);
    if (scan) {
        epl__chaining how = {f->mapped_size, w->save, w->every, w->unroll};
        w->chain = epl__chain_build(f->parent, r, in, f->entries, how, w->end);
    } else {
        w->node = epl__region_build(f->parent, r, in, f->entries);
        for (uint32_t i = 0; i < w->carries; i++)
            w->end[i] = epl__part_of(f->parent, w->node, i);
    }
    epl__rules_end(f->parent);
    return epl_scope_status(f->scope) == EPL_OK;
}

/* -- branches ------------------------------------------------------------------------------ */
static bool close_branches(epl_fn *first)
{
    epl__flow *w = first->flow;
    epl_fn *parent = first->parent;
    uint32_t count = w->branches > 1, at = count, total = 0;
    for (uint32_t k = 0; k < w->branches; k++)
        total += w->branch[k]->entries;
    epl__id *in = epl__arena_take(&first->arena, (total + 2) * sizeof *in);
    uint8_t *role = epl__arena_take(&first->arena, total + 2);
    if (!in || !role)
        return no_memory(first);
    in[0] = w->predicate;
    for (uint32_t k = 0; k < w->branches; k++) {
        epl_fn *b = w->branch[k];
        if (!epl__flow_ports(b) || !operands(b, in + at, role + at - count))
            return no_memory(first);
        at += b->entries;
        b->closed = true;
    }
    if (!epl__names_known(first, w->names))
        return false;
    if (w->all) {
        w->operand = in;
        return true;
    }
    epl__region like = {.kind = EPL__SWITCH,
                        .again = w->branches == 1 && !w->custom,
                        .keep = w->names,
                        .budget = w->bytes,
                        .bodies = w->branches,
                        .body = w->branch,
                        .custom = w->custom};
    const epl__region *r = epl__region_new(parent, &like, role, total);
    epl__rules_begin(parent);
    w->node = epl__region_build(parent, r, in, at);
    epl__rules_end(parent);
    return w->node != EPL__ID_NONE;
}

/* -- results ------------------------------------------------------------------------------- */
static bool usable(epl_fn *f, const char *what, bool kind)
{
    if (!f || epl_scope_status(f->scope) != EPL_OK)
        return false;
    if (!kind)
        epl__fail(f, EPL_ERR_USE, "[%s] this inner function has no such result", what);
    else if (f->parent->closed)
        epl__fail(f, EPL_ERR_USE, "[%s] the function \"%s\" is closed", what, f->parent->name);
    return kind && !f->parent->closed;
}

static epl_val given(epl_fn *f, epl__id id)
{
    return id == EPL__ID_NONE
               ? EPL_NO_VAL
               : epl__build(f, &epl__prim_copy, &id, 1, NULL, epl__node_at(f, id)->type);
}

/* A mixed tree of results, one for each of its ranges. */
static epl_val joined(epl_fn *f, const epl__node *tree, const epl__id *part, epl_type t)
{
    return epl__build(f, &epl__prim_tuple, part, tree->count, NULL, &t);
}

static epl__id collected(epl_fn *f, epl__id id)
{
    epl_fn *into = f->parent;
    epl__id out = EPL__ID_NONE;
    if (epl__node_at(f, id)->type->shape.rank >= EPL_MAX_RANK)
        epl__fail(f, EPL_ERR_SHAPE, "[collect] a value of rank %d leaves no axis", EPL_MAX_RANK);
    else if (epl__body_output(f, id)) {
        epl__rules_begin(into);
        out = epl__chain_collect(f->flow->chain, f->outputs - 1, f->flow->reverse);
        epl__rules_end(into);
    }
    return epl__id_of(given(into, out));
}

epl_val epl__scan_collect(epl_fn *f, epl_val v)
{
    if (!usable(f, "collect", f->kind == EPL__FN_SCAN))
        return EPL_NO_VAL;
    epl__id id = epl__inside(f, v, "collect"), part[EPL__MAX_PARTS];
    if (id == EPL__ID_NONE || (!f->closed && !close_loop(f)))
        return EPL_NO_VAL;
    const epl__node *n = epl__node_at(f, id);
    if (n->prim != &epl__prim_tuple)
        return epl__val(f->parent, collected(f, id));
    for (uint32_t i = 0; i < n->count; i++)
        if ((part[i] = collected(f, n->in[i])) == EPL__ID_NONE)
            return EPL_NO_VAL;
    epl_type t = *n->type;
    t.shape = epl__shape_insert(t.shape, 0, f->mapped_size);
    return joined(f->parent, n, part, t);
}

/* A result of a switch: value id[k] of branch k. */
static epl_val chosen_one(epl_fn *first, const epl__id *id)
{
    epl__flow *w = first->flow;
    char want[EPL_TYPE_TEXT], got[EPL_TYPE_TEXT];
    for (uint32_t k = 0; k < w->branches; k++) {
        epl_type a = *epl__node_at(w->branch[0], id[0])->type;
        epl_type b = *epl__node_at(w->branch[k], id[k])->type;
        if (!epl_type_equal(a, b)) {
            epl__fail(
                first, EPL_ERR_SHAPE,
                "[switch] the results are %s and %s, must be alike: cast or reshape one of them",
                epl_type_text(a, want), epl_type_text(b, got));
            return EPL_NO_VAL;
        }
    }
    if (w->permit && !w->permit(first, id[0]))
        return EPL_NO_VAL;
    for (uint32_t k = 0; k < w->branches; k++)
        if (!epl__body_output(w->branch[k], id[k]))
            return EPL_NO_VAL;
    epl__id part = EPL__ID_NONE;
    epl__rules_begin(first->parent);
    if (w->all)
        epl__inline(first->parent, first, w->operand, first->outputs - 1, 1, &part);
    else
        part = epl__part_of(first->parent, w->node, first->outputs - 1);
    epl__rules_end(first->parent);
    return given(first->parent, part);
}

static epl_val chosen(epl_fn *first, const epl__id *id)
{
    epl__flow *w = first->flow;
    if (!first->closed && w->permit && !w->permit(first, EPL__ID_NONE))
        return EPL_NO_VAL;
    if (!first->closed && !close_branches(first))
        return EPL_NO_VAL;
    const epl__node *n = epl__node_at(first, id[0]);
    epl__id part[EPL__MAX_PARTS], *one = epl__arena_take(&first->arena, w->branches * sizeof *one);
    if (n->prim != &epl__prim_tuple || !one)
        return chosen_one(first, id);
    for (uint32_t i = 0; i < n->count; i++) {
        for (uint32_t k = 0; k < w->branches; k++) {
            const epl__node *m = epl__node_at(w->branch[k], id[k]);
            if (m->prim != &epl__prim_tuple || m->count != n->count) {
                epl__fail(first, EPL_ERR_SHAPE, "[switch] only some results are mixed trees");
                return EPL_NO_VAL;
            }
            one[k] = m->in[i];
        }
        part[i] = epl__id_of(chosen_one(first, one));
    }
    return joined(first->parent, n, part, *n->type);
}

epl_val epl_chosen(epl_fn *any, epl_vals result)
{
    result = epl__listed(result);
    if (!usable(any, "switch", any && any->kind == EPL__FN_BRANCH && any->flow->branches > 1))
        return EPL_NO_VAL;
    epl__flow *w = any->flow;
    epl__id *id = epl__arena_take(&any->arena, w->branches * sizeof *id);
    if (result.count != w->branches) {
        epl__fail(any, EPL_ERR_ARG, "[switch] %u results are expected, got %zu", w->branches,
                  result.count);
        return EPL_NO_VAL;
    }
    for (uint32_t k = 0; id && k < w->branches; k++)
        if ((id[k] = epl__inside(w->branch[k], result.at[k], "switch")) == EPL__ID_NONE)
            return EPL_NO_VAL;
    return id ? chosen(w->branch[0], id) : EPL_NO_VAL;
}

epl_val epl_either(epl_fn *when, epl_val a, epl_fn *otherwise, epl_val b)
{
    if (!when || epl_scope_status(when->scope) != EPL_OK)
        return EPL_NO_VAL;
    if (!otherwise || epl_otherwise(when) != otherwise) {
        epl__fail(when, EPL_ERR_USE, "[either] the two sides are not of one condition");
        return EPL_NO_VAL;
    }
    return epl_chosen(when, epl_list(b, a));
}

/* A carried value, or one of its ranges, after the last step. */
static epl__id end_of(epl_fn *f, epl__id carried)
{
    for (uint32_t i = 0; i < f->flow->carries; i++)
        if (f->flow->carry[i].inner == carried)
            return f->flow->end[i];
    epl__fail(f, EPL_ERR_USE, "[last] a value that epl_carry gave is expected");
    return EPL__ID_NONE;
}

epl_val epl_last(epl_fn *f, epl_val v)
{
    bool loop = f && (f->kind == EPL__FN_SCAN || f->kind == EPL__FN_WHILE);
    bool checkpoint = f && f->kind == EPL__FN_BRANCH && f->flow->branches == 1;
    if (!usable(f, "last", loop || checkpoint))
        return EPL_NO_VAL;
    epl__id id = epl__inside(f, v, "last"), part[EPL__MAX_PARTS];
    if (id == EPL__ID_NONE || (loop && !f->closed && !close_loop(f)))
        return EPL_NO_VAL;
    if (checkpoint)
        return chosen(f, &id);
    const epl__node *n = epl__node_at(f, id);
    if (n->prim != &epl__prim_tuple)
        return given(f->parent, end_of(f, id));
    for (uint32_t i = 0; i < n->count; i++)
        if ((part[i] = epl__id_of(given(f->parent, end_of(f, n->in[i])))) == EPL__ID_NONE)
            return EPL_NO_VAL;
    return joined(f->parent, n, part, *n->type);
}
