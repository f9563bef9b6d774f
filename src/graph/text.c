/* text.c -- a function as text that a person reads, and the check of its invariants.
 *
 *     predict(params f32[7850], x f32[4,784]) -> logits
 *       %2 = slice f32[7840] %0  axis 0 start 0 length 7840 step 1       # fc
 *       %5 = scan %4 %2 length 10
 *         step(each %0, carry %1) -> next %3
 *           %3 = add f32[8] %1 %0
 *       %6 = part f32[8] %5 last 0
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "../base/scope.h"
#include "../base/type.h"
#include "region.h"

typedef struct {
    char *at;
    size_t size, used;
} text;

static void put(text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t room = t->used < t->size ? t->size - t->used : 0;
    int n = vsnprintf(room ? t->at + t->used : NULL, room, format, args);
    va_end(args);
    t->used += n > 0 ? (size_t)n : 0;
}

static void put_attr(text *t, const epl_attr *a, const char *attrs)
{
    const void *p = attrs + a->offset;
    const int64_t *ints = p;
    int64_t count = a->size;
    put(t, " %s ", a->name);
    switch (a->type) {
    case EPL_NUMBER:
        put(t, "%g", *(const double *)p);
        return;
    case EPL_BOOLEAN:
        put(t, "%s", *(const bool *)p ? "true" : "false");
        return;
    case EPL_STRING:
        put(t, "\"%s\"", *(const char *const *)p ? *(const char *const *)p : "");
        return;
    case EPL_LETTERS:
        put(t, "%s", (const char *)p);
        return;
    case EPL_DTYPE:
        put(t, "%s", epl_dtype_name(*(const epl_dtype *)p));
        return;
    case EPL_LIST:
        count = (int64_t)((const epl_ints *)p)->count;
        ints = ((const epl_ints *)p)->at;
        break;
    case EPL_INT:
        put(t, "%lld", (long long)*ints);
        return;
    case EPL_INTS:
        while (count > 1 && ints[count - 1] == 0)
            count--;
        break;
    default:
        put(t, "?");
        return;
    }
    put(t, "{");
    for (int64_t i = 0; i < count && i < 32; i++)
        put(t, "%s%lld", i ? "," : "", (long long)ints[i]);
    put(t, count > 32 ? ",...}" : "}");
}

void epl__attrs_text(const epl_attr *table, const void *attrs, char *out, size_t size)
{
    text t = {out, size, 0};
    if (size)
        out[0] = 0;
    for (const epl_attr *a = table; attrs && a && a->name; a++)
        put_attr(&t, a, attrs);
}

/* -- regions ------------------------------------------------------------------------------- */
static const char *region_name(const epl__region *r)
{
    return r->kind == EPL__SCAN    ? "scan"
           : r->kind == EPL__WHILE ? "while"
           : r->bodies > 1         ? "switch"
           : r->again              ? "checkpoint"
           : r->custom             ? "custom"
                                   : "call";
}

/* The node that makes output `index` of b, in the loops and branches that it comes from. */
static const epl__node *made_by(const epl_fn *b, uint32_t index)
{
    for (;;) {
        const epl__node *n = epl__node_at(b, b->output[index].value);
        if (n->prim == &epl__prim_permute && epl__node_at(b, n->in[0])->prim == &epl__prim_part)
            n = epl__node_at(b, n->in[0]); /* of a map */
        if (n->prim != &epl__prim_part)
            return n;
        const epl__region *r = epl__region_of(epl__node_at(b, n->in[0]));
        int64_t at = ((const epl__part_attrs *)n->attrs)->index;
        if (!epl__names_pass(r) || at < 2 * (int64_t)r->carries)
            return n;
        b = r->body[0];
        index = (uint32_t)at - r->carries;
        for (uint32_t k = 1; k < r->bodies && !epl__node_at(b, b->output[index].value)->count; k++)
            b = r->body[k]; /* zeros stand for the value of another branch */
    }
}

/* What a checkpoint was chosen to keep. */
static void put_kept(text *t, const epl__region *r)
{
    char type[EPL_TYPE_TEXT];
    const epl_fn *b = r->body[0];
    const epl__choice *kept = r->again ? b->kept : NULL;
    size_t bytes = 0;
    for (uint32_t i = 0; kept && i < kept->count; i++) {
        const epl__port *p = &b->output[kept->output[i]];
        bytes += epl_bytes(p->type);
        put(t, "%s %s %s", i ? "," : "  keeps", made_by(b, kept->output[i])->prim->name,
            epl_type_text(p->type, type));
    }
    if (kept)
        put(t, "%s%zu bytes", kept->count ? ": " : "  keeps ", bytes);
}

static const char *output_name(const epl__region *r, uint32_t index)
{
    return r->kind == EPL__SWITCH ? "result"
           : index < r->carries   ? "next"
           : r->kind == EPL__SCAN ? "collect"
                                  : "going";
}

/* Which result a part is: see epl__part_type. */
static void put_part(text *t, const epl__region *r, uint32_t index)
{
    const char *name = r->kind == EPL__SWITCH   ? "result"
                       : index < r->carries     ? "last"
                       : index < 2 * r->carries ? "before"
                                                : "collected";
    uint32_t first = r->kind == EPL__SWITCH || index < r->carries ? 0
                     : index < 2 * r->carries                     ? r->carries
                                                                  : 2 * r->carries;
    put(t, " %s %u", name, index - first);
}

/* Body `which`, whose operands begin at `first`: how its inputs come in, what it gives. */
static void put_ports(text *t, const epl__region *r, uint32_t which, uint32_t first)
{
    static const char *const role[] = {"pass", "each", "carry"};
    const epl_fn *b = r->body[which];
    if (r->kind != EPL__SWITCH)
        put(t, "step(");
    else if (r->bodies > 1)
        put(t, "branch %u(", which);
    else
        put(t, "body(");
    for (uint32_t i = 0; i < b->inputs; i++)
        put(t, "%s%s %%%u", i ? ", " : "", role[r->role[first + i]], b->input[i].value);
    put(t, ")");
    for (uint32_t i = 0; i < b->outputs; i++)
        put(t, "%s%s %%%u", i ? ", " : " -> ", output_name(r, i), b->output[i].value);
    put(t, "\n");
}

/* -- nodes --------------------------------------------------------------------------------- */
static void put_node(text *t, const epl_fn *f, epl__id id)
{
    const epl__node *n = epl__node_at(f, id);
    const epl__region *r = n->prim == &epl__prim_region ? epl__region_of(n) : NULL;
    char type[EPL_TYPE_TEXT], attrs[400];
    put(t, "%%%u = %s", id & ~EPL__TAPE, r ? region_name(r) : n->prim->name);
    if (!r)
        put(t, " %s", epl_type_text(*n->type, type));
    for (uint32_t i = 0; i < n->count; i++)
        put(t, " %s%u", n->in[i] & EPL__TAPE ? "%t" : "%", n->in[i] & ~EPL__TAPE);
    if (r && r->kind == EPL__SCAN)
        put(t, " length %lld%s", (long long)r->length, r->reverse ? " reverse" : "");
    if (r)
        put_kept(t, r);
    const epl__node *of = n->count ? epl__node_at(f, n->in[0]) : NULL;
    if (n->prim == &epl__prim_part && of->prim == &epl__prim_region)
        put_part(t, epl__region_of(of), (uint32_t)((const epl__part_attrs *)n->attrs)->index);
    epl__attrs_text(n->prim->attrs, n->attrs, attrs, sizeof attrs);
    put(t, "%s", attrs);
    if (*f->where[n->where])
        put(t, "  # %s", f->where[n->where]);
}

void epl__node_text(const epl_fn *f, epl__id id, char *out, size_t size)
{
    text t = {out, size, 0};
    put_node(&t, f, id);
}

static void put_nodes(text *t, const epl_fn *f, int indent)
{
    for (epl__id id = 0; id < f->main.count; id++) {
        const epl__node *n = epl__node_at(f, id);
        const epl__region *r = n->prim == &epl__prim_region ? epl__region_of(n) : NULL;
        put(t, "%*s", indent, "");
        put_node(t, f, id);
        put(t, "\n");
        for (uint32_t k = 0, first = 0; r && k < r->bodies; first += r->body[k++]->inputs) {
            put(t, "%*s", indent + 2, "");
            put_ports(t, r, k, first);
            put_nodes(t, r->body[k], indent + 4);
        }
    }
}

static void ports_text(text *t, const epl_fn *f)
{
    char type[EPL_TYPE_TEXT];
    put(t, "%s(", f->name);
    for (uint32_t i = 0; i < f->inputs; i++)
        put(t, "%s%s %%%u %s", i ? ", " : "", f->input[i].name, f->input[i].value,
            epl_type_text(f->input[i].type, type));
    put(t, ")");
    for (uint32_t i = 0; i < f->outputs; i++)
        put(t, "%s%s %%%u", i ? ", " : " -> ", f->output[i].name, f->output[i].value);
    for (uint32_t i = 0; i < f->inputs; i++)
        if (f->input[i].update != EPL__ID_NONE)
            put(t, ", update %s %%%u", f->input[i].name, f->input[i].update);
    put(t, "\n");
}

static void whole(text *t, const epl_fn *f)
{
    ports_text(t, f);
    put_nodes(t, f, 2);
}

const char *epl_fn_text(epl_fn *f)
{
    if (!f || epl_scope_status(f->scope) != EPL_OK)
        return "";
    text t = {NULL, 0, 0};
    whole(&t, f);
    t = (text){epl_scope_alloc(f->scope, t.used + 1), t.used + 1, 0};
    if (!t.at)
        return "";
    whole(&t, f);
    return t.at;
}

const char *epl__check(epl_fn *f)
{
    char *message = epl__arena_take(&f->arena, 256), node[160];
    for (epl__id id = 0; message && id < f->main.count; id++) {
        const epl__node *n = epl__node_at(f, id);
        const char *wrong = NULL;
        for (uint32_t i = 0; i < n->count; i++)
            if (n->in[i] >= id)
                wrong = "an operand does not come before its user";
        if (n->prim->inputs >= 0 && (uint32_t)n->prim->inputs != n->count)
            wrong = "the number of operands is wrong";
        if (!wrong && n->prim->type && n->count <= 8) {
            epl_type in[8];
            for (uint32_t i = 0; i < n->count; i++)
                in[i] = *epl__node_at(f, n->in[i])->type;
            if (!epl_type_equal(n->prim->type(in, n->count, n->attrs), *n->type))
                wrong = "the type is not what the primitive says";
        }
        if (!wrong && n->prim->elementwise)
            for (uint32_t i = 0; i < n->count; i++)
                if (!epl__shape_equal(epl__node_at(f, n->in[i])->type->shape, n->type->shape))
                    wrong = "an element-wise operand has another shape";
        if (!wrong)
            continue;
        epl__node_text(f, id, node, sizeof node);
        return epl__text(message, 256, "%s: %s", wrong, node);
    }
    return NULL;
}
