/* conv.h -- what the convolution paths share.
 *
 * conv_plan.c tidies a description and picks a path: conv_loops.c takes anything and is
 * slow; the panel path takes nearly anything and is fast. The panel path splits the
 * outputs into phases (conv_phase.c): those with the same remainder by the dilation of
 * the input, which then has no holes. Within a phase the input for output q and tap t is
 * read at q_at[q] + tap_at[t], in the input itself or in a padded copy (conv_copy.c), so
 * that a convolution is a matrix product whose operands are read through tables.
 *
 * Invariant: after tidying there are three spatial axes, and batch axes are folded into
 * n or k where strides allow.
 */
#ifndef EPL_CONV_H
#define EPL_CONV_H
#include "gemm.h"

/* Where item i of the batch axes starts, in elements. */
typedef struct {
    int64_t in, w, out;
} epl__conv_at;
epl__conv_at epl__conv_item(const epl__conv_desc *d, int64_t item);

/* Positions at .. at + len hold the inputs first + i step; those in [lo, hi) exist. */
typedef struct {
    int64_t at, len, first, step, lo, hi;
} epl__conv_plane;

/* One spatial axis of a phase. */
typedef struct {
    int64_t out, out_step, q; /* outputs out + i out_step, i < q */
    int64_t step;             /* inputs from one of them to the next */
    int64_t taps;             /* those that meet the input at all */
    int64_t *q_at, *tap_at;   /* positions of outputs and of taps */
    int64_t *tap_w;           /* which place of the window a tap is */
    bool unit_q;              /* q_at[i] is i: the planes hold all of a stretch of outputs */
    int64_t len;              /* positions of all planes */
    int planes;
    epl__conv_plane *plane;
} epl__conv_axis;

/* The terms that meet more than padding, for outputs that lie alike to the borders. */
typedef struct {
    int64_t taps;    /* of a channel */
    int64_t *before; /* how many of them come before tap t */
    int64_t *in_at, *w_at;
} epl__conv_class;

/* How vectors lie: along outputs of a row, along n, along k, or along rows of the window
 * (long windows, that is weight gradients). ZERO: outputs that meet no input. */
typedef enum {
    EPL__CONV_ROWS,
    EPL__CONV_N,
    EPL__CONV_K,
    EPL__CONV_DOT,
    EPL__CONV_ZERO
} epl__conv_mode;

typedef struct {
    epl__conv_axis axis[EPL__CONV_MAX];
    int64_t q, taps, positions; /* products over the axes */
    double useful;              /* the share of taps that meet more than padding */
    double sharing;             /* how many times its taps all phases with its copy have */
    epl__conv_mode mode;
    bool copy_in;        /* the input is read from a padded copy */
    bool copy_out;       /* outputs are collected in scratch first */
    bool by_line;        /* ROWS: panels do not cross the ends of rows */
    bool far;            /* ROWS: every term is on a page of its own, so panels are packed */
    bool out_contiguous; /* outputs of one n and k are a stretch without gaps */
    /* A step of the sum: c_step channels, all taps, in turns of kc terms. */
    int64_t c_step, kc;
    int64_t *in_at, *w_at;              /* of term (c, t), for c < c_step */
    int64_t *in_row, *w_row;            /* DOT: of the first terms of rows */
    int64_t s_c, s_n, s[EPL__CONV_MAX]; /* strides of the input as it is read */
    int64_t base;                       /* its offset, if it is read in place */
    int64_t *column_at;                 /* N, contiguous rows: where inputs of a row go, or -1 */
    int64_t *pixel_at;            /* the same for a small image, if its rows are contiguous too */
    bool blocks;                  /* ROWS, K, DOT: a small image is copied as one block of rows */
    bool pack_w;                  /* N, ROWS: weights are copied to scratch */
    const epl__conv_class *class; /* N: NULL if all outputs take all terms */
    int32_t *class_of;            /* output q has class class_of[q] */
    int vectors;                  /* of a panel */
    /* A unit of work: n_of_unit x q_of_unit (along axis `cut`) x k_of_unit outputs. */
    int cut;
    int64_t n_of_unit, q_of_unit, k_of_unit, grid_n, grid_q, grid_k;
    int64_t first_unit; /* of all phases' units, or */
    size_t at_sums;     /* joint: its place among the sums of a unit */
} epl__conv_phase;

typedef struct {
    epl__call call;
    epl__conv_desc d; /* tidy */
    const epl__mul_table *mul;
    int64_t bytes, items;
    int64_t phases;
    epl__conv_phase *phase;
    const epl__conv_phase *lead;      /* joint: a unit has its outputs of all phases, from one copy
                                         that is made as this one says; else NULL */
    int64_t units, group;             /* all units; units of a part */
    int64_t *step_at[EPL__MUL_V + 1]; /* [0]: k; then k width, for panels of 1.. vectors */
    size_t at_panel, at_weights, at_out; /* places in scratch; the copy is first */
} epl__conv;

/* The outputs of one unit. */
typedef struct {
    const epl__conv_phase *phase;
    const char *in, *w; /* of the item */
    char *out;
    int64_t n0, n, k0, k;
    int64_t q0[EPL__CONV_MAX], q[EPL__CONV_MAX];
    char *copy, *panel, *weights, *sums; /* scratch */
} epl__conv_unit;

static inline int64_t epl__conv_unit_q(const epl__conv_unit *u)
{
    return u->q[0] * u->q[1] * u->q[2];
}

/* From one row of packed weights to the next. */
static inline int64_t epl__conv_pitch(const epl__conv_phase *p)
{
    return epl__div_up(p->kc, 16) * 16 + 16;
}

/* conv_phase.c: finds outputs and taps (false without memory); with the mode known, lays
 * out positions (tap_at holds offsets before that). */
int64_t epl__conv_phase_count(const epl__conv_desc *d);
bool epl__conv_phase_make(epl__arena *a, const epl__conv_desc *d, int64_t index,
                          epl__conv_phase *p);
void epl__conv_phase_lay_out(const epl__conv_desc *d, epl__conv_phase *p);
/* Lays all phases out alike (inputs one apart from output to output); q: the most outputs
 * of a phase on each axis. */
bool epl__conv_phase_lay_out_alike(epl__arena *a, epl__conv *g, int64_t *q);
/* Terms of a sum that are done at a time, about. */
enum { EPL__CONV_TERMS = 320 };
/* conv_choose.c, conv_units.c, conv_tables.c: mode, layout, steps, tables, units; false without
 * memory, or if tables would be out of proportion. */
void epl__conv_choose_mode(const epl__conv *g, epl__conv_phase *p);
bool epl__conv_choose(epl__arena *a, epl__conv *g);
void epl__conv_choose_units(epl__conv *g);
bool epl__conv_make_tables(epl__arena *a, const epl__conv *g, epl__conv_phase *p);
/* conv_copy.c: channels [c, c + count) of the unit's input, padded; results to the output. */
void epl__conv_copy_in(const epl__conv *g, const epl__conv_unit *u, int64_t c, int64_t count);
void epl__conv_copy_out(const epl__conv *g, const epl__conv_unit *u);
/* conv_run.c */
void epl__conv_run(const epl__call *call, void *const *p, int64_t begin, int64_t end,
                   void *scratch);
/* conv_loops.c */
epl__call *epl__conv_loops_prepare(epl__arena *a, const epl__conv_desc *d, char *name);
#endif
