/* blis.c -- BLIS: whole products, on the calling thread.
 *
 * Every product of BLIS takes its packing buffers from pools under a mutex, and grows them
 * with malloc when a new thread or a larger block comes along. A run may do neither, so
 * plans do not use it of their own accord; ESPALIER_GEMM=blis asks for it, to compare.
 * Invariant: BLIS never starts a thread, and the user's own BLIS_ARCH_TYPE stands.
 */
#include "blis.h"

#if defined(EPL_HAVE_BLIS) && EPL_HAVE_BLIS
#include <blis.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static rntm_t alone; /* one thread */
static char text[64];

/* BLIS does not know all CPUs with AVX-512 and takes scalar code there. Its choice is made
 * by its first call and frozen, so the variable is set for the time of that call. Other
 * values of it than these abort on machines without the instructions, or are not built. */
static void start(void)
{
    const epl__isa isa = epl__isa_now();
    const bool ours = getenv("BLIS_ARCH_TYPE") == NULL && isa != EPL__ISA_PORTABLE;
    if (ours) {
        setenv("BLIS_ARCH_TYPE", isa == EPL__ISA_AVX512 ? "0" : "3", 0); /* skx, haswell */
    }
    bli_init();
    if (ours) {
        unsetenv("BLIS_ARCH_TYPE");
    }
    bli_error_checking_level_set(BLIS_NO_ERROR_CHECKING);
    bli_rntm_init(&alone);
    bli_rntm_set_num_threads(1, &alone);
    snprintf(text, sizeof text, "BLIS %s (%s)", bli_info_get_version_str(),
             bli_arch_string(bli_arch_query_id()));
}

bool epl__blis_start(void)
{
    pthread_once(&once, start);
    return true;
}

void epl__blis_gemm(epl_dtype dtype, int64_t m, int64_t n, int64_t k, const void *a, int64_t a_m,
                    int64_t a_k, const void *b, int64_t b_k, int64_t b_n, void *c, int64_t c_m,
                    int64_t c_n, bool add)
{
    rntm_t rntm = alone;
    if (dtype == EPL_F32) {
        float one = 1, beta = add ? 1 : 0;
        bli_sgemm_ex(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, m, n, k, &one, (float *)a, a_m, a_k,
                     (float *)b, b_k, b_n, &beta, c, c_m, c_n, NULL, &rntm);
    } else {
        double one = 1, beta = add ? 1 : 0;
        bli_dgemm_ex(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, m, n, k, &one, (double *)a, a_m, a_k,
                     (double *)b, b_k, b_n, &beta, c, c_m, c_n, NULL, &rntm);
    }
}

const char *epl__blis_text(void)
{
    return text;
}
#else
bool epl__blis_start(void)
{
    return false;
}

void epl__blis_gemm(epl_dtype dtype, int64_t m, int64_t n, int64_t k, const void *a, int64_t a_m,
                    int64_t a_k, const void *b, int64_t b_k, int64_t b_n, void *c, int64_t c_m,
                    int64_t c_n, bool add)
{
    (void)dtype, (void)m, (void)n, (void)k, (void)a, (void)a_m, (void)a_k, (void)b, (void)b_k;
    (void)b_n, (void)c, (void)c_m, (void)c_n, (void)add;
}

const char *epl__blis_text(void)
{
    return "";
}
#endif
