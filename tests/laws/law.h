/* law.h -- what the law tests share: counting, numbers, samples.
 *
 * A law is checked for one subject (an operation, a primitive, a drawn graph) after another,
 * and holds for it if nothing was said against it. What fails is printed at once, with what
 * shows it again; a program ends with a line for each law: "jvp: 190 passed, 0 failed".
 */
#ifndef LAW_H
#define LAW_H
#include <espalier/espalier.h>

/* -- counting ---------------------------------------------------------------------------- */
#define LAW_MAP(X)                                                                \
    X(BUILD, "build")         /* a sample is read and its operation takes it */   \
    X(VALUE, "value")         /* the reference gives torch's numbers */           \
    X(PLAN, "plan")           /* a plan gives the reference's */                  \
    X(JVP, "jvp")             /* central differences of the value */              \
    X(VJP, "vjp")             /* <u, J v> = <J' u, v> */                          \
    X(SECOND, "second_order") /* differences of J' u; three ways to one result */ \
    X(THIRD, "third_order")   /* nested forward and nested backward */            \
    X(MAP, "vmap")            /* a loop */                                        \
    X(NESTED, "nested_vmap")  /* a map in a map, and one of all rows */           \
    X(KEPT, "checkpoint")     /* none: values to the bit, derivatives */          \
    X(LINEAR, "linear")       /* linear maps and Jacobians: jvp and vjp */        \
    X(PIECES, "pieces")       /* inner functions, and the same written out */     \
    X(THREADS, "threads")     /* 1, 2 and 4 threads: the same bits */             \
    X(F32, "f32")             /* near f64 */                                      \
    X(RECORD, "record")       /* an operation or primitive has all its parts */   \
    X(TILE, "tile")           /* kernels against the scalar, in all dtypes */
typedef enum {
#define X(name, text) LAW_##name,
    LAW_MAP(X)
#undef X
        LAWS
} law;

/* What the next laws are about: "softmax", "graph 17". Ends the one before. */
void law_subject(const char *name);
/* The law was checked for the subject; without it the subject does not count. */
void law_checked(law l);
/* Something that contradicts the law; checked, too. */
void law_broken(law l, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Was anything broken for the present subject, or since the last trial began? */
bool law_is_broken(void);
/* While on, nothing is counted or printed, so that a failure can be made smaller. */
void law_trial(bool on);
/* Points that could not be judged; told at the end. */
void law_skipped(law l, long points);
/* Prints the counts; the program's exit status. */
int law_summary(void);

/* -- numbers ----------------------------------------------------------------------------- */
/* Memory of the scope; count, text: how many, and what is in them. */
epl_array *arrays_new(epl_scope *s, size_t n);
/* The same type and numbers. */
epl_array array_copy(epl_scope *s, const epl_array *a);
/* Floats in (-1, 1), never near 0; all else zeros. */
epl_array array_drawn(epl_scope *s, epl_type t, epl_key key);
/* x + h v for floats; all else as in x. */
epl_array array_moved(epl_scope *s, const epl_array *x, double h, const epl_array *v);
double array_dot(const epl_array *a, const epl_array *b, double *magnitude);
/* |got - want| <= relative |want| + absolute (1 + largest |want|), NaN equal; integers equal.
 * False, and where in text (ARRAY_TEXT bytes). Only floats may differ in dtype. */
enum { ARRAY_TEXT = 160 };
bool array_near(const epl_array *got, const epl_array *want, double relative, double absolute,
                char *text);
bool is_float(epl_type t);

/* -- evaluation -------------------------------------------------------------------------- */
/* Arrays for the outputs. */
epl_array *outputs_of(epl_scope *s, const epl_type *type, size_t n);
/* By a plan, or NULL with a broken law. */
epl_array *plan_run(epl_scope *s, law l, epl_plan p, epl_work *w, epl_arrays in,
                    const epl_type *type, size_t outs);

#endif
