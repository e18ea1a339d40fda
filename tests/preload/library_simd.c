/*
 * Takes instruction sets from the libraries that pixmill encodes and decodes by, before it uses them. Each
 * variable that is set says for one library which it may not use, or may:
 *
 *   HIGHWAY_DISABLED: libjxl, a mask of Highway's targets (hwy/detect_targets.h); 0x1ff is AVX-512, 0x3ff
 *     AVX2, too
 *   DAV1D_ALLOWED: libdav1d, dav1d_set_cpu_flags_mask()
 *   WEBP_PLAIN: libwebp, none at all (VP8GetCPUInfo)
 *
 * libaom has such a variable of its own, AOM_SIMD_CAPS.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static int no_feature(int feature)
{
    (void)feature;
    return 0;
}

static void *find(const char *library, const char *symbol)
{
    void *handle = dlopen(library, RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE);
    void *address = handle != NULL ? dlsym(handle, symbol) : NULL;
    if (address == NULL) {
        fprintf(stderr, "%s has no %s\n", library, symbol);
        _Exit(EXIT_FAILURE);
    }
    return address;
}

/* In every version that is installed, the part's among them; local, so that none takes another's place. */
static void limit_dav1d(unsigned allowed)
{
    static const char *const names[] = {"libdav1d.so.6", "libdav1d.so.7"};
    unsigned limited = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        void (*mask)(unsigned) = NULL;
        void *handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
        if (handle != NULL)
            *(void **)&mask = dlsym(handle, "dav1d_set_cpu_flags_mask");
        if (mask == NULL)
            continue;
        mask(allowed);
        limited++;
    }
    if (limited == 0) {
        fprintf(stderr, "no libdav1d has dav1d_set_cpu_flags_mask\n");
        _Exit(EXIT_FAILURE);
    }
}

/* Comes before libdav1d's own, for the part's call: what the part asks for would undo the limit. */
__attribute__((visibility("default"))) void dav1d_set_cpu_flags_mask(unsigned mask);
void dav1d_set_cpu_flags_mask(unsigned mask)
{
    (void)mask;
}

__attribute__((constructor)) static void begin(void)
{
    const char *highway = getenv("HIGHWAY_DISABLED"), *dav1d = getenv("DAV1D_ALLOWED");
    if (highway != NULL) {
        void (*disable)(int64_t); /* hwy::DisableTargets(int64_t) */
        *(void **)&disable = find("libhwy.so.1", "_ZN3hwy14DisableTargetsEl");
        disable(strtoll(highway, NULL, 0));
    }
    if (dav1d != NULL)
        limit_dav1d((unsigned)strtoul(dav1d, NULL, 0));
    if (getenv("WEBP_PLAIN") != NULL)
        *(int (**)(int))find("libwebp.so.7", "VP8GetCPUInfo") = no_feature;
}
