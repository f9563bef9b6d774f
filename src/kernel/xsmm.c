/* xsmm.c -- libxsmm: small products, compiled when a plan is prepared.
 *
 * The library is column-major, so our b is its A and our n its m. It compiles for alpha 1,
 * beta 0 or 1, and cannot transpose our b. A kernel costs about 10 KB for good, and after
 * some 30,000 of them the library hands out memory that cannot be executed: so kernels are
 * kept in a table of our own, which takes no more than it has places for.
 * Invariant: compiling happens under the lock; what has been given out never changes.
 */
#include "xsmm.h"
#include <stdio.h>
#include <string.h>

#if defined(EPL_HAVE_XSMM) && EPL_HAVE_XSMM
#include <libxsmm.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>

enum { PLACES = 4096, MOST = 2048 };
typedef struct {
    epl__xsmm_key key;
    epl__xsmm *kernel;
    bool used;
} place;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static place places[PLACES];
static int taken;
static bool started;
static char text[64];

/* The user's own LIBXSMM_TARGET stands; otherwise the target follows our instruction set. */
static void start(void)
{
    libxsmm_init();
    if (epl__isa_now() == EPL__ISA_AVX2 && getenv("LIBXSMM_TARGET") == NULL) {
        libxsmm_set_target_archid(LIBXSMM_X86_AVX2);
    }
    snprintf(text, sizeof text, "libxsmm %s (%s)", LIBXSMM_VERSION, libxsmm_get_target_arch());
    started = true;
}

static uint64_t hash(const epl__xsmm_key *k)
{
    const int64_t word[] = {k->dtype, k->m, k->n, k->k, k->lda, k->ldb, k->ldc, k->turned, k->add};
    uint64_t h = 1469598103934665603u;
    for (size_t i = 0; i < sizeof word / sizeof word[0]; i++) {
        h = (h ^ (uint64_t)word[i]) * 1099511628211u;
        h ^= h >> 29;
    }
    return h;
}

static bool same(const epl__xsmm_key *x, const epl__xsmm_key *y)
{
    return x->dtype == y->dtype && x->m == y->m && x->n == y->n && x->k == y->k &&
           x->lda == y->lda && x->ldb == y->ldb && x->ldc == y->ldc && x->turned == y->turned &&
           x->add == y->add;
}

static epl__xsmm *compile(const epl__xsmm_key *k)
{
    const libxsmm_blasint m = (libxsmm_blasint)k->n, n = (libxsmm_blasint)k->m;
    const libxsmm_blasint depth = (libxsmm_blasint)k->k, lda = (libxsmm_blasint)k->ldb;
    const libxsmm_blasint ldb = (libxsmm_blasint)k->lda, ldc = (libxsmm_blasint)k->ldc;
    const int flags = k->turned ? LIBXSMM_GEMM_FLAG_TRANS_B : LIBXSMM_GEMM_FLAG_NONE;
    const int prefetch = LIBXSMM_GEMM_PREFETCH_NONE;
    union { /* functions of both types are called alike */
        libxsmm_smmfunction f32;
        libxsmm_dmmfunction f64;
        epl__xsmm *any;
    } f = {NULL};
    if (k->dtype == EPL_F32) {
        const float alpha = 1, beta = k->add ? 1 : 0;
        f.f32 =
            libxsmm_smmdispatch(m, n, depth, &lda, &ldb, &ldc, &alpha, &beta, &flags, &prefetch);
    } else {
        const double alpha = 1, beta = k->add ? 1 : 0;
        f.f64 =
            libxsmm_dmmdispatch(m, n, depth, &lda, &ldb, &ldc, &alpha, &beta, &flags, &prefetch);
    }
    return f.any;
}

/* Rows that overlap, or do not fit the library's integers, are not its business. */
static bool fits(const epl__xsmm_key *k)
{
    const int64_t row_a = k->turned ? k->m : k->k;
    return k->m > 0 && k->n > 0 && k->k > 0 && k->m <= 512 && k->n <= 512 && k->k <= 1024 &&
           k->lda >= row_a && k->ldb >= k->n && k->ldc >= k->n && k->lda < INT_MAX &&
           k->ldb < INT_MAX && k->ldc < INT_MAX;
}

epl__xsmm *epl__xsmm_kernel(const epl__xsmm_key *key)
{
    if (!fits(key) || epl__isa_now() == EPL__ISA_PORTABLE) {
        return NULL;
    }
    pthread_mutex_lock(&lock);
    if (!started) {
        start();
    }
    uint64_t at = hash(key) % PLACES;
    while (places[at].used && !same(&places[at].key, key)) {
        at = (at + 1) % PLACES;
    }
    if (!places[at].used && taken < MOST) {
        places[at] = (place){*key, compile(key), true};
        taken++;
    }
    epl__xsmm *kernel = places[at].used ? places[at].kernel : NULL;
    pthread_mutex_unlock(&lock);
    return kernel;
}

const char *epl__xsmm_text(void)
{
    pthread_mutex_lock(&lock);
    const char *t = text;
    pthread_mutex_unlock(&lock);
    return t;
}
#else
epl__xsmm *epl__xsmm_kernel(const epl__xsmm_key *key)
{
    (void)key;
    return NULL;
}

const char *epl__xsmm_text(void)
{
    return "";
}
#endif
