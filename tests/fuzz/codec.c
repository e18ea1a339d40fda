#include "fuzz/codec.h"
#include "codec/reader.h"

#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#include "codec/options.h"
#include "fuzz/fuzz.h"
#include "image/convert.h"
#include "image/row_source.h"
#include "lent.h"

enum { PIXELS_MAX = 1 << 18, BYTES_MAX = 64 << 20, METADATA_MAX = 16 << 20 };

/* Reads every sample, so that memory that was never written or is not the picture's is noticed. */
static uint64_t read_samples(const struct pm_image *image)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < image->nplanes; i++) {
        const struct pm_plane *plane = &image->plane[i];
        for (uint32_t y = 0; y < plane->height; y++) {
            const uint8_t *row = plane_row(plane, y);
            for (size_t x = 0; x < (size_t)plane->width * plane->channels * (image->format.depth / 8); x++)
                sum = sum * 31 + row[x];
        }
    }
    return sum;
}

/* A file's metadata is charged with the file; its copies may be twice as long. */
static size_t metadata_most(size_t size)
{
    enum { FIXED = 1 << 19 };
    return 4 * size + FIXED;
}

static void check_memory(const struct lent *lent, const struct codec *codec, const struct pm_info *info,
                         const struct decode_request *request, size_t size)
{
    size_t peak = lent->arena.peak + lent->spare.peak + lent->job_arena.peak;
    FUZZ_ASSERT(peak <= codec->decode_bytes(info, request) + metadata_most(size));
}

static void check_picture(const struct pm_image *image, const struct pm_info *info,
                          const struct decode_request *request)
{
    bool whole = request->min_width == 0 || request->min_height == 0;
    FUZZ_ASSERT(image->width > 0 && image->width <= info->width && image->height <= info->height);
    FUZZ_ASSERT(!whole || (image->width == info->width && image->height == info->height));
    FUZZ_ASSERT(whole || (image->width >= request->min_width && image->height >= request->min_height));
    FUZZ_ASSERT(image->orientation == info->orientation);
    FUZZ_ASSERT(image->format.depth == (info->depth > 8 ? 16u : 8u));
}

static void expect_decodes(const struct codec *codec, const struct buffer *file, const struct pm_image *image)
{
    struct lent lent;
    struct pm_image again = {0};
    struct decode_request request = {.keep = KEEP_ALL, .planes = image->format.color == PM_COLOR_YCC};
    lent_init(&lent);
    FUZZ_ASSERT(reader_decode(codec, file->data, file->size, &request, &again, &lent.context) == 0);
    FUZZ_ASSERT(again.width == image->width && again.height == image->height);
    if (strcmp(codec->name, "png") == 0)
        FUZZ_ASSERT(read_samples(&again) == read_samples(image));
    lent_free(&lent);
}

/* Truncated means that pixels are missing: a complete file gives the same picture if truncation is
 * allowed. */
static void expect_same_allowing(const struct codec *codec, const uint8_t *file, size_t size,
                                 const struct decode_request *request, const struct pm_image *image)
{
    struct lent lent;
    struct pm_image again = {0};
    struct decode_request allowing = *request;
    allowing.allow_truncated = true;
    lent_init(&lent);
    FUZZ_ASSERT(reader_decode(codec, file, size, &allowing, &again, &lent.context) == 0);
    FUZZ_ASSERT(again.width == image->width && again.height == image->height);
    FUZZ_ASSERT(read_samples(&again) == read_samples(image));
    lent_free(&lent);
}

/* Asks for an encoding of such samples; false when there is none. */
static bool ask_for(const struct codec *codec, const struct pm_image *image, void *options)
{
    static const char *const words[] = {"420", "422", "444"};
    struct pm_error error = {0};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        FUZZ_ASSERT(codec_option_set(codec, options, "subsampling", words[i], &error) == 0);
        if (convert_accepted(&image->format, codec->accepts(options)))
            return true;
    }
    return false;
}

static void try_encode(const struct pm_image *image, const struct codec *codec, unsigned share, size_t input)
{
    struct shape shape = image_shape(image);
    struct pm_error error = {0};
    alignas(8) unsigned char options[CODEC_OPTIONS_BYTES];
    char quality[16];
    if (image->width > codec->side_max || image->height > codec->side_max)
        return;
    codec_options_init(codec, options);
    snprintf(quality, sizeof quality, "%u", 1 + share % 100);
    FUZZ_ASSERT(codec_option_set(codec, options, "quality", quality, &error) == 0);
    FUZZ_ASSERT(codec_option_set(codec, options, "effort", "0", &error) == 0);
    if (!ask_for(codec, image, options))
        return; /* transform brings it into one of these first */
    struct lent lent;
    struct buffer out = {0};
    lent_init(&lent);
    FUZZ_ASSERT(codec_encode(codec, image, options, &out, &lent.context) == 0);
    FUZZ_ASSERT(out.size <= codec->encode_bound(&shape, options) + METADATA_MAX + metadata_most(input));
    expect_decodes(codec, &out, image);
    lent_free(&lent);
    buffer_free(&out);
}

/* As one format, or, for half of all numbers, as none: encoding takes many times as long as the rest. */
static void encode_as_one(const struct pm_image *image, unsigned number, size_t input)
{
    unsigned count = 0;
    const struct codec *written[CODECS_MAX];
    for (const struct codec *const *format = codecs; *format != NULL && count < CODECS_MAX; format++) {
        if (codec_writes(*format))
            written[count++] = *format;
    }
    if (number % 2 == 0)
        try_encode(image, written[number / 2 % count], number, input);
}

/* Further frames, in the memory of one; an error is allowed. The first one stays for later checks: its memory
 * is not counted again. */
static void read_on(struct reader *reader, const struct pm_info *info, struct lent *lent)
{
    enum { FRAMES = 20 };
    const size_t kept = lent->arena.used, peak = lent->arena.peak;
    int status = 0;
    for (unsigned i = 1; i < info->frames && i < FRAMES && status == 0; i++) {
        const struct arena_mark mark = arena_mark(&lent->arena), job_mark = arena_mark(&lent->job_arena);
        struct frame frame;
        status = reader_frame(reader, &frame, &lent->context);
        FUZZ_ASSERT(status != 0 || (frame.image.width == info->width && frame.image.height == info->height));
        if (status == 0)
            (void)read_samples(&frame.image);
        arena_release(&lent->arena, mark);
        arena_release(&lent->job_arena, job_mark);
    }
    lent->arena.peak = lent->arena.peak - kept > peak ? lent->arena.peak - kept : peak;
    FUZZ_ASSERT(lent->error.kind != PM_ERROR_INTERNAL);
    lent->error = (struct pm_error){0};
}

/* Opened with its probe: an unchanged file must not be rejected as changed. */
static int decode(const struct codec *codec, const struct pm_info *info, const uint8_t *file, size_t size,
                  const struct decode_request *request, struct pm_image *image, struct lent *lent)
{
    struct frame frame;
    struct reader *reader = reader_open(codec, info, file, size, request, &lent->context);
    const int status = reader != NULL ? reader_frame(reader, &frame, &lent->context) : -1;
    if (status == 0 && request->animation && info != NULL)
        read_on(reader, info, lent);
    reader_close(reader);
    FUZZ_ASSERT(lent->error.kind != PM_ERROR_IO);
    if (status == 0)
        *image = frame.image;
    return status;
}

/* Row by row: the same samples, or also an error. The reader is closed early, after `part` / 256 of the rows,
 * or (255) at the end. */
static void expect_same_rows(const struct codec *codec, const uint8_t *file, size_t size,
                             const struct decode_request *request, unsigned part,
                             const struct pm_image *image)
{
    enum { WINDOW = 7 };
    struct lent lent;
    struct pm_image bare;
    struct row_source *rows;
    struct decode_request by_rows = *request;
    by_rows.window = WINDOW;
    lent_init(&lent);
    struct reader *reader = reader_open(codec, NULL, file, size, &by_rows, &lent.context);
    FUZZ_ASSERT(reader != NULL);
    FUZZ_ASSERT(reader_rows(reader, &bare, &rows, &lent.context) == 0);
    const uint32_t height = image->plane[0].height; /* luma may be coarser than the picture */
    const uint32_t end = part < 255 ? (uint32_t)((uint64_t)height * part / 256) : height;
    uint32_t seen[PM_MAX_PLANES] = {0};
    for (unsigned i = 0; i < image->nplanes; i++)
        FUZZ_ASSERT(row_source_begin(&rows[i], WINDOW, &lent.context) == 0);
    while (rows[0].made < end) {
        FUZZ_ASSERT(row_source_make(rows, rows[0].made + 1, &lent.context) == 0);
        for (unsigned i = 0; i < image->nplanes; i++) {
            const struct pm_plane *plane = &image->plane[i];
            const size_t bytes = (size_t)plane->width * plane->channels * (image->format.depth / 8);
            for (; seen[i] < rows[i].made; seen[i]++)
                FUZZ_ASSERT(memcmp(row_source_row(&rows[i], seen[i]), plane_row(plane, seen[i]), bytes) == 0);
        }
    }
    reader_close(reader);
    lent_free(&lent);
}

void fuzz_codec(const struct codec *codec, const uint8_t *data, size_t size)
{
    struct pm_info info = codec_blank_info(codec->name);
    struct memory_source memory;
    struct lent lent;
    if (size < FUZZ_CODEC_TAIL)
        return;
    /* In a block of its own, so that the sanitizer sees a byte too far. */
    unsigned how = data[size - 1], share = data[size - 2];
    uint8_t *file = malloc(size -= FUZZ_CODEC_TAIL);
    FUZZ_ASSERT(file != NULL);
    memcpy(file, data, size);
    lent_init(&lent);
    memory_source_init(&memory, file, size);
    bool probed = codec->probe(&memory.source, &info, &lent.error) == 0;
    FUZZ_ASSERT(probed == (lent.error.kind == PM_OK));
    if (probed && codec->inspect != NULL) {
        struct pm_info inspected = info;
        struct pm_error none = {0};
        FUZZ_ASSERT(codec->inspect(&memory.source, &inspected, &none) == 0 || none.kind != PM_OK);
    }
    struct decode_request request = {
        .min_width = how & 1 ? (uint32_t)((uint64_t)info.width * share / 256) : 0,
        .min_height = how & 1 ? (uint32_t)((uint64_t)info.height * share / 256) : 0,
        .sampling_x = how & 2 ? 2 : 1,
        .sampling_y = how & 2 ? 2 : 1,
        .planes = (how & 4) != 0,
        .allow_truncated = (how & 8) != 0,
        .animation = codec->animated && share % 2 == 1,
        .keep = how >> 4 & KEEP_ALL,
    };
    lent.context.max_pixels = PIXELS_MAX;
    lent.context.max_bytes = BYTES_MAX;
    lent.context.simd = how & 128 ? SIMD_BASE : simd_detect();
    struct pm_image image = {0};
    lent.error = (struct pm_error){0};
    int status = decode(codec, probed ? &info : NULL, file, size, &request, &image, &lent);
    FUZZ_ASSERT((status == 0) == (lent.error.kind == PM_OK));
    FUZZ_ASSERT(status == 0 || (lent.error.message[0] != '\0' && lent.error.kind != PM_ERROR_INTERNAL));
    if (probed && status == 0) {
        check_memory(&lent, codec, &info, &request, size);
        check_picture(&image, &info, &request);
        if (codec_has_rows(codec, &info, &request))
            expect_same_rows(codec, file, size, &request, share, &image);
        if (request.allow_truncated)
            (void)read_samples(&image);
        else
            expect_same_allowing(codec, file, size, &request, &image);
        encode_as_one(&image, share ^ how, size);
    }
    lent_free(&lent);
    free(file);
}
