/* optimizer.h -- optimizers by torch's names, with their hyper-parameters as options. */
#ifndef TOOLS_OPTIMIZER_H
#define TOOLS_OPTIMIZER_H
#include <espalier/espalier.h>
#include "json.h"
#include "text.h"

enum { OPTIMIZER_HYPERS = 16 };
typedef struct {
    const epl_optimizer *kind;
    double value[OPTIMIZER_HYPERS]; /* in the order of its table; flags are 0 or 1 */
} optimizer;

/* One hyper-parameter that was given. */
typedef struct {
    const char *name; /* "weight_decay" */
    double value;
    bool given;
} optimizer_word;

/* Its defaults: torch's. False: there is no optimizer of that name. */
bool optimizer_named(optimizer *o, const char *name);
/* False, and why in message: it has no such hyper-parameter, or the value is out of range. */
bool optimizer_set(optimizer *o, const char *name, double value, char *message, size_t size);
/* "sgd|adam|adamw" */
void optimizer_names(textbuf *t);
/* {"name": "sgd", "lr": 0.01, ...} both ways. */
void optimizer_write(textbuf *t, const optimizer *o);
bool optimizer_read(const json *j, optimizer *o);
/* The layout of its state; NULL if it needs none. */
epl_spec optimizer_state(epl_scope *s, const optimizer *o, epl_spec params);
/* New parameters; *state becomes the new state (none stays none). */
epl_val optimizer_step(const optimizer *o, epl_val params, epl_val grads, epl_val *state);

#endif
