/* meta.h -- meta-learning: adaptation as a function, and gradients through it.
 *
 * A task is a loss: an ordinary C function of the parameters, which builds one number. What
 * comes out is values of the same function, so that the outer gradient is a call like any
 * other; tasks are batched by epl_map, with the loss built inside:
 *
 *     epl_fn *each = epl_map(f);
 *     epl_val x = epl_each(each, xs, 0), y = epl_each(each, ys, 0), p = epl_pass(each, theta);
 *     epl_val phi = epl_adapt(p, loss, &(task){net, x, y}, .steps = 5);
 *     epl_val meta = epl_mean(epl_collect(each, loss(&query, phi)));
 *     epl_val g = epl_gradient(meta, theta);
 */
#ifndef ESPALIER_META_H
#define ESPALIER_META_H
#include <espalier/module.h>
#include <espalier/optim.h>
#ifdef __cplusplus
extern "C" {
#endif

/* The loss of a task at these parameters; asked for once in each inner step. */
typedef epl_val (*epl_task_loss)(const void *task, epl_val params);

typedef struct {
    epl_val params;
    epl_task_loss loss;
    const void *task;
    int64_t steps;                  /* 1 */
    epl_val lr;                     /* 0.01; a number, or one for each parameter */
    epl_vals lrs;                   /* one for each step, in place of lr */
    bool first_order;               /* the inner gradient counts as a constant */
    const char *only;               /* a glob: only these leaves adapt; needs spec */
    epl_spec spec;                  /* of params */
    epl_val proximal;               /* lambda: lambda / 2 |phi - params|^2 is added to the loss */
    const epl_optimizer *optimizer; /* plain steps p - lr g */
    const epl_val *hyper; /* hyper[i] goes with optimizer->hypers[i]; the first, lr, is not read */
    epl_val *state;       /* of the optimizer, in and out; NULL: it starts as zeros */
    epl_val *path;        /* gets the parameters after each step */
} epl_adapt_args;
/* phi after `steps` steps on the loss, from params. MAML, Finn et al. 2017. With first_order,
 * its first-order form, and the inner loop of Reptile (Nichol et al. 2018); with only = "head.**",
 * ANIL (Raghu et al. 2020); with a vector lr that is learned, Meta-SGD (Li et al. 2017); with lrs,
 * MAML++ (Antoniou et al. 2019); with proximal, gradient steps on the inner problem of iMAML,
 * which diverge where lr is too great for the loss: epl_proximal does not. */
EPL_API epl_val epl_op_adapt(const epl_adapt_args *a, const char *given);
#define epl_adapt(...) epl_op_adapt(EPL_ARGS3(epl_adapt_args, params, __VA_ARGS__))

/* sum_k weights[k] loss(path[k]): the loss after each step, of MAML++ (Antoniou et al. 2019). */
EPL_API epl_val epl_multi_step_loss(epl_task_loss loss, const void *task, epl_vals path,
                                    epl_val weights);

/* params - mean of phis [N, P] over the tasks: what takes the place of the gradient in Reptile
 * (Nichol et al. 2018). */
EPL_API epl_val epl_reptile(epl_val params, epl_val phis);

/* [L] to [P]: the number of a leaf for each of its elements, differentiable. A learning rate or
 * a weight decay of each layer. */
EPL_API epl_val epl_by_leaf(epl_spec spec, epl_val v);

typedef struct {
    epl_val loss, params, grad;
    epl_val lambda;    /* 1 */
    int64_t steps;     /* 5; of conjugate gradients */
    epl_val *residual; /* gets |grad - A x| / |grad|; 0 for grad 0; a constant */
} epl_implicit_args;
/* x of A x = grad, A = I + H / lambda, H the Hessian of the loss at params: with phi for params,
 * and the gradient of the query's loss at phi for grad, the meta-gradient of iMAML (Rajeswaran
 * et al. 2019). x is that of the step with the least residual, and no step is taken beyond a
 * direction along which A is not positive: look at residual, and choose a greater lambda. */
EPL_API epl_val epl_op_implicit(const epl_implicit_args *a, const char *given);
#define epl_implicit(...) epl_op_implicit(EPL_ARGS3(epl_implicit_args, loss, __VA_ARGS__))

typedef struct {
    epl_val params;
    epl_task_loss loss; /* asked for five times in each step, and twice for residual */
    const void *task;
    epl_val lambda;    /* 1 */
    int64_t steps;     /* 5; of Newton */
    int64_t cg_steps;  /* 5; of conjugate gradients, in each of them */
    epl_val *path;     /* gets the parameters after each step */
    epl_val *residual; /* gets |slope| at the end / |slope| at params; a constant */
} epl_proximal_args;
/* phi near a least loss + lambda / 2 |phi - params|^2, the inner problem of iMAML, by Newton's
 * steps as far as the objective falls: it never grows. Where the loss has negative curvature,
 * along the slope. phi is a constant: epl_implicit has its derivative, which is right as far as
 * residual is small. */
EPL_API epl_val epl_op_proximal(const epl_proximal_args *a, const char *given);
#define epl_proximal(...) epl_op_proximal(EPL_ARGS3(epl_proximal_args, params, __VA_ARGS__))

/* [2n, P]: params + sigma e, then params - sigma e, for n draws e of the key. */
EPL_API epl_val epl_es_points(epl_val params, epl_val key, int64_t n, double sigma);
/* The gradient of the mean loss around params, from the losses [2n] at these points, by
 * antithetic evolution strategies (Salimans et al. 2017): mean of e (l+ - l-) / (2 sigma). */
EPL_API epl_val epl_es_gradient(epl_val params, epl_val key, epl_val losses, double sigma);

/* What a learned optimizer reads of gradients [...]: [..., 2], (log|g| / p, sign g), and where
 * |g| < exp(-p) instead (-1, exp(p) g). Andrychowicz et al. 2016. */
EPL_API epl_val epl_log_and_sign(epl_val grads, double p);

typedef struct {
    epl_module net; /* [1, n, features] to [1, n, 1]: n parameters, each of them alone */
    epl_val weights, params, grads;
    epl_val features; /* [n, k], to be read beside epl_log_and_sign(grads, p) */
    epl_val *state;   /* further inputs of the net, then its further outputs: h and c of an LSTM */
    size_t states;    /* how many; 0 */
    double p, scale;  /* 10, 0.1 */
} epl_learned_step_args;
/* params + scale net(what it reads of grads): one step of a learned optimizer, a function of its
 * weights. With epl_stop_gradient(grads) its own training needs no second derivatives. */
EPL_API epl_val epl_op_learned_step(const epl_learned_step_args *a, const char *given);
#define epl_learned_step(...) \
    epl_op_learned_step(&(epl_learned_step_args){.net = __VA_ARGS__}, EPL_GIVEN4(__VA_ARGS__))

/* [n]: weights of the examples whose losses [n] these are: the part above zero of minus the
 * derivative of the clean loss after a step on sum w_i losses_i, with respect to w at 0, divided
 * by their sum (Ren et al. 2018). That is <d clean, d losses_i>, so that no step is taken. All are
 * 0 where none helps. Constants. */
EPL_API epl_val epl_reweight(epl_val losses, epl_val clean, epl_val params);

#ifdef __cplusplus
}
#endif
#endif
