/* bench.h -- workloads: the same work as other libraries', timed.
 *
 * A workload draws its data once, then builds one function, which is compiled and run again
 * and again. Arrays stand in the order of the function's inputs; what the function updates
 * (parameters, optimizer state) is updated in them.
 */
#ifndef BENCH_H
#define BENCH_H
#include <espalier/espalier.h>

enum { BENCH_ARRAYS = 12 };
typedef struct {
    epl_scope *s;
    uint64_t draws;         /* keys used so far */
    epl_module net;         /* of most workloads */
    int64_t members, chunk; /* of mapped ones: how many, how many at once (0: all) */
    epl_array in[BENCH_ARRAYS], out[BENCH_ARRAYS];
    size_t ins, outs;
} bench;

typedef struct {
    const char *name;
    void (*data)(bench *b);             /* fills b->in */
    void (*build)(bench *b, epl_fn *f); /* inputs in that order, and the outputs */
    bool by_thread;                     /* each thread runs the plan for itself */
    bool mapped;                        /* heeds b->chunk */
    int64_t members;                    /* tasks, examples, members: b->members by default; or 0 */
    int64_t chunk;                      /* b->chunk by default */
} workload;

/* By name; NULL: none. And by number; NULL after the last. */
const workload *bench_named(const char *name);
const workload *bench_at(size_t i);

/* The data of a workload; b->members stands where it is not 0, b->chunk where it is not -1. */
void bench_data(bench *b, const workload *w);

/* -- for workloads --------------------------------------------------------------------------- */
/* A description as a module with all sizes known. */
epl_module bench_net(bench *b, const char *json, epl_type input);
/* These append to b->in. */
void bench_add(bench *b, epl_array a);
void bench_tree(bench *b, epl_spec spec);               /* by its initialisers */
void bench_normal(bench *b, epl_type type, double std); /* f32 */
void bench_uniform(bench *b, epl_type type, double low, double high);
void bench_below(bench *b, epl_shape shape, int64_t high); /* i64 in [0, high) */
/* The next input of f, with the type of array i. */
epl_val bench_input(bench *b, epl_fn *f, size_t i);
void bench_output(bench *b, epl_fn *f, epl_val v);

extern const char bench_cnn[], bench_cnn_plain[]; /* descriptions: with and without dropout */
extern const workload bench_mlp_train, bench_cnn_train, bench_resnet_train, bench_mlp_infer,
    bench_cnn_infer, bench_threads_infer, bench_gpt_train, bench_lstm_train, bench_adam_10m,
    bench_maml_sine, bench_maml_conv, bench_persample_grads, bench_hvp, bench_hessian,
    bench_ensemble_train;

#endif
