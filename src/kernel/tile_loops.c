/* tile_loops.c -- the loops of a tile program, and how operands reach its tiles.
 *
 * Invariant: depends on shapes, strides and the number of instructions alone.
 */
#include "tile_plan.h"
#include <string.h>

static int64_t positive(int64_t x)
{
    return x < 0 ? -x : x;
}

/* -- loops ---------------------------------------------------------------------------------- */

static void add_operand(epl__tile_plan *pl, epl_dtype dtype, const int64_t *stride)
{
    epl__nest *n = &pl->nest;
    for (int i = 0; i < n->rank; i++)
        n->stride[n->operands][i] = stride[i] * (int64_t)epl_dtype_bytes(dtype);
    n->operands++;
}

void epl__tile_find_nest(epl__tile_plan *pl)
{
    const epl__tile_desc *d = pl->d;
    pl->nest.rank = d->rank;
    memcpy(pl->nest.dim, d->dim, sizeof(int64_t) * (size_t)d->rank);
    for (int i = 0; i < d->outputs; i++)
        add_operand(pl, pl->dtype[d->out_reg[i]], d->out_stride[i]);
    for (int i = 0; i < d->inputs; i++) {
        if (d->is_const[i])
            continue;
        pl->input_of[pl->moving++] = i;
        add_operand(pl, d->in_dtype[i], d->in_stride[i]);
    }
    epl__nest_order(&pl->nest);
    if (pl->nest.rank > 0)
        return;
    pl->nest.rank = 1; /* a single element: as contiguous as can be */
    pl->nest.dim[0] = 1;
    for (int i = 0; i < d->outputs; i++)
        pl->nest.stride[i][0] = (int64_t)epl_dtype_bytes(pl->dtype[d->out_reg[i]]);
    for (int i = 0; i < pl->moving; i++)
        pl->nest.stride[d->outputs + i][0] = (int64_t)epl_dtype_bytes(d->in_dtype[pl->input_of[i]]);
}

static epl_dtype operand_dtype(const epl__tile_plan *pl, int operand)
{
    const epl__tile_desc *d = pl->d;
    return operand < d->outputs ? pl->dtype[d->out_reg[operand]]
                                : d->in_dtype[pl->input_of[operand - d->outputs]];
}

/* An operand's own view of a block that starts at `axis`. */
static epl__rows block_rows(const epl__tile_plan *pl, int operand, int axis)
{
    epl__rows r = {.rank = pl->nest.rank - axis};
    for (int i = 0; i < r.rank; i++) {
        r.dim[i] = pl->nest.dim[axis + i];
        r.stride[i] = pl->nest.stride[operand][axis + i];
    }
    epl__rows_merge(&r);
    return r;
}

static epl__tile_way block_way(const epl__rows *r, size_t size)
{
    if (r->rank == 0 || (r->rank == 1 && r->stride[0] == (int64_t)size))
        return EPL__WAY_PLAIN;
    return r->rank == 1 && r->stride[0] == 0 ? EPL__WAY_ONE : EPL__WAY_BUFFER;
}

/* The elements after which a block repeats itself; its own length if it does not. */
static int64_t period(const epl__rows *r)
{
    const int64_t count = epl__rows_count(r);
    return r->rank && r->stride[0] == 0 ? count / r->dim[0] : count;
}

double epl__tile_moving_cost(const epl__rows *r, size_t size)
{
    const int last = r->rank - 1;
    const int64_t stride = positive(r->stride[last]);
    const double row = 4.0 / (double)r->dim[last];
    return row + (stride == 0 || stride == (int64_t)size ? 0.06 : stride < 256 ? 0.5 : 1.5);
}

/* Rough ns of everything but the arithmetic, with blocks from `axis` on. */
static double overhead(const epl__tile_plan *pl, int axis)
{
    int64_t outer = 1, block = 1;
    for (int i = 0; i < pl->nest.rank; i++)
        *(i < axis ? &outer : &block) *= pl->nest.dim[i];
    const int64_t tiles = (block + EPL__TILE - 1) / EPL__TILE;
    const double count = (double)outer * (double)block;
    double ns = (double)outer * (double)tiles * (10 + 4 * pl->d->instructions);
    for (int o = 0; o < pl->nest.operands; o++) {
        const epl__rows r = block_rows(pl, o, axis);
        const size_t size = epl_dtype_bytes(operand_dtype(pl, o));
        if (block_way(&r, size) != EPL__WAY_BUFFER)
            continue;
        bool kept = o >= pl->d->outputs && (block <= EPL__TILE || period(&r) <= EPL__TILE / 2);
        for (int i = 0; i < axis; i++)
            kept = kept && pl->nest.stride[o][i] == 0;
        ns += kept ? 100 : count * epl__tile_moving_cost(&r, size);
    }
    return ns;
}

void epl__tile_choose_block(epl__tile_plan *pl)
{
    double best = overhead(pl, 0);
    for (int axis = 1; axis < pl->nest.rank; axis++) {
        const double ns = overhead(pl, axis);
        if (ns < best) {
            best = ns;
            pl->first_axis = axis;
        }
    }
}

/* -- operands ------------------------------------------------------------------------------- */

static bool is_output(const epl__tile_plan *pl, int reg)
{
    for (int i = 0; i < pl->d->outputs; i++)
        if (pl->d->out_reg[i] == reg)
            return true;
    return false;
}

static void set_operand(epl__tile_plan *pl, epl__tile_operand *o, int operand, int reg)
{
    const size_t size = epl_dtype_bytes(operand_dtype(pl, operand));
    *o = (epl__tile_operand){.p = operand, .reg = reg, .size = size};
    o->offset = pl->nest.offset[operand];
    o->inner = block_rows(pl, operand, pl->first_axis);
    o->way = block_way(&o->inner, size);
    o->move = &epl__spans_now()->move[size];
    memcpy(o->outer, pl->nest.stride[operand], sizeof(int64_t) * (size_t)pl->first_axis);
}

void epl__tile_set_inputs(epl__tile_plan *pl)
{
    for (int i = 0; i < pl->d->inputs; i++)
        pl->one[i] = pl->head[i] = pl->d->is_const[i];
    for (int i = 0; i < pl->moving; i++) {
        epl__tile_operand *o = &pl->input[i];
        const int reg = pl->input_of[i];
        set_operand(pl, o, pl->d->outputs + i, reg);
        if (o->way == EPL__WAY_PLAIN && pl->d->outputs > 1 && is_output(pl, reg))
            o->way = EPL__WAY_BUFFER; /* read before another output overwrites it */
        o->period = period(&o->inner);
        if (o->way != EPL__WAY_ONE)
            continue;
        bool moves = false;
        for (int axis = 0; axis < pl->first_axis; axis++)
            moves = moves || o->outer[axis] != 0;
        o->way = moves ? EPL__WAY_ONE : EPL__WAY_FIXED;
        pl->one[reg] = true;
        pl->head[reg] = !moves;
    }
}

static int maker(const epl__tile_plan *pl, int reg)
{
    for (int i = 0; i < pl->d->instructions; i++)
        if (pl->step[i].dst == reg)
            return i;
    return -1; /* an input */
}

/* May the register's instruction write straight to the output? See tile.h. */
static bool may_write(const epl__tile_plan *pl, int output)
{
    const int reg = pl->output[output].reg, made = maker(pl, reg);
    if (made < 0 || pl->one[reg] || pl->output[output].way != EPL__WAY_PLAIN)
        return false;
    for (int i = 0; i < output; i++)
        if (pl->output[i].reg == reg && pl->output[i].way == EPL__WAY_PLAIN)
            return false;
    for (int i = 0; i < pl->moving; i++)
        if (pl->input[i].way == EPL__WAY_PLAIN && pl->last_use[pl->input[i].reg] > made &&
            !(pl->d->apart[output] >> pl->input[i].reg & 1))
            return false;
    return true;
}

void epl__tile_set_outputs(epl__tile_plan *pl)
{
    for (int i = 0; i < pl->d->outputs; i++)
        set_operand(pl, &pl->output[i], i, pl->d->out_reg[i]);
    for (int i = 0; i < pl->d->outputs; i++) {
        epl__tile_operand *o = &pl->output[i];
        const bool contiguous = o->way == EPL__WAY_PLAIN;
        o->way = may_write(pl, i) ? EPL__WAY_PLAIN : EPL__WAY_BUFFER;
        o->scattered = !contiguous;
        o->spread = pl->one[o->reg];
    }
}
