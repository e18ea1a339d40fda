#include "codec/jpeg/round_trip.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "codec/jpeg/fixture.h"
#include "image/exif.h"

uint8_t *round_trip_profile(size_t size)
{
    uint8_t *profile = malloc(size);
    for (size_t i = 0; i < size; i++)
        profile[i] = (uint8_t)(i * 7 + i / 251);
    for (int i = 0; i < 4; i++)
        profile[i] = (uint8_t)(size >> (24 - 8 * i));
    memcpy(profile + 36, "acsp", 4);
    return profile;
}

void round_trip(struct fixture *fixture, const struct pm_metadata *meta, unsigned orientation)
{
    uint8_t *samples = make_samples(WIDTH, HEIGHT, 3);
    struct pm_image image = wrap_samples(samples, WIDTH, HEIGHT, PM_COLOR_RGB);
    struct buffer file = {0};
    image.meta = *meta;
    image.orientation = orientation;
    fixture->error = (struct pm_error){0};
    fixture->warnings = 0;
    cr_assert_eq(codec_jpeg.encode(&image, &quality_80, &file, &fixture->context), 0);
    unsigned encode_warnings = fixture->warnings;
    cr_assert_eq(fixture_decode(fixture, &file, &(struct decode_request){.keep = KEEP_ALL}), 0);
    fixture->warnings += encode_warnings;
    buffer_free(&file);
    free(samples);
}

bool round_trip_is(struct pm_blob blob, const void *data, size_t size)
{
    return blob.size == size && memcmp(blob.data, data, size) == 0;
}
