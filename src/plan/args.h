/* args.h -- the arrays of a run against the ports of a function. */
#ifndef EPL_ARGS_H
#define EPL_ARGS_H
#include <espalier/plan.h>
#include "../graph/graph.h"

enum { EPL__RUN_MESSAGE = 512 };
/* Counts, element types, shapes, missing data, and outputs that lie over updated inputs
 * or one another. message (EPL__RUN_MESSAGE bytes) says what, where and what was expected. */
epl_status epl__args_check(const char *name, const epl__port *input, size_t inputs,
                           const epl__port *output, size_t outputs, epl_arrays in, epl_arrays out,
                           char *message);
/* Where input node `index` of f finds its numbers: the array, and bytes into it. */
typedef struct {
    uint32_t port;
    size_t byte;
} epl__source;
/* One for each input node; NULL without memory. */
epl__source *epl__sources(const epl_fn *f, epl__arena *arena);
#endif
