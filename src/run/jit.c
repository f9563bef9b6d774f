/* jit.c -- plans: compiled once, or built for each set of argument types that is met.
 *
 * A form lives in memory of its own, not in the scope's lists, for it may be built on any
 * thread; the plan, which the scope owns, frees its forms. Readers take no lock.
 */
#include <string.h>
#include "../base/scope.h"
#include "../base/type.h"
#include "run.h"

static void plan_free(void *object)
{
    struct epl_plan_s *p = object;
    epl__form *f = atomic_load_explicit(&p->first, memory_order_relaxed), *next;
    for (; f; f = next) {
        next = f->next;
        epl__program_free(f->program);
        epl__give(p->alloc, f->type, f->types * sizeof *f->type + 1);
        epl__give(p->alloc, f, sizeof *f);
    }
    if (p->message)
        epl__give(p->alloc, (void *)p->message, EPL__MESSAGE);
    pthread_mutex_destroy(&p->lock);
    epl__give(p->alloc, p, sizeof *p);
}

static struct epl_plan_s *plan_new(epl_scope *s)
{
    const epl_alloc *alloc = s && epl_scope_status(s) == EPL_OK ? epl__scope_allocator(s)
                                                                : &epl__malloc;
    struct epl_plan_s *p = epl__take(alloc, sizeof *p);
    if (!p)
        return NULL;
    p->scope = s;
    p->alloc = alloc;
    pthread_mutex_init(&p->lock, NULL);
    return epl__scope_keep(s, p, plan_free) ? p : NULL;
}

static void plan_fail(struct epl_plan_s *p, epl_status status, const char *message)
{
    char *text = epl__take(p->alloc, EPL__MESSAGE);
    if (text)
        epl__text(text, EPL__MESSAGE, "%s", message);
    p->status = status;
    p->message = text;
}

static epl__form *form_new(const epl_alloc *alloc, epl__program *program, epl_arrays in)
{
    epl__form *f = epl__take(alloc, sizeof *f);
    epl_type *type = epl__take(alloc, in.count * sizeof *type + 1);
    if (!f || !type || !program) {
        epl__give(alloc, f, sizeof *f);
        epl__give(alloc, type, in.count * sizeof *type + 1);
        return NULL;
    }
    for (size_t i = 0; i < in.count; i++)
        type[i] = in.at[i].type;
    *f = (epl__form){program, type, in.count, NULL};
    return f;
}

epl_plan epl_compile(epl_scope *s, epl_fn *f)
{
    struct epl_plan_s *p = plan_new(s);
    if (!p)
        return NULL;
    if (f && epl_scope_status(s) == EPL_OK && epl_scope_status(f->scope) != EPL_OK)
        epl_scope_fail(s, epl_scope_status(f->scope), "%s", epl_scope_message(f->scope));
    if (!f)
        epl_scope_fail(s, EPL_ERR_USE, "[compile] there is no function");
    else if (f->kind != EPL__FN_PLAIN)
        epl_scope_fail(s, EPL_ERR_USE,
                       "[compile] an inner function is compiled with its outer one");
    if (epl_scope_status(s) == EPL_OK) {
        f->closed = true;
        epl__program *program = epl__program_make(s, p->alloc, f);
        epl__form *form = program ? form_new(p->alloc, program, (epl_arrays){0, NULL}) : NULL;
        atomic_store(&p->first, form);
        if (program && !form) {
            epl__program_free(program);
            epl_scope_fail(s, EPL_ERR_MEMORY, "[compile] no memory for a plan");
        }
    }
    if (epl_scope_status(s) != EPL_OK)
        plan_fail(p, epl_scope_status(s), epl_scope_message(s));
    return p;
}

epl_plan epl_jit(epl_scope *s, epl_build build, const void *data)
{
    struct epl_plan_s *p = plan_new(s);
    if (!p)
        return NULL;
    if (!build)
        epl_scope_fail(s, EPL_ERR_USE, "[jit] there is no function to build with");
    p->build = build;
    p->data = data;
    if (epl_scope_status(s) != EPL_OK)
        plan_fail(p, epl_scope_status(s), epl_scope_message(s));
    return p;
}

static bool same_types(const epl__form *f, epl_arrays in)
{
    if (f->types != in.count)
        return false;
    for (size_t i = 0; i < in.count; i++) {
        const epl_type *a = &f->type[i], *b = &in.at[i].type;
        if (a->dtype != b->dtype || a->spec != b->spec || a->shape.rank != b->shape.rank ||
            memcmp(a->shape.dim, b->shape.dim, (size_t)a->shape.rank * sizeof *a->shape.dim))
            return false;
    }
    return true;
}

static epl__form *find(epl_plan p, epl_arrays in)
{
    epl__form *f = atomic_load_explicit(&((struct epl_plan_s *)p)->first, memory_order_acquire);
    while (f && !same_types(f, in))
        f = f->next;
    return f;
}

/* Builds in a scope of its own: the plan's scope belongs to another thread, perhaps. */
static epl__form *build(struct epl_plan_s *p, epl_arrays in, epl_work *w, epl_status *status)
{
    epl_scope *scratch = epl_scope_new(p->alloc);
    epl_type *passed = epl_scope_alloc(scratch, (in.count + 1) * sizeof *passed);
    epl_fn *f = epl_fn_new(scratch, "jit");
    epl__program *program = NULL;
    for (size_t i = 0; passed && i < in.count; i++) {
        passed[i] = in.at[i].type;
        if (!epl__type_valid(passed[i])) {
            char text[EPL_TYPE_TEXT];
            epl_scope_fail(scratch, EPL_ERR_ARG, "[run] argument %zu has no valid type: %s", i,
                           epl_type_text(passed[i], text));
        }
    }
    if (f && epl_scope_status(scratch) == EPL_OK) {
        f->passed = passed;
        f->passed_count = in.count;
        p->build(f, p->data);
        if (f->inputs < in.count)
            epl__fail(f, EPL_ERR_ARG, "[run] %zu arrays were passed, the function has %u inputs",
                      in.count, f->inputs);
        f->closed = true;
        if (epl_scope_status(scratch) == EPL_OK)
            program = epl__program_make(scratch, p->alloc, f);
    }
    epl__form *form = program ? form_new(p->alloc, program, in) : NULL;
    if (!form) {
        *status = epl_scope_status(scratch) != EPL_OK ? epl_scope_status(scratch) : EPL_ERR_MEMORY;
        epl__text(w->message, sizeof w->message, "%s",
                  *epl_scope_message(scratch) ? epl_scope_message(scratch)
                                              : "no memory for a plan");
        epl__program_free(program);
    }
    epl_scope_free(scratch);
    return form;
}

epl__program *epl__plan_form(epl_plan plan, epl_arrays in, epl_work *w, epl_status *status)
{
    struct epl_plan_s *p = (struct epl_plan_s *)plan;
    if (!p || p->status != EPL_OK) {
        epl__text(w->message, sizeof w->message, "%s", p ? p->message : "there is no plan");
        *status = p ? p->status : EPL_ERR_USE;
        return NULL;
    }
    if (!p->build)
        return atomic_load_explicit(&p->first, memory_order_acquire)->program;
    if (in.count && !in.at) {
        epl__text(w->message, sizeof w->message, "[run] %zu arrays, but no list of them", in.count);
        *status = EPL_ERR_ARG;
        return NULL;
    }
    epl__form *f = find(p, in);
    if (f)
        return f->program;
    pthread_mutex_lock(&p->lock);
    f = find(p, in); /* another thread may have built it meanwhile */
    if (!f && (f = build(p, in, w, status))) {
        f->next = atomic_load_explicit(&p->first, memory_order_relaxed);
        atomic_store_explicit(&p->first, f, memory_order_release);
    }
    pthread_mutex_unlock(&p->lock);
    return f ? f->program : NULL;
}

static const epl__program *last_program(epl_plan p)
{
    epl__form *f = p && p->status == EPL_OK ? atomic_load(&((struct epl_plan_s *)p)->first) : NULL;
    return f ? f->program : NULL;
}

size_t epl_plan_work_bytes(epl_plan p)
{
    const epl__program *program = last_program(p);
    return program ? program->workspace + program->nested + program->scratch : 0;
}

size_t epl_plan_steps(epl_plan p)
{
    const epl__program *program = last_program(p);
    return program ? program->steps : 0;
}

const char *epl_plan_text(epl_scope *s, epl_plan p)
{
    const epl__program *program = last_program(p);
    size_t size = program ? epl__program_text(program, NULL, 0) + 1 : 0;
    char *text = program ? epl_scope_alloc(s, size) : NULL;
    if (!text)
        return "";
    epl__program_text(program, text, size);
    return text;
}
