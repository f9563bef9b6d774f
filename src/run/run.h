/* run.h -- a plan and a workspace, as the runner sees them. */
#ifndef EPL_RUN_H
#define EPL_RUN_H
#include <stdatomic.h>
#include <pthread.h>
#include "../plan/plan.h"

/* One compiled form; a jit plan has one for each set of argument types. Entries are never
 * removed, and `next` is set before an entry can be seen: readers need no lock. */
typedef struct epl__entry_s {
    epl__program *program;
    epl_type *type; /* of the arguments; NULL: any (the run checks) */
    size_t types;
    struct epl__entry_s *next;
} epl__form;

struct epl_plan_s {
    epl_scope *scope;
    const epl_alloc *alloc;
    epl_build build; /* NULL: compiled once */
    const void *data;
    _Atomic(epl__form *) first;
    pthread_mutex_t lock; /* of a jit's building alone */
    epl_status status;    /* of a plan that could not be made */
    const char *message;
};

struct epl_work {
    epl_scope *scope;
    const epl_alloc *alloc;
    epl_pool *pool;
    char *space; /* workspace, then each thread's scratch */
    size_t space_bytes;
    void **base; /* by slot, then room for one step's pointers */
    size_t base_room;
    epl_array *array; /* of a step that is a primitive's own kernel */
    size_t array_room;
    epl_status born;          /* failed with its scope */
    atomic_bool busy, shared; /* a run works with it now; another one came in between */
    char message[EPL__RUN_MESSAGE];
};

/* What one run of a program works with; a region's body has pointers of its own. */
typedef struct {
    void **base; /* by slot, then room for one step's pointers, then the bodies' */
    char *scratch;
    size_t scratch_bytes;
    void *team; /* epl__team, or NULL */
    epl_work *work;
} epl__frame;
/* The steps from `first` on. */
epl_status epl__frame_run(const epl__program *p, uint32_t first, const epl__frame *frame);
/* p: the step's pointers; own: memory for the region; base: room for its pointers. */
epl_status epl__region_run(const epl__run_region *r, void **p, char *own, void **base,
                           const epl__frame *outer);

/* Of a checked plan: what comes in, and what a step has made; EPL_OK, or the work's message. */
epl_status epl__check_inputs(const epl__program *p, epl_arrays in, epl_work *w);
epl_status epl__check_step(const epl__program *p, const epl__step *s, const epl__frame *f);

/* The form for these arguments, built if need be; NULL: work->message says why. */
epl__program *epl__plan_form(epl_plan plan, epl_arrays in, epl_work *w, epl_status *status);
bool epl__work_grow(epl_work *w, const epl__program *p);
epl_status epl__program_run(const epl__program *p, epl_arrays in, epl_arrays out, epl_work *w);
/* A work that belongs to no scope, for one run; freed by epl__work_free. */
epl_work *epl__work_make(const epl_alloc *alloc, epl_pool *pool);
void epl__work_free(void *work);
#endif
