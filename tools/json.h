/* json.h -- reading JSON as data, with what a request needs: 2 and 2.0 are kept apart.
 *
 * A document is a tree of const nodes that live in the scope. Names and strings are UTF-8
 * without zero bytes. Depth is limited, so that hostile text cannot exhaust the stack.
 */
#ifndef TOOLS_JSON_H
#define TOOLS_JSON_H
#include <espalier/base.h>

typedef enum {
    JSON_NULL,
    JSON_BOOL,
    JSON_INT,   /* without point and exponent, and it fits 64 bits */
    JSON_FLOAT, /* any other number */
    JSON_STRING,
    JSON_LIST,
    JSON_OBJECT
} json_kind;

typedef struct json json;
struct json {
    json_kind kind;
    const char *name; /* of a member of an object */
    const char *text; /* JSON_STRING */
    const char *raw;  /* where the value stands in the text that was read */
    size_t raw_length;
    double number;   /* JSON_INT, JSON_FLOAT, JSON_BOOL */
    int64_t integer; /* JSON_INT, JSON_BOOL */
    size_t count;    /* members */
    const json *first, *next;
};

enum { JSON_MESSAGE = 128, JSON_DEPTH = 200 };

/* The document, or NULL with what is wrong in message. text[length] must be a zero byte. */
const json *json_read(epl_scope *s, const char *text, size_t length, char *message);
/* A member, the last of that name; NULL if there is none or o is no object. */
const json *json_get(const json *o, const char *name);
/* A number, or one of the strings "inf", "-inf", "nan". */
bool json_number(const json *j, double *number);
const char *json_kind_text(const json *j); /* "a string" */

#endif
