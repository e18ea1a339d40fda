#include "cli/info_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "color/source.h"

static bool is_ycc(const struct pm_info *info)
{
    return info->pixels.color == PM_COLOR_YCC || info->stored_x > 0;
}

/* The colour model as stored, without alpha: a JPEG is nearly always YCbCr, although programs show it as RGB.
 */
static const char *color_name(const struct pm_info *info)
{
    static const char *const names[] = {
        [PM_COLOR_GRAY] = "gray",
        [PM_COLOR_RGB] = "rgb",
        [PM_COLOR_YCC] = "ycbcr",
        [PM_COLOR_CMYK] = "cmyk",
    };
    return names[is_ycc(info) ? PM_COLOR_YCC : info->pixels.color];
}

/* J:a:b as in "4:2:0": the numbers of chroma samples in the two rows of a block 4 pixels wide; for rare
 * factors "3x1". */
static void sampling_text(const struct pm_info *info, char text[16])
{
    const unsigned x = info->stored_x > 0 ? info->stored_x : info->pixels.sampling_x,
                   y = info->stored_y > 0 ? info->stored_y : info->pixels.sampling_y, row = 4 / x;
    if (row * x != 4 || y > 2)
        snprintf(text, 16, "%ux%u", x, y);
    else
        snprintf(text, 16, "4:%u:%u", row, y == 1 ? row : 0);
}

static void print_loops(unsigned loops)
{
    if (loops == 0)
        printf(" in an endless loop");
    else
        printf(" shown %u %s", loops, loops == 1 ? "time" : "times");
}

/* Prints what the file contains besides the samples of its main picture. */
static void print_besides(const struct pm_info *info)
{
    const struct {
        const char *name;
        size_t size;
    } blobs[] = {{"ICC profile", info->icc_size},
                 {"EXIF", info->exif_size},
                 {"XMP", info->xmp_size},
                 {"IPTC", info->iptc_size}};
    if (info->page > 1)
        printf(", page %u of %u", info->page, info->pages);
    else if (info->pages > 1)
        printf(", %u pages", info->pages);
    if (info->frames > 1)
        printf(", %u frames", info->frames);
    if (info->frames > 1 && info->animated)
        print_loops(info->loops);
    if (info->extra_pictures > 0)
        printf(", %u extra %s%s", info->extra_pictures, info->extra_pictures == 1 ? "picture" : "pictures",
               info->gain_map ? " (gain map)" : "");
    for (size_t i = 0; i < sizeof blobs / sizeof *blobs; i++) {
        if (blobs[i].size > 0)
            printf(", %s of %zu bytes", blobs[i].name, blobs[i].size);
        if (i == 0 && info->icc_name[0] != '\0') {
            fputs(" (", stdout);
            text_show(stdout, info->icc_name);
            putchar(')');
        }
    }
    if (info->has_cicp)
        printf(", cICP %u/%u/%u/%u", info->cicp[0], info->cicp[1], info->cicp[2], info->cicp[3]);
    if (info->gamma > 0)
        printf(", gAMA %.5g", info->gamma);
    if (info->has_chromaticities)
        printf(", cHRM");
    if (info->has_mastering)
        printf(", mastering display");
    if (info->has_light)
        printf(", content light level");
}

/* Where the colour description comes from, for people and for JSON. */
static const struct {
    const char *name, *word;
} origins[] = {
    [COLOR_FROM_CICP] = {"as cICP says", "cicp"},
    [COLOR_FROM_ICC] = {"of the ICC profile", "icc"},
    [COLOR_FROM_SRGB] = {"sRGB", "srgb"},
    [COLOR_FROM_GAMMA] = {"as gAMA and cHRM say", "gamma"},
    [COLOR_FROM_EXIF] = {"sRGB, as EXIF says", "exif"},
    [COLOR_ASSUMED] = {"sRGB (assumed)", "assumed"},
};

static const char *origin_name(const struct pm_info *info)
{
    const enum color_origin origin = color_origin_of(info);
    if (origin == COLOR_FROM_EXIF && info->exif_color == PM_EXIF_COLOR_ADOBE_RGB)
        return "Adobe RGB, as EXIF says";
    if (origin == COLOR_ASSUMED && info->pixels.color == PM_COLOR_CMYK)
        return "CMYK (assumed)";
    return origins[origin].name;
}

void info_print_line(const char *path, const struct pm_info *info, uint64_t bytes)
{
    char sampling[16];
    text_show(stdout, path);
    printf(": %s %" PRIu32 "x%" PRIu32 ", %u-bit, %u %s (%s%s)", info->format, info->width, info->height,
           info->depth, pm_channels(&info->pixels), pm_channels(&info->pixels) == 1 ? "channel" : "channels",
           color_name(info), info->pixels.alpha ? " + alpha" : "");
    if (info->palette)
        printf(", palette");
    if (is_ycc(info)) {
        sampling_text(info, sampling);
        printf(", %s", sampling);
    }
    if (info->interlaced)
        printf(", %s", strcmp(info->format, "jpeg") == 0 ? "progressive" : "interlaced");
    printf(", orientation %u", info->orientation);
    print_besides(info);
    if (info->encrypted)
        printf(", encrypted");
    else
        printf(", colours %s", origin_name(info));
    printf(", %" PRIu64 " bytes\n", bytes);
}

static const char *truth(bool value)
{
    return value ? "true" : "false";
}

void info_print_json(const char *path, const struct pm_info *info, uint64_t bytes)
{
    char sampling[16];
    fputs("{\"file\": ", stdout);
    text_json(stdout, path);
    printf(", \"format\": \"%s\", \"bytes\": %" PRIu64 ", \"width\": %" PRIu32 ", \"height\": %" PRIu32
           ", \"depth\": %u, \"channels\": %u, \"color\": \"%s\", \"alpha\": %s, \"palette\": %s",
           info->format, bytes, info->width, info->height, info->depth, pm_channels(&info->pixels),
           color_name(info), truth(info->pixels.alpha), truth(info->palette));
    if (is_ycc(info)) {
        sampling_text(info, sampling);
        printf(", \"sampling\": \"%s\"", sampling);
    } else {
        printf(", \"sampling\": null");
    }
    printf(", \"interlaced\": %s, \"orientation\": %u, \"icc_bytes\": %zu, \"encrypted\": %s",
           truth(info->interlaced), info->orientation, info->icc_size, truth(info->encrypted));
    printf(
        ", \"frames\": %u, \"loops\": %u, \"page\": %u, \"pages\": %u, \"extra_pictures\": %u, \"gain_map\": %s, \"exif_bytes\": %zu, \"xmp_bytes\": "
        "%zu, \"iptc_bytes\": %zu",
        info->frames, info->loops, info->page, info->pages, info->extra_pictures, truth(info->gain_map),
        info->exif_size, info->xmp_size, info->iptc_size);
    fputs(", \"icc_name\": ", stdout);
    if (info->icc_name[0] != '\0')
        text_json(stdout, info->icc_name);
    else
        fputs("null", stdout);
    if (info->has_cicp)
        printf(", \"cicp\": [%u, %u, %u, %u]", info->cicp[0], info->cicp[1], info->cicp[2], info->cicp[3]);
    else
        printf(", \"cicp\": null");
    printf(", \"mastering_display\": %s, \"content_light_level\": %s", truth(info->has_mastering),
           truth(info->has_light));
    if (info->gamma > 0)
        printf(", \"gamma\": %.5f", info->gamma);
    else
        printf(", \"gamma\": null");
    printf(", \"chromaticities\": %s, \"color_from\": \"%s\"}\n", truth(info->has_chromaticities),
           origins[color_origin_of(info)].word);
}
