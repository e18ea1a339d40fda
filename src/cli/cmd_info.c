/*
 * `pixmill info FILE|URL...`: prints what each header says, one line per file. Decodes nothing, starts no
 * thread, and reads a few kilobytes per file.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/report.h"
#include "cli/run_options.h"
#include "codec/codec.h"
#include "color/source.h"
#include "io/file.h"
#include "io/remote.h"
#include "io/url.h"

struct info_options {
    struct settings settings; /* first: some options are those of `run` */
    bool json;
};

/* The state of the command. */
struct info {
    struct info_options options;
    struct remote remote; /* opened for the first URL */
    int stop_fd;
};

static const struct option rows[] = {
    {.name = "json",
     .help = "one JSON object a line for each file",
     .parse = option_flag,
     .offset = offsetof(struct info_options, json)},
    REMOTE_OPTIONS_SAME,
    {.name = NULL},
};

const struct option_set info_option_set = {.own = rows, .base = &run_option_set};

/* The colour model as stored, without alpha: a JPEG is nearly always YCbCr, although programs show it as RGB.
 */
static const char *color_name(enum pm_color color)
{
    static const char *const names[] = {
        [PM_COLOR_GRAY] = "gray",
        [PM_COLOR_RGB] = "rgb",
        [PM_COLOR_YCC] = "ycbcr",
        [PM_COLOR_CMYK] = "cmyk",
    };
    return names[color];
}

/* J:a:b as in "4:2:0": the numbers of chroma samples in the two rows of a block 4 pixels wide; for rare
 * factors "3x1". */
static void sampling_text(const struct pm_info *info, char text[16])
{
    unsigned row = 4 / info->pixels.sampling_x;
    if (row * info->pixels.sampling_x != 4 || info->pixels.sampling_y > 2)
        snprintf(text, 16, "%ux%u", info->pixels.sampling_x, info->pixels.sampling_y);
    else
        snprintf(text, 16, "4:%u:%u", row, info->pixels.sampling_y == 1 ? row : 0);
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
    if (info->pages > 1)
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

static void print_line(const char *path, const struct pm_info *info, uint64_t bytes)
{
    char sampling[16];
    text_show(stdout, path);
    printf(": %s %" PRIu32 "x%" PRIu32 ", %u-bit, %u %s (%s%s)", info->format, info->width, info->height,
           info->depth, pm_channels(&info->pixels), pm_channels(&info->pixels) == 1 ? "channel" : "channels",
           color_name(info->pixels.color), info->pixels.alpha ? " + alpha" : "");
    if (info->palette)
        printf(", palette");
    if (info->pixels.color == PM_COLOR_YCC) {
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

static void print_json(const char *path, const struct pm_info *info, uint64_t bytes)
{
    char sampling[16];
    fputs("{\"file\": ", stdout);
    text_json(stdout, path);
    printf(", \"format\": \"%s\", \"bytes\": %" PRIu64 ", \"width\": %" PRIu32 ", \"height\": %" PRIu32
           ", \"depth\": %u, \"channels\": %u, \"color\": \"%s\", \"alpha\": %s, \"palette\": %s",
           info->format, bytes, info->width, info->height, info->depth, pm_channels(&info->pixels),
           color_name(info->pixels.color), truth(info->pixels.alpha), truth(info->palette));
    if (info->pixels.color == PM_COLOR_YCC) {
        sampling_text(info, sampling);
        printf(", \"sampling\": \"%s\"", sampling);
    } else {
        printf(", \"sampling\": null");
    }
    printf(", \"interlaced\": %s, \"orientation\": %u, \"icc_bytes\": %zu, \"encrypted\": %s",
           truth(info->interlaced), info->orientation, info->icc_size, truth(info->encrypted));
    printf(
        ", \"frames\": %u, \"loops\": %u, \"pages\": %u, \"extra_pictures\": %u, \"gain_map\": %s, \"exif_bytes\": %zu, \"xmp_bytes\": "
        "%zu, \"iptc_bytes\": %zu",
        info->frames, info->loops, info->pages, info->extra_pictures, truth(info->gain_map), info->exif_size,
        info->xmp_size, info->iptc_size);
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

static int look_at_file(const char *path, struct pm_info *info, uint64_t *bytes, struct pm_error *error)
{
    mode_t mode;
    int fd = file_open(path, bytes, &mode, error);
    if (fd < 0)
        return -1;
    uint8_t window[4096];
    struct file_source file;
    file_source_init(&file, fd, *bytes, window, sizeof window);
    int status = codec_inspect(&file.source, info, error) != NULL ? 0 : -1;
    close(fd);
    return status;
}

/* Waits for the fetch and probes the bytes received; 1: more are needed. */
static int look_at_fetch(struct fetch *fetch, const struct remote *remote, struct pm_info *info,
                         struct pm_error *error)
{
    do {
        remote->part->run(fetch);
    } while (fetch->state == FETCH_WAITING);
    if (fetch->state == FETCH_FAILED) {
        *error = fetch->error;
        return -1;
    }
    struct fetch_source source;
    fetch_source_init(&source, fetch);
    int status = codec_inspect(&source.source, info, error) != NULL ? 0 : -1;
    if (!source.missed)
        return status;
    *error = (struct pm_error){0};
    remote->part->go_on(fetch);
    return 1;
}

/* Fetches the beginning; the whole file only if its header is unusually long, or if the server does not state
 * the size. */
static int look_at_url(const char *url, struct remote *remote, struct pm_info *info, uint64_t *bytes,
                       struct pm_error *error)
{
    struct fetch *fetch = remote->part->begin(remote, url);
    if (fetch == NULL)
        return error_memory(error, 0);
    int status;
    do {
        status = look_at_fetch(fetch, remote, info, error);
        if (status == 0 && fetch->state == FETCH_HELD && !fetch->size_known) {
            remote->part->go_on(fetch);
            status = 1;
        }
    } while (status > 0);
    *bytes = fetch->size_known ? fetch->size : fetch->bytes.size;
    remote->part->free(fetch);
    return status;
}

/* Opens the module for URLs, with the first URL. */
static int open_remote(struct info *info, struct pm_error *error)
{
    if (info->remote.part != NULL)
        return 0;
    if (info->stop_fd < 0)
        info->stop_fd = eventfd(0, EFD_CLOEXEC); /* never signalled: Ctrl-C ends this command at once */
    if (info->stop_fd < 0)
        return error_set(error, PM_ERROR_IO, "too many open files (raise ulimit -n)");
    return remote_open(&info->remote, &info->options.settings.remote, info->stop_fd, error);
}

static int print_info(struct info *info, const char *name)
{
    struct pm_error error = {0};
    struct pm_info found;
    struct buffer shown = {0};
    uint64_t bytes;
    int status;
    const char *face = name;
    if (!url_is(name)) {
        status = look_at_file(name, &found, &bytes, &error);
    } else {
        face = url_show(name, &shown) == 0 ? (const char *)shown.data : NULL;
        status = face != NULL ? open_remote(info, &error) : error_memory(&error, 0);
        if (status == 0)
            status = look_at_url(name, &info->remote, &found, &bytes, &error);
    }
    if (status != 0)
        report_error(face, &error);
    else if (info->options.json)
        print_json(face, &found, bytes);
    else
        print_line(face, &found, bytes);
    buffer_free(&shown);
    return status == 0 ? EXIT_WELL : EXIT_JOBS_FAILED;
}

static int print_files(struct info *info, const char *const files[], size_t count)
{
    int status = EXIT_WELL;
    if (count == 0) {
        report(NULL, "no input (name one or more files)");
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(files[i], "-") == 0) {
            report("-", "info does not read a list (use xargs -d '\\n' pixmill info)");
            return EXIT_USAGE;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (print_info(info, files[i]) != EXIT_WELL)
            status = EXIT_JOBS_FAILED;
    }
    return status;
}

int cmd_info(int argc, char **argv)
{
    struct info info = {.stop_fd = -1};
    settings_init(&info.options.settings);
    struct command_line line = {.settings = &info.options};
    int status;
    if (arguments_parse(&line, "info", &info_option_set, argc - 2, argv + 2, &status))
        status = print_files(&info, line.operands, line.noperands);
    remote_close(&info.remote);
    if (info.stop_fd >= 0)
        close(info.stop_fd);
    free(line.operands);
    return report_output(status);
}
