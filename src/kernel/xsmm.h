/* xsmm.h -- all of libxsmm that the kernels use: small products, compiled when a plan is
 * prepared. Without the library, every question is answered with NULL. */
#ifndef EPL_XSMM_H
#define EPL_XSMM_H
#include "kernel.h"

/* c[m, n] (+)= a[m, k] b[k, n], all by rows; a is [k, m] if `turned`. ld*: from row to row. */
typedef struct {
    epl_dtype dtype;
    int64_t m, n, k, lda, ldb, ldc;
    bool turned, add;
} epl__xsmm_key;
typedef void epl__xsmm(const void *b, const void *a, void *c, ...);

/* NULL: no such kernel; there are own ones. May be called by any thread; takes a lock. */
epl__xsmm *epl__xsmm_kernel(const epl__xsmm_key *key);
/* "libxsmm 1.17 (clx)", or "" if it has not been used or does not exist. */
const char *epl__xsmm_text(void);
#endif
