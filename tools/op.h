/* op.h -- a request of `espalier op --serve`: an operation with its arguments, as values.
 *
 * Tensors become inputs of one function, in the order of the operation's table; all memory
 * of a request is the scope's, and goes with it.
 */
#ifndef TOOLS_OP_H
#define TOOLS_OP_H
#include <espalier/espalier.h>
#include "json.h"
#include "text.h"

/* A tensor among the arguments. */
typedef struct {
    const char *name; /* of the argument */
    int member;       /* in a list of tensors; -1: the argument itself */
    epl_array array;
    int axis;      /* mapped axis; OP_NOT_MAPPED */
    epl_val value; /* what the operation gets */
    bool wanted;   /* differentiated */
} op_tensor;
enum { OP_NOT_MAPPED = 1 << 20 };

typedef struct {
    epl_scope *scope;
    const json *args, *axes; /* of the request; axes NULL: not mapped */
    const epl_operation *operation;
    epl_fn *fn;   /* has the inputs */
    epl_fn *body; /* where the operation is built: fn, or a map in it */
    op_tensor *tensor;
    size_t tensors;
    epl_array *input; /* of fn, in order */
    size_t inputs, input_room;
    void *packed;  /* the operation's arguments */
    textbuf given; /* names of arguments that are there */
} op_call;

/* Fills the call from the request. False: the scope has failed. */
bool op_bind(op_call *c);
/* An input of fn with these numbers. */
epl_val op_input(op_call *c, const char *name, const epl_array *a);
/* Marks the floating tensors in wrt (NULL: all of them) as wanted. */
bool op_want(op_call *c, const json *wrt);
bool op_fail(op_call *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Answers one line of input: the text of an answer, without its newline. */
void op_answer(const char *line, size_t length, bool reference, textbuf *answer);

#endif
