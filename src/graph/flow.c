/* flow.c -- loops and branches as users build them: inner functions that become regions.
 *
 * Until its first result is taken an inner function is open. Then its operands are looked up
 * in the parent and the region is built there; later results are added to its body.
 */
#include <espalier/flow.h>
#include "../base/attr.h"
#include "../base/scope.h"
#include "../base/type.h"
#include "flow.h"

/* -- making -------------------------------------------------------------------------------- */
static bool open_parent(epl_fn *parent, const char *what, const char *given)
{
    return epl__is_open(parent, what) && epl__all_named(parent, given);
}

static epl_fn *flow_new(epl_fn *parent, epl__fn_kind kind)
{
    epl_fn *f = epl__fn_make(parent->scope, parent, kind, parent->name);
    epl__flow *w = f ? epl__arena_take(&f->arena, sizeof *w) : NULL;
    if (!w) {
        epl__fail(parent, EPL_ERR_MEMORY, "no memory for an inner function of \"%s\"",
                  parent->name);
        return NULL;
    }
    *w = (epl__flow){.keep = EPL__ID_NONE, .node = EPL__ID_NONE, .predicate = EPL__ID_NONE};
    f->flow = w;
    return f;
}

epl_fn *epl_scan_new(const epl_scan_args *a, const char *given)
{
    if (!a || !open_parent(a->parent, "scan", given))
        return NULL;
    bool has_length = epl__given(given, "length"), every = a->save == EPL_SAVE_EVERY;
    if ((has_length && a->length < 0) || (every && a->every < 1) || a->unroll < 0 ||
        (unsigned)a->save > 4) {
        epl__fail(a->parent, EPL_ERR_ARG, "[scan] %s",
                  has_length && a->length < 0 ? "length must not be negative"
                  : a->unroll < 0             ? "unroll must not be negative"
                  : every && a->every < 1
                      ? "every must be at least 1"
                      : "save must be one of EPL_SAVE_ALL, _SQRT, _LOG, _EVERY");
        return NULL;
    }
    epl_fn *f = flow_new(a->parent, EPL__FN_SCAN);
    if (!f)
        return NULL;
    f->mapped_size = has_length ? a->length : -1;
    f->flow->reverse = a->reverse;
    f->flow->save = a->save ? a->save : EPL_SAVE_ALL;
    f->flow->every = a->every;
    f->flow->unroll = a->unroll;
    return f;
}

epl_fn *epl_while_new(const epl_while_args *a, const char *given)
{
    if (!a || !open_parent(a->parent, "while", given))
        return NULL;
    bool bounded = epl__given(given, "most");
    if ((bounded && a->most < 0) || (unsigned)a->save > EPL_SAVE_LOG) {
        epl__fail(a->parent, EPL_ERR_ARG, "[while] %s",
                  bounded && a->most < 0 ? "most must not be negative"
                                         : "save must be EPL_SAVE_ALL, _SQRT or _LOG");
        return NULL;
    }
    epl_fn *f = flow_new(a->parent, EPL__FN_WHILE);
    if (!f)
        return NULL;
    f->mapped_size = bounded ? a->most : -1;
    f->flow->save = a->save ? a->save : EPL_SAVE_ALL;
    return f;
}

/* One body without a predicate. */
epl_fn *epl__flow_single(epl_fn *parent, const char *what)
{
    epl_fn *f = open_parent(parent, what, NULL) ? flow_new(parent, EPL__FN_BRANCH) : NULL;
    epl_fn **list = f ? epl__arena_take(&f->arena, sizeof *list) : NULL;
    if (!list) {
        if (f)
            epl__fail(f, EPL_ERR_MEMORY, "[%s] no memory", what);
        return NULL;
    }
    *list = f;
    f->flow->branch = list;
    f->flow->branches = 1;
    return f;
}

epl_fn *epl_checkpoint_new(const epl_checkpoint_args *a, const char *given)
{
    if (!a || !open_parent(a->parent, "checkpoint", given))
        return NULL;
    bool names = epl__given(given, "keep"), bytes = epl__given(given, "bytes");
    if (a->bytes < 0 || (names && !a->keep) || a->all + names + bytes > 1) {
        epl__fail(a->parent, EPL_ERR_ARG, "[checkpoint] %s",
                  a->bytes < 0        ? "bytes must not be negative"
                  : names && !a->keep ? "keep is no list of names"
                                      : "at most one of all, keep and bytes may be given");
        return NULL;
    }
    epl_fn *f = epl__flow_single(a->parent, "checkpoint");
    if (!f)
        return NULL;
    f->flow->all = a->all;
    f->flow->names = names ? epl__arena_text(&f->arena, a->keep) : NULL;
    f->flow->bytes = bytes ? a->bytes : 0;
    return f;
}

/* The branches of one switch share their list, which the first one holds. */
static bool branches_new(epl_fn *parent, epl__id predicate, uint32_t n, epl_fn **out)
{
    epl_fn **list = epl__arena_take(&parent->arena, n * sizeof *list);
    for (uint32_t i = 0; list && i < n; i++) {
        out[i] = list[i] = flow_new(parent, EPL__FN_BRANCH);
        if (!list[i])
            return false; /* told */
        list[i]->flow->branch = list;
        list[i]->flow->branches = n;
        list[i]->flow->predicate = predicate;
    }
    if (!list)
        epl__fail(parent, EPL_ERR_MEMORY, "no memory for a switch of \"%s\"", parent->name);
    return list != NULL;
}

/* An index into the branches, i64, in the parent; EPL__ID_NONE with an error. */
static epl__id index_of(epl_fn *parent, epl_val v, bool condition, const char *what)
{
    epl_type t = epl_typeof(v);
    char text[EPL_TYPE_TEXT];
    epl_val here = epl__placeholder(parent, &(epl_type){.dtype = EPL_F32});
    epl__id both[2];
    if (!epl__fn_of(v) || t.shape.rank || epl_dtype_is_float(t.dtype) || t.dtype == EPL_NONE ||
        condition != (t.dtype == EPL_BOOL)) {
        epl__fail(parent, EPL_ERR_ARG, "[%s] %s is expected, got %s%s", what,
                  condition ? "a condition, bool[]," : "an integer without axes",
                  epl__fn_of(v) ? epl_type_text(t, text) : "a plain number or none",
                  !epl__fn_of(v) ? "; what is known now is C's if"
                  : condition    ? ": compare, or reduce by epl_all or epl_any"
                                 : ": cast it by epl_cast");
        return EPL__ID_NONE;
    }
    if (epl__meet(epl_list(v, here), both, what) != parent) {
        epl__fail(parent, EPL_ERR_USE, "[%s] a value of the function itself is expected", what);
        return EPL__ID_NONE;
    }
    return epl__id_of(epl__cast(epl__val(parent, both[0]), EPL_I64));
}

epl_fn *epl_when(epl_fn *parent, epl_val condition)
{
    epl_fn *two[2] = {NULL, NULL};
    epl__id p = open_parent(parent, "when", NULL) ? index_of(parent, condition, true, "when")
                                                  : EPL__ID_NONE;
    if (p == EPL__ID_NONE || !branches_new(parent, p, 2, two))
        return NULL;
    return two[1]; /* false is 0 */
}

epl_fn *epl_otherwise(epl_fn *when)
{
    if (!when || epl_scope_status(when->scope) != EPL_OK)
        return NULL;
    if (when->kind != EPL__FN_BRANCH || when->flow->branches != 2 ||
        when->flow->branch[1] != when) {
        epl__fail(when, EPL_ERR_USE, "[otherwise] what epl_when gave is expected");
        return NULL;
    }
    return when->flow->branch[0];
}

void epl_switch(epl_fn *parent, epl_val index, size_t n, epl_fn **branch)
{
    for (size_t i = 0; branch && i < n; i++)
        branch[i] = NULL;
    if (!open_parent(parent, "switch", NULL))
        return;
    if (!branch || n < 2 || n > 4096) {
        epl__fail(parent, EPL_ERR_ARG, "[switch] 2 to 4096 branches are expected, got %zu", n);
        return;
    }
    epl__id p = index_of(parent, index, false, "switch");
    if (p != EPL__ID_NONE)
        branches_new(parent, p, (uint32_t)n, branch);
}

/* -- inside -------------------------------------------------------------------------------- */
static bool is_loop(const epl_fn *f)
{
    return f->kind == EPL__FN_SCAN || f->kind == EPL__FN_WHILE;
}

static epl_val carry_one(epl_fn *f, epl__id outer)
{
    epl_val v = epl__entry_add(f, outer, EPL__AS_CARRIED);
    epl__flow *w = f->flow;
    epl__carried *list =
        epl__arena_grown(&f->arena, w->carry, w->carries, &w->carry_room, sizeof *list);
    if (!list) {
        epl__fail(f, EPL_ERR_MEMORY, "no memory for a loop of \"%s\"", f->name);
        return EPL_NO_VAL;
    }
    w->carry = list;
    if (v.graph)
        w->carry[w->carries++] = (epl__carried){epl__id_of(v), EPL__ID_NONE};
    return v;
}

epl_val epl_carry(epl_fn *f, epl_val first)
{
    epl__id id = epl__from_parent(f, first, "carry");
    if (id == EPL__ID_NONE)
        return EPL_NO_VAL;
    if (!is_loop(f)) {
        epl__fail(f, EPL_ERR_USE, "[carry] this is no loop: epl_scan and epl_while carry values");
        return EPL_NO_VAL;
    }
    const epl__node *n = epl__node_at(f->parent, id);
    if (n->prim != &epl__prim_tuple)
        return carry_one(f, id);
    epl__id part[EPL__MAX_PARTS];
    for (uint32_t i = 0; i < n->count; i++)
        part[i] = epl__id_of(carry_one(f, n->in[i]));
    return epl__build(f, &epl__prim_tuple, part, n->count, NULL, n->type);
}

epl__id epl__inside(epl_fn *f, epl_val v, const char *what)
{
    epl__id both[2];
    if (!f || epl_scope_status(f->scope) != EPL_OK)
        return EPL__ID_NONE;
    if (v.graph == f)
        return epl__id_of(v); /* also once f is closed: a further result */
    if (epl__is_num(v) || !v.graph || f->closed) {
        epl__fail(f, EPL_ERR_ARG, "[%s] a value of this inner function is expected, got %s", what,
                  epl__is_num(v) ? "a plain number"
                  : v.graph      ? "another's"
                                 : "none");
        return EPL__ID_NONE;
    }
    epl_val here = epl__placeholder(f, &(epl_type){.dtype = EPL_F32});
    return epl__meet(epl_list(v, here), both, what) == f ? both[0] : EPL__ID_NONE;
}

static void next_one(epl_fn *f, epl__id carried, epl__id next)
{
    char want[EPL_TYPE_TEXT], got[EPL_TYPE_TEXT];
    epl_type a = *epl__node_at(f, carried)->type, b = *epl__node_at(f, next)->type;
    for (uint32_t i = 0; i < f->flow->carries; i++) {
        epl__carried *c = &f->flow->carry[i];
        if (c->inner != carried)
            continue;
        if (c->next != EPL__ID_NONE)
            epl__fail(f, EPL_ERR_USE,
                      "[next] the carried value was given its next one before; "
                      "epl_next is called once for each");
        else if (!epl_type_equal(a, b))
            epl__fail(
                f, EPL_ERR_SHAPE,
                "[next] the carried value is %s, its next one %s; a loop does not change types: "
                "cast or reshape the one or the other",
                epl_type_text(a, want), epl_type_text(b, got));
        c->next = next;
        return;
    }
    epl__fail(f, EPL_ERR_USE,
              "[next] the first value is not one that epl_carry gave; "
              "give its result itself, not a value made of it");
}

void epl_next(epl_fn *f, epl_val carried, epl_val next)
{
    if (!f || epl_scope_status(f->scope) != EPL_OK)
        return;
    if (!is_loop(f) || f->closed || carried.graph != f) {
        epl__fail(f, EPL_ERR_USE, "[next] %s",
                  f->closed ? "the loop is closed" : "a value carried by this loop is expected");
        return;
    }
    epl__id id = epl__inside(f, next, "next");
    if (id == EPL__ID_NONE)
        return;
    const epl__node *a = epl__node_at(f, epl__id_of(carried)), *b = epl__node_at(f, id);
    if (a->prim != &epl__prim_tuple) {
        next_one(f, epl__id_of(carried), id);
        return;
    }
    if (b->prim != &epl__prim_tuple || b->count != a->count) {
        epl__fail(f, EPL_ERR_SHAPE,
                  "[next] the carried value is a mixed tree, its next one is not");
        return;
    }
    for (uint32_t i = 0; i < a->count; i++)
        next_one(f, a->in[i], b->in[i]);
}

void epl_keep_going(epl_fn *f, epl_val condition)
{
    char text[EPL_TYPE_TEXT];
    if (!f || epl_scope_status(f->scope) != EPL_OK)
        return;
    if (f->kind != EPL__FN_WHILE || f->closed || f->flow->keep != EPL__ID_NONE) {
        epl__fail(f, EPL_ERR_USE, "[keep_going] %s",
                  f->kind != EPL__FN_WHILE ? "this is no epl_while"
                  : f->closed              ? "the loop is closed"
                                           : "a loop has one condition");
        return;
    }
    epl_type t = epl_typeof(condition);
    epl__id id = epl__inside(f, condition, "keep_going");
    if (id != EPL__ID_NONE && (t.dtype != EPL_BOOL || t.shape.rank))
        epl__fail(f, EPL_ERR_DTYPE,
                  "[keep_going] a condition, bool[], is expected, got %s: "
                  "compare, or reduce by epl_all or epl_any",
                  epl_type_text(t, text));
    f->flow->keep = id;
}
