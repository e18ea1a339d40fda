/*
 * The trial decodes: two known files of 32 x 32 pixels in 4:2:0, made of blocks of one level each, which come
 * out exact at every scale; one is baseline, one progressive. Nothing of pixmill's or libjpeg's encoder is
 * needed for it.
 */
#include <string.h>

#include "codec/jpeg/decode.h"
#include "codec/jpeg/trial.h"

enum {
    SIDE = 32,
    ARENA_BYTES = 8 * 1024,
    FILE_MAX = 512,
    TOLERANCE = 1, /* of a level: the transforms round */
};

/* What both begin with: SOI, and a quantization table of nothing but 8, so that a DC coefficient is a level
 * less 128. */
enum { HEAD_BYTES = 71, QUANTIZER = 8 };
static const uint8_t head[] = {0xff, 0xd8, 0xff, 0xdb, 0x00, 0x43, 0x00};

static const uint8_t baseline[] = {
    0xff, 0xc0, 0x00, 0x11, 0x08, 0x00, 0x20, 0x00, 0x20, 0x03, 0x01, 0x22, 0x00, 0x02, 0x11,
    0x00, 0x03, 0x11, 0x00, 0xff, 0xc4, 0x00, 0x16, 0x00, 0x01, 0x01, 0x01, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x06, 0x04, 0x07, 0xff, 0xc4,
    0x00, 0x14, 0x10, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xda, 0x00, 0x0c, 0x03, 0x01, 0x00, 0x02, 0x00, 0x03,
    0x00, 0x00, 0x3f, 0x00, 0xc9, 0x56, 0x12, 0x2c, 0x67, 0x67, 0xc3, 0x6b, 0x09, 0x16, 0x14,
    0x0e, 0x2c, 0x58, 0x48, 0xb0, 0xa0, 0x70, 0x6d, 0x61, 0x22, 0xc2, 0x81, 0xc7, 0xff, 0xd9};

static const uint8_t progressive[] = {
    0xff, 0xc2, 0x00, 0x11, 0x08, 0x00, 0x20, 0x00, 0x20, 0x03, 0x01, 0x22, 0x00, 0x02, 0x11, 0x00, 0x03,
    0x11, 0x00, 0xff, 0xc4, 0x00, 0x16, 0x00, 0x01, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x06, 0x04, 0x07, 0xff, 0xda, 0x00, 0x0c, 0x03, 0x01, 0x00, 0x02,
    0x00, 0x03, 0x00, 0x00, 0x00, 0x00, 0xc9, 0x6c, 0x49, 0x66, 0x76, 0xf8, 0xdd, 0x89, 0x2c, 0x50, 0x72,
    0xcb, 0x12, 0x58, 0xa0, 0xe1, 0xbb, 0x12, 0x58, 0xa0, 0xe7, 0xff, 0xc4, 0x00, 0x14, 0x10, 0x01, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x40, 0xff, 0xda,
    0x00, 0x08, 0x01, 0x01, 0x00, 0x01, 0x3f, 0x00, 0x07, 0xff, 0xc4, 0x00, 0x14, 0x10, 0x01, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x20, 0xff, 0xda, 0x00,
    0x08, 0x01, 0x02, 0x00, 0x01, 0x3f, 0x00, 0x1f, 0xff, 0xc4, 0x00, 0x14, 0x10, 0x01, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x20, 0xff, 0xda, 0x00, 0x08,
    0x01, 0x03, 0x00, 0x01, 0x3f, 0x00, 0x1f, 0xff, 0xd9};

struct trial_file {
    uint8_t data[FILE_MAX];
    size_t size;
};

static struct trial_file trial_file(const uint8_t *tail, size_t size)
{
    struct trial_file file = {.size = HEAD_BYTES + size};
    memcpy(file.data, head, sizeof head);
    memset(file.data + sizeof head, QUANTIZER, HEAD_BYTES - sizeof head);
    memcpy(file.data + HEAD_BYTES, tail, size);
    return file;
}

/* The level of block `i` of plane `plane`. */
static int level_of(unsigned plane, unsigned i)
{
    return plane == 0 ? 38 + 12 * (int)i : plane == 1 ? 60 + 40 * (int)i : 190 - 35 * (int)i;
}

static bool plane_is_right(const struct pm_plane *plane, unsigned index)
{
    const unsigned blocks = index == 0 ? 4 : 2; /* on a side */
    if (plane->width != plane->height || plane->width % blocks != 0)
        return false;
    const uint32_t side = plane->width / blocks;
    for (uint32_t y = 0; y < plane->height; y++) {
        for (uint32_t x = 0; x < plane->width; x++) {
            const int off = plane_row(plane, y)[x] - level_of(index, y / side * blocks + x / side);
            if (off < -TOLERANCE || off > TOLERANCE)
                return false;
        }
    }
    return true;
}

/* What a trial borrows: no page beyond the stack's. */
struct room {
    struct arena arenas[3];
    struct context context;
    struct pm_error error;
    _Alignas(64) uint8_t memory[3][ARENA_BYTES];
};

static void room_open(struct room *room)
{
    for (int i = 0; i < 3; i++)
        arena_init_in(&room->arenas[i], room->memory[i], ARENA_BYTES);
    room->context = (struct context){.arena = &room->arenas[0],
                                     .spare = &room->arenas[1],
                                     .job_arena = &room->arenas[2],
                                     .lanes = 1,
                                     .error = &room->error};
    room->error = (struct pm_error){0};
}

static void room_close(struct room *room)
{
    for (int i = 0; i < 3; i++)
        arena_free(&room->arenas[i]);
}

/* Decodes the file into *image. Returns 0, or -1 with the room's error filled. */
static int decode(unsigned uses, const struct trial_file *file, uint32_t side, struct room *room,
                  struct pm_image *image)
{
    struct jpeg_decoder decoder = {.reader = {.data = file->data,
                                              .size = file->size,
                                              .request = {.min_width = side,
                                                          .min_height = side,
                                                          .sampling_x = 2,
                                                          .sampling_y = 2,
                                                          .planes = true},
                                              .info = codec_blank_info("jpeg")}};
    if (jpeg_decoder_open(&decoder, uses, &room->context) != 0)
        return -1;
    jpeg_set_trap(&decoder, &room->context);
    int status = jpeg_try(&decoder.trap, jpeg_start, &decoder);
    if (status == 0)
        status = jpeg_allot_image(&decoder);
    if (status == 0)
        status = jpeg_try(&decoder.trap, jpeg_decode_by_libjpeg, &decoder);
    jpeg_destroy_decompress(&decoder.cinfo);
    *image = decoder.image;
    return status;
}

/* Decodes the file to `side` x `side` pixels. Returns 1 when all samples are right, else 0; -1: no memory. */
static int decodes(unsigned uses, const struct trial_file *file, uint32_t side)
{
    struct room room;
    struct pm_image image;
    room_open(&room);
    const int status = decode(uses, file, side, &room, &image);
    bool right = status == 0 && image.width == side && image.height == side && image.nplanes == 3;
    for (unsigned i = 0; right && i < 3; i++)
        right = plane_is_right(&image.plane[i], i);
    if (right && (uses & JPEG_SCALE_PLANES) != 0)
        right = image.plane[1].width == side / 2;
    room_close(&room);
    return room.error.kind == PM_ERROR_MEMORY ? -1 : right;
}

/* Does the file end in this kind of error? */
static int is_refused(unsigned uses, const struct trial_file *file, enum pm_error_kind kind)
{
    struct room room;
    struct pm_image image;
    room_open(&room);
    const int status = decode(uses, file, SIDE, &room, &image);
    room_close(&room);
    return room.error.kind == PM_ERROR_MEMORY ? -1 : status != 0 && room.error.kind == kind;
}

enum { END = 2, LOST = 16, SCAN = 33 }; /* bytes: EOI; of a scan's data; the last scan of `progressive` */

/* Is a file refused as damaged when the data of its pixels end too early, at its EOI? */
static int tells_damage(unsigned uses, struct trial_file file)
{
    memmove(file.data + file.size - END - LOST, file.data + file.size - END, END);
    file.size -= LOST;
    return is_refused(uses, &file, PM_ERROR_CORRUPT);
}

/* Is a progressive file refused as truncated when it lacks its last scan and EOI? */
static int tells_end(unsigned uses, struct trial_file file)
{
    file.size -= END + SCAN;
    return is_refused(uses, &file, PM_ERROR_TRUNCATED);
}

int jpeg_trial_decoding(unsigned uses, struct pm_error *error)
{
    const struct trial_file plain = trial_file(baseline, sizeof baseline);
    const struct trial_file scans = trial_file(progressive, sizeof progressive);
    uses |= JPEG_TRIAL;
    int right = decodes(uses, &plain, SIDE / 2);
    if (right == 1)
        right = decodes(uses, &scans, SIDE / 8);
    if (right == 1)
        right = decodes(uses, &scans, SIDE);
    if (right == 1)
        right = tells_damage(uses, plain);
    if (right == 1)
        right = tells_end(uses, scans);
    return right < 0 ? error_memory(error, 0) : right;
}
