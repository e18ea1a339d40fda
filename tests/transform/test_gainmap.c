/* Gain maps in recipes: kept and changed as the image, applied, dropped, refused. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/jpeg/gain_map.h"
#include "codec/options.h"
#include "color/target.h"
#include "image/exif.h"
#include "pictures.h"
#include "pixmill/transform.h"
#include "secrets.h"
#include "transform/transformed.h"

enum { WIDTH = 160, HEIGHT = 96, RATIO = 4 };

static const struct gain_map parameters = {.min = {0, 0, 0},
                                           .max = {2, 2, 2},
                                           .gamma = {1, 1, 1},
                                           .base_offset = {1.0 / 64, 1.0 / 64, 1.0 / 64},
                                           .hdr_offset = {1.0 / 64, 1.0 / 64, 1.0 / 64},
                                           .hdr_headroom = 2};

/* The same smooth pattern at any size, without a symmetry. */
static unsigned pattern(double x, double y)
{
    return (unsigned)lround(40 + 130 * x + 60 * y * y);
}

static struct pm_image patterned(struct lent *lent, uint32_t width, uint32_t height, enum pm_color color)
{
    struct pm_image image = picture(lent, width, height, color, false, 8);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            memset(plane_row(&image.plane[0], y) + (size_t)x * image.plane[0].channels,
                   (int)pattern((x + 0.5) / width, (y + 0.5) / height), image.plane[0].channels);
    return image;
}

static struct buffer file_with(struct lent *lent, enum pm_color color, enum pm_color map_color,
                               unsigned orientation, const struct gain_map *map)
{
    struct pm_image image = patterned(lent, WIDTH, HEIGHT, color),
                    gains = patterned(lent, WIDTH / RATIO, HEIGHT / RATIO, map_color);
    struct buffer plain = encoded(lent, "jpeg", &gains), second = {0};
    char packet[GAIN_MAP_XMP];
    cr_assert_eq(gain_map_append(map, &plain, &second), 0);
    image.orientation = orientation;
    image.meta.xmp.data = (const uint8_t *)packet;
    image.meta.xmp.size = gain_map_announce((struct pm_blob){.data = NULL}, second.size, packet);
    struct buffer file = encoded(lent, "jpeg", &image);
    cr_assert_eq(gain_map_join(&file, 0, &second), 0);
    buffer_free(&plain);
    buffer_free(&second);
    return file;
}

struct told {
    unsigned count;
    char text[512];
};

static void note(void *user, const char *message)
{
    struct told *told = user;
    told->count++;
    snprintf(told->text, sizeof told->text, "%s", message);
}

/* The result of `text`, empty with *error filled if it fails, and what the user was told. */
static struct buffer told_result(const char *text, const struct buffer *file, struct told *told,
                                 struct pm_error *error)
{
    struct buffer out = {0};
    struct pm_secrets secrets = {.has_encrypt = true, .encrypt = secret_for(1, 7, NULL)};
    *error = (struct pm_error){0};
    *told = (struct told){0};
    struct pm_recipe *recipe = pm_recipe_parse(text, error);
    cr_assert_not_null(recipe, "%s: %s", text, error->message);
    const struct pm_listener listener = {.warning = note, .user = told};
    if (pm_transform_with(recipe, file->data, file->size, NULL, &secrets, &listener, &out.data, &out.size,
                          error) == 0)
        out.capacity = out.size;
    pm_recipe_free(recipe);
    return out;
}

/* The mean difference of the image and its map, which show the same pattern. */
static double difference(const struct pm_image *image, const struct pm_image *map)
{
    double sum = 0;
    for (uint32_t y = 0; y < map->height; y++) {
        for (uint32_t x = 0; x < map->width; x++) {
            const double px = (x + 0.5) * image->width / map->width - 0.5,
                         py = (y + 0.5) * image->height / map->height - 0.5;
            sum +=
                fabs((double)sample_at(&image->plane[0], 8, (uint32_t)lround(px), (uint32_t)lround(py), 0) -
                     sample_at(&map->plane[0], 8, x, y, 0));
        }
    }
    return sum / ((double)map->width * map->height);
}

Test(gainmap, a_kept_map_follows_the_image)
{
    static const struct {
        const char *text;
        uint32_t map_width, map_height; /* from orientation 1 */
    } cases[] = {
        {"quality=95", 40, 24},
        {"resize=80/quality=95", 20, 12},
        {"resize=16", 4, 3},
        {"rotate=90/quality=95", 24, 40},
        {"flop/quality=95", 40, 24},
        {"crop=50x40+31+42/quality=95", 13, 10},
        {"crop=80x40+10+31/rotate=270/resize=30/quality=95", 8, 15},
        {"resize=320/quality=95", 80, 48},
        {"flip/crop=70x70,gravity=southeast/quality=95", 18, 18},
        {"blur=3/quality=95", 40, 24},
        {"sharpen=1/quality=95", 40, 24},
    };
    for (unsigned orientation = 1; orientation <= 8; orientation++) {
        struct lent lent;
        lent_init(&lent);
        struct buffer file = file_with(&lent, PM_COLOR_RGB, PM_COLOR_GRAY, orientation, &parameters);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            char text[128];
            struct told told;
            struct pm_error error;
            struct pm_blob jpeg = {0};
            struct gain_map found;
            snprintf(text, sizeof text, "gainmap=keep/%s", cases[i].text);
            struct buffer result = told_result(text, &file, &told, &error);
            cr_assert_gt(result.size, 0, "%s: %s", text, error.message);
            cr_expect_eq(told.count, 0, "%s: %s", text, told.text);
            cr_assert_eq(gain_map_find(result.data, result.size, &jpeg, &found, &error), 0, "%s: %s", text,
                         error.message);
            cr_expect(found.max[0] == 2 && found.hdr_headroom == 2);
            struct buffer second = {.data = (uint8_t *)(uintptr_t)jpeg.data, .size = jpeg.size};
            const struct pm_image image = decoded(&lent, &result), map = decoded(&lent, &second);
            if (orientation == 1)
                cr_expect(map.width == cases[i].map_width && map.height == cases[i].map_height, "%s: %u x %u",
                          text, map.width, map.height);
            cr_expect_leq(difference(&image, &map), 3 + 100.0 / image.width, "%s, orientation %u: %g", text,
                          orientation, difference(&image, &map));
            buffer_free(&result);
        }
        buffer_free(&file);
        lent_free(&lent);
    }
}

/* What becomes of it otherwise: a warning, an error, or nothing where that was asked for. */
Test(gainmap, nothing_is_lost_in_silence)
{
    static const struct {
        const char *text, *warning, *error;
    } cases[] = {
        {"resize=80", "gain map is left out", NULL},
        {"format=png", "gain map is left out", NULL},
        {"rotate=90", "gain map is left out", NULL},
        {"gainmap=drop/resize=80", NULL, NULL},
        {"gainmap=drop/rotate=90", NULL, NULL},
        {"gainmap=drop/format=webp", NULL, NULL},
        {"gainmap=keep/format=png", "gain map is left out", NULL},
        {"gainmap=keep/pad=200x200", "gain map is left out: the step pad", NULL},
        {"gainmap=keep/trim", "gain map is left out: the step trim", NULL},
        {"gainmap=keep/blur=3,region=20x20+4+4", "gain map is left out: the step blur", NULL},
        {"gainmap=keep/pixelate=8,region=20x20+4+4", "gain map is left out: the step pixelate", NULL},
        {"gainmap=keep/rotate=10", "gain map is left out: the step rotate", NULL},
        {"gainmap=keep/rotate=180", NULL, NULL},
        {"gainmap=keep/crop=30x30,gravity=smart", "gain map is left out: the step crop", NULL},
        {"gainmap=keep/crop=30x30,focus=10,20", NULL, NULL},
        {"gainmap=keep/target-size=4K", NULL, "target-size"},
        {"gainmap=apply", NULL, "jpeg can't store the HDR picture"},
        {"gainmap=apply/format=webp", NULL, "webp can't store the HDR picture"},
        {"gainmap=apply/format=png", NULL, NULL},
        {"gainmap=apply/format=jpeg/profile=srgb", "tone-mapped", NULL},
        {"encrypt", NULL, "an encrypted image can't hold"},
        {"gainmap=keep/encrypt", NULL, "an encrypted image can't hold"},
        {"gainmap=drop/encrypt", NULL, NULL},
        {"gainmap=apply/encrypt", NULL, NULL},
    };
    struct lent lent;
    lent_init(&lent);
    struct buffer file = file_with(&lent, PM_COLOR_RGB, PM_COLOR_GRAY, 1, &parameters);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct told told;
        struct pm_error error;
        struct buffer result = told_result(cases[i].text, &file, &told, &error);
        cr_expect_eq(result.size > 0, cases[i].error == NULL, "%s: %s", cases[i].text, error.message);
        if (cases[i].error != NULL)
            cr_expect_not_null(strstr(error.message, cases[i].error), "%s: %s", cases[i].text, error.message);
        cr_expect_eq(told.count, cases[i].warning != NULL, "%s: %u, %s", cases[i].text, told.count,
                     told.text);
        if (cases[i].warning != NULL)
            cr_expect_not_null(strstr(told.text, cases[i].warning), "%s: %s", cases[i].text, told.text);
        buffer_free(&result);
    }
    buffer_free(&file);
    lent_free(&lent);
}

/* --- applying, beside the same in doubles --------------------------------------------------------------- */

static double plain_pq(double light)
{
    const double m1 = 0.1593017578125, m2 = 78.84375, c1 = 0.8359375, c2 = 18.8515625, c3 = 18.6875;
    const double power = pow(fmin(fmax(light, 0) / 10000, 1), m1);
    return pow((c1 + c2 * power) / (1 + c3 * power), m2);
}

static double plain_light(double v)
{
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

/* Of sRGB samples, the map at the same pixel as 0 to 1. */
static void plain_apply(const struct gain_map *map, const double rgb[3], const double gain[3], double out[3])
{
    static const double to_2020[3][3] = {
        {0.627404, 0.329283, 0.043313}, {0.069097, 0.919540, 0.011362}, {0.016391, 0.088013, 0.895595}};
    double light[3];
    for (int c = 0; c < 3; c++) {
        const double log = map->min[c] + (map->max[c] - map->min[c]) * pow(gain[c], 1 / map->gamma[c]);
        light[c] = (plain_light(rgb[c]) + map->base_offset[c]) * exp2(log) - map->hdr_offset[c];
    }
    for (int i = 0; i < 3; i++)
        out[i] =
            plain_pq(203 * (to_2020[i][0] * light[0] + to_2020[i][1] * light[1] + to_2020[i][2] * light[2]));
}

Test(gainmap, an_applied_map_gives_the_hdr_picture)
{
    static const enum pm_color colors[][2] = {
        {PM_COLOR_RGB, PM_COLOR_GRAY}, {PM_COLOR_RGB, PM_COLOR_RGB}, {PM_COLOR_GRAY, PM_COLOR_GRAY}};
    struct gain_map map = parameters;
    map.min[0] = -0.5;
    map.gamma[1] = 1.5;
    map.max[2] = 3;
    map.hdr_offset[1] = 0;
    map.hdr_headroom = 3;
    for (size_t i = 0; i < sizeof colors / sizeof *colors; i++) {
        struct lent lent;
        struct told told;
        struct pm_error error;
        struct gain_map found;
        struct pm_blob jpeg;
        lent_init(&lent);
        struct buffer file = file_with(&lent, colors[i][0], colors[i][1], 1, &map),
                      result = told_result("gainmap=apply/format=png", &file, &told, &error);
        cr_assert_gt(result.size, 0, "%s", error.message);
        cr_assert_eq(gain_map_find(file.data, file.size, &jpeg, &found, &error), 0);
        struct buffer second = {.data = (uint8_t *)(uintptr_t)jpeg.data, .size = jpeg.size};
        const struct pm_image base = decoded(&lent, &file), gains = decoded(&lent, &second),
                              out = decoded(&lent, &result);
        cr_assert(out.format.color == PM_COLOR_RGB && out.format.depth == 16);
        cr_assert(out.meta.has_cicp && memcmp(out.meta.cicp, (const uint8_t[]){9, 16, 0, 1}, 4) == 0);
        double worst = 0;
        /* At the centres of the map's samples its linear interpolation has their mean values: compare where
         * four pixels surround one. */
        for (uint32_t y = 6; y < HEIGHT - 6; y += RATIO) {
            for (uint32_t x = 6; x < WIDTH - 6; x += RATIO) {
                double rgb[3], gain[3], expected[3];
                for (unsigned c = 0; c < 3; c++) {
                    const unsigned b = base.plane[0].channels == 3 ? c : 0,
                                   g = gains.plane[0].channels == 3 ? c : 0;
                    const double gx = (x + 0.5) / RATIO - 0.5, gy = (y + 0.5) / RATIO - 0.5,
                                 fx = gx - floor(gx), fy = gy - floor(gy);
                    const uint32_t ix = (uint32_t)gx, iy = (uint32_t)gy;
                    rgb[c] = sample_at(&base.plane[0], 8, x, y, b) / 255.0;
                    gain[c] = ((1 - fx) * (1 - fy) * sample_at(&gains.plane[0], 8, ix, iy, g) +
                               fx * (1 - fy) * sample_at(&gains.plane[0], 8, ix + 1, iy, g) +
                               (1 - fx) * fy * sample_at(&gains.plane[0], 8, ix, iy + 1, g) +
                               fx * fy * sample_at(&gains.plane[0], 8, ix + 1, iy + 1, g)) /
                              255;
                }
                plain_apply(&map, rgb, gain, expected);
                for (unsigned c = 0; c < 3; c++)
                    worst = fmax(worst, fabs(65535 * expected[c] - sample_at(&out.plane[0], 16, x, y, c)));
            }
        }
        cr_expect_leq(worst, 6, "case %zu: %g", i, worst);
        buffer_free(&file);
        buffer_free(&result);
        lent_free(&lent);
    }
}

/* Filters work on the HDR picture, and AVIF declares it. */
Test(gainmap, an_applied_map_goes_through_filters)
{
    struct lent lent;
    struct told told;
    struct pm_error error;
    struct pm_info info;
    lent_init(&lent);
    struct buffer file = file_with(&lent, PM_COLOR_RGB, PM_COLOR_GRAY, 6, &parameters),
                  result = told_result("gainmap=apply/resize=40,linear/format=avif", &file, &told, &error);
    cr_assert_gt(result.size, 0, "%s", error.message);
    cr_assert_eq(pm_probe(result.data, result.size, &info, &error), 0);
    cr_expect(info.width == 40 && info.height == 67 && info.depth == 10 && info.cicp[0] == 9 &&
                  info.cicp[1] == 16,
              "%u x %u, %u bits", info.width, info.height, info.depth);
    cr_expect_eq(told.count, 0, "%s", told.text);
    buffer_free(&file);
    buffer_free(&result);
    lent_free(&lent);
}
