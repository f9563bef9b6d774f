/* region_sums.c -- sums over the steps of a loop, taken after it in one piece.
 *
 * dW = sum over t of x_t g_t^T is K small products and K additions to a large matrix inside
 * the loop, and one product over stacked x and g after it. It is done where both factors
 * are there for all steps anyway, or take no more than the carried values of all steps twice:
 * a loop that keeps few of its steps goes on keeping few.
 */
#include <string.h>
#include "../base/type.h"
#include "../graph/structure.h"
#include "region_sums.h"

enum { DEEPEST = 8 };

bool epl__sums_begin(epl__sums *s, const epl__id *operand, const uint8_t *role, uint32_t count)
{
    s->operand = operand;
    s->role = role;
    s->kept = epl__arena_take(s->scratch, (count + EPL__SUMS_KEPT) * sizeof *s->kept);
    for (uint32_t i = 0; i < count; i++)
        if (role[i] == EPL__CARRY)
            s->room += 2 * s->steps * (int64_t)epl_bytes(s->body->input[i].type);
    s->given = count;
    return s->kept != NULL;
}

void epl__sums_given(epl__sums *s, epl__id id)
{
    if (s->count < s->given)
        s->kept[s->count++] = id;
}

/* -- which ----------------------------------------------------------------------------------- */
static const epl__id *each_operand(const epl__sums *s, epl__id id)
{
    for (uint32_t i = 0; i < s->body->inputs; i++)
        if (s->body->input[i].value == id && s->role[i] == EPL__EACH)
            return &s->operand[i];
    return NULL;
}

static bool is_kept(const epl__sums *s, epl__id id)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (s->kept[i] == id)
            return true;
    return false;
}

static bool is_view(const epl__node *n)
{
    return n->prim == &epl__prim_reshape || n->prim == &epl__prim_permute;
}

/* There for all steps, without a byte more. */
static bool at_hand(const epl__sums *s, epl__id id, int depth)
{
    const epl__node *n = epl__node_at(s->body, id);
    if (n->type->shape.rank >= EPL_MAX_RANK)
        return false;
    return each_operand(s, id) || is_kept(s, id) ||
           (depth < DEEPEST && is_view(n) && at_hand(s, n->in[0], depth + 1));
}

static bool passed_in(const epl__sums *s, epl__id id)
{
    for (uint32_t i = 0; i < s->body->inputs; i++)
        if (s->body->input[i].value == id)
            return s->role[i] == EPL__PASS;
    return false;
}

static bool keep(epl__sums *s, epl__id id)
{
    const epl__node *n = epl__node_at(s->body, id);
    if (at_hand(s, id, 0))
        return true;
    int64_t bytes = s->steps * (int64_t)epl_bytes(*n->type);
    if (passed_in(s, id) || !n->count || bytes > s->room || s->count == s->given + EPL__SUMS_KEPT ||
        n->type->shape.rank >= EPL_MAX_RANK)
        return false;
    s->room -= bytes;
    s->kept[s->count++] = id;
    return true;
}

static bool later(epl__sums *s, epl__id id, int depth)
{
    const epl__node *n = epl__node_at(s->body, id);
    if (at_hand(s, id, 0))
        return true;
    if (depth == DEEPEST)
        return false;
    if (n->prim == &epl__prim_add)
        return later(s, n->in[0], depth + 1) && later(s, n->in[1], depth + 1);
    if (is_view(n))
        return later(s, n->in[0], depth + 1);
    if (n->prim == &epl__prim_sum)
        return keep(s, n->in[0]);
    return n->prim == &epl__prim_dot && keep(s, n->in[0]) && keep(s, n->in[1]);
}

bool epl__sum_later(epl__sums *s, epl__id id)
{
    epl__sums before = *s;
    if (later(s, id, 0))
        return true;
    *s = before;
    return false;
}

bool epl__sums_outputs(epl__sums *s, uint32_t carries)
{
    for (uint32_t i = 0; i < s->count; i++) {
        bool given = false;
        for (uint32_t k = carries; k < s->body->outputs && !given; k++)
            given = s->body->output[k].value == s->kept[i];
        if (!given && !epl__body_output(s->body, s->kept[i]))
            return false;
    }
    return true;
}

/* -- the sums -------------------------------------------------------------------------------- */
static epl_val reshaped(epl_val x, epl_shape s, int64_t lead)
{
    return epl__reshape(x, lead ? epl__shape_insert(s, 0, lead) : s);
}

static epl_val permuted(epl_val x, const epl__permute_attrs *a, bool lead)
{
    int axis[EPL_MAX_RANK] = {0};
    for (int i = 0; i < a->rank; i++)
        axis[i + lead] = (int)a->axis[i] + lead;
    return epl__permute(x, axis);
}

/* Value id of all steps, [steps, ...]. */
static epl_val stacked(const epl__sums *s, epl__id region, epl__id id)
{
    const epl__region *r = epl__region_of(epl__node_at(s->f, region));
    const epl__id *each = each_operand(s, id);
    const epl__node *n = epl__node_at(s->body, id);
    if (each)
        return epl__val(s->f, *each);
    for (uint32_t k = r->carries; k < s->body->outputs; k++)
        if (s->body->output[k].value == id)
            return epl__val(s->f, epl__part_of(s->f, region, r->carries + k));
    epl_val x = stacked(s, region, n->in[0]);
    return n->prim == &epl__prim_reshape ? reshaped(x, n->type->shape, s->steps)
                                         : permuted(x, n->attrs, true);
}

static epl_val contracted(epl_val a, epl_val b, const epl__dot_attrs *d)
{
    char la[16], lb[16], step = 'a';
    while (strchr(d->a, step) || strchr(d->b, step))
        step++;
    la[0] = lb[0] = step;
    memcpy(la + 1, d->a, sizeof la - 1);
    memcpy(lb + 1, d->b, sizeof lb - 1);
    return epl__dot(a, la, b, lb, d->out);
}

static epl_val after(const epl__sums *s, epl__id region, epl__id id)
{
    const epl__node *n = epl__node_at(s->body, id);
    if (at_hand(s, id, 0))
        return epl__sum(stacked(s, region, id), 1);
    if (n->prim == &epl__prim_add) {
        epl__id in[2] = {epl__id_of(after(s, region, n->in[0])),
                         epl__id_of(after(s, region, n->in[1]))};
        return in[0] == EPL__ID_NONE || in[1] == EPL__ID_NONE
                   ? EPL_NO_VAL
                   : epl__build(s->f, &epl__prim_add, in, 2, NULL, NULL);
    }
    if (n->prim == &epl__prim_reshape)
        return reshaped(after(s, region, n->in[0]), n->type->shape, 0);
    if (n->prim == &epl__prim_permute)
        return permuted(after(s, region, n->in[0]), n->attrs, false);
    epl_val x = stacked(s, region, n->in[0]);
    if (n->prim == &epl__prim_sum)
        return epl__sum(x, ((const epl__reduce_attrs *)n->attrs)->mask << 1 | 1);
    return contracted(x, stacked(s, region, n->in[1]), n->attrs);
}

epl__id epl__sum_after(const epl__sums *s, epl__id region, epl__id id)
{
    return epl__id_of(after(s, region, id));
}
