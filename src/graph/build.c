/* build.c -- nodes: making, sharing, constants.
 *
 * In the rule phase a node is first simplified, then looked up among the shared nodes;
 * otherwise it is new. Chunks keep addresses stable while rules build.
 */
#include <string.h>
#include "../base/scope.h"
#include "../base/type.h"
#include "graph.h"

/* -- attributes: compared and copied as bytes, lists by their contents ------------------------ */
static const epl_attr *list_attr(const epl_prim *p)
{
    for (const epl_attr *a = p->attrs; a && a->name; a++)
        if (a->type == EPL_LIST)
            return a;
    return NULL;
}

static uint32_t bytes_hash(uint32_t h, const void *bytes, size_t size)
{
    const unsigned char *b = bytes;
    for (; size >= 8; size -= 8, b += 8) {
        uint64_t w;
        memcpy(&w, b, 8);
        w = (w ^ h) * 0xff51afd7ed558ccdu;
        h = (uint32_t)(w ^ w >> 32);
    }
    for (; size; size--)
        h = (h ^ *b++) * 16777619u;
    return h;
}

static uint32_t attrs_hash(const epl_prim *p, const void *attrs, uint32_t h)
{
    const epl_attr *l = attrs ? list_attr(p) : NULL;
    if (!attrs)
        return h;
    if (!l)
        return bytes_hash(h, attrs, p->attrs_size);
    const epl_ints *ints = (const void *)((const char *)attrs + l->offset);
    h = bytes_hash(h, attrs, l->offset);
    return bytes_hash(h, ints->at, ints->count * sizeof *ints->at);
}

static bool attrs_equal(const epl_prim *p, const void *a, const void *b)
{
    if (!a || !b)
        return a == b;
    const epl_attr *l = list_attr(p);
    if (!l)
        return !memcmp(a, b, p->attrs_size);
    const epl_ints *x = (const void *)((const char *)a + l->offset);
    const epl_ints *y = (const void *)((const char *)b + l->offset);
    return !memcmp(a, b, l->offset) && x->count == y->count &&
           !memcmp(x->at, y->at, x->count * sizeof *x->at);
}

static size_t attr_bytes(const epl_attr *a)
{
    switch (a->type) {
    case EPL_INTS:
        return (size_t)a->size * sizeof(int64_t);
    case EPL_LETTERS:
        return (size_t)a->size;
    case EPL_BOOLEAN:
        return sizeof(bool);
    case EPL_DTYPE:
        return sizeof(epl_dtype);
    case EPL_LIST:
        return sizeof(epl_ints);
    case EPL_STRING:
        return sizeof(char *);
    default:
        return sizeof(int64_t);
    }
}

/* With a table only its fields are taken, so that gaps between them do not matter. */
static const void *attrs_copy(epl__arena *arena, const epl_prim *p, const void *attrs)
{
    char *copy = epl__arena_take(arena, p->attrs_size);
    if (!copy)
        return NULL;
    if (!p->attrs)
        return memcpy(copy, attrs, p->attrs_size);
    for (const epl_attr *a = p->attrs; a->name; a++) {
        const char *from = (const char *)attrs + a->offset;
        memcpy(copy + a->offset, from, attr_bytes(a));
        if (a->type == EPL_LIST) {
            epl_ints ints;
            memcpy(&ints, from, sizeof ints);
            int64_t *at = epl__arena_take(arena, (ints.count + 1) * sizeof *at);
            if (!at)
                return NULL;
            if (ints.count)
                memcpy(at, ints.at, ints.count * sizeof *at);
            ints.at = at;
            memcpy(copy + a->offset, &ints, sizeof ints);
        } else if (a->type == EPL_STRING) {
            const char *text;
            memcpy(&text, from, sizeof text);
            text = text ? epl__arena_text(arena, text) : NULL;
            memcpy(copy + a->offset, &text, sizeof text);
        }
    }
    return copy;
}

/* -- nodes -------------------------------------------------------------------------------- */
static epl__node *node_new(epl__nodes *n, epl__arena *arena)
{
    if (n->count == n->chunks * EPL__CHUNK) {
        if (n->count >= EPL__TAPE - EPL__CHUNK)
            return NULL;
        if ((n->chunks & (n->chunks - 1)) == 0) { /* room doubles at powers of two */
            uint32_t room = n->chunks ? 2 * n->chunks : 1;
            epl__node **list = epl__arena_take(arena, room * sizeof *list);
            if (!list)
                return NULL;
            if (n->chunks)
                memcpy(list, n->chunk, n->chunks * sizeof *list);
            n->chunk = list;
        }
        n->chunk[n->chunks] = epl__arena_take(arena, EPL__CHUNK * sizeof **n->chunk);
        if (!n->chunk[n->chunks])
            return NULL;
        n->chunks++;
    }
    return &n->chunk[n->count / EPL__CHUNK][n->count % EPL__CHUNK];
}

static bool table_grow(epl__nodes *n, epl__arena *arena)
{
    uint32_t size = n->table_size ? 4 * n->table_size : 256;
    uint32_t *table = epl__arena_take(arena, size * sizeof *table);
    if (!table)
        return false;
    memset(table, 0xff, size * sizeof *table);
    for (uint32_t h = 0; h < n->table_size; h++)
        for (uint32_t i = n->table[h], next; i != UINT32_MAX; i = next) {
            epl__node *node = &n->chunk[i / EPL__CHUNK][i % EPL__CHUNK];
            next = node->next;
            node->next = table[node->hash & (size - 1)];
            table[node->hash & (size - 1)] = i;
        }
    n->table = table;
    n->table_size = size;
    return true;
}

/* Not 0, which is the hash of nodes that are not shared. */
static uint32_t node_hash(const epl_prim *p, const epl__id *in, size_t count, const void *attrs,
                          const epl_type *type)
{
    uint64_t h = (uint64_t)(uintptr_t)p * 0x9e3779b97f4a7c15u ^ (uint64_t)(uintptr_t)type;
    uint32_t low = bytes_hash((uint32_t)(h ^ h >> 32), in, count * sizeof *in);
    return attrs_hash(p, attrs, low) | 0x80000000u;
}

static epl__id find_shared(const epl__nodes *n, uint32_t hash, const epl_prim *p, const epl__id *in,
                           size_t count, const void *attrs, const epl_type *type)
{
    if (!n->table_size)
        return EPL__ID_NONE;
    for (uint32_t i = n->table[hash & (n->table_size - 1)]; i != UINT32_MAX;) {
        const epl__node *node = &n->chunk[i / EPL__CHUNK][i % EPL__CHUNK];
        if (node->hash == hash && node->prim == p && node->count == count && node->type == type &&
            (!count || !memcmp(node->in, in, count * sizeof *in)) &&
            attrs_equal(p, node->attrs, attrs))
            return i;
        i = node->next;
    }
    return EPL__ID_NONE;
}

static void types_fail(epl_fn *f, const epl_prim *p, const epl__id *in, size_t count)
{
    char text[600] = "", one[EPL_TYPE_TEXT];
    for (size_t i = 0; i < count && i < 6; i++) {
        strncat(text, i ? ", " : "", sizeof text - strlen(text) - 1);
        strncat(text, epl_type_text(*epl__node_at(f, in[i])->type, one),
                sizeof text - strlen(text) - 1);
    }
    epl__fail(f, EPL_ERR_SHAPE, "[%s] operands %s do not fit (%s)", p->name, text,
              p->formula ? p->formula : "no formula");
}

static bool can_be_counted(epl_fn *f, const epl_prim *p, const epl_type *t)
{
    bool can = t->dtype == EPL_NONE || epl__type_valid(*t);
    if (!can)
        epl__fail(f, EPL_ERR_SHAPE, "[%s] the result has more elements than can be counted",
                  p == &epl__prim_part ? "scan" : p->name);
    return can;
}

static const epl_type *node_type(epl_fn *f, const epl_prim *p, const epl__id *in, size_t count,
                                 const void *attrs)
{
    epl_type few[8], *list = few, out = {0};
    if (count > 8 && !(list = epl__arena_take(&f->arena, count * sizeof *list)))
        return NULL;
    bool same = true;
    for (size_t i = 0; i < count; i++) {
        list[i] = *epl__node_at(f, in[i])->type;
        same = same && list[i].dtype == list[0].dtype && list[i].shape.rank == list[0].shape.rank &&
               !memcmp(list[i].shape.dim, list[0].shape.dim, sizeof list[0].shape.dim);
    }
    if (!p->type && p->elementwise && !same)
        out.dtype = EPL_NONE;
    else if (p->type)
        out = p->type(list, count, attrs);
    else if (count)
        out = list[0];
    if (out.dtype == EPL_NONE) {
        types_fail(f, p, in, count);
        return NULL;
    }
    if (!can_be_counted(f, p, &out))
        return NULL;
    if (p->elementwise && !p->type)
        for (size_t i = 1; i < count && !out.spec; i++)
            out.spec = list[i].spec;
    return epl__type_intern(f, &out);
}

static epl_val node_add(epl_fn *f, epl__nodes *n, bool tape, const epl__node *like, bool shared)
{
    epl__arena *arena = tape ? &f->tape_arena : &f->arena;
    epl__node *node = node_new(n, arena);
    epl__id *in = like->count ? epl__arena_take(arena, like->count * sizeof *in) : NULL;
    const void *attrs = like->attrs ? attrs_copy(arena, like->prim, like->attrs) : NULL;
    if (!node || (like->count && !in) || (like->attrs && !attrs) ||
        (shared && n->shared >= n->table_size && !table_grow(n, arena))) {
        epl__fail(f, EPL_ERR_MEMORY, "[%s] no memory for a value", like->prim->name);
        return EPL_NO_VAL;
    }
    if (like->count)
        memcpy(in, like->in, like->count * sizeof *in);
    *node = *like;
    node->in = in;
    node->attrs = attrs;
    node->where = f->where_now;
    uint32_t id = n->count++;
    if (shared) {
        node->next = n->table[node->hash & (n->table_size - 1)];
        n->table[node->hash & (n->table_size - 1)] = id;
        n->shared++;
    }
    return epl__val(f, tape ? id | EPL__TAPE : id);
}

epl_val epl__build(epl_fn *f, const epl_prim *p, const epl__id *in, size_t count, const void *attrs,
                   const epl_type *type)
{
    if (!f || epl_scope_status(f->scope) != EPL_OK)
        return EPL_NO_VAL;
    bool tape = false;
    for (size_t i = 0; i < count; i++) {
        if (in[i] == EPL__ID_NONE)
            return EPL_NO_VAL;
        tape |= (in[i] & EPL__TAPE) != 0;
    }
    if (type && type->shape.rank > EPL_MAX_RANK) { /* a stacked value, a mapped one */
        epl__fail(f, EPL_ERR_SHAPE, "[%s] a value of rank %d leaves no axis", p->name,
                  type->shape.rank - 1);
        return EPL_NO_VAL;
    }
    if (type && !can_be_counted(f, p, type)) /* the values of all steps of a loop */
        return EPL_NO_VAL;
    const epl_type *t = type ? epl__type_intern(f, type) : node_type(f, p, in, count, attrs);
    if (!t) {
        epl__fail(f, EPL_ERR_MEMORY, "[%s] no memory for a value", p->name);
        return EPL_NO_VAL;
    }
    epl__nodes *n = tape ? &f->tape : &f->main;
    epl__node like = {.prim = p,
                      .type = t,
                      .attrs = p->attrs_size ? attrs : NULL,
                      .in = in,
                      .count = (uint32_t)count,
                      .next = EPL__ID_NONE};
    bool shared = f->rule_depth > 0 && p != &epl__prim_input && p != &epl__prim_copy;
    if (shared) {
        epl__id id = epl__simplify(f, p, in, count, like.attrs, t);
        if (id != EPL__ID_NONE)
            return epl__val(f, id);
        like.hash = node_hash(p, in, count, like.attrs, t);
        id = find_shared(n, like.hash, p, in, count, like.attrs, t);
        if (id != EPL__ID_NONE)
            return epl__val(f, tape ? id | EPL__TAPE : id);
    }
    return node_add(f, n, tape, &like, shared);
}

epl_val epl__splat(epl_fn *f, epl_dtype dtype, epl_shape shape, double value, int64_t integer)
{
    epl__const_attrs a = {.rank = shape.rank, .dtype = dtype};
    memcpy(a.dim, shape.dim, (size_t)shape.rank * sizeof *a.dim);
    if (epl_dtype_is_float(dtype))
        a.value = value;
    else
        a.integer = dtype == EPL_BOOL ? integer != 0 : integer;
    epl_type t = epl_type_of(dtype, shape);
    return epl__build(f, &epl__prim_const, NULL, 0, &a, &t);
}

bool epl__splat_is(const epl_fn *f, epl__id id, double value)
{
    const epl__node *n = epl__node_at(f, id);
    if (n->prim != &epl__prim_const)
        return false;
    const epl__const_attrs *a = n->attrs;
    return epl_dtype_is_float((epl_dtype)a->dtype) ? a->value == value
                                                   : (double)a->integer == value;
}

void epl__tape_clear(epl_fn *f)
{
    f->tape = (epl__nodes){0};
    epl__arena_free(&f->tape_arena);
    epl__arena_init(&f->tape_arena, f->arena.alloc);
}

bool epl__marks(epl_fn *f)
{
    if (f->mark_room < f->main.count) {
        uint32_t room = f->mark_room ? f->mark_room : 1024;
        while (room < f->main.count)
            room *= 2;
        uint32_t *mark = epl__arena_take(&f->arena, room * sizeof *mark);
        if (!mark) {
            epl__fail(f, EPL_ERR_MEMORY, "no memory for a walk");
            return false;
        }
        f->mark = mark;
        f->mark_room = room;
        f->epoch = 0;
    }
    f->epoch++;
    return true;
}

size_t epl_fn_nodes(const epl_fn *f)
{
    return f ? f->main.count : 0;
}

/* The first node of a walk on the tape: an input that is there alone. */
epl__id epl__tape_input(epl_fn *f, const epl_type *t)
{
    epl__node like = {.prim = &epl__prim_input, .type = t, .next = EPL__ID_NONE};
    return epl__id_of(node_add(f, &f->tape, true, &like, false));
}
