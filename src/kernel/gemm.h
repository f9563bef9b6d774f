/* gemm.h -- the prepared matrix product, shared by gemm_plan.c and gemm_run.c.
 *
 * Invariant: c has rows of contiguous columns (c_n is 1) unless `tiled` is set; the
 * plan swaps a and b, and the roles of m and n, to get there.
 */
#ifndef EPL_GEMM_H
#define EPL_GEMM_H
#include "span/gemm_span.h"
#include "xsmm.h"

/* PANELS of b meet blocks of a; DOTS: k is contiguous in both, and sums are short rows of
 * c; COMBINE: few rows of c, bound by reading b; XSMM: as PANELS, with libxsmm's kernels;
 * BLIS does all of a block. */
typedef enum {
    EPL__GEMM_PANELS,
    EPL__GEMM_DOTS,
    EPL__GEMM_COMBINE,
    EPL__GEMM_XSMM,
    EPL__GEMM_BLIS
} epl__gemm_path;
/* ESPALIER_GEMM=own|xsmm|blis, read once. */
typedef enum { EPL__BACKEND_OWN, EPL__BACKEND_XSMM, EPL__BACKEND_BLIS } epl__gemm_backend;
enum { EPL__XSMM_V = 4, EPL__XSMM_ROWS = 48 }; /* a block of one libxsmm kernel */

typedef struct {
    epl__call call;
    epl__gemm_path path;
    const epl__mul_table *mul;
    epl_dtype dtype;
    int64_t bytes; /* of an element */
    /* A problem without batch axes that could be folded into m or n. */
    int batch_rank;
    int64_t batch[EPL_MAX_RANK], items;
    int64_t a_batch[EPL_MAX_RANK], b_batch[EPL_MAX_RANK], c_batch[EPL_MAX_RANK];
    int64_t m, n, k;
    int64_t a_m, a_k, b_k, b_n, c_m, c_n;
    bool accumulate;
    bool swapped; /* p[1] is b, p[2] is a */
    /* A part is `group` items, or one block of rows_of_part x columns_of_part of one item. */
    int64_t group, grid_m, grid_n, rows_of_part, columns_of_part;
    int64_t kc;           /* the step through k */
    int panel;            /* vectors in a panel of columns; the last may have one more */
    bool pack_a, pack_b;  /* copy to scratch first */
    bool packed;          /* b is packed: for each step through k, panel by panel */
    bool tiled;           /* c goes through a tile in scratch */
    size_t at_a, at_tile; /* places in scratch; the panel of b is first */
    /* 8: fewer columns than a panel, 4: fewer rows, 2: fewer steps of k, 1: adds */
    epl__xsmm *xsmm[16];
} epl__gemm;

/* One item's block: rows [m0, m1), columns [n0, n1). */
void epl__gemm_block(const epl__gemm *g, const char *a, const char *b, char *c, int64_t m0,
                     int64_t m1, int64_t n0, int64_t n1, char *scratch);
epl__gemm_backend epl__gemm_backend_now(void);
void epl__gemm_choose(epl__gemm *g);
/* All but the call's name; false: there is nothing to do. */
bool epl__gemm_plan(epl__gemm *g, const epl__gemm_desc *d);
/* From now on b is packed. */
void epl__gemm_use_packed(epl__gemm *g);
/* Vectors of the panel at vector `at` of `vectors` of a part. */
int epl__gemm_panel_at(const epl__gemm *g, int64_t at, int64_t vectors);
void epl__gemm_run(const epl__call *call, void *const *p, int64_t begin, int64_t end,
                   void *scratch);
/* I64 and I32. */
epl__call *epl__gemm_int_prepare(epl__arena *a, const epl__gemm_desc *d);

/* Cycles for a vector of products, when m rows meet v vectors at a time. */
double epl__mul_cycles(const epl__mul_table *t, int vectors, int64_t m);
/* GFLOP/s to reckon with on one core. */
double epl__mul_rate(const epl__mul_table *t);
/* The rows of one kernel call, so that m rows make calls of nearly the same height. */
int64_t epl__mul_rows(const epl__mul_table *t, int vectors, int64_t m);

/* From one row of len elements in scratch to the next, so that rows do not collide. */
static inline int64_t epl__gemm_pitch(int64_t len)
{
    return (len + 15) / 16 * 16 + 16;
}
static inline int64_t epl__div_up(int64_t x, int64_t y)
{
    return (x + y - 1) / y;
}
static inline int64_t epl__least(int64_t x, int64_t y)
{
    return x < y ? x : y;
}
static inline int64_t epl__most(int64_t x, int64_t y)
{
    return x > y ? x : y;
}
#endif
