/* region.c -- region nodes, their parts, and the functions that they run. */
#include <string.h>
#include "../base/scope.h"
#include "../base/type.h"
#include "region.h"

/* The engine's own: they are in no list, since a user builds them by epl_scan and its like. */
const epl_prim epl__prim_region = {.name = "region",
                                   .formula = "a function run by the numbers of others",
                                   .inputs = -1,
                                   .attrs_size = sizeof(epl__region_attrs),
                                   .lower = EPL_LOWER_ENGINE};
const epl_prim epl__prim_part = {.name = "part",
                                 .formula = "a result of a region",
                                 .inputs = 1,
                                 .attrs_size = sizeof(epl__part_attrs),
                                 .lower = EPL_LOWER_VIEW};
const epl_prim epl__prim_laid = {.name = "region",
                                 .formula = "a region whose results have their places",
                                 .inputs = -1,
                                 .attrs_size = sizeof(epl__laid_attrs),
                                 .lower = EPL_LOWER_ENGINE};

const epl__custom epl__by_body = {0};

/* -- parts --------------------------------------------------------------------------------- */
static uint32_t outputs_of(const epl__region *r)
{
    return r->body[0]->outputs;
}

uint32_t epl__region_parts(const epl__region *r)
{
    return r->kind == EPL__SCAN    ? r->carries + outputs_of(r)
           : r->kind == EPL__WHILE ? r->carries
                                   : outputs_of(r);
}

static epl_type stacked(epl_type t, int64_t length)
{
    memmove(t.shape.dim + 1, t.shape.dim,
            sizeof t.shape.dim - sizeof *t.shape.dim); /* rank 12 was refused before */
    t.shape.dim[0] = length;
    t.shape.rank++;
    t.spec = t.dtype == EPL_NONE ? t.spec : NULL;
    return t;
}

epl_type epl__part_type(const epl__region *r, uint32_t index)
{
    const epl_fn *b = r->body[0];
    bool lasting = r->kind != EPL__SCAN || index < r->carries;
    uint32_t output = lasting ? index : index - r->carries;
    epl_type t = *epl__node_at(b, b->output[output].value)->type;
    return lasting ? t : stacked(t, r->length);
}

epl__id epl__part_of(epl_fn *f, epl__id region, uint32_t index)
{
    if (region == EPL__ID_NONE)
        return region;
    epl_type t = epl__part_type(epl__region_of(epl__node_at(f, region)), index);
    epl__part_attrs a = {index, 0};
    return epl__id_of(epl__build(f, &epl__prim_part, &region, 1, &a, &t));
}

/* -- regions ------------------------------------------------------------------------------- */
epl__region *epl__region_new(epl_fn *f, const epl__region *like, const uint8_t *role,
                             uint32_t operands)
{
    epl__region *r = epl__arena_take(&f->arena, sizeof *r);
    epl_fn **body = epl__arena_take(&f->arena, like->bodies * sizeof *body);
    uint8_t *roles = epl__arena_take(&f->arena, operands + 1);
    if (!r || !body || !roles) {
        epl__fail(f, EPL_ERR_MEMORY, "no memory for a region");
        return NULL;
    }
    *r = *like;
    if (operands)
        memcpy(roles, role, operands);
    memcpy(body, like->body, like->bodies * sizeof *body);
    r->role = roles;
    r->body = body;
    r->carries = 0;
    for (uint32_t i = 0; i < operands; i++)
        r->carries += role[i] == EPL__CARRY;
    return r;
}

/* The type is of no bytes until a plan knows which results are wanted. */
epl__id epl__region_build(epl_fn *f, const epl__region *r, const epl__id *in, uint32_t count)
{
    epl_type t = epl_type_of(EPL_U8, epl_shape_of(1, (int64_t[]){0}));
    epl__region_attrs a = {r};
    return r ? epl__id_of(epl__build(f, &epl__prim_region, in, count, &a, &t)) : EPL__ID_NONE;
}

/* -- bodies -------------------------------------------------------------------------------- */
epl_fn *epl__body_new(epl_fn *f)
{
    epl_fn *b = epl__fn_make(f->scope, NULL, EPL__FN_PLAIN, f->name);
    if (b)
        b->rule_depth = 1;
    return b;
}

static bool room_for(epl_fn *f, epl__port **list, uint32_t count, uint32_t *room)
{
    epl__port *grown = epl__arena_grown(&f->arena, *list, count, room, sizeof *grown);
    if (!grown)
        epl__fail(f, EPL_ERR_MEMORY, "no memory for a region");
    *list = grown ? grown : *list;
    return grown != NULL;
}

epl__id epl__body_input(epl_fn *b, const epl_type *t)
{
    epl__input_attrs a = {b->input_nodes};
    epl__id id = epl__id_of(epl__build(b, &epl__prim_input, NULL, 0, &a, t));
    if (id == EPL__ID_NONE || !room_for(b, &b->input, b->inputs, &b->input_room))
        return EPL__ID_NONE;
    b->input_nodes++;
    b->input[b->inputs++] = (epl__port){"", *t, id, EPL__ID_NONE};
    return id;
}

bool epl__body_output_of(epl_fn *b, epl__id id, uint32_t from, uint32_t *at)
{
    for (*at = from; *at < b->outputs; ++*at)
        if (b->output[*at].value == id)
            return true;
    return epl__body_output(b, id);
}

bool epl__body_output(epl_fn *b, epl__id id)
{
    if (id == EPL__ID_NONE || !room_for(b, &b->output, b->outputs, &b->output_room))
        return false;
    b->output[b->outputs++] = (epl__port){"", *epl__node_at(b, id)->type, id, EPL__ID_NONE};
    return true;
}

void epl__live_below(const epl_fn *f, bool *live)
{
    for (epl__id id = f->main.count; id-- > 0;) {
        const epl__node *n = epl__node_at(f, id);
        for (uint32_t k = 0; live[id] && k < n->count; k++)
            live[n->in[k]] = true;
    }
}

static bool *needed(const epl_fn *body, uint32_t first, uint32_t count, epl__arena *arena)
{
    bool *live = epl__arena_take(arena, body->main.count + 1);
    for (uint32_t i = first; live && i < first + count; i++)
        live[body->output[i].value] = true;
    if (live)
        epl__live_below(body, live);
    return live;
}

epl__id *epl__no_ids(const epl_fn *f, epl__arena *arena)
{
    epl__id *to = epl__arena_take(arena, ((size_t)f->main.count + 1) * sizeof *to);
    for (epl__id id = 0; to && id <= f->main.count; id++)
        to[id] = EPL__ID_NONE;
    return to;
}

/* A mixed tree as an argument: its ranges stand for those of the input. */
static void bind(const epl_fn *f, const epl_fn *callee, const epl__id *arg, epl__id *to)
{
    for (uint32_t i = 0; i < callee->inputs; i++) {
        const epl__node *n = epl__node_at(callee, callee->input[i].value);
        to[callee->input[i].value] = arg[i];
        for (uint32_t k = 0; n->prim == &epl__prim_tuple && k < n->count; k++)
            to[n->in[k]] = epl__node_at(f, arg[i])->in[k];
    }
}

bool epl__built_again(epl_fn *f, const epl_fn *from, epl__id end, const bool *live, epl__id *to,
                      epl__arena *scratch)
{
    uint32_t most = 1, where = f->where_now;
    for (epl__id id = 0; id < end; id++)
        most = epl__node_at(from, id)->count > most ? epl__node_at(from, id)->count : most;
    epl__id *in = epl__arena_take(scratch, most * sizeof *in);
    uint32_t *seen = epl__arena_take(scratch, (from->where_count + 1) * sizeof *seen);
    bool ok = in && seen;
    for (epl__id id = 0; ok && id < end; id++) {
        const epl__node *n = epl__node_at(from, id);
        if (!live[id] || to[id] != EPL__ID_NONE)
            continue;
        for (uint32_t k = 0; k < n->count; k++)
            in[k] = to[n->in[k]];
        f->where_now = where;
        if (n->where)
            epl__where_copied(f, from, n->where, seen);
        to[id] = epl__id_of(epl__build(f, n->prim, in, n->count, n->attrs, n->type));
        ok = to[id] != EPL__ID_NONE;
    }
    f->where_now = where;
    return ok;
}

bool epl__inline(epl_fn *f, const epl_fn *callee, const epl__id *arg, uint32_t first,
                 uint32_t count, epl__id *out)
{
    epl__arena scratch;
    epl__arena_init(&scratch, f->arena.alloc);
    epl__id *to = epl__no_ids(callee, &scratch);
    bool *live = needed(callee, first, count, &scratch);
    bool ok = to && live;
    if (ok)
        bind(f, callee, arg, to);
    ok = ok && epl__built_again(f, callee, callee->main.count, live, to, &scratch);
    for (uint32_t i = 0; ok && i < count; i++)
        out[i] = to[callee->output[first + i].value];
    epl__arena_free(&scratch);
    if (!ok)
        epl__fail(f, EPL_ERR_MEMORY, "no memory for a call of \"%s\"", callee->name);
    return ok;
}

bool epl__body_prune(epl_fn *b, bool *keep)
{
    epl__arena scratch;
    epl__arena_init(&scratch, b->arena.alloc);
    bool *live = needed(b, 0, b->outputs, &scratch);
    uint32_t kept = 0;
    for (uint32_t i = 0; live && i < b->inputs; i++) {
        epl__id id = b->input[i].value;
        keep[i] = keep[i] || live[id];
        if (!keep[i])
            continue;
        ((epl__input_attrs *)(uintptr_t)epl__node_at(b, id)->attrs)->index = kept;
        b->input[kept++] = b->input[i];
    }
    b->inputs = b->input_nodes = kept;
    epl__arena_free(&scratch);
    return live != NULL;
}

/* -- dependence ---------------------------------------------------------------------------- */
static void follow(const epl_fn *b, bool varying, const bool *in, bool *set)
{
    for (uint32_t i = 0; i < b->inputs; i++)
        set[b->input[i].value] = in[i];
    for (epl__id id = 0; id < b->main.count; id++) {
        const epl__node *n = epl__node_at(b, id);
        bool cut = varying && (n->prim == &epl__prim_stop || (n->prim != &epl__prim_region &&
                                                              !epl_dtype_is_float(n->type->dtype)));
        if (n->prim == &epl__prim_input) {
            set[id] = set[id] && !cut;
            continue;
        }
        set[id] = false;
        for (uint32_t k = 0; !cut && k < n->count; k++)
            set[id] |= set[n->in[k]];
    }
}

/* An input that is not floating does not vary, whatever it was said to do. */
static void only_floats(const epl_fn *b, bool *in)
{
    for (uint32_t i = 0; i < b->inputs; i++)
        in[i] = in[i] && epl_dtype_is_float(b->input[i].type.dtype);
}

bool epl__dependence(const epl__region *r, uint32_t which, bool varying, bool *in, bool *out,
                     epl__arena *scratch)
{
    const epl_fn *b = r->body[which];
    bool *set = epl__arena_take(scratch, b->main.count + 1), again = true;
    if (!set)
        return false;
    if (varying)
        only_floats(b, in);
    while (again) {
        again = false;
        follow(b, varying, in, set);
        for (uint32_t i = 0, k = 0; r->carries && i < b->inputs; i++) {
            if (r->role[i] != EPL__CARRY)
                continue;
            bool next = set[b->output[k++].value];
            again |= next && !in[i];
            in[i] |= next;
        }
    }
    for (uint32_t i = 0; i < b->outputs; i++)
        out[i] = set[b->output[i].value];
    return true;
}

bool epl__dependences(const epl__region *r, bool varying, bool *in, bool *out, epl__arena *scratch)
{
    uint32_t outputs = outputs_of(r);
    bool *one = epl__arena_take(scratch, outputs + 1);
    for (uint32_t k = 0; one && k < r->bodies; k++) {
        if (!epl__dependence(r, k, varying, in, one, scratch))
            return false;
        for (uint32_t i = 0; i < outputs; i++)
            out[i] |= one[i];
        in += r->body[k]->inputs;
    }
    return one != NULL;
}
