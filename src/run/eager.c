/* eager.c -- a value computed at once, so that ordinary C decides what comes next.
 *
 * The cone of the value becomes a program of its own, is run once and dropped. All that it
 * needs must be known: an input of the function is an error that names it.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "../base/number.h"
#include "../base/scope.h"
#include "../base/type.h"
#include "run.h"

/* Does v need an input? Then the scope fails. */
static bool known(epl_fn *f, epl__id id)
{
    if (!epl__marks(f))
        return false;
    f->mark[id] = f->epoch;
    for (epl__id i = id + 1; i-- > 0;) {
        const epl__node *n = epl__node_at(f, i);
        if (f->mark[i] != f->epoch)
            continue;
        if (n->prim == &epl__prim_input) {
            int64_t index = ((const epl__input_attrs *)n->attrs)->index;
            const char *name = f->kind == EPL__FN_PLAIN && index >= 0 && index < f->inputs
                                   ? f->input[index].name
                                   : "of an inner function";
            epl__fail(f, EPL_ERR_USE,
                      "[eval] the value needs the input \"%s\", which is known in a run "
                      "alone; use epl_data for numbers that are known now",
                      name);
            return false;
        }
        for (uint32_t k = 0; k < n->count; k++)
            f->mark[n->in[k]] = f->epoch;
    }
    return true;
}

/* f as if v were all that it gives; memory that the walk takes stays f's. */
static epl__program *program_of(epl_fn *f, epl__id id)
{
    epl__port port = {
        .name = "value", .type = *epl__node_at(f, id)->type, .value = id, .update = EPL__ID_NONE};
    epl_fn one = *f;
    one.inputs = one.input_nodes = 0;
    one.outputs = 1;
    one.output = &port;
    epl__program *p = epl__program_make(f->scope, epl__scope_allocator(f->scope), &one);
    f->arena = one.arena;
    f->mark = one.mark;
    f->mark_room = one.mark_room;
    f->epoch = one.epoch;
    return p;
}

static epl_status compute(epl_val v, epl_array out, const char *what)
{
    epl_fn *f = epl__fn_of(v);
    char want[EPL_TYPE_TEXT], got[EPL_TYPE_TEXT];
    if (!f)
        return EPL_ERR_USE;
    if (epl_scope_status(f->scope) != EPL_OK)
        return epl_scope_status(f->scope);
    epl_type t = epl_typeof(v);
    if (!epl_type_equal(t, out.type) || (!out.data && epl_bytes(t))) {
        epl__fail(f, EPL_ERR_SHAPE, "[%s] the value is %s, the array %s%s", what,
                  epl_type_text(t, want), epl_type_text(out.type, got),
                  out.data ? "" : " without data");
        return EPL_ERR_SHAPE;
    }
    if (!known(f, epl__id_of(v)))
        return epl_scope_status(f->scope);
    epl__program *p = program_of(f, epl__id_of(v));
    epl_work *w = epl__work_make(epl__scope_allocator(f->scope), NULL);
    epl_status status = p && w ? EPL_OK : EPL_ERR_MEMORY;
    if (status == EPL_OK)
        status = epl__program_run(p, (epl_arrays){0, NULL}, (epl_arrays){1, &out}, w);
    if (status != EPL_OK)
        epl__fail(f, status, "%s", w && *w->message ? w->message : "[eval] no memory");
    epl__work_free(w);
    epl__program_free(p);
    return epl_scope_status(f->scope);
}

epl_status epl_eval(epl_val v, epl_array out)
{
    return compute(v, out, "eval");
}

static double number(const epl_array *a, int64_t i)
{
    return epl_dtype_is_float(a->type.dtype) ? epl__number_at(a, i) : (double)epl__integer_at(a, i);
}

double epl_item(epl_val v)
{
    epl_fn *f = epl__fn_of(v);
    double x;
    int64_t k;
    uint64_t space[2] = {0};
    if (epl__is_num(v)) {
        epl__num_read(v, &x, &k);
        return x;
    }
    epl_array one = {space, epl_typeof(v)};
    char text[EPL_TYPE_TEXT];
    if (f && (one.type.dtype == EPL_NONE || epl_count(one.type) != 1)) {
        epl__fail(f, EPL_ERR_SHAPE, "[item] one number is expected, the value is %s",
                  epl_type_text(one.type, text));
        return NAN;
    }
    return compute(v, one, "item") == EPL_OK ? number(&one, 0) : NAN;
}

enum { MOST_SHOWN = 1000, EDGE = 3 };

typedef struct {
    char *at;
    size_t size, used;
} text;

static void put(text *t, const char *s)
{
    size_t n = strlen(s);
    if (t->used + n < t->size)
        memcpy(t->at + t->used, s, n + 1);
    t->used += n;
}

/* Rows in brackets; long axes of large arrays are cut in the middle. */
static void print(text *t, const epl_array *a, int axis, int64_t at, bool cut)
{
    char one[40];
    const epl_shape *s = &a->type.shape;
    if (axis == s->rank) {
        if (!epl_dtype_is_float(a->type.dtype))
            snprintf(one, sizeof one, "%lld", (long long)epl__integer_at(a, at));
        else
            snprintf(one, sizeof one, "%.*g", a->type.dtype == EPL_F64 ? 10 : 6, number(a, at));
        put(t, one);
        return;
    }
    int64_t inner = 1, n = s->dim[axis];
    for (int i = axis + 1; i < s->rank; i++)
        inner *= s->dim[i];
    put(t, "[");
    for (int64_t i = 0; i < n; i++) {
        if (cut && n > 2 * EDGE && i == EDGE) {
            put(t, ", ...");
            i = n - EDGE;
        }
        put(t, i ? ", " : "");
        print(t, a, axis + 1, at + i * inner, cut);
    }
    put(t, "]");
}

const char *epl_text(epl_val v)
{
    epl_fn *f = epl__fn_of(v);
    epl_scope *s = f ? f->scope : NULL;
    if (!f || epl_scope_status(s) != EPL_OK)
        return "";
    char type[EPL_TYPE_TEXT];
    epl_array a = {epl_scope_alloc(s, epl_bytes(epl_typeof(v)) + 8), epl_typeof(v)};
    if (a.type.dtype == EPL_NONE) {
        epl__fail(f, EPL_ERR_DTYPE, "[text] a mixed tree is shown leaf by leaf (epl_leaf)");
        return "";
    }
    if (!a.data || compute(v, a, "text") != EPL_OK)
        return "";
    bool cut = epl_count(a.type) > MOST_SHOWN;
    text t = {NULL, 0, 0};
    for (int pass = 0; pass < 2; pass++) {
        t.used = 0;
        put(&t, epl_type_text(a.type, type));
        put(&t, " ");
        print(&t, &a, 0, 0, cut);
        if (pass == 0) {
            t.size = t.used + 1;
            t.at = epl_scope_alloc(s, t.size);
            if (!t.at)
                return "";
        }
    }
    return t.at;
}
