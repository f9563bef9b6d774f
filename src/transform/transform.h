/* transform.h -- what the transforms share: the cone of a value and its walk.
 *
 * Invariant: a transform looks only at the nodes between its variables and its results, so
 * that its cost does not depend on what else the function holds.
 */
#ifndef EPL_TRANSFORM_H
#define EPL_TRANSFORM_H
#include "../graph/graph.h"
#include "../graph/structure.h"

/* Main ids that `from` depend on, not below `lowest`, ascending. f->mark[id] is f->epoch
 * for members. False without memory (the scope fails). */
typedef struct {
    epl__id *id;
    uint32_t count;
    epl__id lowest;
} epl__cone;
bool epl__cone_of(epl_fn *f, const epl__id *from, size_t count, epl__id lowest, epl__cone *cone);
/* The same, operands of the ids in stop not followed. */
bool epl__cone_until(epl_fn *f, const epl__id *from, size_t count, epl__id lowest, const bool *stop,
                     epl__cone *cone);
static inline bool epl__in_cone(const epl_fn *f, epl__id id, epl__id lowest)
{
    return !(id & EPL__TAPE) && id >= lowest && f->mark[id] == f->epoch;
}

/* Tangents of y for tangents of x: dy[i] is an id or EPL__ID_NONE (it does not vary). The
 * ids in dx are of the main array (jvp) or of the tape (to be transposed). */
bool epl__tangents(epl_fn *f, const epl__id *y, size_t ny, const epl__id *x, const epl__id *dx,
                   size_t nx, epl__id *dy);
/* Cotangents of tape ids x, given those of tape ids y; EPL__ID_NONE where there is none. */
bool epl__transpose(epl_fn *f, const epl__id *y, const epl__id *ct, size_t ny, const epl__id *x,
                    size_t nx, epl__id *out);

/* Chooses what derivatives take from a checkpoint, which may give it more parts; dx: none for
 * operands that do not vary. src/transform/checkpoint.c. */
bool epl__choice_made(epl_fn *f, epl__id region, const epl_val *dx);
/* Tangents of a region's parts, given those of its operands; EPL__ID_NONE: does not vary. */
bool epl__region_tangents(epl_fn *f, epl__id id, const epl_val *dx, epl__id *out);
/* Cotangents of operands of a region on the tape, given those of its parts. */
bool epl__region_transpose(epl_fn *f, epl__id id, const epl__id *ct, epl__id *out);

/* `id` with one more axis in front, of `size` entries: ids in map are replaced by to[i],
 * which has the axis first if mapped[i]. Works from an inner function into its parent, and
 * within one function (then ids below `lowest` stand for themselves). */
typedef struct {
    epl_fn *from, *into;
    epl__id lowest;
    const epl__id *map, *to;
    const bool *mapped;
    size_t count;
    int64_t size;
} epl__batching;
epl__id epl__batch(const epl__batching *b, epl__id id);
/* The same; *mapped tells whether the axis is there. */
epl__id epl__batch_raw(const epl__batching *b, epl__id id, bool *mapped);
/* The same; what the ids in stop (all of them in map) depend on is not looked at. */
epl__id epl__batch_until(const epl__batching *b, epl__id id, const bool *stop, bool *mapped);
/* A region of b->from with operands x of b->into, mapped ones with the axis in front: its parts
 * in b->into, and which have the axis. */
bool epl__region_batch(const epl__batching *b, epl__id id, const epl_val *x, const bool *xm,
                       epl__id *part, bool *mapped);

/* `out`, which depends on the placeholder `in`, for each entry of rows: [n, out.shape...]. */
epl_val epl__each_of(epl_fn *f, epl_val in, epl_val out, epl_val rows);
/* Is v a vector like `like`, of a function inside of f? */
bool epl__is_inner(const epl_fn *f, epl_val v, epl_val like);

/* A map as a scan of `runs` runs of `size` entries: src/transform/chunks.c. First what comes in
 * entry by entry ([runs, ...] in `into`; given back as a value of the body), then seeds: ids of
 * `from` and what they are in the body, with the mapped axis in front if size > 1; at most `most`
 * of each. Closed, results are ids of `from` below `end`: [runs * size, ...] in `into`. Within one
 * function end - 1 is the only result. Those that do not vary must not be asked for. */
typedef struct epl__chunks epl__chunks;
epl__chunks *epl__chunks_new(epl_fn *from, epl_fn *into, int64_t runs, int64_t size, uint32_t most);
epl_val epl__chunks_each(epl__chunks *c, epl_val rows);
void epl__chunks_seed(epl__chunks *c, epl__id id, epl_val in_body);
bool epl__chunks_close(epl__chunks *c, epl__id end);
bool epl__chunks_varies(const epl__chunks *c, epl__id id);
epl__id epl__chunks_result(epl__chunks *c, epl__id id);

/* Zeros of this type; a + b, where none is zero. */
epl__id epl__zeros(epl_fn *f, const epl_type *t);
epl__id epl__plus(epl_fn *f, epl__id a, epl__id b);
/* The result of a transform: a node of its own, of x's type. */
epl_val epl__result(epl_fn *f, epl__id id, const epl_type *type);
#endif
