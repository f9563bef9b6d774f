/* train.h -- the parts of `espalier train`.
 *
 * All that decides the numbers of a training is in train_settings and train_point, and both
 * are written into the saved file; so a training that was interrupted goes on as if it had
 * not been, and equal trainings give equal bytes.
 */
#ifndef TOOLS_TRAIN_H
#define TOOLS_TRAIN_H
#include "data.h"
#include "model.h"
#include "optimizer.h"
#include "progress.h"

typedef struct {
    int64_t seed, epochs, batch, limit; /* limit: batches of an epoch; 0: all */
    bool shuffle, drop_last;
    const char *loss;
    optimizer optimizer;
    const char *data;
    int64_t examples, test_examples;
} train_settings;

typedef struct {
    double train, test, accuracy;
    bool tested, counted; /* is there a test loss; an accuracy */
} epoch_losses;

/* Where a training stands. */
typedef struct {
    int64_t step;     /* done */
    int64_t epoch;    /* finished */
    int64_t position; /* batches done of the next one */
    double loss_sum;  /* of these batches, by example */
    int64_t loss_count;
    epoch_losses *past; /* of the finished epochs; room for one more */
} train_point;

/* -- train_state.c: espalier.run, both ways ------------------------------------------------- */
void train_write_run(textbuf *t, const train_settings *settings, const train_point *at);
/* False, and the scope fails, if this is not what train_write_run writes. */
bool train_read_run(epl_scope *s, const char *run, train_settings *settings, train_point *at);
/* False, and what differs, as "lr was 0.01, got 0.1", in message; epochs may grow. */
bool train_same(const train_settings *was, const train_settings *now, char *message, size_t size);

/* -- train_step.c: what is computed ---------------------------------------------------------- */
typedef struct {
    epl_module net;
    epl_dtype dtype;
    epl_spec params, buffers, state; /* buffers, state: NULL if there are none */
    const optimizer *optimizer;
    const epl_operation *loss;
    bool counts; /* targets are classes: accuracy has a meaning */
    epl_check check;
} train_net;
/* An operation of an input and a target, with reduction; NULL: no such loss. */
const epl_operation *loss_named(const char *name);
epl_val loss_of(const epl_operation *loss, epl_val output, epl_val target);
bool train_counts(epl_type output, epl_type target);
void train_build_step(epl_fn *f, const void *net);
void train_build_test(epl_fn *f, const void *net);

/* -- train_setup.c: what the command line says ------------------------------------------------ */
enum { TRAIN_WORDS = 9 };
typedef struct {
    const char *model, *data, *params, *save, *log, *loss, *normalize, *dtype, *optimizer, *betas,
        *check;
    bool normalize_given, optimizer_given, betas_given, epochs_given, batch_given, seed_given,
        limit_given, loss_given;
    bool resume, no_shuffle, drop_last, eval_only, as_json, allow_nan, nesterov, maximize;
    int64_t epochs, batch, seed, threads, save_interval, limit;
    optimizer_word word[TRAIN_WORDS]; /* hyper-parameters that were given */
} train_options;

/* -- train_loop.c: epochs ---------------------------------------------------------------------- */
typedef struct {
    epl_scope *s;
    data_set data;
    train_net net;
    epl_tree *params, *buffers, *state; /* buffers, state: NULL if there are none */
    train_settings settings;
    train_point at;
    epl_plan step, test;
    epl_work *work;
    progress show;
    const char *save;      /* NULL: nothing is saved */
    int64_t save_interval; /* steps; 0: after epochs alone */
    bool allow_nan, as_json;
} trainer;
/* Data, network, numbers and settings; resumed: they come from the saved file. False: the
 * scope has failed. */
bool train_prepare(trainer *t, const train_options *o, bool *resumed);
/* Trains to the end, or to a signal. An exit status; failures are told. */
int train_loop(trainer *t);
/* Loss and accuracy over a part. False: told, or a signal came. */
bool train_measure(trainer *t, const data_part *part, epoch_losses *l);
/* Tells the losses of an epoch (0: of no epoch), and logs them. */
void train_print(trainer *t, int64_t epoch, const epoch_losses *l);
/* SIGINT and SIGTERM are noted from here on. */
void train_watch_signals(void);

#endif
