/*
 * `pixmill info FILE...`: what each file's header says, a line a file, without decoding anything. It starts
 * no thread and reads a few kilobytes a file.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/report.h"
#include "codec/codec.h"
#include "io/file.h"
#include "io/source.h"

struct info_options {
    bool json;
};

static const struct option rows[] = {
    {.name = "json",
     .help = "one JSON object a line for each file",
     .parse = option_flag,
     .offset = offsetof(struct info_options, json)},
    {.name = NULL},
};

const struct option_set info_option_set = {.own = rows};

/* What the file stores, alpha told apart: a JPEG is nearly always YCbCr, though programs show it as RGB. */
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

/* "4:2:0" and its like: J:a:b says how many chroma samples stand in the two rows of a block 4 pixels wide;
 * for rarer factors "3x1". */
static void sampling_text(const struct pm_info *info, char text[16])
{
    unsigned row = 4 / info->sampling_x;
    if (row * info->sampling_x != 4 || info->sampling_y > 2)
        snprintf(text, 16, "%ux%u", info->sampling_x, info->sampling_y);
    else
        snprintf(text, 16, "4:%u:%u", row, info->sampling_y == 1 ? row : 0);
}

static void print_line(const char *path, const struct pm_info *info, uint64_t bytes)
{
    char sampling[16];
    text_show(stdout, path);
    printf(": %s %" PRIu32 "x%" PRIu32 ", %u-bit, %u %s (%s%s)", info->format, info->width, info->height,
           info->depth, info->channels, info->channels == 1 ? "channel" : "channels", color_name(info->color),
           info->alpha ? " + alpha" : "");
    if (info->palette)
        printf(", palette");
    if (info->color == PM_COLOR_YCC) {
        sampling_text(info, sampling);
        printf(", %s", sampling);
    }
    if (info->interlaced)
        printf(", %s", strcmp(info->format, "jpeg") == 0 ? "progressive" : "interlaced");
    printf(", orientation %u", info->orientation);
    if (info->icc_size > 0)
        printf(", ICC profile of %zu bytes", info->icc_size);
    if (info->encrypted)
        printf(", encrypted");
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
           info->format, bytes, info->width, info->height, info->depth, info->channels,
           color_name(info->color), truth(info->alpha), truth(info->palette));
    if (info->color == PM_COLOR_YCC) {
        sampling_text(info, sampling);
        printf(", \"sampling\": \"%s\"", sampling);
    } else {
        printf(", \"sampling\": null");
    }
    printf(", \"interlaced\": %s, \"orientation\": %u, \"icc_bytes\": %zu, \"encrypted\": %s}\n",
           truth(info->interlaced), info->orientation, info->icc_size, truth(info->encrypted));
}

static int print_info(const char *path, bool json)
{
    struct pm_error error = {0};
    struct pm_info info;
    uint64_t bytes;
    mode_t mode;
    int fd = file_open(path, &bytes, &mode, &error);
    if (fd < 0) {
        report(path, error.message);
        return EXIT_JOBS_FAILED;
    }
    uint8_t window[4096];
    struct file_source file;
    file_source_init(&file, fd, bytes, window, sizeof window);
    const struct codec *codec = codec_probe(&file.source, &info, &error);
    close(fd);
    if (codec == NULL) {
        report(path, error.message);
        return EXIT_JOBS_FAILED;
    }
    if (json)
        print_json(path, &info, bytes);
    else
        print_line(path, &info, bytes);
    return EXIT_WELL;
}

int cmd_info(int argc, char **argv)
{
    struct info_options options = {0};
    struct pm_error error = {0};
    const char **files = calloc((size_t)argc, sizeof *files);
    if (files == NULL) {
        error_memory(&error, 0);
        report(NULL, error.message);
        return EXIT_JOBS_FAILED;
    }
    struct command_line line = {.settings = &options, .operands = files};
    int status = EXIT_WELL;
    enum parse_end end = options_parse(&info_option_set, argc - 2, argv + 2, &line, &error);
    if (end == PARSE_WRONG) {
        report(line.culprit, error.message);
        status = EXIT_USAGE;
    } else if (end == PARSE_HELP) {
        status = help_command("info");
    } else if (line.noperands == 0) {
        report(NULL, "no file (name one or more)");
        status = EXIT_USAGE;
    }
    for (size_t i = 0; end == PARSE_OK && i < line.noperands; i++) {
        if (print_info(files[i], options.json) != EXIT_WELL)
            status = EXIT_JOBS_FAILED;
    }
    free(files);
    return report_output(status);
}
