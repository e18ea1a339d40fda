/* The GIF codec's table row; codec/gif/gif.h lists the other files. */
#include "codec/gif/gif.h"

#include <string.h>

#include "codec/gif/reader.h"
#include "codec/gif/writer.h"
#include "color/profile_name.h"

static bool gif_sniff(const uint8_t *head, size_t size)
{
    return size >= 6 && (memcmp(head, "GIF87a", 6) == 0 || memcmp(head, "GIF89a", 6) == 0);
}

static int gif_probe(struct byte_source *source, struct pm_info *info, struct pm_error *error)
{
    struct gif_header header;
    if (gif_read_header(source, &header, error) != 0)
        return -1;
    gif_tell(&header, info);
    return 0;
}

/* The profile is in sub-blocks. A name that can't be read is missing, which is no error. */
static int gif_inspect(struct byte_source *source, struct pm_info *info, struct pm_error *error)
{
    uint8_t blocks[PROFILE_BEGINNING], profile[PROFILE_BEGINNING];
    struct gif_header header;
    if (gif_read_header(source, &header, error) != 0)
        return -1;
    gif_tell(&header, info);
    const long got = header.icc.size > 0 ? source->read_at(source, header.icc.at, blocks, sizeof blocks) : 0;
    if (got > 0)
        profile_name(profile, gif_join(blocks, (size_t)got, 0, profile, sizeof profile), info->icc_name,
                     sizeof info->icc_name);
    return 0;
}

/* The canvas, its copy for a frame that is disposed of by restoring, and the image; giflib's tables. */
static uint64_t gif_decode_bytes(const struct pm_info *info, const struct decode_request *request)
{
    enum { RGBA = 4, COPIES = 3, LIBRARY = 192 * 1024, ROW_PADDING = 64 };
    (void)request;
    return COPIES * RGBA * (uint64_t)info->width * info->height + (uint64_t)ROW_PADDING * info->height +
           LIBRARY;
}

static const struct pm_pixel_format *gif_accepts(const void *options)
{
    static const struct pm_pixel_format accepts[] = {
        PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8),
        PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8),
        {.depth = 0},
    };
    (void)options;
    return accepts;
}

const struct param gif_option_rows[] = {
    OPTION_DITHER(struct gif_options, dither),
    {.name = NULL},
};

/* Two frames of 4 x 4 pixels, interlaced, with a transparent colour and restoring. */
static const uint8_t sample[] = {
    0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 0x04, 0x00, 0x04, 0x00, 0x81, 0x00, 0x00, 0xFF, 0x00, 0x00,
    0x00, 0x00, 0xFF, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x21, 0xFF, 0x0B, 0x4E, 0x45, 0x54, 0x53,
    0x43, 0x41, 0x50, 0x45, 0x32, 0x2E, 0x30, 0x03, 0x01, 0x00, 0x00, 0x00, 0x21, 0xF9, 0x04, 0x0D,
    0x04, 0x00, 0x01, 0x00, 0x2C, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x04, 0x00, 0x00, 0x08, 0x0B,
    0x00, 0x01, 0x04, 0x10, 0x48, 0x70, 0xA0, 0xC1, 0x82, 0x01, 0x01, 0x00, 0x21, 0xF9, 0x04, 0x09,
    0x07, 0x00, 0x01, 0x00, 0x2C, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x04, 0x00, 0x81, 0xFF, 0x00,
    0x00, 0x00, 0x00, 0xFF, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x08, 0x0E, 0x00, 0x01, 0x08, 0x0C,
    0x40, 0x50, 0x20, 0x00, 0x82, 0x01, 0x0C, 0x06, 0x08, 0x08, 0x00, 0x3B};

static const struct pm_blob samples[] = {{sample, sizeof sample}, {0}};

const struct codec codec_gif = {
    .name = "gif",
    .mime = "image/gif",
    .suffix = "gif",
    .suffixes = (const char *const[]){"gif", NULL},
    .help = "GIF: at most 256 colours a frame, animations, transparent pixels",
    .samples = samples,
    .sniff = gif_sniff,
    .probe = gif_probe,
    .inspect = gif_inspect,
    .decode_bytes = gif_decode_bytes,
    .reader_size = sizeof(struct gif_reader),
    .open = gif_open,
    .frame = gif_frame,
    .close = gif_close,
    .animated = true,
    .accepts = gif_accepts,
    .side_max = GIF_SIDE_MAX,
    .few_colors = true,
    .encode_bound = gif_encode_bound,
    .encode_bytes = gif_encode_bytes,
    .options = gif_option_rows,
    .encode = gif_encode,
    .writer = &gif_writer,
};
