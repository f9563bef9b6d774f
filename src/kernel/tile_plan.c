/* tile_plan.c -- prepares a tile program.
 *
 * Invariant: all that is decided here depends on the description alone (shapes, strides,
 * instructions), except the spans, which depend on the machine.
 */
#include "tile_plan.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { NO_REG = EPL__TILE_MAX_REG, FAR_BYTES = 4 << 20 };

/* -- instructions --------------------------------------------------------------------------- */

static void find_dtypes(epl__tile_plan *pl)
{
    const epl__tile_desc *d = pl->d;
    for (int i = 0; i < d->inputs; i++)
        pl->dtype[i] = d->in_dtype[i];
    for (int i = 0; i < EPL__TILE_MAX_REG; i++)
        pl->last_use[i] = -1;
    for (int i = 0; i < d->instructions; i++) {
        const epl__tile_ins *ins = &d->ins[i];
        assert(ins->dst >= d->inputs && ins->dst < EPL__TILE_MAX_REG);
        pl->dtype[ins->dst] = (epl_dtype)ins->to;
        for (int s = 0; s < epl__tile_operands((epl__tile_op)ins->op); s++)
            pl->last_use[ins->src[s]] = i;
    }
    for (int i = 0; i < d->outputs; i++)
        pl->last_use[d->out_reg[i]] = d->instructions;
}

/* Powers with a constant exponent that have an operation of their own. */
static int simpler(const epl__tile_plan *pl, const epl__tile_ins *ins)
{
    const epl__tile_desc *d = pl->d;
    const int y = ins->src[1];
    if (ins->op != EPL__TILE_POW || y >= d->inputs || !d->is_const[y])
        return ins->op;
    const bool is_float = ins->dtype == EPL_F32 || ins->dtype == EPL_F64;
    const double power = is_float ? d->value[y] : (double)d->value_int[y];
    if (power == 1)
        return EPL__TILE_COPY;
    if (power == 2)
        return EPL__TILE_SQUARE;
    if (power == 3)
        return EPL__TILE_CUBE;
    if (is_float && power == -1)
        return EPL__TILE_RECIPROCAL;
    return is_float && power == 0.5 ? EPL__TILE_POWHALF : ins->op;
}

static void translate(epl__tile_plan *pl)
{
    const epl__tile_desc *d = pl->d;
    for (int i = 0; i < d->instructions; i++) {
        const epl__tile_ins *ins = &d->ins[i];
        const int op = simpler(pl, ins);
        const int operands = op == ins->op ? epl__tile_operands((epl__tile_op)op) : 1;
        epl__tile_step *s = &pl->step[i];
        s->span = epl__span_of(op, (epl_dtype)ins->dtype, (epl_dtype)ins->to);
        assert(s->span);
        s->dst = ins->dst;
        s->one = s->head = true;
        for (int o = 0; o < 3; o++) {
            s->src[o] = o < operands ? ins->src[o] : (int16_t)NO_REG;
            if (o >= operands)
                continue;
            s->flat |= (uint8_t)(pl->one[ins->src[o]] << o);
            s->one = s->one && pl->one[ins->src[o]];
            s->head = s->head && pl->head[ins->src[o]];
        }
        if (s->one)
            s->flat = 0;
        pl->one[s->dst] = s->one;
        pl->head[s->dst] = s->head;
        pl->ns += s->one ? 0 : epl__tile_cost(op, (epl_dtype)ins->dtype);
    }
}

/* -- the whole ------------------------------------------------------------------------------ */

/* d: as it was before instructions were put together. */
static char *describe(epl__arena *a, const epl__tile_plan *pl, const epl__tile_desc *d)
{
    char text[128];
    int used = d->instructions == 1
                   ? snprintf(text, sizeof text, "tile %s", epl__tile_name(d->ins[0].op))
                   : snprintf(text, sizeof text, "tile of %d", d->instructions);
    used += snprintf(text + used, sizeof text - (size_t)used, " %s",
                     epl_dtype_name(pl->dtype[d->out_reg[0]]));
    for (int i = 0; i < pl->nest.rank && used < 100; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, "%c%lld", i ? 'x' : ' ',
                         (long long)pl->nest.dim[i]);
    return epl__arena_text(a, text);
}

/* Elements of a part: some microseconds of work. */
static int64_t part_length(epl__tile_plan *pl)
{
    double ns = pl->ns + 0.012 * pl->nest.operands;
    for (int i = 0; i < pl->moving; i++)
        if (pl->input[i].way == EPL__WAY_BUFFER && !pl->input[i].keep)
            ns += epl__tile_moving_cost(&pl->input[i].inner, pl->input[i].size);
    for (int i = 0; i < pl->d->outputs; i++)
        if (pl->output[i].scattered)
            ns += epl__tile_moving_cost(&pl->output[i].inner, pl->output[i].size);
    const double tiles = (double)pl->t.units * (4 + 4 * pl->d->instructions);
    pl->t.call.cost = 10 + tiles + ns * (double)pl->t.count;
    /* ns of a part: what is worth sharing makes eight parts, if these are worth starting */
    const double eighth = ns * (double)pl->t.count / 8;
    const double n = (eighth > 3000 ? 3000 : eighth < 1000 ? 1000 : eighth) / ns;
    return n > 65536 ? 65536 : n < 1024 ? 1024 : (int64_t)n;
}

static void set_loops(epl__tile_plan *pl)
{
    epl__tile *t = &pl->t;
    t->outer_rank = pl->first_axis;
    memcpy(t->outer_dim, pl->nest.dim, sizeof t->outer_dim);
    t->block = t->count;
    for (int i = 0; i < t->outer_rank; i++)
        t->block /= t->outer_dim[i];
    t->tile = epl__tile_length(pl, t->block);
    t->tiles = (t->block + t->tile - 1) / t->tile;
    t->units = t->tiles * (t->count / t->block);
    t->inputs = pl->moving;
    t->outputs = pl->d->outputs;
    t->steps = pl->d->instructions;
    int64_t bytes = 0;
    for (int i = 0; i < pl->moving; i++)
        bytes += pl->input[i].way == EPL__WAY_PLAIN ? t->count * (int64_t)pl->input[i].size : 0;
    t->far = bytes > FAR_BYTES;
}

static uint64_t constant_of(const epl__tile_desc *d, int reg)
{
    return epl__tile_constant(d->in_dtype[reg], d->value[reg], d->value_int[reg]);
}

/* One step on operands in place: a call of its span does a whole part. */
static bool is_single(const epl__tile_plan *pl)
{
    const epl__tile *t = &pl->t;
    if (t->steps != 1 || t->outputs != 1 || t->outer_rank > 0 || pl->step[0].one ||
        pl->output[0].way != EPL__WAY_PLAIN || pl->output[0].reg != pl->step[0].dst)
        return false;
    for (int i = 0; i < t->inputs; i++)
        if (pl->input[i].way != EPL__WAY_PLAIN && pl->input[i].way != EPL__WAY_FIXED)
            return false;
    return true;
}

static epl__call *keep_single(epl__arena *a, const epl__tile_plan *pl)
{
    const epl__tile *t = &pl->t;
    epl__tile_single *s = epl__arena_take(a, sizeof *s);
    if (!s)
        return NULL;
    *s = (epl__tile_single){.call = t->call, .span = pl->step[0].span, .count = t->count};
    s->call.run = epl__tile_run_single;
    s->call.scratch = 0;
    s->count_of_part = t->units_of_part * t->tile;
    s->flat = pl->step[0].flat;
    s->out = pl->output[0].p;
    s->out_size = pl->output[0].size;
    s->out_offset = pl->output[0].offset;
    for (int o = 0; o < 3; o++) {
        const int reg = pl->step[0].src[o];
        s->in[o] = -1;
        if (reg < pl->d->inputs && pl->d->is_const[reg])
            s->constant[o] = constant_of(pl->d, reg);
        for (int i = 0; i < t->inputs; i++) {
            if (pl->input[i].reg != reg)
                continue;
            s->in[o] = pl->input[i].p;
            s->in_size[o] = pl->input[i].way == EPL__WAY_PLAIN ? pl->input[i].size : 0;
            s->in_offset[o] = pl->input[i].offset;
        }
    }
    return &s->call;
}

/* Copies the program to the arena; steps of the head come first. */
static epl__call *keep(epl__arena *a, const epl__tile_plan *pl)
{
    const epl__tile_desc *d = pl->d;
    const size_t inputs = (size_t)pl->moving, outputs = (size_t)d->outputs;
    epl__tile *t = epl__arena_take(a, sizeof *t);
    epl__tile_operand *operand = epl__arena_take(a, sizeof *operand * (inputs + outputs));
    epl__tile_step *step = epl__arena_take(a, sizeof *step * (size_t)d->instructions);
    epl__tile_cell *constant = epl__arena_take(a, sizeof *constant * (size_t)d->inputs);
    if (!t || !operand || !step || !constant)
        return NULL;
    *t = pl->t;
    memcpy(operand, pl->input, sizeof *operand * inputs);
    memcpy(operand + inputs, pl->output, sizeof *operand * outputs);
    t->input = operand;
    t->output = operand + inputs;
    t->step = step;
    t->constant = constant;
    for (int i = 0; i < d->instructions; i++)
        if (pl->step[i].head)
            step[t->heads++] = pl->step[i];
    for (int i = 0, at = t->heads; i < d->instructions; i++)
        if (!pl->step[i].head)
            step[at++] = pl->step[i];
    for (int i = 0; i < d->inputs; i++)
        if (d->is_const[i])
            constant[t->constants++] = (epl__tile_cell){constant_of(d, i), i};
    return &t->call;
}

/* Copies and fills have calls of their own. */
static epl__call *move_only(epl__arena *a, const epl__tile_desc *d)
{
    if (d->is_const[d->out_reg[0]])
        return epl__fill_prepare(a, d->in_dtype[0], d->rank, d->dim, d->out_stride[0], d->value[0],
                                 d->value_int[0]);
    return epl__copy_prepare(a, d->in_dtype[0], d->rank, d->dim, d->out_stride[0], d->in_stride[0]);
}

epl__call *epl__tile_prepare(epl__arena *a, const epl__tile_desc *d)
{
    if (d->instructions == 0 && d->outputs == 1 && d->inputs == 1)
        return move_only(a, d);
    epl__tile_plan pl;
    epl__tile_desc fused;
    epl__tile_ins ins[EPL__TILE_MAX_REG];
    memset(&pl, 0, sizeof pl);
    epl__tile_fuse(d, &fused, ins);
    pl.d = &fused;
    find_dtypes(&pl);
    epl__tile_find_nest(&pl);
    pl.t.call = (epl__call){.run = epl__tile_run, .name = describe(a, &pl, d)};
    pl.t.count = epl__nest_count(&pl.nest);
    if (!pl.t.call.name)
        return NULL;
    if (pl.t.count == 0) {
        epl__call *nothing = epl__arena_take(a, sizeof *nothing);
        return nothing ? memcpy(nothing, &pl.t.call, sizeof *nothing) : NULL;
    }
    epl__tile_choose_block(&pl);
    epl__tile_set_inputs(&pl);
    translate(&pl);
    epl__tile_set_outputs(&pl);
    epl__tile_share_buffers(&pl);
    set_loops(&pl);
    epl__tile_place_buffers(&pl);
    pl.t.units_of_part = (part_length(&pl) + pl.t.tile - 1) / pl.t.tile;
    pl.t.call.parts = (pl.t.units + pl.t.units_of_part - 1) / pl.t.units_of_part;
    return is_single(&pl) ? keep_single(a, &pl) : keep(a, &pl);
}
