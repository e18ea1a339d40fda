/* HEIC image sequences of four frames, the last three of which are predicted, built in code; and their
 * reading. */
#ifndef TESTS_CODEC_SEQUENCE_FILE_H
#define TESTS_CODEC_SEQUENCE_FILE_H

#include <criterion/criterion.h>
#include <string.h>

#include "codec/heic/heic.h"
#include "codec/heif/boxes.h"
#include "codec/reader.h"
#include "lent.h"

extern const struct codec codec_heic;

enum { WIDTH = 64, HEIGHT = 48, FRAMES = 4 };

/* clang-format off */

/* Of ffmpeg's testsrc2, by x265: the box hvcC and the frames. */
static const uint8_t config[] = {
    1, 1, 96, 0, 0, 0, 144, 0, 0, 0, 0, 0, 30, 240, 0, 252, 253, 248, 248, 0,
    0, 15, 3, 160, 0, 1, 0, 24, 64, 1, 12, 1, 255, 255, 1, 96, 0, 0, 3, 0,
    144, 0, 0, 3, 0, 0, 3, 0, 30, 186, 2, 64, 161, 0, 1, 0, 40, 66, 1, 1,
    1, 96, 0, 0, 3, 0, 144, 0, 0, 3, 0, 0, 3, 0, 30, 160, 32, 131, 22, 91,
    171, 147, 43, 192, 90, 2, 0, 0, 3, 0, 2, 0, 0, 3, 0, 20, 16, 162, 0, 1,
    0, 6, 68, 1, 193, 115, 208, 137,
};

static const uint8_t samples[] = {
    0, 0, 1, 215, 40, 1, 175, 14, 96, 214, 141, 159, 78, 225, 208, 145, 64, 204, 243, 106,
    18, 56, 7, 186, 112, 119, 142, 12, 8, 127, 123, 161, 227, 28, 132, 25, 71, 223, 205, 194,
    156, 23, 27, 168, 127, 161, 237, 48, 54, 176, 109, 99, 205, 34, 144, 188, 115, 76, 218, 154,
    217, 209, 10, 5, 211, 182, 111, 255, 254, 197, 166, 195, 110, 61, 148, 132, 151, 44, 181, 95,
    84, 142, 197, 143, 173, 128, 183, 165, 213, 64, 20, 139, 58, 79, 150, 178, 108, 18, 17, 233,
    234, 106, 96, 27, 77, 188, 98, 215, 32, 18, 96, 135, 66, 17, 57, 155, 221, 103, 120, 157,
    50, 5, 234, 17, 135, 28, 24, 13, 35, 224, 36, 20, 4, 136, 205, 60, 239, 198, 70, 46,
    195, 117, 165, 221, 160, 172, 248, 170, 115, 189, 184, 248, 207, 170, 111, 74, 30, 122, 65, 62,
    170, 149, 1, 156, 142, 113, 116, 230, 102, 237, 97, 69, 140, 91, 112, 88, 249, 193, 160, 7,
    235, 200, 49, 141, 213, 39, 40, 250, 57, 164, 98, 17, 129, 213, 11, 254, 250, 86, 173, 253,
    72, 206, 190, 78, 167, 169, 111, 122, 181, 146, 232, 237, 219, 176, 83, 243, 72, 21, 231, 171,
    118, 190, 144, 210, 240, 6, 200, 44, 80, 253, 161, 92, 14, 218, 63, 146, 158, 240, 2, 129,
    118, 53, 89, 106, 72, 161, 28, 234, 177, 183, 255, 77, 56, 157, 78, 34, 126, 40, 4, 93,
    65, 238, 151, 186, 145, 121, 51, 155, 40, 18, 118, 226, 175, 165, 157, 215, 253, 238, 120, 174,
    69, 82, 223, 214, 156, 254, 204, 142, 60, 204, 247, 111, 38, 63, 170, 227, 40, 175, 87, 186,
    194, 44, 25, 244, 229, 136, 62, 225, 93, 18, 192, 218, 2, 58, 194, 25, 167, 182, 66, 245,
    50, 66, 224, 172, 7, 18, 249, 91, 170, 97, 241, 59, 245, 55, 50, 29, 46, 207, 247, 174,
    162, 215, 238, 103, 93, 20, 64, 71, 198, 175, 255, 142, 74, 175, 36, 244, 97, 255, 217, 152,
    13, 197, 245, 74, 121, 50, 68, 136, 143, 77, 6, 211, 241, 60, 49, 135, 77, 101, 34, 138,
    57, 0, 232, 74, 7, 137, 220, 74, 130, 81, 110, 17, 65, 2, 21, 142, 195, 210, 233, 237,
    77, 207, 86, 186, 184, 203, 14, 12, 47, 0, 84, 206, 157, 99, 128, 207, 95, 58, 203, 102,
    198, 251, 61, 56, 205, 12, 157, 133, 90, 24, 98, 74, 9, 59, 32, 25, 3, 123, 120, 205,
    26, 134, 232, 6, 236, 243, 127, 24, 230, 114, 130, 193, 234, 20, 47, 31, 249, 68, 230, 6,
    109, 7, 139, 129, 111, 170, 110, 47, 60, 145, 184, 9, 156, 119, 248, 0, 0, 0, 31, 2,
    1, 208, 9, 126, 16, 198, 28, 192, 182, 217, 7, 157, 57, 17, 138, 68, 122, 146, 234, 139,
    35, 34, 147, 191, 241, 96, 20, 9, 153, 64, 0, 0, 0, 19, 2, 1, 208, 17, 255, 212,
    67, 6, 28, 64, 214, 151, 255, 253, 195, 11, 108, 64, 242, 0, 0, 0, 16, 2, 1, 208,
    25, 255, 212, 67, 6, 28, 64, 225, 243, 168, 169, 184, 128,
};

/* clang-format on */

static const uint32_t sizes[FRAMES] = {475, 35, 23, 20};

/* Of each plane of each frame as ffmpeg decodes it. */
static const uint32_t sums[FRAMES][3] = {{785735848u, 4102125991u, 3645605952u},
                                         {349071894u, 3773560977u, 2270276206u},
                                         {349071894u, 1704545677u, 2793471545u},
                                         {349071894u, 1880371089u, 2938809641u}};

/* How the file is made. */
struct kind {
    bool still, reordered;
    unsigned tracks, disabled; /* how many there are; the number of one that is disabled */
    const char *handler;
    uint32_t width, cut; /* cut: bytes that its end lacks */
    const char *brand;   /* of the sample entry */
    unsigned thumbnail;  /* the number of a track that is the thumbnail of another */
    bool alpha;          /* the second track is that of the first one */
    /* of the tracks of colours and alpha, and of the whole file; NULL: zeros */
    const int32_t *matrix, *alpha_matrix, *file_matrix;
    bool turned, entry_turned; /* the still and, by its description, the track: by 90 degrees clockwise */
    /* of the track of alpha; 0: as the colours' */
    uint32_t alpha_frames, alpha_scale, alpha_ticks, alpha_last_ticks;
    unsigned before;       /* entries of stsd before the true one */
    uint32_t entry, other; /* which one stsc names; if not 0, for the second chunk, of the last frame */
    enum { NO_LOOSE, OF_FILE, OF_TRACK, IN_TRACK } loose; /* EXIF and XMP without a still; IN_: in idat */
    struct pm_blob sets;                                  /* hvcC; data NULL: `config` */
    struct pm_blob prefix;                                /* of the first frame's data */
};

static const struct kind usual = {
    .tracks = 1, .handler = "pict", .width = WIDTH, .brand = "hvc1", .entry = 1};

static struct boxes boxes;

static inline void put_zeros(unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        box_put(&boxes, 0, 1);
}

static inline void put_config(const struct kind *kind)
{
    const size_t hvcc = box_open(&boxes, "hvcC");
    if (kind->sets.data != NULL)
        box_text(&boxes, (const char *)kind->sets.data, kind->sets.size);
    else
        box_text(&boxes, (const char *)config, sizeof config);
    box_close(&boxes, hvcc);
}

static inline void put_description(const struct kind *kind, bool alpha)
{
    const size_t stsd = full_box_open(&boxes, "stsd", 0, 0);
    box_put(&boxes, kind->before + 1, 4);
    for (unsigned i = 0; i < kind->before; i++)
        box_close(&boxes, box_open(&boxes, "avc1"));
    const size_t entry = box_open(&boxes, kind->brand);
    put_zeros(24);
    box_put(&boxes, kind->width, 2);
    box_put(&boxes, HEIGHT, 2);
    put_zeros(50);
    put_config(kind);
    if (kind->entry_turned && !alpha) {
        const size_t irot = box_open(&boxes, "irot");
        box_put(&boxes, 3, 1);
        box_close(&boxes, irot);
    }
    if (alpha) {
        const size_t colr = box_open(&boxes, "colr");
        box_text(&boxes, "nclx\0\1\0\15\0\6\x80", 11);
        box_close(&boxes, colr);
    }
    box_close(&boxes, entry);
    box_close(&boxes, stsd);
}

static inline void put_times(const struct kind *kind, bool alpha, uint32_t frames)
{
    const uint32_t ticks = alpha && kind->alpha_ticks > 0 ? kind->alpha_ticks : 3,
                   last = alpha && kind->alpha_last_ticks > 0 ? kind->alpha_last_ticks : ticks;
    size_t at = full_box_open(&boxes, "stts", 0, 0);
    box_put(&boxes, 2, 4);
    box_put(&boxes, frames - 1, 4);
    box_put(&boxes, ticks, 4);
    box_put(&boxes, 1, 4);
    box_put(&boxes, last, 4);
    box_close(&boxes, at);
    at = full_box_open(&boxes, "ctts", 0, 0);
    box_put(&boxes, 2, 4);
    box_put(&boxes, 1, 4);
    box_put(&boxes, 3, 4);
    box_put(&boxes, frames - 1, 4);
    box_put(&boxes, kind->reordered ? 6 : 3, 4);
    box_close(&boxes, at);
}

/* Where the file has the offset of its data, and how far behind that it is. */
struct offset {
    size_t at, add;
};
static struct {
    struct offset list[16];
    size_t count;
} offsets;

static inline void put_offset(size_t add)
{
    cr_assert_lt(offsets.count, sizeof offsets.list / sizeof *offsets.list);
    offsets.list[offsets.count++] = (struct offset){boxes.size, add};
    box_put(&boxes, 0, 4);
}

/* One chunk; or two, of which the second has the last frame. */
static inline void put_tables(const struct kind *kind, bool alpha)
{
    const uint32_t frames = alpha && kind->alpha_frames > 0 ? kind->alpha_frames : FRAMES;
    const size_t stbl = box_open(&boxes, "stbl");
    put_description(kind, alpha);
    put_times(kind, alpha, frames);
    size_t at = full_box_open(&boxes, "stsz", 0, 0);
    box_put(&boxes, 0, 4);
    box_put(&boxes, frames, 4);
    for (unsigned i = 0; i < frames; i++)
        box_put(&boxes, sizes[i % FRAMES] + (i == 0 ? kind->prefix.size : 0), 4);
    box_close(&boxes, at);
    const unsigned chunks = kind->other > 0 ? 2 : 1;
    at = full_box_open(&boxes, "stsc", 0, 0);
    box_put(&boxes, chunks, 4);
    for (unsigned i = 1; i <= chunks; i++) {
        box_put(&boxes, i, 4);
        box_put(&boxes, chunks == 1 ? frames : i == 1 ? frames - 1 : 1, 4);
        box_put(&boxes, i == 1 ? kind->entry : kind->other, 4);
    }
    box_close(&boxes, at);
    at = full_box_open(&boxes, "stco", 0, 0);
    box_put(&boxes, chunks, 4);
    put_offset(0);
    if (chunks > 1)
        put_offset(kind->prefix.size + sizes[0] + sizes[1] + sizes[2]);
    box_close(&boxes, at);
    box_close(&boxes, stbl);
}

/* A TIFF structure without entries behind its offset, and XMP, which follow the frames' data or are in idat.
 */
static const char exif[] = "\0\0\0\0II*\0\x8\0\0\0\0\0\0\0\0", xmp[] = "<x/>";

static inline void put_item(unsigned number, const char *type, const char *kind, size_t size)
{
    const size_t infe = full_box_open(&boxes, "infe", 2, 0);
    box_put(&boxes, number, 2);
    box_put(&boxes, 0, 2);
    box_text(&boxes, type, 4);
    box_text(&boxes, kind, size);
    box_close(&boxes, infe);
}

/* A meta box without a picture: its EXIF and XMP are of all. */
static inline void put_loose(const struct kind *kind)
{
    const bool inside = kind->loose == IN_TRACK;
    const size_t meta = full_box_open(&boxes, "meta", 0, 0);
    size_t at = full_box_open(&boxes, "iloc", 1, 0);
    box_put(&boxes, 0x4400, 2);
    box_put(&boxes, 2, 2);
    for (unsigned i = 0; i < 2; i++) {
        box_put(&boxes, 20 + i, 2);
        box_put(&boxes, inside, 2);
        box_put(&boxes, 0, 2);
        box_put(&boxes, i == 0 ? 1 : 2, 2); /* extents */
        const size_t begin = i == 0 ? 0 : sizeof exif, size = i == 0 ? sizeof exif : sizeof xmp - 1;
        for (size_t from = 0, part; from < size; from += part) {
            part = i == 0 ? size : size / 2;
            if (inside)
                box_put(&boxes, begin + from, 4);
            else
                put_offset(kind->prefix.size + sizeof samples + begin + from);
            box_put(&boxes, part, 4);
        }
    }
    box_close(&boxes, at);
    at = full_box_open(&boxes, "iinf", 0, 0);
    box_put(&boxes, 2, 2);
    put_item(20, "Exif", "", 1);
    put_item(21, "mime", "\0application/rdf+xml", 21);
    box_close(&boxes, at);
    at = box_open(&boxes, "idat");
    box_text(&boxes, exif, sizeof exif);
    box_text(&boxes, xmp, sizeof xmp);
    box_close(&boxes, at);
    box_close(&boxes, meta);
}

static inline void put_matrix(const int32_t *matrix)
{
    for (unsigned i = 0; i < 9; i++)
        box_put(&boxes, matrix != NULL ? (uint32_t)matrix[i] : 0, 4);
}

static inline void put_track(const struct kind *kind, unsigned number)
{
    const bool alpha = kind->alpha && number == 2;
    const size_t trak = box_open(&boxes, "trak");
    size_t at = full_box_open(&boxes, "tkhd", 0, kind->disabled == number ? 0 : 1);
    put_zeros(8);
    box_put(&boxes, number, 4);
    put_zeros(4);
    box_put(&boxes, 12, 4);
    put_zeros(16);
    put_matrix(alpha ? kind->alpha_matrix : kind->matrix);
    put_zeros(8);
    box_close(&boxes, at);
    if (kind->loose >= OF_TRACK && number == 1)
        put_loose(kind);
    if (kind->thumbnail == number || alpha) {
        const size_t tref = box_open(&boxes, "tref"), thmb = box_open(&boxes, alpha ? "auxl" : "thmb");
        box_put(&boxes, 3 - number, 4);
        box_close(&boxes, thmb);
        box_close(&boxes, tref);
    }
    const size_t mdia = box_open(&boxes, "mdia");
    at = full_box_open(&boxes, "mdhd", 0, 0);
    put_zeros(8);
    box_put(&boxes, alpha && kind->alpha_scale > 0 ? kind->alpha_scale : 30, 4);
    put_zeros(8);
    box_close(&boxes, at);
    at = full_box_open(&boxes, "hdlr", 0, 0);
    put_zeros(4);
    box_text(&boxes, alpha ? "auxv" : kind->handler, 4);
    put_zeros(13);
    box_close(&boxes, at);
    const size_t minf = box_open(&boxes, "minf");
    put_tables(kind, alpha);
    box_close(&boxes, minf);
    box_close(&boxes, mdia);
    box_close(&boxes, trak);
}

/* A meta box whose picture is the first frame. */
static inline void put_still(const struct kind *kind)
{
    const size_t meta = full_box_open(&boxes, "meta", 0, 0);
    size_t at = full_box_open(&boxes, "pitm", 0, 0);
    box_put(&boxes, 9, 2);
    box_close(&boxes, at);
    at = full_box_open(&boxes, "iloc", 0, 0);
    box_put(&boxes, 0x4400, 2);
    box_put(&boxes, 1, 2);
    box_put(&boxes, 9, 2);
    box_put(&boxes, 0, 2);
    box_put(&boxes, 1, 2);
    put_offset(0);
    box_put(&boxes, sizes[0], 4);
    box_close(&boxes, at);
    at = full_box_open(&boxes, "iinf", 0, 0);
    box_put(&boxes, 1, 2);
    put_item(9, "hvc1", "", 1);
    box_close(&boxes, at);
    const size_t iprp = box_open(&boxes, "iprp"), ipco = box_open(&boxes, "ipco");
    at = full_box_open(&boxes, "ispe", 0, 0);
    box_put(&boxes, WIDTH, 4);
    box_put(&boxes, HEIGHT, 4);
    box_close(&boxes, at);
    put_config(kind);
    at = box_open(&boxes, "irot");
    box_put(&boxes, kind->turned ? 3 : 0, 1);
    box_close(&boxes, at);
    box_close(&boxes, ipco);
    at = full_box_open(&boxes, "ipma", 0, 0);
    box_put(&boxes, 1, 4);
    box_put(&boxes, 9, 2);
    box_put(&boxes, 3, 1);
    box_put(&boxes, 0x018283, 3);
    box_close(&boxes, at);
    box_close(&boxes, iprp);
    box_close(&boxes, meta);
}

static inline struct pm_blob file_of(const struct kind *kind)
{
    boxes.size = offsets.count = 0;
    size_t at = box_open(&boxes, "ftyp");
    box_text(&boxes, "msf1\0\0\0\0msf1hevc", 16);
    box_close(&boxes, at);
    if (kind->still)
        put_still(kind);
    if (kind->loose == OF_FILE)
        put_loose(kind);
    else if (kind->loose != NO_LOOSE) /* an empty one */
        box_close(&boxes, full_box_open(&boxes, "meta", 0, 0));
    const size_t moov = box_open(&boxes, "moov");
    if (kind->file_matrix != NULL) {
        at = full_box_open(&boxes, "mvhd", 0, 0);
        put_zeros(32);
        put_matrix(kind->file_matrix);
        put_zeros(28);
        box_close(&boxes, at);
    }
    for (unsigned number = 1; number <= kind->tracks; number++)
        put_track(kind, number);
    box_close(&boxes, moov);
    const size_t mdat = box_open(&boxes, "mdat");
    for (size_t i = 0; i < offsets.count; i++)
        box_set(&boxes, offsets.list[i].at, boxes.size + offsets.list[i].add);
    box_text(&boxes, (const char *)kind->prefix.data, kind->prefix.size);
    box_text(&boxes, (const char *)samples, sizeof samples);
    if (kind->loose != NO_LOOSE) {
        box_text(&boxes, exif, sizeof exif);
        box_text(&boxes, xmp, sizeof xmp);
    }
    box_close(&boxes, mdat);
    return (struct pm_blob){boxes.data, boxes.size - kind->cut};
}

static inline uint32_t sum_of(const struct pm_plane *plane)
{
    uint32_t sum = 0;
    for (uint32_t y = 0; y < plane->height; y++) {
        for (uint32_t x = 0; x < plane->width; x++)
            sum = sum * 31 + plane_row(plane, y)[x];
    }
    return sum;
}

static inline void expect_frame(const struct pm_image *image, unsigned number)
{
    cr_assert_eq(image->nplanes, 3);
    for (unsigned i = 0; i < 3; i++)
        cr_expect_eq(sum_of(&image->plane[i]), sums[number][i], "frame %u, plane %u", number, i);
}

static char warning[256];

static inline void note_warning(struct context *context, const char *message)
{
    (void)context;
    strncat(warning, message, sizeof warning - strlen(warning) - 1);
}

static inline struct reader *open_file(struct lent *lent, struct pm_blob file, bool animation,
                                       bool allow_truncated)
{
    static const struct context_ops ops = {.warn = note_warning};
    const struct decode_request request = {
        .animation = animation, .planes = true, .allow_truncated = allow_truncated, .keep = KEEP_ALL};
    warning[0] = '\0';
    lent_init(lent);
    lent->context.ops = &ops;
    return reader_open(&codec_heic, NULL, file.data, file.size, &request, &lent->context);
}

static inline void expect_frames(const struct kind *kind)
{
    struct lent lent;
    struct frame frame;
    const struct pm_blob file = file_of(kind);
    struct reader *reader = open_file(&lent, file, true, false);
    cr_assert_not_null(reader, "%s", lent.error.message);
    cr_expect(reader->info.animated && reader->info.frames == FRAMES);
    cr_expect(reader->info.width == WIDTH && reader->info.height == HEIGHT);
    for (unsigned i = 0; i < FRAMES; i++) {
        const struct arena_mark mark = arena_mark(lent.context.job_arena);
        cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%u: %s", i, lent.error.message);
        expect_frame(&frame.image, i);
        cr_expect(frame.time.ticks == 3 && frame.time.per_second == 30);
        if (i > 0) /* as the plan does it: nothing of a frame is needed for the next */
            arena_release(lent.context.job_arena, mark);
    }
    reader_close(reader);
    lent_free(&lent);
    reader = open_file(&lent, file, false, false);
    cr_assert_not_null(reader, "%s", lent.error.message);
    cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
    expect_frame(&frame.image, 0);
    reader_close(reader);
    lent_free(&lent);
}

static inline void expect_refused(const struct kind *kind, bool animation, enum pm_error_kind why,
                                  const char *message)
{
    struct lent lent;
    struct frame frame;
    struct reader *reader = open_file(&lent, file_of(kind), animation, false);
    const bool read = reader != NULL && reader_frame(reader, &frame, &lent.context) == 0;
    cr_expect_not(read);
    cr_expect_eq(lent.error.kind, why, "%d: %s", lent.error.kind, lent.error.message);
    cr_expect_not_null(strstr(lent.error.message, message), "%s", lent.error.message);
    reader_close(reader);
    lent_free(&lent);
}

#endif
