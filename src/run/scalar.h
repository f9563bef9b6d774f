/* scalar.h -- element-wise primitives by their scalar functions, a number at a time. */
#ifndef EPL_SCALAR_H
#define EPL_SCALAR_H
#include "../graph/graph.h"

/* Has p scalar functions (or is it a cast or a choice) that can evaluate it? */
bool epl__scalar_has(const epl_prim *p);
void epl__scalar_run(const epl_prim *p, const void *attrs, const epl_array *in, size_t count,
                     const epl_array *out);
#endif
