/* region_transpose.c -- a region on the tape, run backwards.
 *
 * Of a scan: a scan in the other direction, which carries the cotangents of what was carried
 * and sums those of what was passed in, or gives what they are summed from (region_sums.c).
 * Of a switch: the switch of its transposed bodies.
 */
#include <string.h>
#include "../base/scope.h"
#include "region_sums.h"
#include "transform.h"

typedef struct {
    epl_fn *f;
    const epl__node *n;
    const epl__region *r;
    const epl__id *ct; /* by part */
    uint32_t predicates;
    bool *linear, *out; /* by operand; by body output: depends on linear ones */
    epl__id *in;        /* of the new region: operands, and their roles */
    uint8_t *role;
    uint32_t count;
    epl__arena scratch;
} transposing;

static const epl_type *operand_type(const transposing *t, uint32_t i)
{
    return epl__node_at(t->f, t->n->in[t->predicates + i])->type;
}

static void push(transposing *t, epl__id id, epl__role role)
{
    t->in[t->count] = id;
    t->role[t->count++] = (uint8_t)role;
}

static bool linear_operands(transposing *t)
{
    uint32_t outputs = t->r->body[0]->outputs;
    size_t most = 2 * (size_t)t->n->count + 3 * (size_t)outputs * t->r->bodies + 8;
    t->linear = epl__arena_take(&t->scratch, t->n->count + 1);
    t->out = epl__arena_take(&t->scratch, outputs + 1);
    t->in = epl__arena_take(&t->scratch, most * sizeof *t->in);
    t->role = epl__arena_take(&t->scratch, most);
    if (!t->linear || !t->out || !t->in || !t->role)
        return false;
    for (uint32_t i = 0; i + t->predicates < t->n->count; i++)
        t->linear[i] = (t->n->in[t->predicates + i] & EPL__TAPE) != 0;
    return epl__dependences(t->r, true, t->linear, t->out, &t->scratch);
}

/* The body in g, its linear inputs on g's tape. */
typedef struct {
    epl_fn *g;
    epl__id *x, *y, *ct, *back; /* by input, by output; back: cotangents of linear inputs */
} turned;

static bool turn(transposing *t, uint32_t k, uint32_t first, turned *w)
{
    const epl_fn *b = t->r->body[k];
    size_t most = (size_t)b->inputs + b->outputs + 1;
    epl__id *y = epl__arena_take(&t->scratch, 4 * most * sizeof *y), *ct = y + most;
    epl__id *x = ct + most, *back = x + most;
    size_t nx = 0, ny = 0;
    if (!y || !epl__inline(w->g, b, w->x, 0, b->outputs, w->y))
        return false;
    for (uint32_t i = 0; i < b->outputs; i++)
        if (w->ct[i] != EPL__ID_NONE && (w->y[i] & EPL__TAPE)) {
            y[ny] = w->y[i];
            ct[ny++] = w->ct[i];
        }
    for (uint32_t i = 0; i < b->inputs; i++)
        if (t->linear[first + i])
            x[nx++] = w->x[i];
    if (!epl__transpose(w->g, y, ct, ny, x, nx, back))
        return false;
    for (uint32_t i = 0, c = 0; i < b->inputs; i++)
        w->back[i] = t->linear[first + i] ? back[c++] : EPL__ID_NONE;
    return true;
}

static bool turned_new(transposing *t, const epl_fn *b, turned *w)
{
    size_t most = (size_t)b->inputs + b->outputs + 1;
    w->g = epl__body_new(t->f);
    w->x = epl__arena_take(&t->scratch, 4 * most * sizeof *w->x);
    w->y = w->x + most;
    w->ct = w->y + most;
    w->back = w->ct + most;
    for (size_t i = 0; w->x && i < most; i++)
        w->ct[i] = EPL__ID_NONE;
    return w->g && w->x;
}

/* -- scan ---------------------------------------------------------------------------------- */
/* The cotangent of part i, as a value of a step: [length, ...] comes in entry by entry. */
static epl__id each_step(transposing *t, epl_fn *g, uint32_t part, const epl_type *type)
{
    if (t->ct[part] == EPL__ID_NONE)
        return EPL__ID_NONE;
    push(t, t->ct[part], EPL__EACH);
    return epl__body_input(g, type);
}

/* What a scan's transpose gives, by input of the scan. */
typedef struct {
    epl__id *at_start; /* cotangents of what stood before a step */
    epl__id *each;     /* what is collected for epl_each */
    uint32_t *part;    /* of the new region: where the cotangent is */
    bool *after;       /* it is summed after the loop */
} results;

static bool results_new(transposing *t, results *s)
{
    size_t n = t->r->body[0]->inputs + 1;
    s->at_start = epl__arena_take(&t->scratch, 2 * n * sizeof *s->at_start);
    s->each = s->at_start + n;
    s->part = epl__arena_take(&t->scratch, n * sizeof *s->part);
    s->after = epl__arena_take(&t->scratch, n);
    return s->at_start && s->part && s->after;
}

/* Inputs of the new body, in the order of its operands. Carried: cotangents of what was
 * carried. */
static bool scan_inputs(transposing *t, turned *w, results *s)
{
    const epl__region *r = t->r;
    const epl_fn *b = r->body[0];
    for (uint32_t i = 0, c = 0; i < b->inputs; i++) {
        const epl_type *type = &b->input[i].type;
        if (t->linear[i])
            w->x[i] = epl__tape_input(w->g, epl__type_intern(w->g, type));
        s->at_start[i] = s->each[i] = EPL__ID_NONE;
        if (r->role[i] == EPL__CARRY) {
            if (!t->linear[i]) { /* a tangent that nothing on the tape reaches */
                w->x[i] = epl__zeros(w->g, type);
                c++;
                continue;
            }
            epl__id end = t->ct[c];
            push(t, end == EPL__ID_NONE ? epl__zeros(t->f, type) : end, EPL__CARRY);
            w->ct[c] = epl__body_input(w->g, type);
            s->at_start[i] = each_step(t, w->g, r->carries + c, type);
            c++;
        } else if (!t->linear[i]) {
            push(t, t->n->in[i], (epl__role)r->role[i]);
            w->x[i] = epl__body_input(w->g, type);
        }
    }
    for (uint32_t j = r->carries; j < b->outputs; j++)
        if (t->out[j])
            w->ct[j] = each_step(t, w->g, r->carries + j, &b->output[j].type);
    return epl_scope_status(t->f->scope) == EPL_OK;
}

/* A result of the new body, or zeros. */
static bool output(turned *w, epl__id id, const epl_type *type)
{
    return epl__body_output(w->g, id == EPL__ID_NONE ? epl__zeros(w->g, type) : id);
}

/* What was passed in: its cotangents are carried sums, if they cannot be summed afterwards. */
static bool scan_sums(transposing *t, turned *w, results *s, epl__sums *later)
{
    const epl__region *r = t->r;
    const epl_fn *b = r->body[0];
    for (uint32_t i = 0; i < b->inputs; i++) {
        const epl_type *type = &b->input[i].type;
        if (!t->linear[i] || r->role[i] != EPL__PASS)
            continue;
        s->after[i] = w->back[i] != EPL__ID_NONE && epl__sum_later(later, w->back[i]);
        if (s->after[i])
            continue;
        push(t, epl__zeros(t->f, type), EPL__CARRY);
        epl__id before = epl__body_input(w->g, type);
        s->part[i] = w->g->outputs;
        if (!output(w, epl__plus(w->g, w->back[i], before), type))
            return false;
    }
    return true;
}

/* What goes round comes first among the outputs, then what is collected. */
static bool scan_outputs(transposing *t, turned *w, results *s, epl__sums *later)
{
    const epl__region *r = t->r;
    const epl_fn *b = r->body[0];
    for (uint32_t i = 0; i < b->inputs; i++) {
        if (!t->linear[i] || r->role[i] == EPL__PASS)
            continue;
        bool each = r->role[i] == EPL__EACH;
        epl__id id = epl__plus(w->g, w->back[i], s->at_start[i]);
        if (each && id != EPL__ID_NONE)
            epl__sums_given(later, id);
        s->each[i] = id;
        s->part[i] = w->g->outputs; /* of what is carried; entries have theirs later */
        if (!each && !output(w, id, &b->input[i].type))
            return false;
    }
    later->operand = t->in;
    later->role = t->role;
    if (!scan_sums(t, w, s, later))
        return false;
    uint32_t first = w->g->outputs; /* = the carried values of the new scan */
    for (uint32_t i = 0; i < b->inputs; i++)
        if (t->linear[i] && r->role[i] == EPL__EACH) {
            s->part[i] = first + w->g->outputs;
            if (!output(w, s->each[i], &b->input[i].type))
                return false;
        }
    epl__tape_clear(w->g);
    return epl__sums_outputs(later, first);
}

static bool scan_back(transposing *t, epl__id *out)
{
    const epl__region *r = t->r;
    const epl_fn *b = r->body[0];
    turned w;
    results s;
    if (!results_new(t, &s) || !turned_new(t, b, &w) || !scan_inputs(t, &w, &s) ||
        !turn(t, 0, 0, &w))
        return false;
    epl__sums later = {.f = t->f, .body = w.g, .steps = r->length, .scratch = &t->scratch};
    if (!epl__sums_begin(&later, t->in, t->role, t->count) || !scan_outputs(t, &w, &s, &later))
        return false;
    epl__region like = *r;
    like.body = &w.g;
    like.reverse = !r->reverse;
    const epl__region *back = epl__region_new(t->f, &like, t->role, t->count);
    epl__id node = back ? epl__region_build(t->f, back, t->in, t->count) : EPL__ID_NONE;
    if (node == EPL__ID_NONE)
        return false;
    for (uint32_t i = 0; i < b->inputs; i++)
        if (t->linear[i] && (t->n->in[i] & EPL__TAPE))
            out[i] = s.after[i] ? epl__sum_after(&later, node, w.back[i])
                                : epl__part_of(t->f, node, s.part[i]);
    return true;
}

/* -- switch -------------------------------------------------------------------------------- */
/* Operands that stand for one value have one cotangent: first[i] is the first such operand. */
static void same_operands(const transposing *t, uint32_t *first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        first[i] = i;
        for (uint32_t k = 0; k < i && first[i] == i; k++)
            if (t->n->in[t->predicates + k] == t->n->in[t->predicates + i])
                first[i] = k;
    }
}

static epl_fn *branch_back(transposing *t, uint32_t k, uint32_t first, const uint32_t *same,
                           uint32_t all)
{
    const epl_fn *b = t->r->body[k];
    turned w;
    if (!turned_new(t, b, &w))
        return NULL;
    for (uint32_t i = 0; i < b->inputs; i++)
        if (t->linear[first + i])
            w.x[i] = epl__tape_input(w.g, epl__type_intern(w.g, &b->input[i].type));
        else {
            push(t, t->n->in[t->predicates + first + i], EPL__PASS);
            w.x[i] = epl__body_input(w.g, &b->input[i].type);
        }
    for (uint32_t i = 0; i < b->outputs; i++)
        if (t->ct[i] != EPL__ID_NONE) {
            push(t, t->ct[i], EPL__PASS);
            w.ct[i] = epl__body_input(w.g, &b->output[i].type);
        }
    if (!turn(t, k, first, &w))
        return NULL;
    for (uint32_t i = 0; i < all; i++) {
        if (!t->linear[i] || same[i] != i)
            continue;
        epl__id total = EPL__ID_NONE;
        for (uint32_t j = 0; j < b->inputs; j++)
            if (t->linear[first + j] && same[first + j] == i)
                total = epl__plus(w.g, total, w.back[j]);
        if (total == EPL__ID_NONE)
            total = epl__zeros(w.g, operand_type(t, i));
        if (!epl__body_output(w.g, total))
            return NULL;
    }
    epl__tape_clear(w.g);
    return w.g;
}

static bool switch_back(transposing *t, epl__id *out)
{
    const epl__region *r = t->r;
    uint32_t all = t->n->count - t->predicates, at = 0;
    epl_fn **body = epl__arena_take(&t->scratch, r->bodies * sizeof *body);
    uint32_t *same = epl__arena_take(&t->scratch, (all + 1) * sizeof *same);
    if (!body || !same)
        return false;
    same_operands(t, same, all);
    if (t->predicates)
        push(t, t->n->in[0], EPL__PASS);
    for (uint32_t k = 0; k < r->bodies; k++) {
        body[k] = branch_back(t, k, at, same, all);
        if (!body[k])
            return false;
        at += r->body[k]->inputs;
    }
    epl__region like = *r;
    like.body = body;
    like.custom = r->custom ? &epl__by_body : NULL;
    const epl__region *back =
        epl__region_new(t->f, &like, t->role + t->predicates, t->count - t->predicates);
    epl__id node = back ? epl__region_build(t->f, back, t->in, t->count) : EPL__ID_NONE;
    for (uint32_t i = 0, part = 0; node != EPL__ID_NONE && i < all; i++)
        if (t->linear[i] && same[i] == i) {
            epl__id id = epl__part_of(t->f, node, part++);
            if (t->n->in[t->predicates + i] & EPL__TAPE)
                out[t->predicates + i] = id;
        }
    return node != EPL__ID_NONE;
}

bool epl__region_transpose(epl_fn *f, epl__id id, const epl__id *ct, epl__id *out)
{
    const epl__node *n = epl__node_at(f, id);
    transposing t = {.f = f, .n = n, .r = epl__region_of(n), .ct = ct};
    t.predicates = epl__predicates(t.r);
    for (uint32_t i = 0; i < n->count; i++)
        out[i] = EPL__ID_NONE;
    if (t.r->custom && t.r->custom->transpose)
        return t.r->custom->transpose(f, id, ct, out);
    epl__arena_init(&t.scratch, f->arena.alloc);
    bool ok = linear_operands(&t);
    if (ok && t.r->kind == EPL__WHILE) {
        epl__fail(f, EPL_ERR_RULE, "[while] a loop without a bound has no reverse derivative");
        ok = false;
    } else if (ok)
        ok = t.r->kind == EPL__SCAN ? scan_back(&t, out) : switch_back(&t, out);
    epl__arena_free(&t.scratch);
    if (!ok)
        epl__fail(f, EPL_ERR_MEMORY, "no memory for the derivative of a region");
    return ok && epl_scope_status(f->scope) == EPL_OK;
}
