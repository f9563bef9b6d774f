/* gemm_vec.h -- the vector of this compilation: its type, loads, stores and transpose.
 *
 * Included by gemm_f32.c and gemm_f64.c after GEMM_BITS is set. Every instruction set
 * gives the same names: vec, LANES, v_*; `part` masks name the first lanes of a vector.
 */
#ifndef EPL_GEMM_VEC_H
#define EPL_GEMM_VEC_H
#include <string.h>
#if defined(__AVX2__) || defined(__AVX512F__)
#include <immintrin.h>
#endif
#define INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 64")
#endif

/* Builds with sanitizers have fewer kernels: all of them take minutes to compile. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CHECKED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CHECKED 1
#endif
#endif

#if GEMM_BITS == 32
typedef float real;
#else
typedef double real;
#endif

#if defined(__AVX512F__) && GEMM_BITS == 32
enum { LANES = 16 };
typedef __m512 vec;
typedef __mmask16 part;
#define V_(op) _mm512_##op##_ps
#elif defined(__AVX512F__)
enum { LANES = 8 };
typedef __m512d vec;
typedef __mmask8 part;
#define V_(op) _mm512_##op##_pd
#elif defined(__AVX2__) && GEMM_BITS == 32
enum { LANES = 8 };
typedef __m256 vec;
typedef __m256i part;
#define V_(op) _mm256_##op##_ps
#elif defined(__AVX2__)
enum { LANES = 4 };
typedef __m256d vec;
typedef __m256i part;
#define V_(op) _mm256_##op##_pd
#else
enum { LANES = 128 / GEMM_BITS };
typedef real vec __attribute__((vector_size(16)));
typedef int part;
#endif

#if defined(__AVX512F__) || defined(__AVX2__)
INLINE vec v_zero(void)
{
    return V_(setzero)();
}
INLINE vec v_all(const real *p)
{
    return V_(set1)(*p);
}
INLINE vec v_load(const real *p)
{
    return V_(loadu)(p);
}
INLINE void v_store(real *p, vec x)
{
    V_(storeu)(p, x);
}
INLINE vec v_add(vec x, vec y)
{
    return V_(add)(x, y);
}
INLINE vec v_fma(vec x, vec y, vec z) /* x y + z */
{
    return V_(fmadd)(x, y, z);
}
#endif

#if defined(__AVX512F__)
INLINE part v_part(int64_t n) /* the first n lanes, 0 <= n <= LANES */
{
    return (part)((1u << n) - 1);
}
INLINE part v_range(int64_t from, int64_t n)
{
    return (part)(((1u << n) - 1) << from);
}
INLINE vec v_load_part(const real *p, part m)
{
    return V_(maskz_loadu)(m, p);
}
INLINE vec v_load_over(vec x, const real *p, part m) /* lanes of m from p, others from x */
{
    return V_(mask_loadu)(x, m, p);
}
INLINE void v_store_part(real *p, part m, vec x)
{
    V_(mask_storeu)(p, m, x);
}
#elif defined(__AVX2__) && GEMM_BITS == 32
INLINE part v_range(int64_t from, int64_t n)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_and_si256(_mm256_cmpgt_epi32(_mm256_set1_epi32((int)(from + n)), lane),
                            _mm256_cmpgt_epi32(lane, _mm256_set1_epi32((int)from - 1)));
}
INLINE vec v_load_part(const real *p, part m)
{
    return _mm256_maskload_ps(p, m);
}
INLINE void v_store_part(real *p, part m, vec x)
{
    _mm256_maskstore_ps(p, m, x);
}
#elif defined(__AVX2__)
INLINE part v_range(int64_t from, int64_t n)
{
    const __m256i lane = _mm256_setr_epi64x(0, 1, 2, 3);
    return _mm256_and_si256(_mm256_cmpgt_epi64(_mm256_set1_epi64x(from + n), lane),
                            _mm256_cmpgt_epi64(lane, _mm256_set1_epi64x(from - 1)));
}
INLINE vec v_load_part(const real *p, part m)
{
    return _mm256_maskload_pd(p, m);
}
INLINE void v_store_part(real *p, part m, vec x)
{
    _mm256_maskstore_pd(p, m, x);
}
#else
INLINE vec v_zero(void)
{
    return (vec){0};
}
INLINE vec v_all(const real *p)
{
    return *p - (vec){0};
}
INLINE vec v_load(const real *p)
{
    vec x;
    memcpy(&x, p, sizeof x);
    return x;
}
INLINE void v_store(real *p, vec x)
{
    memcpy(p, &x, sizeof x);
}
INLINE vec v_add(vec x, vec y)
{
    return x + y;
}
INLINE vec v_fma(vec x, vec y, vec z)
{
    return x * y + z;
}
INLINE part v_part(int64_t n)
{
    return (part)n;
}
INLINE part v_range(int64_t from, int64_t n) /* pieces are copied one by one here */
{
    return (part)(from + n);
}
INLINE vec v_load_part(const real *p, part n)
{
    vec x = {0};
    for (int i = 0; i < LANES; i++) {
        if (i < n) {
            x[i] = p[i];
        }
    }
    return x;
}
INLINE void v_store_part(real *p, part n, vec x)
{
    for (int i = 0; i < LANES; i++) {
        if (i < n) {
            p[i] = x[i];
        }
    }
}
#endif

#if defined(__AVX2__) && !defined(__AVX512F__)
INLINE part v_part(int64_t n)
{
    return v_range(0, n);
}
INLINE vec v_load_over(vec x, const real *p, part m) /* lanes of m must be 0 in x */
{
    return V_(or)(x, v_load_part(p, m));
}
#endif

/* Lanes 0, 2, 4 .. of x, then lanes 1, 3, 5 .. of y. */
#if defined(__AVX512F__) && GEMM_BITS == 32
INLINE vec v_even_odd(vec x, vec y)
{
    const __m512i at = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 17, 19, 21, 23, 25, 27, 29, 31);
    return _mm512_permutex2var_ps(x, at, y);
}
#elif defined(__AVX512F__)
INLINE vec v_even_odd(vec x, vec y)
{
    return _mm512_permutex2var_pd(x, _mm512_setr_epi64(0, 2, 4, 6, 9, 11, 13, 15), y);
}
#elif defined(__AVX2__) && GEMM_BITS == 32
INLINE vec v_even_odd(vec x, vec y)
{
    const __m256d z = _mm256_castps_pd(_mm256_shuffle_ps(x, y, 0xd8));
    return _mm256_castpd_ps(_mm256_permute4x64_pd(z, 0xd8));
}
#elif defined(__AVX2__)
INLINE vec v_even_odd(vec x, vec y)
{
    return _mm256_permute4x64_pd(_mm256_shuffle_pd(x, y, 0xa), 0xd8);
}
#else
INLINE vec v_even_odd(vec x, vec y)
{
    vec z;
    for (int i = 0; i < LANES / 2; i++) {
        z[i] = x[2 * i];
        z[i + LANES / 2] = y[2 * i + 1];
    }
    return z;
}
#endif

/* The sum of all lanes: halves are added until one lane is left. */
#if defined(__AVX512F__)
INLINE real v_sum(vec x)
{
    return V_(reduce_add)(x);
}
#elif defined(__AVX2__) && GEMM_BITS == 32
INLINE real v_sum(vec x)
{
    const __m128 a = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    const __m128 b = _mm_add_ps(a, _mm_movehl_ps(a, a));
    return _mm_cvtss_f32(_mm_add_ss(b, _mm_movehdup_ps(b)));
}
#elif defined(__AVX2__)
INLINE real v_sum(vec x)
{
    const __m128d a = _mm_add_pd(_mm256_castpd256_pd128(x), _mm256_extractf128_pd(x, 1));
    return _mm_cvtsd_f64(_mm_add_sd(a, _mm_unpackhi_pd(a, a)));
}
#else
INLINE real v_sum(vec x)
{
    real y[LANES];
    v_store(y, x);
    for (int w = LANES / 2; w > 0; w /= 2) {
        for (int i = 0; i < w; i++) {
            y[i] += y[i + w];
        }
    }
    return y[0];
}
#endif

/* -- x as a LANES x LANES matrix, transposed in place -------------------------------- */
#if defined(__AVX512F__)
/* Transposes 4 x 4 blocks of 128-bit lanes: x[c + w g] holds block row g. */
INLINE void v_turn_lanes(vec *x, int w)
{
#if GEMM_BITS == 32
#define LANE_(a, b, imm) _mm512_shuffle_f32x4(a, b, imm)
#else
#define LANE_(a, b, imm) _mm512_shuffle_f64x2(a, b, imm)
#endif
    UNROLL for (int c = 0; c < w; c++)
    {
        const vec a = LANE_(x[c], x[c + w], 0x88), b = LANE_(x[c], x[c + w], 0xdd);
        const vec d = LANE_(x[c + 2 * w], x[c + 3 * w], 0x88);
        const vec e = LANE_(x[c + 2 * w], x[c + 3 * w], 0xdd);
        x[c] = LANE_(a, d, 0x88);
        x[c + 2 * w] = LANE_(a, d, 0xdd);
        x[c + w] = LANE_(b, e, 0x88);
        x[c + 3 * w] = LANE_(b, e, 0xdd);
    }
#undef LANE_
}
#elif defined(__AVX2__)
INLINE void v_turn_lanes(vec *x, int w)
{
#if GEMM_BITS == 32
#define LANE_(a, b, imm) _mm256_permute2f128_ps(a, b, imm)
#else
#define LANE_(a, b, imm) _mm256_permute2f128_pd(a, b, imm)
#endif
    UNROLL for (int c = 0; c < w; c++)
    {
        const vec a = LANE_(x[c], x[c + w], 0x20), b = LANE_(x[c], x[c + w], 0x31);
        x[c] = a;
        x[c + w] = b;
    }
#undef LANE_
}
#endif

#if !defined(__AVX2__)
INLINE void v_turn(vec *x)
{
    vec y[LANES];
    UNROLL for (int i = 0; i < LANES; i++)
    {
        UNROLL for (int j = 0; j < LANES; j++)
        {
            y[i][j] = x[j][i];
        }
    }
    memcpy(x, y, sizeof y);
}
#elif GEMM_BITS == 64
INLINE void v_turn(vec *x)
{
    UNROLL for (int i = 0; i < LANES; i += 2)
    {
        const vec a = V_(unpacklo)(x[i], x[i + 1]), b = V_(unpackhi)(x[i], x[i + 1]);
        x[i] = a;
        x[i + 1] = b;
    }
    v_turn_lanes(x, 2);
}
#else
INLINE void v_turn(vec *x)
{
    UNROLL for (int i = 0; i < LANES; i += 4)
    {
        const vec a = V_(unpacklo)(x[i], x[i + 1]), b = V_(unpackhi)(x[i], x[i + 1]);
        const vec c = V_(unpacklo)(x[i + 2], x[i + 3]), d = V_(unpackhi)(x[i + 2], x[i + 3]);
        x[i] = V_(shuffle)(a, c, 0x44);
        x[i + 1] = V_(shuffle)(a, c, 0xee);
        x[i + 2] = V_(shuffle)(b, d, 0x44);
        x[i + 3] = V_(shuffle)(b, d, 0xee);
    }
    v_turn_lanes(x, 4);
}
#endif
#endif
