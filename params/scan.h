/* scan.h -- JSON read in one pass, without a tree: memory stays in proportion to what is kept.
 *
 * The first thing that is wrong is told in `wrong`; then nothing more is read.
 */
#ifndef EPL_SCAN_H
#define EPL_SCAN_H
#include <espalier/base.h>

typedef struct {
    epl_scope *scope; /* strings are kept here */
    const char *begin, *p, *end;
    const char *wrong;
} epl__scan;

/* This character, spaces skipped; false if another one stands there. */
bool epl__scan_is(epl__scan *s, char c);
/* The same, where no other one may stand. */
bool epl__scan_need(epl__scan *s, char c);
bool epl__scan_end(epl__scan *s); /* spaces alone are left */
/* A string, decoded, without zero bytes: UTF-8. NULL: wrong. */
const char *epl__scan_string(epl__scan *s);
bool epl__scan_integer(epl__scan *s, int64_t *out); /* not negative */
/* Any value, not kept. */
bool epl__scan_skip(epl__scan *s);
bool epl__scan_wrong(epl__scan *s, const char *why); /* false */
#endif
