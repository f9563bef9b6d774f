/* optim.h -- optimizers: pure functions (params, grads, state, hyper-parameters) ->
 * (params, state), written with ordinary operations.
 *
 * Hyper-parameters are values: numbers (epl_num), inputs that a schedule sets, or results
 * that are differentiated. One of the parameters' shape stands for each parameter's own.
 * The state goes in and out by address; it starts as zeros (epl_init of its layout). Names
 * of slots, defaults and results are torch.optim's.
 */
#ifndef ESPALIER_OPTIM_H
#define ESPALIER_OPTIM_H
#include <espalier/tree.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    epl_val params, grads;
    epl_val *state;       /* NULL: no momentum is kept */
    epl_val lr;           /* 1e-3 */
    epl_val momentum;     /* 0 */
    epl_val dampening;    /* 0; not at the first step */
    epl_val weight_decay; /* 0 */
    bool nesterov;        /* needs a momentum, and no dampening */
    bool maximize;        /* up, not down */
} epl_sgd_args;
typedef struct {
    epl_val params, grads;
    epl_val *state;
    epl_val lr;           /* 1e-3 */
    epl_val betas[2];     /* 0.9, 0.999 */
    epl_val eps;          /* 1e-8 */
    epl_val weight_decay; /* 0; adamw 1e-2 */
    bool maximize;
} epl_adam_args;

/* b = momentum b + (1 - dampening) g, g with weight_decay p added; p = p - lr b (nesterov:
 * lr (g + momentum b)). Sutskever et al. 2013, as torch.optim.SGD. */
EPL_API epl_val epl_op_sgd(const epl_sgd_args *a, const char *given);
#define epl_opt_sgd(...) epl_op_sgd(EPL_ARGS3(epl_sgd_args, params, __VA_ARGS__))
EPL_API epl_spec epl_opt_sgd_state(epl_scope *s, epl_spec params); /* momentum_buffer, step */

/* m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2; p = p - lr m^ / (sqrt(v^) + eps), m^ and v^
 * without bias. Kingma and Ba 2015, as torch.optim.Adam: weight decay is added to g. Where
 * v is 0 its square root has derivative 0. */
EPL_API epl_val epl_op_adam(const epl_adam_args *a, const char *given);
#define epl_opt_adam(...) epl_op_adam(EPL_ARGS3(epl_adam_args, params, __VA_ARGS__))
EPL_API epl_spec epl_opt_adam_state(epl_scope *s, epl_spec params); /* exp_avg, exp_avg_sq, step */

/* Adam with p = p - lr weight_decay p first. Loshchilov and Hutter 2019. */
EPL_API epl_val epl_op_adamw(const epl_adam_args *a, const char *given);
#define epl_opt_adamw(...) epl_op_adamw(EPL_ARGS3(epl_adam_args, params, __VA_ARGS__))
EPL_API epl_spec epl_opt_adamw_state(epl_scope *s, epl_spec params);

/* -- by name ------------------------------------------------------------------------------- */
typedef struct {
    const char *name;       /* torch's word: "lr"; betas are "beta1" and "beta2" */
    double value, min, max; /* default, least, greatest */
    bool flag;              /* true or false, known when the function is built */
} epl_hyper;
typedef struct {
    const char *name, *doc;
    const epl_hyper *hypers; /* ended by a NULL name */
    epl_spec (*state)(epl_scope *s, epl_spec params);
    /* One step; hyper[i] goes with hypers[i], and none is its default. */
    epl_val (*step)(epl_val params, epl_val grads, epl_val *state, const epl_val *hyper);
} epl_optimizer;
EPL_API const epl_optimizer *epl_optimizer_at(size_t i);            /* NULL after the last */
EPL_API const epl_optimizer *epl_optimizer_named(const char *name); /* NULL: none */

#ifdef __cplusplus
}
#endif
#endif
