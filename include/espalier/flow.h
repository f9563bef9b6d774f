/* flow.h -- control flow in a plan: in turn, while, one of several, made anew.
 *
 * As with epl_map, build inside with values that came in; values of outer functions may be
 * used as they are (they are computed once, outside). Take results last: the first one
 * closes the inner function. All of it can be derived, to any order, and mapped.
 *
 *   epl_fn *t = epl_scan(f);                    h_0 = 0;  h = tanh(x_t W + h U)
 *   epl_val xt = epl_each(t, x, 0), h = epl_carry(t, h0);
 *   epl_next(t, h, epl_tanh(epl_add(epl_matmul(xt, w), epl_matmul(h, u))));
 *   epl_val end = epl_last(t, h);
 */
#ifndef ESPALIER_FLOW_H
#define ESPALIER_FLOW_H
#include <espalier/fn.h>
#ifdef __cplusplus
extern "C" {
#endif

/* -- in turn -------------------------------------------------------------------------- */
/* What a gradient keeps of a scan of K steps; the rest is computed again. Numbers are the
 * same bits whatever is chosen. */
typedef enum {
    EPL_SAVE_ALL = 1, /* the carried values of all steps: O(K) bytes, nothing again */
    EPL_SAVE_SQRT,    /* every sqrt(K)-th, and those between two: O(sqrt K), one run more */
    EPL_SAVE_LOG,     /* halves of halves: O(log K), log2(K) runs more */
    EPL_SAVE_EVERY    /* every k-th: .every = k */
} epl_save_policy;
typedef struct {
    epl_fn *parent;
    int64_t length;       /* steps; default: what epl_each says */
    bool reverse;         /* from the last entry to the first */
    epl_save_policy save; /* default EPL_SAVE_ALL */
    int64_t every;        /* of EPL_SAVE_EVERY */
    int64_t unroll;       /* steps written out in a row: more nodes, less to do between steps */
} epl_scan_args;
EPL_API epl_fn *epl_scan_new(const epl_scan_args *a, const char *given);
#define epl_scan(...) /* for t = 0, 1, ... in turn */ \
    epl_scan_new(&(epl_scan_args){.parent = __VA_ARGS__}, EPL_GIVEN1(__VA_ARGS__))
/* In: first at the first step, then what epl_next says; the type stays. A mixed tree goes
 * range by range. epl_each and epl_pass (fn.h) take in the rest. */
EPL_API epl_val epl_carry(epl_fn *f, epl_val first);
/* What goes on to the next step, once for each carried value. */
EPL_API void epl_next(epl_fn *f, epl_val carried, epl_val next);
/* Out: a carried value after the last step. Of a checkpoint: any value v. (Of all steps, on
 * a new first axis: epl_collect.) */
EPL_API epl_val epl_last(epl_fn *f, epl_val v);

/* -- while ---------------------------------------------------------------------------- */
/* epl_carry, epl_keep_going, epl_next, epl_last. Forward derivatives and maps exist. There is
 * no reverse derivative, for the number of steps is not known: with .most = K the loop is a
 * scan of K steps of which those after the end do nothing, and has one. All K are made, so that
 * a generous bound costs time. */
typedef struct {
    epl_fn *parent;
    int64_t most; /* steps at most; default: no bound */
    epl_save_policy save;
} epl_while_args;
EPL_API epl_fn *epl_while_new(const epl_while_args *a, const char *given);
#define epl_while(...) \
    epl_while_new(&(epl_while_args){.parent = __VA_ARGS__}, EPL_GIVEN1(__VA_ARGS__))
/* bool[]; asked before each step, the first one too. */
EPL_API void epl_keep_going(epl_fn *f, epl_val condition);

/* -- one of several ------------------------------------------------------------------- */
/* The two sides of a condition, bool[]: only the chosen one runs. Under a map over the
 * condition both run, and the results are selected; an entry that does not take a side has no
 * part in it. */
EPL_API epl_fn *epl_when(epl_fn *parent, epl_val condition);
EPL_API epl_fn *epl_otherwise(epl_fn *when);
/* Out: a where the condition holds, else b; of one type. */
EPL_API epl_val epl_either(epl_fn *when, epl_val a, epl_fn *otherwise, epl_val b);
/* n branches by an integer; below 0 is 0, above n - 1 is n - 1. */
EPL_API void epl_switch(epl_fn *parent, epl_val index, size_t n, epl_fn **branch);
EPL_API epl_val epl_chosen(epl_fn *first, epl_vals result); /* one value of each branch */

/* -- made anew ------------------------------------------------------------------------ */
/* What is built inside is not kept for derivatives: they compute it again from what came in.
 * Results by epl_last. Some of it can be kept, by at most one of these; numbers are the same
 * bits whatever is chosen. What is kept is written in epl_fn_text once a derivative is there. */
typedef struct {
    epl_fn *parent;
    bool all;         /* everything: as if there were no checkpoint */
    const char *keep; /* values that epl_keep marks inside: "attn,mlp"; in loops, of all steps */
    int64_t bytes;    /* a budget: of the values that derivatives need, the one that spares most
                         arithmetic for each of its bytes, then the next one, while they fit.
                         Of one run of the checkpoint: if it was mapped before its first
                         derivative, of all entries that are mapped at once */
} epl_checkpoint_args;
EPL_API epl_fn *epl_checkpoint_new(const epl_checkpoint_args *a, const char *given);
#define epl_checkpoint(...) \
    epl_checkpoint_new(&(epl_checkpoint_args){.parent = __VA_ARGS__}, EPL_GIVEN1(__VA_ARGS__))
/* v, marked for .keep of the checkpoints around it; without one, nothing but v. A name has 1 to
 * 31 letters, digits, '_', '.' and '-'; several values may have one. */
EPL_API epl_val epl_keep(epl_val v, const char *name);

#ifdef __cplusplus
}
#endif
#endif
