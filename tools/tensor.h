/* tensor.h -- arrays as JSON: {"dtype": "f64", "shape": [2, 3], "b64": "..."}. */
#ifndef TOOLS_TENSOR_H
#define TOOLS_TENSOR_H
#include "json.h"
#include "text.h"

/* An object with a dtype. */
bool tensor_is(const json *j);
/* The array, in memory of the scope. False, and the scope fails with `what` in its text, if
 * j is no tensor, or its numbers are not as many as its shape says. */
bool tensor_read(epl_scope *s, const json *j, const char *what, epl_array *a);
/* One number of an array, as f64 and as an integer. */
double tensor_number(const epl_array *a, int64_t i);
int64_t tensor_integer(const epl_array *a, int64_t i);
/* Writes number v as element i; false if the type cannot hold it. */
bool tensor_set(const epl_array *a, int64_t i, double v);
void tensor_write(textbuf *t, const epl_array *a);
/* Memory of the scope for a type, zeroed; data NULL after an error. */
epl_array tensor_new(epl_scope *s, epl_type type);

#endif
