/* tile_plan.c -- prepares a tile program: loops, ways of operands, buffers, parts.
 *
 * Invariant: all that is decided here depends on the description alone (shapes, strides,
 * instructions), except the spans, which depend on the machine.
 */
#include "tile.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { NO_REG = EPL__TILE_MAX_REG, BUFFER_BYTES = 24 << 10, LEAST_TILE = 128 };

/* The state of preparing. Operands of the nest: outputs first, then inputs that are not
 * constant, in order. */
typedef struct {
    epl__arena *arena;
    const epl__tile_desc *d;
    epl__nest nest;
    int input_of[EPL__TILE_MAX_IN]; /* input number of the i-th input that is not constant */
    int moving;                     /* how many */
    int first_axis;                 /* of a block */
    epl_dtype dtype[EPL__TILE_MAX_REG];
    bool one[EPL__TILE_MAX_REG], head[EPL__TILE_MAX_REG]; /* holds one element; for all */
    int last_use[EPL__TILE_MAX_REG]; /* instruction; `instructions` for outputs, -1 unused */
    epl__tile_operand *input, *output;
    epl__tile_step *step;
    epl__tile *t;
    double ns; /* of one element, all steps */
} plan;

static int64_t positive(int64_t x)
{
    return x < 0 ? -x : x;
}

/* -- loops ------------------------------------------------------------------------------ */

static void add_operand(plan *pl, epl_dtype dtype, const int64_t *stride)
{
    epl__nest *n = &pl->nest;
    for (int i = 0; i < n->rank; i++)
        n->stride[n->operands][i] = stride[i] * (int64_t)epl_dtype_bytes(dtype);
    n->operands++;
}

static void find_nest(plan *pl)
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

static epl_dtype operand_dtype(const plan *pl, int operand)
{
    const epl__tile_desc *d = pl->d;
    return operand < d->outputs ? pl->dtype[d->out_reg[operand]]
                                : d->in_dtype[pl->input_of[operand - d->outputs]];
}

/* An operand's own view of a block that starts at `axis`. */
static epl__rows block_rows(const plan *pl, int operand, int axis)
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

/* Rough ns to move one element between a buffer and its place. */
static double moving_cost(const epl__rows *r, size_t size)
{
    const int last = r->rank - 1;
    const int64_t stride = positive(r->stride[last]);
    const double row = 4.0 / (double)r->dim[last];
    return row + (stride == 0 || stride == (int64_t)size ? 0.06 : stride < 256 ? 0.5 : 1.5);
}

/* Rough ns of everything but the arithmetic, with blocks from `axis` on. */
static double overhead(const plan *pl, int axis)
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
        ns += kept ? 100 : count * moving_cost(&r, size);
    }
    return ns;
}

static void choose_block(plan *pl)
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

/* -- registers --------------------------------------------------------------------------- */

static bool is_output(const plan *pl, int reg)
{
    for (int i = 0; i < pl->d->outputs; i++)
        if (pl->d->out_reg[i] == reg)
            return true;
    return false;
}

static void find_dtypes(plan *pl)
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
static int simpler(const plan *pl, const epl__tile_ins *ins)
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

static void translate(plan *pl)
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

/* -- operands ---------------------------------------------------------------------------- */

static void set_operand(plan *pl, epl__tile_operand *o, int operand, int reg)
{
    const size_t size = epl_dtype_bytes(operand_dtype(pl, operand));
    *o = (epl__tile_operand){.p = operand, .reg = reg, .size = size};
    o->offset = pl->nest.offset[operand];
    o->inner = block_rows(pl, operand, pl->first_axis);
    o->way = block_way(&o->inner, size);
    o->move = &epl__spans_now()->move[size];
    memcpy(o->outer, pl->nest.stride[operand], sizeof(int64_t) * (size_t)pl->first_axis);
}

static void set_inputs(plan *pl)
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

static int maker(const plan *pl, int reg)
{
    for (int i = 0; i < pl->d->instructions; i++)
        if (pl->step[i].dst == reg)
            return i;
    return -1; /* an input */
}

/* May the register's instruction write straight to the output? See tile.h. */
static bool may_write(const plan *pl, int output)
{
    const int reg = pl->output[output].reg, made = maker(pl, reg);
    if (made < 0 || pl->one[reg] || pl->output[output].way != EPL__WAY_PLAIN)
        return false;
    for (int i = 0; i < output; i++)
        if (pl->output[i].reg == reg && pl->output[i].way == EPL__WAY_PLAIN)
            return false;
    for (int i = 0; i < pl->moving; i++)
        if (pl->input[i].way == EPL__WAY_PLAIN && pl->last_use[pl->input[i].reg] > made)
            return false;
    return true;
}

static void set_outputs(plan *pl)
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

/* -- buffers ----------------------------------------------------------------------------- */

/* Buffers are counted, and given bytes when the length of a tile is known. */
typedef struct {
    int count, of[EPL__TILE_MAX_REG + EPL__TILE_MAX_OUT]; /* buffer of a register; -1: none */
    bool busy[EPL__TILE_MAX_REG + EPL__TILE_MAX_OUT];
    size_t widest;
} buffers;

static int take_buffer(buffers *b)
{
    int i = 0;
    while (i < b->count && b->busy[i])
        i++;
    b->count = i < b->count ? b->count : i + 1;
    b->busy[i] = true;
    return i;
}

static void note_width(buffers *b, size_t size)
{
    b->widest = size > b->widest ? size : b->widest;
}

static bool written_in_place(const plan *pl, int reg)
{
    for (int i = 0; i < pl->d->outputs; i++)
        if (pl->output[i].reg == reg && pl->output[i].way == EPL__WAY_PLAIN)
            return true;
    return false;
}

/* Those that keep their content: inputs, steps of the head, copies of a single element. */
static void take_lasting_buffers(const plan *pl, buffers *b)
{
    for (int i = 0; i < pl->moving; i++) {
        if (pl->input[i].way != EPL__WAY_BUFFER)
            continue;
        b->of[pl->input[i].reg] = take_buffer(b);
        note_width(b, pl->input[i].size);
    }
    for (int i = 0; i < pl->d->instructions; i++) {
        if (!pl->step[i].head)
            continue;
        b->of[pl->step[i].dst] = take_buffer(b);
        note_width(b, epl_dtype_bytes(pl->dtype[pl->step[i].dst]));
    }
    for (int i = 0; i < pl->d->outputs; i++) {
        if (!pl->output[i].spread || !pl->output[i].scattered)
            continue;
        b->of[EPL__TILE_MAX_REG + i] = take_buffer(b);
        note_width(b, pl->output[i].size);
    }
}

/* Frees the buffers of temporaries that instruction i reads last: those as wide as its
 * result, which may take their place, or the others. */
static void free_sources(const plan *pl, buffers *b, int i, bool as_wide)
{
    const epl__tile_step *s = &pl->step[i];
    const size_t width = epl_dtype_bytes(pl->dtype[s->dst]);
    for (int o = 0; o < 3; o++) {
        const int reg = s->src[o];
        if (reg < pl->d->inputs || reg >= NO_REG || pl->last_use[reg] != i || pl->head[reg])
            continue;
        if (b->of[reg] >= 0 && (epl_dtype_bytes(pl->dtype[reg]) == width) == as_wide)
            b->busy[b->of[reg]] = false;
    }
}

static void share_buffers(const plan *pl, buffers *b)
{
    for (int i = 0; i < NO_REG; i++)
        b->of[i] = -1;
    take_lasting_buffers(pl, b);
    for (int i = 0; i < pl->d->instructions; i++) {
        const int dst = pl->step[i].dst;
        if (pl->step[i].head)
            continue;
        free_sources(pl, b, i, true);
        if (!written_in_place(pl, dst)) {
            b->of[dst] = take_buffer(b);
            note_width(b, epl_dtype_bytes(pl->dtype[dst]));
        }
        free_sources(pl, b, i, false);
        if (pl->last_use[dst] < 0 && b->of[dst] >= 0)
            b->busy[b->of[dst]] = false;
    }
}

/* The length of a tile: buffers stay in the first cache, periods go in evenly. */
static int64_t tile_length(const plan *pl, const buffers *b, int64_t block)
{
    int64_t n = EPL__TILE;
    while (n > LEAST_TILE && (size_t)n * b->widest * (size_t)b->count > BUFFER_BYTES)
        n /= 2;
    if (block <= n)
        return block;
    int64_t longest = 1;
    for (int i = 0; i < pl->moving; i++) {
        const int64_t p = pl->input[i].period;
        if (pl->input[i].way == EPL__WAY_BUFFER && p <= n && p > longest)
            longest = p;
    }
    return n / longest * longest;
}

static bool place_buffers(plan *pl, const buffers *b)
{
    epl__tile *t = pl->t;
    const size_t bytes = ((size_t)t->tile * b->widest + 63) / 64 * 64;
    int16_t *reg = epl__arena_take(pl->arena, sizeof *reg * (size_t)pl->d->instructions);
    size_t *at = epl__arena_take(pl->arena, sizeof *at * (size_t)pl->d->instructions);
    if (!reg || !at)
        return false;
    for (int i = 0; i < pl->moving; i++) {
        epl__tile_operand *o = &pl->input[i];
        if (o->way != EPL__WAY_BUFFER)
            continue;
        o->at = bytes * (size_t)b->of[o->reg];
        o->keep = t->tiles == 1 || t->tile % o->period == 0;
    }
    for (int i = 0; i < pl->d->outputs; i++)
        if (pl->output[i].spread && pl->output[i].scattered)
            pl->output[i].at = bytes * (size_t)b->of[EPL__TILE_MAX_REG + i];
    for (int r = pl->d->inputs; r < EPL__TILE_MAX_REG; r++) {
        if (b->of[r] < 0)
            continue;
        reg[t->buffers] = (int16_t)r;
        at[t->buffers++] = bytes * (size_t)b->of[r];
    }
    t->buffer_reg = reg;
    t->buffer_at = at;
    t->call.scratch = bytes * (size_t)b->count;
    return true;
}

/* -- the whole --------------------------------------------------------------------------- */

static const char *describe(plan *pl)
{
    const epl__tile_desc *d = pl->d;
    char text[128];
    int used = d->instructions == 1
                   ? snprintf(text, sizeof text, "tile %s", epl__tile_name(d->ins[0].op))
                   : snprintf(text, sizeof text, "tile of %d", d->instructions);
    used += snprintf(text + used, sizeof text - (size_t)used, " %s",
                     epl_dtype_name(pl->dtype[d->out_reg[0]]));
    for (int i = 0; i < pl->nest.rank && used < 100; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, "%c%lld", i ? 'x' : ' ',
                         (long long)pl->nest.dim[i]);
    return epl__arena_text(pl->arena, text);
}

/* Elements of a part: some microseconds of work. */
static int64_t part_length(const plan *pl)
{
    double ns = pl->ns + 0.02 * pl->nest.operands;
    for (int i = 0; i < pl->moving; i++)
        if (pl->input[i].way == EPL__WAY_BUFFER && !pl->input[i].keep)
            ns += moving_cost(&pl->input[i].inner, pl->input[i].size);
    for (int i = 0; i < pl->d->outputs; i++)
        if (pl->output[i].scattered)
            ns += moving_cost(&pl->output[i].inner, pl->output[i].size);
    pl->t->call.cost = 15 + ns * (double)pl->t->count;
    const double n = 4000 / ns;
    return n > 65536 ? 65536 : n < 1024 ? 1024 : (int64_t)n;
}

static bool take_constants(plan *pl)
{
    const epl__tile_desc *d = pl->d;
    int16_t *reg = epl__arena_take(pl->arena, sizeof *reg * (size_t)d->inputs);
    uint64_t *bytes = epl__arena_take(pl->arena, sizeof *bytes * (size_t)d->inputs);
    if (!reg || !bytes)
        return false;
    int count = 0;
    for (int i = 0; i < d->inputs; i++) {
        if (!d->is_const[i])
            continue;
        reg[count] = (int16_t)i;
        bytes[count++] = epl__tile_constant(d->in_dtype[i], d->value[i], d->value_int[i]);
    }
    pl->t->constants = count;
    pl->t->constant_reg = reg;
    pl->t->constant = bytes;
    return true;
}

/* One step on operands in place, without a head: a call of its span does a whole part. */
static epl__call *single(plan *pl)
{
    epl__tile *t = pl->t;
    if (t->steps != 1 || t->outputs != 1 || t->outer_rank > 0 || t->step[0].one ||
        t->output[0].way != EPL__WAY_PLAIN || t->output[0].reg != t->step[0].dst)
        return &t->call;
    for (int i = 0; i < t->inputs; i++)
        if (t->input[i].way != EPL__WAY_PLAIN && t->input[i].way != EPL__WAY_FIXED)
            return &t->call;
    epl__tile_single *s = epl__arena_take(pl->arena, sizeof *s);
    if (!s)
        return NULL;
    *s = (epl__tile_single){.call = t->call, .span = t->step[0].span, .count = t->count};
    s->call.run = epl__tile_run_single;
    s->call.scratch = 0;
    s->count_of_part = t->units_of_part * t->tile;
    s->flat = t->step[0].flat;
    s->out = t->output[0].p;
    s->out_size = t->output[0].size;
    s->out_offset = t->output[0].offset;
    for (int o = 0; o < 3; o++) {
        const int reg = t->step[0].src[o];
        s->in[o] = -1;
        for (int i = 0; i < t->inputs; i++) {
            if (t->input[i].reg != reg)
                continue;
            s->in[o] = t->input[i].p;
            s->in_size[o] = t->input[i].way == EPL__WAY_PLAIN ? t->input[i].size : 0;
            s->in_offset[o] = t->input[i].offset;
        }
        for (int i = 0; i < t->constants; i++)
            if (t->constant_reg[i] == reg)
                s->constant[o] = t->constant[i];
    }
    return &s->call;
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
    plan pl = {.arena = a, .d = d};
    epl__tile *t = pl.t = epl__arena_take(a, sizeof *t);
    pl.input = epl__arena_take(a, sizeof *pl.input * (size_t)d->inputs);
    pl.output = epl__arena_take(a, sizeof *pl.output * (size_t)d->outputs);
    pl.step = epl__arena_take(a, sizeof *pl.step * (size_t)d->instructions);
    if (!t || !pl.input || !pl.output || !pl.step || !take_constants(&pl))
        return NULL;
    find_dtypes(&pl);
    find_nest(&pl);
    t->call = (epl__call){.run = epl__tile_run, .name = describe(&pl)};
    t->count = epl__nest_count(&pl.nest);
    if (!t->call.name || t->count == 0)
        return t->call.name ? &t->call : NULL;
    choose_block(&pl);
    set_inputs(&pl);
    translate(&pl);
    set_outputs(&pl);
    t->outer_rank = pl.first_axis;
    memcpy(t->outer_dim, pl.nest.dim, sizeof t->outer_dim);
    t->block = t->count;
    for (int i = 0; i < t->outer_rank; i++)
        t->block /= t->outer_dim[i];
    buffers b = {0};
    share_buffers(&pl, &b);
    t->tile = tile_length(&pl, &b, t->block);
    t->tiles = (t->block + t->tile - 1) / t->tile;
    t->units = t->tiles * (t->count / t->block);
    t->inputs = pl.moving;
    t->outputs = d->outputs;
    t->steps = d->instructions;
    t->input = pl.input;
    t->output = pl.output;
    t->step = pl.step;
    if (!place_buffers(&pl, &b))
        return NULL;
    t->units_of_part = (part_length(&pl) + t->tile - 1) / t->tile;
    t->call.parts = (t->units + t->units_of_part - 1) / t->units_of_part;
    return single(&pl);
}
