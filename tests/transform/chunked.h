/* A small PNG with chunks that describe its colours, and the result of a recipe on it. */
#ifndef TESTS_TRANSFORM_CHUNKED_H
#define TESTS_TRANSFORM_CHUNKED_H

#include "codec/png/pngs.h"
#include "image/image.h"

struct added {
    const char *type, *data;
    size_t size;
};

#define CICP(p, t)                                                                                           \
    {                                                                                                        \
        "cICP", (const char[]){(p), (t), 0, 1}, 4                                                            \
    }
#define GAMMA_1                                                                                              \
    {                                                                                                        \
        "gAMA", "\0\1\x86\xa0", 4                                                                            \
    }
#define GAMMA_SRGB                                                                                           \
    {                                                                                                        \
        "gAMA", "\0\0\xb1\x8f", 4                                                                            \
    }
#define SRGB                                                                                                 \
    {                                                                                                        \
        "sRGB", "\0", 1                                                                                      \
    }
#define CHRM_SRGB                                                                                            \
    {                                                                                                        \
        "cHRM",                                                                                              \
            "\0\0\x7a\x26\0\0\x80\x84\0\0\xfa\0\0\0\x80\xe8\0\0\x75\x30\0\0\xea\x60\0\0\x3a\x98\0\0\x17"     \
            "\x70",                                                                                          \
            32                                                                                               \
    }
#define CHRM_P3                                                                                              \
    {                                                                                                        \
        "cHRM",                                                                                              \
            "\0\0\x7a\x26\0\0\x80\x84\0\1\x09\xa0\0\0\x7d\0\0\0\x67\x84\0\1\x0d\x88\0\0\x3a\x98\0\0\x17"     \
            "\x70",                                                                                          \
            32                                                                                               \
    }
#define MASTERING                                                                                            \
    {                                                                                                        \
        "mDCV", "012345678901234567890123", 24                                                               \
    }
#define LIGHT                                                                                                \
    {                                                                                                        \
        "cLLI", "01234567", 8                                                                                \
    }

enum { ADDED_MAX = 4 };

struct outcome {
    struct lent lent;
    struct warnings warnings;
    struct buffer file, result;
    struct pm_image image; /* the result, decoded again */
};

/* Runs a recipe on a picture of two pixels, 220 30 30 and 30 220 30, with these chunks. */
void put_through(struct outcome *outcome, const struct added *added, const char *text);
void outcome_free(struct outcome *outcome);

/* The data of an iCCP chunk with this profile; the caller frees it. */
char *profile_chunk(const void *profile, size_t size, size_t *chunk_size);

#endif
