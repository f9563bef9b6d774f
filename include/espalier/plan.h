/* plan.h -- a function made ready, and run: numbers in, numbers out.
 *
 * A plan is const: any number of threads may run it at once, each with a work of its own.
 * A run allocates nothing and takes no lock once the work fits, and gives the same bits
 * for any number of threads.
 */
#ifndef ESPALIER_PLAN_H
#define ESPALIER_PLAN_H
#include <espalier/fn.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef const struct epl_plan_s *epl_plan;
typedef struct epl_work epl_work; /* one thread's workspace and message */
typedef struct epl_pool epl_pool; /* threads that help a run */
typedef void (*epl_build)(epl_fn *f, const void *data);

/* Closes f and compiles it. The plan lives in s, also when f lived elsewhere. Never NULL
 * unless s has no memory; a plan of a failed scope fails each run with the scope's text. */
EPL_API epl_plan epl_compile(epl_scope *s, epl_fn *f);
/* Built at the first run with new shapes, kept by shape; data must live as long as s. A
 * run with shapes that were met before takes no lock. */
EPL_API epl_plan epl_jit(epl_scope *s, epl_build build, const void *data);

/* Plans of f, and epl_eval of its values, stop at the first operation that makes a NaN, or
 * with EPL_CHECK_FINITE also an infinity, forward or backward, and name it with its place:
 * docs/checks.md. The kernels and their bits are those of an unchecked plan; updated inputs
 * are untouched after an error. Call it where f is built, for a jit plan in its build. */
typedef enum { EPL_CHECK_OFF, EPL_CHECK_NAN, EPL_CHECK_FINITE } epl_check;
EPL_API void epl_fn_check(epl_fn *f, epl_check what);

/* Of a compiled plan; 0 for a jit plan before its first run, then of the last one built. */
EPL_API size_t epl_plan_work_bytes(epl_plan p);
EPL_API size_t epl_plan_steps(epl_plan p);
EPL_API const char *epl_plan_text(epl_scope *s, epl_plan p); /* steps and memory, to read */

/* threads 0: what affinity and cgroup allow. NULL after an error: then one thread runs. */
EPL_API epl_pool *epl_pool_new(epl_scope *s, int threads);
EPL_API int epl_pool_threads(const epl_pool *pool);
/* Never NULL. pool NULL: the caller's thread alone. A work of a failed scope fails each
 * run with the scope's text, so that a program needs one check: that of its run. */
EPL_API epl_work *epl_work_new(epl_scope *s, epl_pool *pool);
EPL_API epl_status epl_work_fit(epl_work *w, epl_plan p); /* allocate now */
EPL_API const char *epl_work_message(const epl_work *w);  /* of the last run, if it failed */
/* Arrays in the order of the function's inputs and outputs; their types are checked. A work
 * that another run is using is EPL_ERR_USE, and its message says so.
 * Run errors (an index out of range, a wrong shape) are not sticky. After one, outputs
 * are unspecified, updated inputs are untouched unless the message says otherwise. */
EPL_API epl_status epl_run(epl_plan p, epl_arrays in, epl_arrays out, epl_work *w);

/* Compute now; all that v needs must be known (epl_data, epl_num). */
EPL_API epl_status epl_eval(epl_val v, epl_array out);
EPL_API double epl_item(epl_val v);      /* one number; NaN after an error */
EPL_API const char *epl_text(epl_val v); /* its type and numbers, to print; "" after an error */

/* The plain evaluation: node by node, no plan; the reference of the tests. */
EPL_API epl_status epl_reference(epl_fn *f, epl_arrays in, epl_arrays out);

/* What this machine and build offer: a name a line, "isa: avx512 (...)". */
EPL_API const char *epl_info(epl_scope *s);

#ifdef __cplusplus
}
#endif
#endif
