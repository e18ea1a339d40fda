/*
 * Takes instruction sets from libjxl: HIGHWAY_DISABLED is a mask of Highway's targets (hwy/detect_targets.h),
 * as 0x1ff for AVX-512 and 0x3ff for AVX2, too. libjxl finds the library loaded.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((constructor)) static void begin(void)
{
    const char *mask = getenv("HIGHWAY_DISABLED");
    void *highway = dlopen("libhwy.so.1", RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE);
    void (*disable)(int64_t) = NULL; /* hwy::DisableTargets(int64_t) */
    if (highway != NULL)
        *(void **)&disable = dlsym(highway, "_ZN3hwy14DisableTargetsEl");
    if (mask == NULL || disable == NULL) {
        fputs("no Highway whose targets can be disabled\n", stderr);
        _Exit(EXIT_FAILURE);
    }
    disable(strtoll(mask, NULL, 0));
}
