/* flow_bounded.c -- a while with a bound: a scan, within a branch that asks whether it starts.
 *
 * A flag is carried beside its values, and once the condition has failed a step gives on what it
 * got. Invariant: nothing is computed of values that the condition has refused.
 */
#include <string.h>
#include "../base/type.h"
#include "flow.h"

static bool is_carried(const epl_fn *f, uint32_t i)
{
    return f->entry[i].axis == EPL__AS_CARRIED;
}

/* The step of a bounded while: f's inputs, what each carried one was at first, and whether the
 * condition held so far. After the end the values stay as they are, and what is dropped is made of
 * the first ones: it was made of them before, while elsewhere it may have no slope, or an index
 * that is out of range. */
static epl_fn *bounded_step(epl_fn *f)
{
    epl_fn *b = epl__body_new(f->parent);
    const uint32_t n = f->inputs, carries = f->flow->carries;
    epl__id *arg = epl__arena_take(&f->arena, (n + 1) * sizeof *arg);
    epl__id *old = epl__arena_take(&f->arena, (carries + 1) * sizeof *old);
    epl__id *out = epl__arena_take(&f->arena, (carries + 1) * sizeof *out), first;
    if (!b || !arg || !old || !out)
        return NULL;
    for (uint32_t i = 0; i < n; i++)
        arg[i] = epl__body_input(b, &f->input[i].type);
    epl_val flag = epl__val(b, epl__body_input(b, &(epl_type){.dtype = EPL_BOOL}));
    if (!epl__inline(b, f, arg, carries, 1, out))
        return NULL;
    const epl_val going = epl__select(epl__val(b, out[0]), flag, epl__like(flag, 0));
    for (uint32_t i = 0, k = 0; i < n; i++) {
        if (!is_carried(f, i))
            continue;
        first = epl__body_input(b, &f->input[i].type);
        old[k++] = arg[i];
        arg[i] = epl__id_of(epl__pick(going, epl__val(b, arg[i]), epl__held(epl__val(b, first))));
    }
    if (!epl__inline(b, f, arg, 0, carries, out))
        return NULL;
    for (uint32_t k = 0; k < carries; k++)
        if (!epl__body_output(
                b, epl__id_of(epl__pick(going, epl__val(b, out[k]), epl__val(b, old[k])))))
            return NULL;
    return epl__body_output(b, epl__id_of(going)) ? b : NULL;
}

/* What a bounded while gives, by whether its condition holds at first: at most f->mapped_size
 * steps, or what came in. */
static epl_fn *bounded_side(epl_fn *f, const uint8_t *role, bool steps)
{
    epl_fn *g = epl__body_new(f->parent), *body = steps ? bounded_step(f) : NULL;
    const uint32_t n = f->inputs, carries = f->flow->carries, all = n + 1 + carries;
    epl__id *in = epl__arena_take(&f->arena, all * sizeof *in);
    epl__id *end = epl__arena_take(&f->arena, (carries + 1) * sizeof *end);
    uint8_t *roles = epl__arena_take(&f->arena, all);
    if (!g || (steps && !body) || !in || !end || !roles)
        return NULL;
    for (uint32_t i = 0, k = 0; i < n; i++) {
        roles[i] = role[i];
        if (steps || is_carried(f, i))
            in[i] = epl__body_input(g, &f->input[i].type);
        if (is_carried(f, i)) {
            end[k] = in[n + 1 + k] = in[i];
            roles[n + 1 + k++] = EPL__PASS;
        }
    }
    if (steps) {
        in[n] = epl__id_of(epl__splat(g, EPL_BOOL, epl_shape_of(0, NULL), 1, 1));
        roles[n] = EPL__CARRY;
        epl__region like = {.kind = EPL__SCAN, .bodies = 1, .body = &body};
        epl__region *step = epl__region_new(g, &like, roles, all);
        epl__chaining how = {f->mapped_size, f->flow->save, 0, 0};
        if (!step || !epl__chain_build(g, step, in, all, how, end))
            return NULL;
    }
    for (uint32_t k = 0; k < carries; k++)
        if (!epl__body_output(g, end[k]))
            return NULL;
    return g;
}

bool epl__bounded_close(epl_fn *f, const epl__id *in, const uint8_t *role)
{
    const uint32_t n = f->entries, carries = f->flow->carries;
    epl_fn *into = f->parent;
    epl__id *all = epl__arena_take(&f->arena, (1 + carries + n) * sizeof *all), holds;
    uint8_t *roles = epl__arena_take(&f->arena, carries + n);
    f->flow->end = epl__arena_take(&into->arena, (carries + 1) * sizeof *f->flow->end);
    if (!all || !roles || !f->flow->end)
        return false;
    memset(roles, EPL__PASS, carries + n);
    memcpy(all + 1 + carries, in, n * sizeof *all);
    for (uint32_t i = 0, k = 0; i < n; i++)
        if (is_carried(f, i))
            all[1 + k++] = in[i];
    epl__rules_begin(into);
    epl_fn *side[2] = {bounded_side(f, role, false), bounded_side(f, role, true)};
    epl__region like = {.kind = EPL__SWITCH, .bodies = 2, .body = side};
    const epl__region *r = side[0] && side[1] ? epl__region_new(into, &like, roles, carries + n)
                                              : NULL;
    bool ok = r && epl__inline(into, f, in, carries, 1, &holds);
    if (ok) {
        all[0] = epl__id_of(epl__cast(epl__val(into, holds), EPL_I64));
        f->flow->node = epl__region_build(into, r, all, 1 + carries + n);
        for (uint32_t k = 0; k < carries; k++)
            f->flow->end[k] = epl__part_of(into, f->flow->node, k);
    }
    epl__rules_end(into);
    return ok && epl_scope_status(f->scope) == EPL_OK;
}
