/*
 * An untrusted JPEG made into JPEG XL and back, or an untrusted JPEG XL made into JPEG. Checks: a JPEG XL
 * that holds a JPEG gives one with the same samples as the JPEG that it was made of; an error has a message.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "fuzz/mutate.h"
#include "pixmill/pixmill.h"

static const struct pm_limits limits = {.max_pixels = 1 << 18, .max_bytes = 64 << 20};

static uint8_t *run(const char *text, const uint8_t *data, size_t size, size_t *result_size)
{
    struct pm_error error = {0};
    uint8_t *result;
    struct pm_recipe *recipe = pm_recipe_parse(text, &error);
    FUZZ_ASSERT(recipe != NULL);
    const int status = pm_transform(recipe, data, size, &limits, NULL, &result, result_size, &error);
    pm_recipe_free(recipe);
    FUZZ_ASSERT((status == 0) == (error.kind == PM_OK) && (status == 0) == (result != NULL));
    FUZZ_ASSERT(status == 0 || (error.message[0] != '\0' && error.kind != PM_ERROR_INTERNAL));
    return result;
}

static struct pm_image *decode(const uint8_t *data, size_t size)
{
    struct pm_error error = {0};
    struct pm_image *image = NULL;
    FUZZ_ASSERT((pm_decode(data, size, &limits, &image, &error) == 0) == (error.kind == PM_OK));
    return image;
}

static void expect_same(const struct pm_image *a, const struct pm_image *b)
{
    FUZZ_ASSERT(a->width == b->width && a->height == b->height && a->nplanes == b->nplanes);
    for (unsigned i = 0; i < a->nplanes; i++) {
        const struct pm_plane *one = &a->plane[i], *other = &b->plane[i];
        FUZZ_ASSERT(one->width == other->width && one->height == other->height);
        for (uint32_t y = 0; y < one->height; y++)
            FUZZ_ASSERT(memcmp(one->data + y * one->stride, other->data + y * other->stride,
                               (size_t)one->width * one->channels) == 0);
    }
}

static void expect_samples(const uint8_t *file, size_t size, const uint8_t *again, size_t again_size)
{
    struct pm_image *one = decode(file, size), *other = decode(again, again_size);
    FUZZ_ASSERT(one != NULL && other != NULL);
    expect_same(one, other);
    pm_image_free(one);
    pm_image_free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const keeps[] = {"keep=all/no-autorotate/", "no-autorotate/", "", "keep=all/"};
    char to_jxl[64], to_jpeg[64];
    struct pm_info info;
    struct pm_error error = {0};
    size_t jxl_size, jpeg_size;
    if (size < 1)
        return 0;
    const unsigned how = data[--size];
    snprintf(to_jxl, sizeof to_jxl, "%sformat=jxl/lossless/effort=0", keeps[how % 4]);
    snprintf(to_jpeg, sizeof to_jpeg, "%sformat=jpeg", keeps[how % 4]);
    if (size > 3 && memcmp(data, "\xff\xd8\xff", 3) != 0) {
        free(run(to_jpeg, data, size, &jpeg_size));
        return 0;
    }
    uint8_t *jxl = run(to_jxl, data, size, &jxl_size);
    if (jxl == NULL)
        return 0;
    FUZZ_ASSERT(pm_probe(jxl, jxl_size, &info, &error) == 0);
    uint8_t *jpeg = run(to_jpeg, jxl, jxl_size, &jpeg_size);
    FUZZ_ASSERT(jpeg != NULL);
    if (info.holds_jpeg && how % 4 < 2)
        expect_samples(data, size, jpeg, jpeg_size);
    free(jxl);
    free(jpeg);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    return fuzz_mutate_image(data, size, most, 1, seed);
}
