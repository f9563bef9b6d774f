/* meta.h -- the parts of `espalier meta`: families of tasks, the step, the test, the file.
 *
 * Tasks are drawn by key inside the plan. An iteration's key depends on the seed and its number
 * alone, so that a training that was interrupted goes on as if it had not been.
 */
#ifndef TOOLS_META_H
#define TOOLS_META_H
#include <espalier/espalier.h>
#include "data.h"
#include "progress.h"
#include "text.h"

typedef enum { META_MAML, META_FOMAML, META_REPTILE, META_ANIL, META_SGD, META_IMAML } meta_kind;
enum { META_KINDS = 6, META_STEPS = 10, META_TIMES = 5, META_SHOTS = 3 };
extern const int64_t meta_times[META_TIMES]; /* the test looks after so many steps */

/* All that decides the numbers of a training. */
typedef struct {
    meta_kind algorithm;
    int64_t shots, queries, steps, tasks, iterations, seed, cg_steps, turns;
    double inner_lr, outer_lr, lambda;
} meta_settings;

typedef struct {
    epl_module net;
    bool classes;
    epl_val x, y;
} meta_task;

/* What half a task is drawn from, inside the map f. */
typedef struct {
    epl_fn *f;
    epl_val first, second; /* keys of the task, the same for both halves */
    epl_val own;           /* a key of this half */
    epl_val data;          /* the input, or none */
    bool query;
    int64_t count; /* examples, of each class */
} meta_draw;

typedef struct meta meta;
typedef struct {
    const char *name, *measure; /* "mse" */
    bool classes;
    meta_settings settings;    /* where the command line says nothing */
    int64_t steps[META_KINDS]; /* of the inner loop; likewise */
    int64_t shots[META_SHOTS]; /* the test's; ended by 0 */
    int64_t test_queries;
    const char *head; /* a glob: what ANIL adapts */
    /* The network, and data if there are any. False: the scope has failed. */
    bool (*prepare)(meta *m, const char *folder);
    meta_task (*draw)(const meta *m, const meta_draw *d);
} meta_family;
extern const meta_family meta_sine, meta_images;

struct meta {
    epl_scope *s;
    const meta_family *family;
    meta_settings at;
    epl_module net;
    epl_tree *params, *state, *rates, *rates_state; /* rates: of Meta-SGD, else NULL */
    epl_array train, test;                          /* data; of no type if there are none */
    epl_work *work;
    int64_t done;       /* iterations */
    bool trained;       /* by this run */
    double residual[2]; /* iMAML's: of the inner problem, of the linear system */
    epl_check check;
    const char *save;
};

/* -- meta_tasks.c ------------------------------------------------------------------------------ */
/* Support and query of the task of a key; data: the input, or none. */
void meta_draw_task(const meta *m, epl_fn *f, epl_val key, epl_val data, int64_t shots,
                    int64_t queries, meta_task *out);

/* -- meta_step.c ------------------------------------------------------------------------------ */
extern const char *const meta_algorithm[META_KINDS]; /* "maml" */
/* Inputs: the trees, a key, the data; outputs: the loss, and iMAML's residuals. data: a meta. */
void meta_build_step(epl_fn *f, const void *data);
typedef struct {
    const meta *m;
    int64_t shots, tasks;
} meta_exam;
/* Inputs: params, rates, a key, the data; output: [tasks, META_TIMES]. data: a meta_exam. */
void meta_build_test(epl_fn *f, const void *exam);
/* The arrays of both, in order. */
size_t meta_inputs(const meta *m, bool test, epl_key *key, epl_array *in);

/* -- meta_test.c ------------------------------------------------------------------------------- */
/* The table for each of `shots`, ended by 0, and what the training took. False: told. */
bool meta_report(meta *m, const int64_t *shots, int64_t tasks, double seconds, bool as_json);

/* -- meta_state.c ------------------------------------------------------------------------------ */
bool meta_save(meta *m); /* false: told */
/* Takes over the file's numbers, if it is this training's. False: the scope has failed. */
bool meta_resume(meta *m);

#endif
