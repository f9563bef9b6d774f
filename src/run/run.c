/* run.c -- walks a program's steps: pointers from places, then the call.
 *
 * Nothing is allocated once the work fits and no lock is taken. Steps too small to share
 * stay on the caller's thread; the split of a step never changes its bits.
 */
#include <string.h>
#include "../base/pool.h"
#include "../base/scope.h"
#include "run.h"
#include "scalar.h"

static const double TEAM_COST = 60e3, SHARE_COST = 4e3; /* nanoseconds */

/* -- works --------------------------------------------------------------------------------- */
static size_t up(size_t n)
{
    return (n + 63) & ~(size_t)63;
}

bool epl__work_grow(epl_work *w, const epl__program *p)
{
    size_t threads = w->pool ? (size_t)epl_pool_threads(w->pool) : 1;
    size_t bytes = up(p->workspace) + p->nested + threads * up(p->scratch) + 64;
    size_t slots = epl__slots(p);
    if (bytes > w->space_bytes) {
        epl__give(w->alloc, w->space, w->space_bytes);
        w->space = epl__take_raw(w->alloc, bytes); /* steps write before they read */
        w->space_bytes = w->space ? bytes : 0;
    }
    if (slots > w->base_room) {
        epl__give(w->alloc, w->base, w->base_room * sizeof *w->base);
        w->base = epl__take(w->alloc, slots * sizeof *w->base);
        w->base_room = w->base ? slots : 0;
    }
    if (p->most_arrays > w->array_room) {
        epl__give(w->alloc, w->array, w->array_room * sizeof *w->array);
        w->array = epl__take(w->alloc, p->most_arrays * sizeof *w->array);
        w->array_room = w->array ? p->most_arrays : 0;
    }
    if (w->space_bytes >= bytes && w->base_room >= slots && w->array_room >= p->most_arrays)
        return true;
    epl__text(w->message, sizeof w->message, "[%s] no memory for a workspace of %zu bytes", p->name,
              bytes);
    return false;
}

epl_work *epl__work_make(const epl_alloc *alloc, epl_pool *pool)
{
    epl_work *w = epl__take(alloc, sizeof *w);
    if (w) {
        w->alloc = alloc;
        w->pool = pool;
    }
    return w;
}

void epl__work_free(void *work)
{
    epl_work *w = work;
    if (!w)
        return;
    epl__give(w->alloc, w->space, w->space_bytes);
    epl__give(w->alloc, w->base, w->base_room * sizeof *w->base);
    epl__give(w->alloc, w->array, w->array_room * sizeof *w->array);
    epl__give(w->alloc, w, sizeof *w);
}

static const epl_work no_work = {.born = EPL_ERR_MEMORY, .message = "no memory for a work"};

epl_work *epl_work_new(epl_scope *s, epl_pool *pool)
{
    const epl_alloc *alloc = s ? epl__scope_allocator(s) : &epl__malloc;
    epl_status born = s ? epl_scope_status(s) : EPL_ERR_USE;
    epl_work *w = epl__work_make(born == EPL_OK ? alloc : &epl__malloc, pool);
    if (!w)
        return (epl_work *)(uintptr_t)&no_work;
    w->scope = s;
    w->born = born;
    if (born == EPL_OK)
        return epl__scope_own(s, w, epl__work_free) ? w : (epl_work *)(uintptr_t)&no_work;
    epl__text(w->message, sizeof w->message, "%s",
              s ? epl_scope_message(s) : "the work has no scope");
    return epl__scope_keep(s, w, epl__work_free) ? w : (epl_work *)(uintptr_t)&no_work;
}

const char *epl_work_message(const epl_work *w)
{
    if (!w)
        return "there is no work";
    return !w->message[0] && atomic_load_explicit(&w->shared, memory_order_relaxed)
               ? "[run] the work was used by two runs at once: each thread needs its own"
               : w->message;
}

/* -- steps ---------------------------------------------------------------------------------- */
typedef struct {
    const epl__call *call;
    void *const *p;
    char *scratch;
    size_t scratch_bytes;
} shared_call;

static void part(void *arg, int64_t begin, int64_t end, int worker)
{
    const shared_call *s = arg;
    s->call->run(s->call, s->p, begin, end, s->scratch + (size_t)worker * s->scratch_bytes);
}

static epl_status own_kernel(const epl__step *s, void **p, epl_work *w)
{
    char message[EPL_PRIM_MESSAGE] = "";
    for (uint32_t i = 0; i < s->places; i++)
        w->array[i] = (epl_array){p[i], s->type[i]};
    if (!s->prim->kernel && epl__scalar_has(s->prim)) {
        epl__scalar_run(s->prim, s->attrs, w->array + 1, s->places - 1, w->array);
        return EPL_OK;
    }
    if (!s->prim->kernel)
        epl__text(message, sizeof message, "it has no kernel");
    else if (s->prim->kernel(w->array + 1, s->places - 1, w->array, s->attrs, message))
        return EPL_OK;
    epl__text(w->message, sizeof w->message, "[%s] %s%s%s%s", s->prim->name, message,
              *s->where ? " (" : "", s->where, *s->where ? ")" : "");
    return EPL_ERR_DATA;
}

static epl_status step_run(const epl__step *s, void **p, const epl__frame *f)
{
    const epl__call *c = s->call;
    epl_work *w = f->work;
    if (!c)
        return own_kernel(s, p, w);
    if (c->check) {
        char message[EPL_PRIM_MESSAGE] = "";
        if (!c->check(c, p, f->scratch, message)) {
            epl__text(w->message, sizeof w->message, "[%s] %s%s%s%s", c->name, message,
                      *s->where ? " (" : "", s->where, *s->where ? ")" : "");
            return EPL_ERR_DATA;
        }
        if (!c->run)
            return EPL_OK;
    }
    if (f->team && c->parts > 1 && c->cost > SHARE_COST) {
        shared_call share = {c, p, f->scratch, f->scratch_bytes};
        epl__team_for(f->team, part, &share, c->parts);
    } else
        c->run(c, p, 0, c->parts, f->scratch);
    return EPL_OK;
}

epl_status epl__frame_run(const epl__program *p, uint32_t first, const epl__frame *f)
{
    void **base = f->base, **at = base + 1 + p->inputs + p->outputs;
    for (uint32_t i = first; i < p->steps; i++) {
        const epl__step *s = &p->step[i];
        for (uint32_t k = 0; k < s->places; k++) {
            const epl__place *place = &s->place[k];
            at[k] = place->slot < 0 ? (void *)(intptr_t)place->byte
                                    : (char *)base[place->slot] + place->byte;
        }
        epl_status status = s->region
                                ? epl__region_run(s->region, at, (char *)base[0] + up(p->workspace),
                                                  at + p->most_places, f)
                                : step_run(s, at, f);
        if (s->check && status == EPL_OK)
            status = epl__check_step(p, s, f);
        if (status != EPL_OK)
            return status;
    }
    return EPL_OK;
}

epl_status epl__program_run(const epl__program *p, epl_arrays in, epl_arrays out, epl_work *w)
{
    epl_status status =
        epl__args_check(p->name, p->input, p->inputs, p->output, p->outputs, in, out, w->message);
    if (status != EPL_OK)
        return status;
    if (!epl__work_grow(w, p))
        return EPL_ERR_MEMORY;
    if (p->check && (status = epl__check_inputs(p, in, w)) != EPL_OK)
        return status;
    w->base[0] = (void *)(((uintptr_t)w->space + 63) & ~(uintptr_t)63);
    for (uint32_t i = 0; i < p->inputs; i++)
        w->base[1 + i] = in.at[i].data;
    for (uint32_t i = 0; i < p->outputs; i++)
        w->base[1 + p->inputs + i] = out.at[i].data;
    epl__team *team = w->pool && p->cost > TEAM_COST ? epl__team_begin(w->pool) : NULL;
    epl__frame frame = {w->base, (char *)w->base[0] + up(p->workspace) + p->nested, up(p->scratch),
                        team, w};
    status = epl__frame_run(p, 0, &frame);
    if (team)
        epl__team_end(team);
    return status;
}

epl_status epl_run(epl_plan p, epl_arrays in, epl_arrays out, epl_work *w)
{
    epl_status status = EPL_OK;
    if (!w)
        return EPL_ERR_USE;
    if (w->born != EPL_OK)
        return w->born;
    if (atomic_exchange_explicit(&w->busy, true, memory_order_acquire)) {
        atomic_store_explicit(&w->shared, true, memory_order_relaxed);
        return EPL_ERR_USE; /* what it holds, its message too, is another run's */
    }
    w->message[0] = 0;
    epl__program *program = epl__plan_form(p, in, w, &status);
    if (program)
        status = epl__program_run(program, in, out, w);
    atomic_store_explicit(&w->busy, false, memory_order_release);
    return status;
}

epl_status epl_work_fit(epl_work *w, epl_plan p)
{
    if (!w)
        return EPL_ERR_USE;
    if (w->born != EPL_OK)
        return w->born;
    if (!p || p->status != EPL_OK) {
        epl__text(w->message, sizeof w->message, "%s", p ? p->message : "there is no plan");
        return p ? p->status : EPL_ERR_USE;
    }
    for (epl__form *f = atomic_load_explicit(&p->first, memory_order_acquire); f; f = f->next)
        if (!epl__work_grow(w, f->program))
            return EPL_ERR_MEMORY;
    return EPL_OK;
}
