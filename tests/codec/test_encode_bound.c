/* In a worker process an encoder's buffer has the forecast size and can't grow: every codec must fit into it
 * with every format it accepts, also for the smallest pictures. */
#include <criterion/criterion.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "codec/codec.h"
#include "codec/options.h"
#include "codec/part.h"
#include "image/convert.h"
#include "pictures.h"

static int refuse_to_grow(struct buffer *buffer, size_t capacity)
{
    (void)buffer, (void)capacity;
    return -1;
}

static void expect_fits(const struct codec *codec, const struct pm_image *image, struct lent *lent)
{
    const struct shape shape = image_shape(image);
    alignas(8) unsigned char options[CODEC_OPTIONS_BYTES];
    codec_options_init(codec, options);
    if (!convert_accepted(&image->format, codec->accepts(options)))
        return;
    struct buffer out = {.capacity = codec->encode_bound(&shape, options), .grow = refuse_to_grow};
    out.data = malloc(out.capacity);
    cr_assert_not_null(out.data);
    cr_expect_eq(codec_encode(codec, image, options, &out, &lent->context), 0, "%s, %u x %u: %s", codec->name,
                 image->width, image->height, lent->error.message);
    lent->error.kind = PM_OK;
    free(out.data);
}

/* A buffer used by a previous file has any capacity, and may have content. */
Test(encode_bound, the_room_there_is_at_first_is_nothing_to_the_file)
{
    enum { BEFORE = 3 };
    struct lent lent;
    lent_init(&lent);
    const struct pm_image image = picture(&lent, 24, 17, PM_COLOR_RGB, false, 8);
    for (const struct codec *const *codec = codecs; *codec != NULL; codec++) {
        if (!codec_writes(*codec) || codec_part_find(*codec, &(struct pm_error){0}) != 0)
            continue;
        alignas(8) unsigned char options[CODEC_OPTIONS_BYTES];
        struct buffer expected = {0};
        codec_options_init(*codec, options);
        cr_assert_eq(codec_encode(*codec, &image, options, &expected, &lent.context), 0);
        for (size_t room = BEFORE; room < expected.size + 100; room += 7) {
            struct buffer out = {.data = calloc(1, room), .size = BEFORE, .capacity = room};
            cr_assert_not_null(out.data);
            cr_assert_eq(codec_encode(*codec, &image, options, &out, &lent.context), 0);
            cr_expect(out.size == BEFORE + expected.size &&
                          memcmp(out.data + BEFORE, expected.data, expected.size) == 0,
                      "%s, room for %zu: %zu of %zu bytes", (*codec)->name, room, out.size - BEFORE,
                      expected.size);
            buffer_free(&out);
        }
        buffer_free(&expected);
    }
    lent_free(&lent);
}

Test(encode_bound, is_all_the_room_that_an_encoder_needs)
{
    static const struct {
        uint32_t width, height;
    } sizes[] = {{1, 1}, {3, 2}, {17, 5}, {1, 300}, {255, 129}};
    for (const struct codec *const *codec = codecs; *codec != NULL; codec++) {
        if (!codec_writes(*codec) || codec_part_find(*codec, &(struct pm_error){0}) != 0)
            continue;
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            for (unsigned kind = 0; kind < 8; kind++) {
                struct lent lent;
                lent_init(&lent);
                const struct pm_image image = picture(&lent, sizes[i].width, sizes[i].height,
                                                      (kind & 1) != 0 ? PM_COLOR_RGB : PM_COLOR_GRAY,
                                                      (kind & 2) != 0, (kind & 4) != 0 ? 16 : 8);
                expect_fits(*codec, &image, &lent);
                lent_free(&lent);
            }
        }
    }
}
