/* gemm_packed.c -- an operand packed once, for a product that is run again and again with it.
 *
 * The layout is what a run would pack for itself: for each step through k, the panels of
 * columns one after another. Invariant: path, blocks and parts are those of the product
 * without packing, so that its bits are, too.
 */
#include "gemm.h"

enum { FEW = 1024 }; /* elements, and bytes from row to row: not worth it */

/* Elements of b for one item. */
static int64_t item_size(const epl__gemm *g)
{
    return g->k * epl__div_up(g->n, g->mul->lanes) * g->mul->lanes;
}

/* Items of b: those of batch axes that it has. */
static int64_t items_of_b(const epl__gemm *g)
{
    int64_t n = 1;
    for (int i = 0; i < g->batch_rank; i++) {
        n *= g->b_batch[i] != 0 ? g->batch[i] : 1;
    }
    return n;
}

epl__gemm_pack epl__gemm_packed(const epl__gemm_desc *d)
{
    epl__gemm_pack none = {0, 0, 0};
    epl__gemm g;
    if ((d->dtype != EPL_F32 && d->dtype != EPL_F64) || !epl__gemm_plan(&g, d) ||
        g.path != EPL__GEMM_PANELS || g.k == 0 || g.k * g.n < FEW) {
        return none;
    }
    if (!g.pack_b && g.b_k * g.bytes < FEW) {
        return none;
    }
    const int64_t items = items_of_b(&g);
    return (epl__gemm_pack){.size = items * item_size(&g),
                            .times = g.pack_b ? g.items / items * g.grid_m : 0,
                            .operand = g.swapped ? 0 : 1};
}

void epl__gemm_use_packed(epl__gemm *g)
{
    int64_t stride = item_size(g);
    for (int i = g->batch_rank - 1; i >= 0; i--) {
        if (g->b_batch[i] != 0) {
            g->b_batch[i] = stride;
            stride *= g->batch[i];
        }
    }
    g->packed = true;
    g->pack_b = false;
}

/* -- packing --------------------------------------------------------------------------------- */
typedef struct {
    epl__call call;
    epl__gemm g; /* of the product, as it is without packing */
} packing;

/* Columns [n0, n1) of one item, the step through k from k on. */
static void pack_columns(const epl__gemm *g, char *to, const char *b, int64_t n0, int64_t n1,
                         int64_t k)
{
    const int64_t lanes = g->mul->lanes, bytes = g->bytes, kn = epl__least(g->kc, g->k - k);
    const int64_t row = epl__div_up(g->n, lanes) * lanes, vectors = epl__div_up(n1 - n0, lanes);
    for (int64_t at = 0, wide; at < vectors; at += wide) {
        const int64_t j = n0 + at * lanes;
        wide = epl__gemm_panel_at(g, at, vectors);
        g->mul->pack(to + (k * row + j * kn) * bytes, wide * lanes,
                     b + (k * g->b_k + j * g->b_n) * bytes, g->b_k, g->b_n, kn,
                     epl__least(wide * lanes, n1 - j));
    }
}

/* A part is a step through k of a block of columns of one item. */
static int64_t steps_of(const epl__gemm *g)
{
    return epl__div_up(g->k, g->kc);
}

static void run(const epl__call *call, void *const *p, int64_t begin, int64_t end, void *scratch)
{
    const epl__gemm *g = &((const packing *)call)->g;
    const int64_t steps = steps_of(g);
    (void)scratch;
    for (int64_t part = begin; part < end; part++) {
        const int64_t block = part / steps, item = block / g->grid_n;
        const int64_t n0 = block % g->grid_n * g->columns_of_part;
        int64_t from = 0, left = item;
        for (int i = g->batch_rank - 1; i >= 0; i--) {
            if (g->b_batch[i] != 0) {
                from += left % g->batch[i] * g->b_batch[i];
                left /= g->batch[i];
            }
        }
        pack_columns(g, (char *)p[0] + item * item_size(g) * g->bytes,
                     (const char *)p[1] + from * g->bytes, n0,
                     epl__least(g->n, n0 + g->columns_of_part), part % steps * g->kc);
    }
}

epl__call *epl__gemm_pack_prepare(epl__arena *a, const epl__gemm_desc *d)
{
    packing *p = epl__arena_take(a, sizeof *p);
    if (p == NULL || !epl__gemm_plan(&p->g, d)) {
        return NULL;
    }
    const int64_t items = items_of_b(&p->g);
    p->call.run = run;
    p->call.name = "pack for gemm";
    p->call.parts = items * p->g.grid_n * steps_of(&p->g);
    p->call.cost = 0.3 * (double)(items * item_size(&p->g));
    return &p->call;
}
