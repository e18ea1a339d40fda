#include "codec/png/dots.h"

#include <criterion/criterion.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "codec/png/pngs.h"
#include "codec/reader.h"

unsigned dot_warnings;

static void count_warning(struct context *context, const char *message)
{
    (void)context;
    (void)message;
    dot_warnings++;
}

static const struct context_ops counting = {.warn = count_warning};

struct buffer dot_with(const char *type, const void *data, size_t size, bool before)
{
    struct buffer out = {0};
    made_begin(&out, &dot);
    if (before)
        made_chunk(&out, type, data, size);
    made_pixels(&out, (const uint8_t[]){0, 77}, 2, 1000);
    if (!before)
        made_chunk(&out, type, data, size);
    made_chunk(&out, "IEND", "", 0);
    return out;
}

struct pm_image dot_decoded(struct lent *lent, const struct buffer *bytes, unsigned keep)
{
    struct pm_image image;
    const struct decode_request request = {.keep = keep};
    dot_warnings = 0;
    lent->context.ops = &counting;
    cr_assert_eq(reader_decode(&codec_png, bytes->data, bytes->size, &request, &image, &lent->context), 0,
                 "%s", lent->error.message);
    return image;
}

struct pm_blob dot_profile(size_t size)
{
    uint8_t *profile = calloc(1, size);
    png_put_be32(profile, (uint32_t)size);
    memcpy(profile + 36, "acsp", 4);
    for (size_t i = 132; i < size; i++)
        profile[i] = (uint8_t)(i * i >> 3);
    return (struct pm_blob){profile, size};
}
