/* region_products.c -- products of a loop's steps that are kept for its tangent.
 *
 * The tangent of a scan makes the values of each step again from the carried ones. A product
 * that sums many terms is dearer to make again than to read: the scan collects it and the
 * tangent takes it in. Where it is read by sigmoid, tanh or exp alone, behind sums and views,
 * these are kept in its place: their derivatives need nothing else. What is kept is at most a
 * few times what is carried.
 */
#include <string.h>
#include "../base/type.h"
#include "checkpoint.h"

enum { MANY_TERMS = 64, TIMES_CARRIED = 4, MOST = 16 };

/* Terms of each sum of a product. */
static int64_t terms(const epl_fn *b, const epl__node *n)
{
    const epl__dot_attrs *d = n->attrs;
    const epl_shape *s = &epl__node_at(b, n->in[0])->type->shape;
    int64_t k = 1;
    for (int i = 0; d->a[i]; i++)
        k *= strchr(d->out, d->a[i]) ? 1 : s->dim[i];
    return k;
}

static int64_t carried_bytes(const epl__region *r)
{
    const epl_fn *b = r->body[0];
    int64_t bytes = 0;
    for (uint32_t i = 0; i < b->inputs; i++)
        bytes += r->role[i] == EPL__CARRY ? (int64_t)epl_bytes(b->input[i].type) : 0;
    return bytes;
}

/* Which nodes the results need and which change from step to step. */
static void mark(const epl__region *r, bool *live, bool *moving)
{
    const epl_fn *b = r->body[0];
    for (uint32_t i = 0; i < b->outputs; i++)
        live[b->output[i].value] = true;
    for (uint32_t i = 0; i < b->inputs; i++)
        moving[b->input[i].value] = r->role[i] != EPL__PASS;
    epl__live_below(b, live);
    for (epl__id id = 0; id < b->main.count; id++)
        for (uint32_t k = 0; k < epl__node_at(b, id)->count; k++)
            moving[id] |= moving[epl__node_at(b, id)->in[k]];
}

/* A value that is read through the node as a sum or a part of it. */
static bool passes(const epl_prim *p)
{
    return p == &epl__prim_add || p == &epl__prim_sub || p == &epl__prim_neg ||
           p == &epl__prim_slice || p == &epl__prim_reshape || p == &epl__prim_permute;
}

/* Its derivative is a function of its own value. */
static bool tells_its_slope(const epl_prim *p)
{
    return p == &epl__prim_sigmoid || p == &epl__prim_tanh || p == &epl__prim_exp;
}

/* What stands for the product for its readers: `end`, at most `most` of them; 0: nothing that
 * takes no more bytes. reached: all false. */
static uint32_t stand_ins(const epl_fn *b, epl__id product, const bool *live, bool *reached,
                          epl__id *end, uint32_t most)
{
    int64_t left = (int64_t)epl_bytes(*epl__node_at(b, product)->type);
    uint32_t count = 0;
    reached[product] = true;
    for (epl__id id = product + 1; id < b->main.count; id++) {
        const epl__node *n = epl__node_at(b, id);
        bool reads = false;
        for (uint32_t k = 0; k < n->count; k++)
            reads |= reached[n->in[k]];
        if (!live[id] || !reads)
            continue;
        reached[id] = passes(n->prim);
        if (reached[id])
            continue;
        left -= (int64_t)epl_bytes(*n->type);
        if (!tells_its_slope(n->prim) || left < 0 || count == most)
            return 0;
        end[count++] = id;
    }
    for (uint32_t i = 0; i < b->outputs; i++)
        if (reached[b->output[i].value])
            return 0;
    return count;
}

/* The product among what is kept, or what stands for it. */
static bool keep(const epl__region *r, epl__id product, const bool *live, epl__choice *kept,
                 const epl_alloc *alloc)
{
    epl_fn *b = r->body[0];
    epl__id end[MOST] = {product};
    epl__arena scratch;
    epl__arena_init(&scratch, alloc);
    bool *reached = epl__arena_take(&scratch, b->main.count + 1), ok = reached != NULL;
    uint32_t n = ok ? stand_ins(b, product, live, reached, end, MOST - kept->count) : 0;
    epl__arena_free(&scratch);
    if (!n)
        end[n++] = product;
    for (uint32_t i = 0; ok && i < n; i++)
        ok = epl__body_output_of(b, end[i], r->carries, &kept->output[kept->count++]);
    return ok;
}

bool epl__products_chosen(epl_fn *f, const epl__region *r)
{
    epl_fn *b = r->body[0];
    epl__arena scratch;
    epl__arena_init(&scratch, f->arena.alloc);
    epl__choice *kept = epl__arena_take(&b->arena, sizeof *kept + MOST * sizeof *kept->output);
    bool *live = epl__arena_take(&scratch, 2 * ((size_t)b->main.count + 1));
    int64_t room = TIMES_CARRIED * carried_bytes(r);
    bool ok = kept && live;
    if (ok)
        mark(r, live, live + b->main.count);
    for (epl__id id = 0; ok && id < b->main.count && kept->count < MOST; id++) {
        const epl__node *n = epl__node_at(b, id);
        int64_t bytes = (int64_t)epl_bytes(*n->type);
        if (n->prim != &epl__prim_dot || !live[id] || !live[b->main.count + id] ||
            !epl_dtype_is_float(n->type->dtype) || n->type->shape.rank >= EPL_MAX_RANK ||
            bytes > room || terms(b, n) < MANY_TERMS)
            continue;
        room -= bytes;
        ok = keep(r, id, live, kept, f->arena.alloc);
    }
    epl__arena_free(&scratch);
    b->kept = kept;
    if (!ok)
        epl__fail(f, EPL_ERR_MEMORY, "no memory to choose what a loop keeps");
    return ok;
}
