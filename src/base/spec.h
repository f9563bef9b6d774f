/* spec.h -- the layout of a tree, as the engine sees it.
 *
 * A part is the range of one dtype; parts are ordered by element size, larger first, then
 * by dtype, so that every leaf is aligned to its element size.
 */
#ifndef EPL_SPEC_H
#define EPL_SPEC_H
#include <espalier/tree.h>
#include "type.h"

typedef struct {
    epl_dtype dtype;
    int64_t elements;
    int64_t byte; /* where it starts */
} epl__part;
enum { EPL__PARTS = 10 };

struct epl_spec_s {
    epl__spec_head head; /* elements, bytes, and the dtype if there is but one */
    size_t leaves;
    const epl_leaf_spec *leaf; /* offset: within the part of its dtype */
    int parts;
    epl__part part[EPL__PARTS];
    uint32_t *table; /* leaf indices by hash of the path; UINT32_MAX: empty */
    uint32_t table_size;
};

int epl__spec_parts(epl_spec spec);
/* The same ranges of the same dtypes: numbers of one fit the other. */
bool epl__spec_alike(epl_spec a, epl_spec b);
/* The type of part i, with the copies' axes in front. */
epl_type epl__spec_part(epl_spec spec, int i, epl_shape copies);
int epl__spec_part_of(epl_spec spec, epl_dtype dtype); /* -1: none */
/* [P] of the one dtype, or a mixed tree; with the spec. */
epl_type epl__spec_type(epl_spec spec);
size_t epl__spec_part_byte(epl_spec spec, int i, int64_t copies);
#endif
