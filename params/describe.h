/* describe.h -- what the files that read and write descriptions share.
 *
 * All of a module comes from its kind's table of attributes; errors tell the path.
 */
#ifndef EPL_DESCRIBE_H
#define EPL_DESCRIBE_H
#include <cjson/cJSON.h>
#include <espalier/espalier.h>
#include "text.h"

enum { EPL__PATH = 1024 };

typedef struct {
    epl_scope *scope;
    epl_scope *scratch; /* where a module is tried, so that its error can be told with its path */
    int depth;
} epl__reading;

/* The scope's error, "PATH: ..."; false. */
bool epl__refuse(epl__reading *r, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* j as text for a message, cut off where it is long. */
enum { EPL__GOT = 64 };
const char *epl__got(const cJSON *j, char *text);
/* An object without a name that stands twice. `what`: "a module" */
bool epl__is_object(epl__reading *r, const char *path, const cJSON *j, const char *what);
epl_module epl__read_module(epl__reading *r, const char *path, const cJSON *j);

/* The row of a name for a value of this kind: a table may have two rows of one name, as for
 * a padding in numbers or by a word. NULL: none. */
const epl_attr *epl__row_for(const epl_attr *table, const cJSON *j);
/* Puts a value into its place in args. */
bool epl__read_attr(epl__reading *r, const char *path, const epl_attr *row, const cJSON *j,
                    void *args);
void epl__write_attr(epl__textbuf *t, const epl_attr *row, const void *args);
/* "did you mean "x"?; there are: a, b" for a name that no row has. */
void epl__unknown_name(epl_scope *s, const epl_attr *table, const char *name, epl__textbuf *t);

/* -- Graph --------------------------------------------------------------------------------- */
bool epl__read_nodes(epl__reading *r, const char *path, const cJSON *graph, epl_wiring *out);
void epl__write_nodes(epl__textbuf *t, const epl_wiring *w);
void epl__write_module(epl__textbuf *t, epl_module m, bool top);
#endif
