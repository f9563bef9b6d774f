/* optim.h -- what the optimizers share: hyper-parameters as values, state by slots. */
#ifndef EPL_OPTIM_PARTS_H
#define EPL_OPTIM_PARTS_H
#include <espalier/espalier.h>

/* v, or `otherwise` if it is none, for parameters p: numbers and zero-dimensional values in
 * f64, so that 1 - beta and powers of it lose nothing; they take p's dtype when they meet it. */
epl_val epl__hyper(epl_val p, epl_val v, double otherwise);
/* Slot i of a state of `slots` vectors like p and a step count; slot `slots` is the count,
 * as f64. False after an error: the state is not of that layout. */
bool epl__slots_in(const char *name, epl_val p, epl_val grads, const epl_val *state, int slots,
                   epl_val *out);
/* The new state. */
epl_val epl__slots_out(epl_val p, const epl_val *slot, int slots);
bool epl__hyper_flag(epl_val v); /* a plain flag; none is false */

extern const epl_optimizer epl__optimizer_sgd, epl__optimizer_adam, epl__optimizer_adamw;
#endif
