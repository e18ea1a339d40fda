/*
 * An untrusted file through a recipe, chosen by its last byte. Checks: a result can be decoded and has the
 * requested format; an error has a message; an encrypted image is decrypted to the original.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "fuzz/mutate.h"
#include "pixmill/pixmill.h"

static const char *const recipes[] = {
    "",
    "keep=all",
    "keep=all/format=png",
    "keep=all/format=jpeg/quality=95",
    "allow-truncated/format=png",
    "resize=20x30!",
    "resize=50%,kernel=mitchell/format=png",
    "resize=300%,kernel=nearest/blur=1",
    "allow-truncated/resize=8x8/keep=all",
    "blur=2/format=png",
    "blur=40/sharpen=1,amount=2",
    "crop=5x5+1+1/rotate=90/flip/flop",
    "gray/rotate=270/no-autorotate/keep=all",
    "crop=50x7,gravity=center/sharpen=3/format=jpeg/subsampling=422",
    "encrypt/keep=all",
    "decrypt",
    "decrypt/resize=10x",
    "profile=srgb/resize=40x30",
    "gray/profile=p3,none/format=png",
    /* animations are written frame by frame */
    "resize=16x16/format=avif/lossless/effort=0/keep=all",
    "resize=16x16/gray/format=avif/effort=0/bitdepth=10",
    "resize=16x16/format=jxl/lossless/effort=0/keep=all",
    "resize=16x16/format=jxl/effort=0",
    "resize=24x24/format=webp/effort=0/keep=all",
    "resize=24x24/format=gif",
    "resize=24x24/format=png/effort=0/palette=16",
    "resize=16x16/format=tiff/keep=all",
};
enum { RECIPES = sizeof recipes / sizeof *recipes };

static const struct pm_limits limits = {.max_pixels = 1 << 18, .max_bytes = 64 << 20};
/* The key that scripts/fuzz.sh seals its seeds with. */
static const uint8_t master[PM_KEY_BYTES] = {7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
                                             7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7};

static void derive(const uint8_t id[PM_ID_BYTES], struct pm_secret *secret)
{
    struct pm_error error = {0};
    FUZZ_ASSERT(pm_secret_derive(master, id, NULL, secret, &error) == 0);
}

/* Runs `text`; the result, or NULL. */
static uint8_t *run(const char *text, const uint8_t *data, size_t size, size_t *result_size)
{
    struct pm_error error = {0};
    struct pm_secrets secrets = {.has_decrypt = true, .has_encrypt = true};
    uint8_t id[PM_ID_BYTES] = {9}, own_id[PM_ID_BYTES] = {8}, salt[PM_SALT_BYTES], *result;
    struct pm_recipe *recipe = pm_recipe_parse(text, &error);
    FUZZ_ASSERT(recipe != NULL);
    struct pm_error no_seal = {0};
    if (strncmp(text, "decrypt", 7) == 0 && pm_secret_ids(data, size, id, salt, &no_seal) != 0)
        FUZZ_ASSERT(no_seal.kind != PM_OK);
    derive(id, &secrets.decrypt);
    derive(own_id, &secrets.encrypt);
    int status = pm_transform(recipe, data, size, &limits, &secrets, &result, result_size, &error);
    pm_recipe_free(recipe);
    FUZZ_ASSERT((status == 0) == (error.kind == PM_OK) && (status == 0) == (result != NULL));
    FUZZ_ASSERT(status == 0 || (error.message[0] != '\0' && error.kind != PM_ERROR_INTERNAL));
    return result;
}

static void expect_image(const uint8_t *result, size_t size)
{
    struct pm_error error = {0};
    struct pm_image *image;
    FUZZ_ASSERT(pm_decode(result, size, NULL, &image, &error) == 0);
    pm_image_free(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const char *text = recipes[data[size - 1] % RECIPES];
    size_t result_size;
    uint8_t *result = run(text, data, size - 1, &result_size);
    if (result == NULL)
        return 0;
    expect_image(result, result_size);
    if (strncmp(text, "encrypt", 7) == 0) {
        size_t plain_size;
        uint8_t *plain = run("decrypt/no-autorotate", result, result_size, &plain_size);
        FUZZ_ASSERT(plain != NULL);
        free(plain);
    }
    free(result);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    return fuzz_mutate_image(data, size, most, 1, seed);
}
