/* check.c -- the first operation of a run that makes a NaN or an infinity, by name.
 *
 * After each step what it wrote is looked through. Only where something is found is the
 * step looked into: an element-wise one is run again with all its operations written.
 * Invariant: what a step reads has been looked through before, or is a constant, or comes
 * from one; so a NaN that is found is made here, or comes from a constant.
 */
#include <math.h>
#include <string.h>
#include "../base/scope.h"
#include "../base/spec.h"
#include "../plan/check.h"
#include "run.h"
#include "strided.h"

typedef enum { NOTHING, MAKES, PASSES } verdict;
typedef struct {
    verdict verdict;
    uint32_t maker;
} origin;
typedef struct {
    const struct epl__check *c;
    const epl__frame *f;
    epl_check what;
    char *space, *inside;      /* what all makers make, once it is needed */
    bool asked, nan, infinite; /* of the operands of a step that is not element-wise */
} looking;

static epl__strided array_of(const looking *l, const epl__seen *s)
{
    const char *base = s->place.slot < 0 ? NULL : l->f->base[s->place.slot];
    const void *data = base ? (const void *)(base + s->place.byte)
                            : (const void *)(intptr_t)s->place.byte;
    return (epl__strided){data, &s->type, s->stride};
}

/* -- into an element-wise step --------------------------------------------------------------- */
static bool run_inside(looking *l)
{
    const struct epl__check *c = l->c;
    void *p[EPL__TILE_MAX_OUT + EPL__TILE_MAX_IN];
    uint32_t n = 0;
    if (l->inside)
        return true;
    l->space = epl__take_raw(l->f->work->alloc, c->bytes + 64);
    if (!l->space)
        return false;
    l->inside = (char *)(((uintptr_t)l->space + 63) & ~(uintptr_t)63);
    for (uint32_t i = 0; i < c->makers; i++)
        p[n++] = l->inside + c->maker[i].byte;
    for (uint32_t i = 0; i < c->operands; i++)
        if (!c->operand[i].at.constant)
            p[n++] = (void *)(uintptr_t)array_of(l, &c->operand[i].at).data;
    c->inside->run(c->inside, p, 0, c->inside->parts, l->f->scratch);
    return true;
}

static double made_at(const looking *l, uint32_t maker, int64_t element)
{
    int64_t stride[EPL_MAX_RANK];
    const epl__maker *m = &l->c->maker[maker];
    epl__strides(m->type.shape, stride);
    return epl__strided_at(&(epl__strided){l->inside + m->byte, &m->type, stride}, element);
}

static double operand_at(const looking *l, const epl__operand *o, int64_t element)
{
    epl__strided a = array_of(l, &o->at);
    return o->at.constant ? o->at.value : epl__strided_at(&a, element);
}

static double source_at(const looking *l, int source, int64_t element)
{
    return source < 0 ? made_at(l, (uint32_t)(-1 - source), element)
                      : operand_at(l, &l->c->operand[source], element);
}

/* Is source k of the maker read at the element? */
static bool is_read(const looking *l, const epl__maker *m, int k, int64_t element)
{
    return !m->chooses || k == (source_at(l, m->source[0], element) != 0 ? 1 : 2);
}

/* Where the number that the maker has at the element comes from; of those before it it is known. */
static origin origin_of(const looking *l, const origin *before, uint32_t maker, int64_t element)
{
    const epl__maker *m = &l->c->maker[maker];
    origin passed = {NOTHING, 0};
    bool nan = false, infinite = false;
    if (!epl_dtype_is_float(m->type.dtype) || !epl__is_bad(made_at(l, maker, element), l->what))
        return passed;
    for (int k = 0; k < m->sources; k++) {
        if (!is_read(l, m, k, element))
            continue;
        double v = source_at(l, m->source[k], element);
        nan |= v != v;
        infinite |= v == v && v - v != 0;
        origin from = m->source[k] < 0 ? before[-1 - m->source[k]] : (origin){NOTHING, 0};
        if (from.verdict == MAKES)
            return from;
        if (from.verdict == PASSES)
            passed = from;
    }
    if (passed.verdict)
        return passed;
    bool is_nan = isnan(made_at(l, maker, element));
    if (is_nan && nan)
        return (origin){PASSES, maker};
    return (origin){!is_nan && (nan || infinite) ? NOTHING : MAKES, maker};
}

static origin trace(const looking *l, uint32_t maker, int64_t element)
{
    origin at[EPL__TILE_MAX_REG];
    for (uint32_t i = 0; i <= maker; i++)
        at[i] = origin_of(l, at, i, element);
    return at[maker];
}

/* -- any other step ------------------------------------------------------------------------ */
static origin of_whole(looking *l, double v)
{
    for (uint32_t i = 0; !l->asked && i < l->c->operands; i++) {
        const epl__seen *s = &l->c->operand[i].at;
        epl__strided a = array_of(l, s);
        epl__extent e = s->constant ? (epl__extent){0, 0, isnan(s->value), isinf(s->value) != 0}
                                    : epl__strided_extent(&a);
        l->nan |= e.nan;
        l->infinite |= e.infinite;
    }
    l->asked = true;
    if (isnan(v))
        return (origin){l->nan ? PASSES : MAKES, 0};
    return (origin){l->nan || l->infinite ? NOTHING : MAKES, 0};
}

/* -- the message ------------------------------------------------------------------------------ */
typedef struct {
    char text[EPL__RUN_MESSAGE];
} words;

static void say(words *w, const char *more)
{
    size_t used = strlen(w->text);
    epl__text(w->text + used, sizeof w->text - used, "%s", more);
}

static const char *number_text(double v, char *text, size_t size)
{
    return isnan(v) ? "nan" : epl__text(text, size, "%.6g", v);
}

static void say_operand(const looking *l, words *w, const epl__operand *o, int64_t element)
{
    char text[EPL_TYPE_TEXT + 80], type[EPL_TYPE_TEXT], least[32], most[32];
    epl__strided a = array_of(l, &o->at);
    if (o->at.constant || l->c->inside) {
        double v = operand_at(l, o, element);
        say(w, number_text(v, text, sizeof text));
        if (isnan(v) && o->op)
            say(w, epl__text(text, sizeof text, " of %s%s%s%s", o->op, *o->where ? " (" : "",
                             o->where, *o->where ? ")" : ""));
        return;
    }
    say(w, epl_type_text(o->at.type, type));
    if (!epl_count(o->at.type))
        return;
    epl__extent e = epl__strided_extent(&a);
    if (!isnan(e.least))
        say(w, epl__text(text, sizeof text, " from %s to %s",
                         number_text(e.least, least, sizeof least),
                         number_text(e.most, most, sizeof most)));
    say(w, e.nan ? " with nan" : "");
}

static void say_sources(const looking *l, words *w, uint32_t maker, int64_t element)
{
    const epl__maker *m = &l->c->maker[maker];
    uint32_t n = l->c->inside ? m->sources : l->c->operands, said = 0;
    char text[32];
    for (uint32_t k = 0; k < n && said < 3; k++) {
        if (l->c->inside && !is_read(l, m, (int)k, element))
            continue;
        say(w, said++ ? " and " : ", of ");
        if (l->c->inside && m->source[k] < 0)
            say(w, number_text(source_at(l, m->source[k], element), text, sizeof text));
        else
            say_operand(l, w, &l->c->operand[l->c->inside ? (uint32_t)m->source[k] : k], element);
    }
}

static void report(const looking *l, origin o, double v, int64_t element)
{
    words w = {""};
    const epl__maker *m = &l->c->maker[o.maker];
    char index[32 * EPL_MAX_RANK], type[EPL_TYPE_TEXT], number[32];
    epl__index_text(m->type.shape, element, index, sizeof index);
    if (l->c->inside)
        v = made_at(l, o.maker, element);
    epl__text(w.text, sizeof w.text, "[%s] %s %s at %s of %s%s%s%s", m->op,
              o.verdict == MAKES ? "makes" : "passes on", number_text(v, number, sizeof number),
              index, epl_type_text(m->type, type), *m->where ? " (" : "", m->where,
              *m->where ? ")" : "");
    say_sources(l, &w, o.maker, element);
    epl__text(l->f->work->message, EPL__RUN_MESSAGE, "%s", w.text);
}

/* -- steps ----------------------------------------------------------------------------------- */
static epl_status look_at(looking *l, const epl__made *made)
{
    epl__strided a = array_of(l, &made->at);
    for (int64_t i = 0; (i = epl__strided_bad(&a, i, l->what)) >= 0; i++) {
        if (l->c->inside && !run_inside(l)) {
            epl__text(l->f->work->message, EPL__RUN_MESSAGE,
                      "[check] no memory to look into a step of %zu bytes", l->c->bytes);
            return EPL_ERR_MEMORY;
        }
        double v = epl__strided_at(&a, i);
        origin o = l->c->inside ? trace(l, made->maker, i) : of_whole(l, v);
        if (o.verdict == NOTHING)
            continue;
        report(l, o, v, i);
        return EPL_ERR_DATA;
    }
    return EPL_OK;
}

epl_status epl__check_step(const epl__program *p, const epl__step *s, const epl__frame *f)
{
    looking l = {.c = s->check, .f = f, .what = (epl_check)p->check};
    epl_status status = EPL_OK;
    for (uint32_t i = 0; status == EPL_OK && i < l.c->makes; i++)
        status = look_at(&l, &l.c->made[i]);
    if (l.space)
        epl__give(f->work->alloc, l.space, l.c->bytes + 64);
    return status;
}

/* -- what comes in ----------------------------------------------------------------------------- */
/* Element i of the numbers of one dtype: of which leaf, and which of its elements? */
static const epl_leaf_spec *leaf_at(epl_spec spec, epl_dtype dtype, int64_t i, int64_t *within)
{
    for (size_t k = 0; k < epl_spec_leaves(spec); k++) {
        const epl_leaf_spec *leaf = epl_spec_leaf(spec, k);
        *within = i - leaf->offset;
        if (leaf->dtype == dtype && *within >= 0 &&
            *within < epl_count(epl_type_of(dtype, leaf->shape)))
            return leaf;
    }
    return NULL;
}

/* part: the elements of one tree that have this dtype; 0: no tree. */
static epl_status look_in(const char *name, const epl__strided *a, epl_spec spec, int64_t part,
                          epl_check what, epl_work *w)
{
    char index[32 * EPL_MAX_RANK], type[EPL_TYPE_TEXT], number[32], copy[40] = "";
    int64_t within, i = epl__strided_bad(a, 0, what);
    if (i < 0)
        return EPL_OK;
    const epl_leaf_spec *leaf = part ? leaf_at(spec, a->type->dtype, i % part, &within) : NULL;
    epl_type of = leaf ? epl_type_of(leaf->dtype, leaf->shape) : *a->type;
    epl__index_text(of.shape, leaf ? within : i, index, sizeof index);
    if (leaf && i >= part)
        epl__text(copy, sizeof copy, ", copy %lld", (long long)(i / part));
    of.spec = NULL;
    epl__text(w->message, sizeof w->message, "[run] input \"%s\"%s%s%s holds %s at %s of %s%s",
              name, leaf ? ", leaf \"" : "", leaf ? leaf->path : "", leaf ? "\"" : "",
              number_text(epl__strided_at(a, i), number, sizeof number), index,
              epl_type_text(of, type), copy);
    return EPL_ERR_DATA;
}

static epl_status look_in_input(const char *name, const epl_array *in, epl_check what, epl_work *w)
{
    int64_t stride[EPL_MAX_RANK];
    epl_spec spec = in->type.spec;
    if (in->type.dtype != EPL_NONE) {
        int64_t part = spec && spec->parts == 1 ? spec->part[0].elements : 0;
        epl__strided a = {in->data, &in->type, stride};
        epl__strides(in->type.shape, stride);
        return epl_dtype_is_float(in->type.dtype) ? look_in(name, &a, spec, part, what, w) : EPL_OK;
    }
    int64_t copies = epl_count((epl_type){EPL_U8, in->type.shape, NULL});
    for (int k = 0; k < epl__spec_parts(spec); k++) {
        epl_type t = epl__spec_part(spec, k, in->type.shape);
        epl__strided a = {(char *)in->data + epl__spec_part_byte(spec, k, copies), &t, stride};
        epl__strides(t.shape, stride);
        epl_status status = epl_dtype_is_float(t.dtype)
                                ? look_in(name, &a, spec, spec->part[k].elements, what, w)
                                : EPL_OK;
        if (status != EPL_OK)
            return status;
    }
    return EPL_OK;
}

epl_status epl__check_inputs(const epl__program *p, epl_arrays in, epl_work *w)
{
    for (uint32_t i = 0; i < p->inputs; i++) {
        epl_status status = p->watched[i]
                                ? look_in_input(p->input[i].name, &in.at[i], (epl_check)p->check, w)
                                : EPL_OK;
        if (status != EPL_OK)
            return status;
    }
    return EPL_OK;
}
