/*
 * Run-time selection of SIMD code: one portable binary uses the best instructions of each machine.
 *
 * A file named `*.simd.c` holds inner loops in plain C and the compiler's vector extensions. The Makefile
 * compiles it once for each instruction set, with SIMD_LEVEL set to one of the words below and SIMD_NAME(x)
 * giving every public symbol its own name (x_base, x_avx2, x_avx512). It ends in one constant table of
 * function pointers, which an ordinary .c file selects:
 *
 *     const struct blur_kernels SIMD_NAME(blur_kernels) = {...};        in blur.simd.c
 *     SIMD_TABLE(struct blur_kernels, blur_kernels)                     in blur.c
 *
 * The latter defines blur_kernels(level).
 *
 * All levels give identical results: sums are of integers, or of floats in a fixed order without contraction.
 */
#ifndef BASE_SIMD_H
#define BASE_SIMD_H

enum simd_level {
    SIMD_BASE,   /* x86-64-v2, or whatever the compiler assumes elsewhere (NEON on AArch64) */
    SIMD_AVX2,   /* x86-64-v3 */
    SIMD_AVX512, /* x86-64-v4 with VNNI; not Skylake (no VNNI), which lowers its clock for wide vectors */
    SIMD_LEVELS,
};

/* The best level of this machine, at most the one named in the environment's PIXMILL_SIMD ("base", "avx2",
 * "avx512"; any other word means "base"). Executes a few CPUID instructions: call once and pass the result
 * on. */
enum simd_level simd_detect(void);

/* Is `level` compiled in and does this machine have it? */
int simd_available(enum simd_level level);

/* "base", "avx2" or "avx512". */
const char *simd_name(enum simd_level level);

#define SIMD_PASTE_(name, level) name##_##level
#define SIMD_PASTE(name, level) SIMD_PASTE_(name, level)
#define SIMD_NAME(name) SIMD_PASTE(name, SIMD_LEVEL)

#if defined(__x86_64__)
#define SIMD_TABLE(type, name)                                                                               \
    extern const type name##_base, name##_avx2, name##_avx512;                                               \
    static const type *name(enum simd_level level)                                                           \
    {                                                                                                        \
        return level == SIMD_AVX512 ? &name##_avx512 : level == SIMD_AVX2 ? &name##_avx2 : &name##_base;     \
    }
#else
#define SIMD_TABLE(type, name)                                                                               \
    extern const type name##_base;                                                                           \
    static const type *name(enum simd_level level)                                                           \
    {                                                                                                        \
        (void)level;                                                                                         \
        return &name##_base;                                                                                 \
    }
#endif

#endif
