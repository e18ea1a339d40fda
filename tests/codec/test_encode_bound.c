/* A worker process lends an encoder a buffer of the forecast size, which does not grow: every codec writes
 * into it whatever it accepts, the smallest pictures, too. */
#include <criterion/criterion.h>
#include <stdalign.h>
#include <stdlib.h>

#include "codec/codec.h"
#include "codec/options.h"
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
    cr_expect_eq(codec->encode(image, options, &out, &lent->context, &lent->error), 0, "%s, %u x %u: %s",
                 codec->name, image->width, image->height, lent->error.message);
    lent->error.kind = PM_OK;
    free(out.data);
}

Test(encode_bound, is_all_the_room_that_an_encoder_needs)
{
    static const struct {
        uint32_t width, height;
    } sizes[] = {{1, 1}, {3, 2}, {17, 5}, {1, 300}, {255, 129}};
    for (const struct codec *const *codec = codecs; *codec != NULL; codec++) {
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
