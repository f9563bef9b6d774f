/* sample.h -- a golden sample as a function of its tensors, and what is made of it. */
#ifndef LAW_SAMPLE_H
#define LAW_SAMPLE_H
#include "../../tools/op.h"
#include "law.h"

typedef struct {
    epl_scope *s;
    const char *line; /* as it stands in the file */
    const json *request;
    op_call call;  /* its tensors are the inputs of fn */
    epl_fn *fn;    /* closed: to be called, compiled, evaluated */
    epl_type *out; /* of all results */
    size_t outs;
    epl_val *value; /* results inside fn */
    epl_key key;    /* for what is drawn */
} sample;

/* All lines of a file; NULL with a message. Ended by NULL. */
const char *const *samples_read(epl_scope *s, const char *path);
/* False after a broken law. With f32, its f64 tensors are f32. */
bool sample_open(sample *p, const char *line, size_t number, bool f32);
void sample_close(sample *p);
/* The line without its values, and what failed. */
void sample_broken(const sample *p, law l, const char *what, const char *why);

/* The function with its derivatives, of one point or of many at once. Inputs: the sample's,
 * then the floating ones' tangents v, then the floating results' cotangents u. */
enum { DERIVED_ROOM = 64 };
typedef enum {
    DERIVED_Y,  /* all results */
    DERIVED_JV, /* J v, by floating result */
    DERIVED_UJ, /* J' u, by floating input */
    DERIVED_D,  /* of J' u along v: jvp of vjp */
    DERIVED_R,  /* of <u, J v>: vjp of jvp */
    DERIVED_RR, /* of <v, J' u>: vjp of vjp */
    DERIVED_GROUPS
} derived_group;
typedef struct {
    const sample *p;
    epl_fn *fn;
    epl_plan plan;
    epl_work *work;
    size_t nx, ny;                           /* floating inputs and results */
    size_t x[DERIVED_ROOM], y[DERIVED_ROOM]; /* which */
    size_t first[DERIVED_GROUPS + 1];        /* place of each group among the outputs */
    epl_array *in;                           /* of fn, at the sample's point */
    size_t ins, outs;
    epl_type *out;
    const char *name[6 * DERIVED_ROOM];
} derived;

/* How the inputs are mapped; rows 0: not at all. */
typedef struct {
    int64_t rows;
    int64_t chunk;    /* rows at once; 0: all */
    int only;         /* of the inputs just this one; -1: all, and v and u */
    bool last;        /* over a last axis, else over the first */
    bool first_order; /* Y and UJ alone */
    bool same_bits;   /* values are those of a loop to the bit */
} mapping;
bool derived_make(derived *d, const sample *p, const mapping *m);
/* Is input i of the derived function mapped? */
bool derived_is_mapped(const derived *d, const mapping *m, size_t i);
/* The sample's numbers in row r of a map: input i of the derived function. */
epl_array derived_row(const derived *d, size_t i, int64_t r, epl_scope *s);
/* Runs the plan on these inputs. */
epl_array *derived_run(const derived *d, law l, const epl_array *in);

/* -- laws ---------------------------------------------------------------------------------- */
void law_of_value(const sample *p);
void law_of_plan(const derived *d);
/* Points that were judged. */
long law_of_differences(const derived *d, law l);
void law_of_vjp(const derived *d);
void law_of_orders(const derived *d);
void law_of_map(const derived *d, size_t number);
/* Over all inputs, then over each one alone, along a first and a last axis. */
void law_of_map_over_each(const derived *d, bool same_bits);
void law_of_threads(const sample *p);
/* The same function in f64 and in f32, at the numbers that f32 can hold. */
void law_of_narrow(const sample *wide, const sample *narrow);
void law_of_f32(const char *line, size_t number);

/* -- primitives ------------------------------------------------------------------------------ */
/* Notes which primitives the function has, and on what. */
void prims_note(const epl_fn *f);
void laws_of_prims(void);
/* Of each element-wise one: kernels by dtype, derivatives over its range. */
void laws_of_elementwise(void);
void laws_of_operations(const char *const *line);

#endif
