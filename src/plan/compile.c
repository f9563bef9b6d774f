/* compile.c -- from a function to a program: simplify, then the stages of plan.h in order. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "../base/scope.h"
#include "plan.h"

static bool tables(epl__making *m)
{
    uint32_t operands = 0;
    for (epl__id id = 0; id < m->f->main.count; id++)
        operands += epl__node_at(m->f, id)->count + 2;
    m->nodes = m->f->main.count;
    m->room = m->nodes + 2 * operands + EPL__MAX_PARTS * (m->f->inputs + m->f->outputs) + 8;
    m->step_room = m->room + EPL__MAX_PARTS * (m->f->inputs + m->f->outputs) + 8;
    m->source = epl__sources(m->f, &m->arena);
    m->type = epl__arena_take(&m->arena, m->room * sizeof *m->type);
    m->view = epl__arena_take(&m->arena, m->room * sizeof *m->view);
    m->memory = epl__arena_take(&m->arena, m->room * sizeof *m->memory);
    m->uses = epl__arena_take(&m->arena, m->room * sizeof *m->uses);
    m->packed = epl__arena_take(&m->arena, (m->f->main.count + 1) * sizeof *m->packed);
    if (!m->packed)
        return false;
    memset(m->packed, 0xff, (m->f->main.count + 1) * sizeof *m->packed);
    m->step = epl__arena_take(&m->arena, m->step_room * sizeof *m->step);
    return m->source && m->type && m->view && m->memory && m->uses && m->step;
}

static bool ports(epl__making *m)
{
    epl__program *p = m->program;
    p->input = epl__arena_take(&p->arena, (m->f->inputs + 1) * sizeof *p->input);
    p->output = epl__arena_take(&p->arena, (m->f->outputs + 1) * sizeof *p->output);
    p->name = epl__arena_text(&p->arena, m->f->name);
    if (!p->input || !p->output || !p->name)
        return false;
    p->inputs = m->f->inputs;
    p->outputs = m->f->outputs;
    p->check = m->f->check;
    for (uint32_t i = 0; i < p->inputs + p->outputs; i++) {
        bool in = i < p->inputs;
        epl__port *to = in ? &p->input[i] : &p->output[i - p->inputs];
        *to = in ? m->f->input[i] : m->f->output[i - p->inputs];
        to->name = epl__arena_text(&p->arena, to->name);
        if (!to->name)
            return false;
    }
    return true;
}

void epl__program_free(epl__program *p)
{
    if (!p)
        return;
    for (epl__program *inner = p->inner, *next; inner; inner = next) {
        next = inner->next;
        epl__program_free(inner);
    }
    epl__arena arena = p->arena; /* it holds p itself */
    epl__arena_free(&arena);
}

static epl__program *program_new(const epl_alloc *alloc)
{
    epl__arena arena;
    epl__arena_init(&arena, alloc);
    epl__program *p = epl__arena_take(&arena, sizeof *p);
    if (p)
        p->arena = arena;
    return p;
}

epl__program *epl__program_make(epl_scope *s, const epl_alloc *alloc, const epl_fn *f)
{
    return epl__body_make(s, alloc, f, NULL, 0);
}

epl__program *epl__body_make(epl_scope *s, const epl_alloc *alloc, const epl_fn *f,
                             const bool *same, int64_t spare)
{
    epl_scope *scratch = epl_scope_new(alloc);
    epl__making m = {.scope = s, .program = program_new(alloc), .same = same, .spare = spare};
    epl__arena_init(&m.arena, alloc);
    m.f = epl__simplified(scratch, f);
    bool ok = m.f != NULL;
    if (!ok)
        epl_scope_fail(s, epl_scope_status(scratch), "%s", epl_scope_message(scratch));
    else if (!m.program || !tables(&m) || !ports(&m))
        ok = epl__no_memory(&m);
    else
        ok = epl__steps(&m) && epl__places(&m) && epl__hoist(&m) && epl__offsets(&m) &&
             epl__calls(&m);
    if (ok && m.arena.failed)
        ok = epl__no_memory(&m);
    if (!ok && epl_scope_status(s) == EPL_OK)
        epl_scope_fail(s, EPL_ERR_MEMORY, "[compile] no memory for a plan of \"%s\"", f->name);
    if (ok)
        m.program->fallible = m.last_fallible >= 0;
    epl__arena_free(&m.arena);
    epl_scope_free(scratch);
    if (ok)
        return m.program;
    epl__program_free(m.program);
    return NULL;
}

static const char *region_name(const epl__run_region *r)
{
    const epl__region *of = &r->layout->region;
    return of->kind == EPL__SCAN    ? "scan"
           : of->kind == EPL__WHILE ? "while"
           : of->bodies > 1         ? "switch"
                                    : "checkpoint";
}

/* Text so far, of which no more is kept than fits. */
typedef struct {
    char *to;
    size_t size, used;
} writing;

static void say(writing *w, int indent, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void say(writing *w, int indent, const char *format, ...)
{
    for (int pass = 0; pass < 2; pass++) {
        bool room = w->to && w->used < w->size;
        char *at = room ? w->to + w->used : NULL;
        size_t size = room ? w->size - w->used : 0;
        va_list args;
        va_start(args, format);
        int n = pass ? vsnprintf(at, size, format, args) : snprintf(at, size, "%*s", indent, "");
        va_end(args);
        w->used += n > 0 ? (size_t)n : 0;
    }
}

static void step_text(writing *w, const epl__program *p, uint32_t i, int indent)
{
    const epl__step *s = &p->step[i];
    char places[160] = "";
    size_t at = 0;
    for (uint32_t k = 0; k < s->places && at < sizeof places - 24; k++)
        at += (size_t)snprintf(places + at, sizeof places - at, " %d:%lld", s->place[k].slot,
                               s->place[k].slot < 0 ? 0LL : (long long)s->place[k].byte);
    say(w, indent, "%4u%c%-34s parts %lld %8.2f us %s  # %s\n", i, i < p->once ? '*' : ' ',
        s->call     ? s->call->name
        : s->region ? region_name(s->region)
                    : s->prim->name,
        s->call ? (long long)s->call->parts : 1,
        s->call     ? s->call->cost / 1000
        : s->region ? s->region->cost / 1000
                    : 0,
        places, s->where);
}

/* Bodies stand below the step that runs them, with a * at what is done once. Their nesting is what
 * the user wrote. */
static void program_text(writing *w, const epl__program *p, int indent)
{
    say(w, indent, "%s: %u steps, workspace %zu bytes, about %.1f us\n", p->name, p->steps,
        p->workspace, p->cost / 1000);
    for (uint32_t i = 0; i < p->steps; i++) {
        const epl__run_region *r = p->step[i].region;
        step_text(w, p, i, indent);
        for (uint32_t k = 0; r && k < r->layout->region.bodies; k++)
            program_text(w, r->body[k], indent + 5);
    }
}

size_t epl__program_text(const epl__program *p, char *text, size_t size)
{
    writing w = {text, size, 0};
    program_text(&w, p, 0);
    return w.used;
}
