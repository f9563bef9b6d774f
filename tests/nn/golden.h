/* golden.h -- numbers that PyTorch computed, and what must be close to them. */
#ifndef GOLDEN_H
#define GOLDEN_H
#include <criterion/criterion.h>
#include <espalier/espalier.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Both f64 and of one type: |a - b| <= tolerance (1 + max |a|). */
static inline bool golden_close(const char *what, epl_array want, epl_array got, double tolerance)
{
    const double *a = want.data, *b = got.data;
    char x[EPL_TYPE_TEXT], y[EPL_TYPE_TEXT];
    double most = 0, off = 0;
    if (!epl_type_equal(want.type, got.type) || !a || !b) {
        cr_log_error("%s: %s expected, got %s", what, epl_type_text(want.type, x),
                     epl_type_text(got.type, y));
        return false;
    }
    if (want.type.dtype != EPL_F64)
        return !memcmp(a, b, epl_bytes(want.type));
    for (int64_t i = 0; i < epl_count(want.type); i++) {
        most = fmax(most, fabs(a[i]));
        off = fabs(a[i] - b[i]) > off || isnan(b[i]) ? fabs(a[i] - b[i]) : off;
    }
    if (off <= tolerance * (1 + most))
        return true;
    cr_log_error("%s: off by %g", what, off);
    return false;
}
#endif
