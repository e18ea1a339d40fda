#include "base/simd.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[SIMD_LEVELS] = {
    [SIMD_BASE] = "base", [SIMD_AVX2] = "avx2", [SIMD_AVX512] = "avx512"};

int simd_available(enum simd_level level)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    int avx2 =
        __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
    int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                 __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                 __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
    return level == SIMD_AVX512 ? avx512 : level == SIMD_AVX2 ? avx2 : 1;
#else
    return level == SIMD_BASE;
#endif
}

enum simd_level simd_detect(void)
{
    const char *max = getenv("PIXMILL_SIMD");
    enum simd_level level = SIMD_AVX512;
    while (max != NULL && level > SIMD_BASE && strcmp(max, names[level]) != 0)
        level--;
    while (!simd_available(level))
        level--;
    return level;
}

const char *simd_name(enum simd_level level)
{
    return level < SIMD_LEVELS ? names[level] : "unknown";
}
