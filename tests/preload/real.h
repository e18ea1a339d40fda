/* The real function that a preloaded one replaces. */
#ifndef PRELOAD_REAL_H
#define PRELOAD_REAL_H

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>

/* On systems with 32-bit pointers the program calls functions with other names, whose sizes and times have 64
 * bits; the headers give the functions defined here those names, too. */
static inline void *real_function(const char *name)
{
#if __SIZEOF_POINTER__ == 4
    static const char *const forms[] = {"__%s64_time64", "__%s_time64", "__%s64", "%s64"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char wide[64];
        snprintf(wide, sizeof wide, forms[i], name);
        void *function = dlsym(RTLD_NEXT, wide);
        if (function != NULL)
            return function;
    }
#endif
    return dlsym(RTLD_NEXT, name);
}

/* REAL(malloc)(size): the real function that this one replaces. */
#define REAL(name)                                                                                           \
    ({                                                                                                       \
        static __typeof__(&name) real;                                                                       \
        if (real == NULL)                                                                                    \
            real = (__typeof__(&name))(uintptr_t)real_function(#name);                                       \
        real;                                                                                                \
    })

#endif
