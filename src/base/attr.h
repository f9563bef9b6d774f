/* attr.h -- what a row of an attribute table takes, in words; names that are meant.
 *
 * Modules are made by these tables in C and in JSON, and both give the same messages.
 */
#ifndef EPL_ATTR_H
#define EPL_ATTR_H
#include <espalier/extend.h>

/* "a positive integer or a pair of them"; text is returned. */
const char *epl__attr_takes(const epl_attr *a, char *text, size_t size);
/* Checks a value of the args struct against its row: the text of what is wrong, or NULL. */
const char *epl__attr_wrong(const epl_attr *a, const void *args, char *text, size_t size);

/* Was .name given in the option text? Accepts "name name" as well. */
bool epl__given(const char *given, const char *name);
/* The first item of a macro's option text that has no name, or NULL. */
const char *epl__unnamed(const char *given);

/* Names of modules and their parts: [A-Za-z0-9_]+. */
bool epl__name_fits(const char *name);
/* The first name that stands twice, or NULL; sorts the list. */
const char *epl__twice(const char **name, size_t count);
/* The candidate that is nearest to a name which is unknown; found NULL: none is near. */
typedef struct {
    const char *name, *found;
    size_t distance;
} epl__nearest;
void epl__nearest_try(epl__nearest *best, const char *candidate);
#endif
