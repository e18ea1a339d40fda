/*
 * Requirements on the machine and compiler options, so that results are the same everywhere. If one is not
 * met, the build stops here with a hint.
 */
#include <float.h>
#include <limits.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#if !defined(__linux__)
#error "pixmill runs only on Linux: it uses memfd, seccomp, io_uring and /proc"
#endif

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__ && __BYTE_ORDER__ != __ORDER_BIG_ENDIAN__
#error "pixmill supports only little-endian and big-endian machines"
#endif

/* By default, 32-bit x86 computes floats in 80 bits, and gcc for s390x in 64. */
#if __FLT_EVAL_METHOD__ != 0
#error                                                                                                       \
    "floats are computed with more bits, so results would differ: -msse2 -mfpmath=sse or -fexcess-precision=fast"
#endif

#if defined(__FAST_MATH__)
#error "-ffast-math lets sums be reordered, and results would differ: build without it"
#endif

_Static_assert(CHAR_BIT == 8 && sizeof(int) == 4 && (sizeof(size_t) == 4 || sizeof(size_t) == 8),
               "pixmill needs bytes of 8 bits, an int of 32 and pointers of 32 or 64");
_Static_assert(FLT_RADIX == 2 && FLT_MANT_DIG == 24 && DBL_MANT_DIG == 53,
               "pixmill needs the floats and doubles of IEEE 754");
_Static_assert(-3 >> 1 == -2, "pixmill needs arithmetic right shifts of negative numbers");
_Static_assert(sizeof(off_t) == 8, "file offsets need 64 bits: build with -D_FILE_OFFSET_BITS=64");
_Static_assert(sizeof(time_t) == 8, "times need 64 bits: build with -D_TIME_BITS=64 (glibc 2.34 or newer)");
