#include "transform/peers.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "pictures.h"
#include "temp.h"
#include "transform/transformed.h"

static bool runs(const char *command)
{
    char line[2048];
    snprintf(line, sizeof line, "cd '%s' && { %s; } >log 2>&1", temp_folder(), command);
    return system(line) == 0;
}

void need_convert(void)
{
    if (!runs("convert -version | grep -q ImageMagick"))
        cr_skip_test("ImageMagick's convert is not installed (Debian: imagemagick)");
}

/* The beginning of a program for Node, with sharp in `sharp`. */
#define SHARP                                                                                                \
    "node -e 'const sharp = require(\"node:module\").createRequire((process.env.XDG_CACHE_HOME || "          \
    "process.env.HOME + \"/.cache\") + \"/pixmill-peers/package.json\")(\"sharp\"); "

void need_sharp(void)
{
    if (!runs(SHARP "'"))
        cr_skip_test("sharp is not installed (scripts/bench-peers.sh installs it)");
}

void put_file(const char *name, const struct buffer *file)
{
    temp_write(name, file->data, file->size);
}

static struct pm_image peer_result(struct lent *lent, const char *command)
{
    cr_assert(runs(command), "%s", command);
    size_t size;
    char *bytes = temp_read(temp_path("out.png"), &size);
    struct buffer file = {0};
    cr_assert_eq(buffer_append(&file, bytes, size), 0);
    free(bytes);
    struct pm_image image = decoded(lent, &file);
    buffer_free(&file);
    return image;
}

struct pm_image convert_peer(struct lent *lent, const char *operations)
{
    char line[1024];
    snprintf(line, sizeof line, "convert in.png %s PNG32:out.png", operations);
    return peer_result(lent, line);
}

struct pm_image sharp_peer(struct lent *lent, const char *calls)
{
    char line[1536];
    snprintf(line, sizeof line,
             SHARP "sharp(\"in.png\")%s.toColourspace(\"srgb\").ensureAlpha().png().toFile(\"out.png\")'",
             calls);
    return peer_result(lent, line);
}

double peer_distance_within(const struct pm_image *ours, const struct pm_image *theirs, uint32_t border,
                            double *mean)
{
    double most = 0, sum = 0, count = 0;
    cr_assert(ours->width == theirs->width && ours->height == theirs->height, "%ux%u, theirs %ux%u",
              ours->width, ours->height, theirs->width, theirs->height);
    const bool has_alpha = pixels_have_alpha(&ours->format), gray = ours->format.color == PM_COLOR_GRAY;
    for (uint32_t y = border; y + border < ours->height; y++) {
        for (uint32_t x = border; x + border < ours->width; x++) {
            const double a = has_alpha ? sample_at(&ours->plane[0], 8, x, y, gray ? 1 : 3) : 255;
            const double b = sample_at(&theirs->plane[0], 8, x, y, 3);
            most = fmax(most, fabs(a - b));
            for (unsigned c = 0; c < 3; c++) {
                const double off = fabs(sample_at(&ours->plane[0], 8, x, y, gray ? 0 : c) * a -
                                        sample_at(&theirs->plane[0], 8, x, y, c) * b) /
                                   255;
                most = fmax(most, off);
                sum += off;
                count++;
            }
        }
    }
    *mean = sum / count;
    return most;
}

double peer_distance(const struct pm_image *ours, const struct pm_image *theirs)
{
    double mean;
    return peer_distance_within(ours, theirs, 0, &mean);
}
