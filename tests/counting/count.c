/*
 * Writes a line to the file named by PIXMILL_COUNTS whenever a header is read or a plan made. Linked only
 * into pixmill-counting, the command for these tests; the linker calls the functions below instead of the
 * real ones (--wrap).
 */
#include <fcntl.h>
#include <stdio.h> /* for jpeglib.h */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jpeglib.h>

#include "codec/jpeg/probe.h"
#include "codec/png/format.h"
#include "transform/plan.h"

static void count(const char *line)
{
    const char *path = getenv("PIXMILL_COUNTS");
    const int fd = path != NULL ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666) : -1;
    if (fd < 0 || write(fd, line, strlen(line)) < 0)
        abort();
    close(fd);
}

/* COUNTED(RESULT, NAME, PARAMETERS, ARGUMENTS) */
#define COUNTED(result, name, parameters, arguments)                                                         \
    result __real_##name parameters;                                                                         \
    result __wrap_##name parameters;                                                                         \
    result __wrap_##name parameters                                                                          \
    {                                                                                                        \
        count(#name "\n");                                                                                   \
        return __real_##name arguments;                                                                      \
    }

COUNTED(const struct codec *, codec_probe,
        (struct byte_source * source, struct pm_info *info, struct pm_error *error), (source, info, error))
COUNTED(int, plan_make,
        (const struct pm_recipe *recipe, const struct codec *input, const struct pm_info *info,
         uint64_t max_pixels, struct plan *plan, struct pm_error *error),
        (recipe, input, info, max_pixels, plan, error))
COUNTED(int, plan_make_for,
        (const struct pm_recipe *recipe, const uint8_t *data, size_t size, uint64_t max_pixels,
         struct plan *plan, struct pm_error *error),
        (recipe, data, size, max_pixels, plan, error))
COUNTED(struct reader *, reader_open,
        (const struct codec *codec, const struct pm_info *info, const uint8_t *data, size_t size,
         const struct decode_request *request, struct context *context),
        (codec, info, data, size, request, context))
COUNTED(int, png_read_header,
        (struct byte_source * source, struct png_header *header, struct pm_error *error),
        (source, header, error))
COUNTED(int, jpeg_read_header_of,
        (struct jpeg_walk * walk, struct jpeg_header *header, struct pm_error *error), (walk, header, error))
COUNTED(int, jpeg_read_header, (struct jpeg_decompress_struct * cinfo, boolean require_image),
        (cinfo, require_image))
