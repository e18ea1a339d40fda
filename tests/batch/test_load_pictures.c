/* Reading second pictures: what is refused before and after decoding, in this process and in workers. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "batch/load_pictures.h"
#include "cli/run.h"
#include "temp.h"
#include "transform/pictures.h"

enum { MIB = 1 << 20 };

static struct backend_config config_of(const char *backend, uint64_t max_bytes)
{
    return (struct backend_config){
        .kind = backend_find(backend), .workers = 3, .max_pixels = MIB, .max_bytes = max_bytes};
}

static int load(struct backend_config config, const char *text, struct pm_error *error, uint64_t *bytes)
{
    struct pictures *pictures;
    struct pm_error wrong = {0};
    *error = wrong;
    struct pm_recipe *recipe = pm_recipe_parse(text, &wrong);
    cr_assert_not_null(recipe, "%s", wrong.message);
    const int status = load_recipe_pictures(recipe, &config, &pictures, error);
    cr_assert(status != 0 || pictures == recipe->pictures);
    *bytes = pictures_bytes(pictures);
    pictures_free(pictures);
    pm_recipe_free(recipe);
    return status;
}

static const char *const kinds[] = {"threads", "procs"};
enum { KINDS = sizeof kinds / sizeof *kinds };

Test(load_pictures, are_the_same_whoever_decodes_them)
{
    run_begin();
    put_picture_of("logo.png", 31, 17, PM_COLOR_GRAY, true, 16);
    put_picture("photo.jpg", 40, 30);
    struct run run =
        RUN("run", "logo.png", "-o", "tiff", "--format=tiff"); /* a codec part, loaded on demand */
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    for (int k = 0; k < KINDS; k++) {
        struct pm_error error;
        uint64_t bytes;
        const char *text = "watermark=logo.png/watermark=photo.jpg/watermark=logo.png,tile";
        cr_assert_eq(load(config_of(kinds[k], 100 * MIB), text, &error, &bytes), 0, "%s", error.message);
        cr_expect(bytes >= 31 * 17 * 4 + 40 * 30 * 3 && bytes < 16384, "%ju", (uintmax_t)bytes);
        text = "watermark=tiff%2Flogo.tif";
        cr_assert_eq(load(config_of(kinds[k], 100 * MIB), text, &error, &bytes), 0, "%s", error.message);
        cr_assert_eq(load(config_of(kinds[k], 100 * MIB), "resize=9x", &error, &bytes), 0);
        cr_expect_eq(bytes, 0u);
    }
}

/* Rejected by the forecast from the header, before decoding. */
Test(load_pictures, that_would_take_too_much_memory_are_refused)
{
    run_begin();
    put_picture("small.png", 100, 100);
    put_picture("large.png", 1000, 1000);
    for (int k = 0; k < KINDS; k++) {
        struct pm_error error;
        uint64_t bytes;
        cr_expect_eq(load(config_of(kinds[k], 8 * MIB), "watermark=small.png", &error, &bytes), 0);
        cr_expect_eq(
            load(config_of(kinds[k], 8 * MIB), "watermark=small.png/watermark=large.png", &error, &bytes),
            -1);
        cr_expect_eq(error.kind, PM_ERROR_LIMIT);
        cr_expect_not_null(strstr(error.message, "large.png: watermarks would need"), "%s", error.message);
        struct backend_config config = config_of(kinds[k], 100 * MIB);
        config.max_pixels = 999999;
        cr_expect_eq(load(config, "watermark=large.png", &error, &bytes), -1);
        cr_expect(error.kind == PM_ERROR_LIMIT && error.hint == PM_HINT_MAX_PIXELS, "%s", error.message);
    }
}

static uint64_t peak_bytes(void)
{
    struct rusage usage;
    cr_assert_eq(getrusage(RUSAGE_SELF, &usage), 0);
    return (uint64_t)usage.ru_maxrss * 1024;
}

/* Memory stays below the forecast plus a margin for libraries, and is close to it. */
static void check_forecast(const char *path, enum pm_color color, bool alpha, unsigned depth)
{
    run_begin();
    put_picture_of(path, 3000, 2000, color, alpha, depth);
    struct pm_error error = {0};
    char text[80];
    size_t size;
    uint64_t forecast, bytes = 0;
    char *file = content_of(path, &size);
    cr_assert_eq(pictures_forecast((uint8_t *)file, size, 0, &forecast, &error), 0, "%s", error.message);
    struct backend_config config = config_of("threads", (uint64_t)4096 * MIB);
    config.max_pixels = 0;
    snprintf(text, sizeof text, "watermark=%s", path);
    const pid_t child = fork(); /* whose peak starts at its current memory */
    if (child == 0) {
        const uint64_t before = peak_bytes();
        const int status = load(config, text, &error, &bytes);
        const uint64_t taken = peak_bytes() - before;
        const bool well =
            status == 0 && taken >= bytes && taken <= forecast + size + 4 * MIB && forecast <= 8 * bytes;
        if (!well)
            fprintf(stderr, "%s: taken %ju, forecast %ju, kept %ju\n", error.message, (uintmax_t)taken,
                    (uintmax_t)forecast, (uintmax_t)bytes);
        _exit(well ? 0 : 1);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect_eq(status, 0);
}

Test(load_pictures, take_no_more_memory_than_forecast_gray)
{
    check_forecast("a.png", PM_COLOR_GRAY, false, 8);
}

Test(load_pictures, take_no_more_memory_than_forecast_alpha)
{
    check_forecast("a.png", PM_COLOR_RGB, true, 16);
}

Test(load_pictures, take_no_more_memory_than_forecast_jpeg)
{
    check_forecast("a.jpg", PM_COLOR_RGB, false, 8);
}

Test(load_pictures, take_no_more_memory_than_forecast_cmyk)
{
    check_forecast("a.jpg", PM_COLOR_CMYK, false, 8);
}

/* Each one alone would fit. */
Test(load_pictures, of_a_folder_are_limited_together)
{
    run_begin();
    for (int i = 0; i < 40; i++) {
        char name[40];
        snprintf(name, sizeof name, "marks/%d.png", i);
        put_picture(name, 200, 200);
    }
    temp_text("marks/notes.txt", "no picture");
    for (int k = 0; k < KINDS; k++) {
        struct pm_error error = {0};
        struct backend_config config = config_of(kinds[k], 100 * MIB);
        struct pictures *pictures = load_picture_folder("marks", &config, &error);
        cr_assert_not_null(pictures, "%s", error.message);
        cr_expect_geq(pictures_bytes(pictures), 40u * 200 * 200 * 3);
        cr_expect_not_null(pictures_find(pictures, "39.png"));
        cr_expect_null(pictures_find(pictures, "notes.txt"));
        pictures_free(pictures);
        config.max_bytes = 6 * MIB;
        cr_expect_null(load_picture_folder("marks", &config, &error));
        cr_expect(error.kind == PM_ERROR_LIMIT && strstr(error.message, "use smaller pictures") != NULL, "%s",
                  error.message);
    }
}

Test(load_pictures, of_a_folder_are_limited_in_number)
{
    run_begin();
    for (int i = 0; i <= LOAD_PICTURES_MAX; i++) {
        char name[40];
        snprintf(name, sizeof name, "marks/%d.txt", i);
        temp_text(name, "no picture");
    }
    struct pm_error error = {0};
    const struct backend_config config = config_of("threads", 100 * MIB);
    cr_expect_null(load_picture_folder("marks", &config, &error));
    cr_expect_str_eq(error.message, "marks: too many files (at most 256)");
}

Test(load_pictures, that_are_broken_are_named)
{
    run_begin();
    size_t size;
    put_picture("logo.png", 90, 90);
    char *png = content_of("logo.png", &size);
    temp_write("cut.png", png, size / 2);
    for (int k = 0; k < KINDS; k++) {
        struct pm_error error;
        uint64_t bytes;
        cr_expect_eq(
            load(config_of(kinds[k], 100 * MIB), "watermark=logo.png/watermark=cut.png", &error, &bytes), -1);
        cr_expect(strncmp(error.message, "cut.png: ", 9) == 0, "%s", error.message);
        cr_expect_eq(load(config_of(kinds[k], 100 * MIB), "watermark=none.png", &error, &bytes), -1);
        cr_expect(strncmp(error.message, "none.png: ", 10) == 0, "%s", error.message);
    }
}
