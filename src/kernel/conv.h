/* conv.h -- what the convolution paths share.
 *
 * conv_plan.c tidies a description and picks a path: conv_loops.c takes anything and is
 * slow, the panel path (conv_phase.c, conv_panel.c) takes nearly anything and is fast.
 * Invariant: after tidying there are three spatial axes and at least one of everything
 * counted, and batch axes are merged where strides allow.
 */
#ifndef EPL_CONV_H
#define EPL_CONV_H
#include "gemm.h"

typedef struct {
    epl__call call;
    epl__conv_desc d; /* tidy */
    int64_t items;    /* product of the batch axes */
    int64_t outputs, outputs_of_part;
} epl__conv_loops;

epl__call *epl__conv_loops_prepare(epl__arena *a, const epl__conv_desc *d, char *name);

/* Where item i of the batch axes starts, in elements. */
typedef struct {
    int64_t in, w, out;
} epl__conv_at;
epl__conv_at epl__conv_item(const epl__conv_desc *d, int64_t item);
#endif
