#include "codec/avif/tracks.h"

#include <criterion/criterion.h>
#include <string.h>

#include "codec/avif/avif.h"
#include "codec/avif/options.h"
#include "codec/heif/boxes.h"
#include "codec/heif/peers.h"
#include "codec/heif/sequence.h"
#include "codec/options.h"
#include "codec/part.h"
#include "pictures.h"

static struct buffer still_of(bool alpha)
{
    unsigned char options[CODEC_OPTIONS_BYTES];
    struct lent lent;
    struct buffer file = {0};
    lent_init(&lent);
    codec_options_init(&codec_avif, options);
    ((struct avif_options *)(void *)options)->effort = 0;
    const struct pm_image image = picture(&lent, WIDTH, HEIGHT, PM_COLOR_RGB, alpha, 8);
    cr_assert_eq(codec_encode(&codec_avif, &image, options, &file, &lent.context), 0, "%s",
                 lent.error.message);
    lent_free(&lent);
    return file;
}

static void put_header(struct boxes *boxes, const struct tracks *tracks, unsigned number)
{
    const unsigned word = tracks->wide ? 8 : 4;
    const size_t tkhd = full_box_open(boxes, "tkhd", tracks->wide, 1);
    box_put(boxes, 0, word);
    box_put(boxes, 0, word);
    box_put(boxes, number, 4);
    box_put(boxes, 0, 4);
    box_put(boxes, tracks->loops > 0 ? 100 * tracks->loops - 5 : 100, word);
    box_text(
        boxes,
        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        60);
    box_close(boxes, tkhd);
    if (tracks->loops == 0)
        return;
    const size_t edts = box_open(boxes, "edts"), elst = full_box_open(boxes, "elst", tracks->wide, 1);
    box_put(boxes, 1, 4);
    box_put(boxes, 100, word);
    box_put(boxes, 0, word);
    box_put(boxes, 0x10000, 4);
    box_close(boxes, elst);
    box_close(boxes, edts);
}

static void put_description(struct boxes *boxes, const struct tracks *tracks, unsigned number)
{
    if (number == 2 && tracks->kind != NULL) {
        const size_t auxi = full_box_open(boxes, "auxi", 0, 0);
        box_text(boxes, tracks->kind, strlen(tracks->kind) + 1);
        box_close(boxes, auxi);
    }
    if (number == 1 && tracks->has_profile) {
        const size_t colr = box_open(boxes, "colr");
        box_text(boxes, "proficc-ICC", 11);
        box_close(boxes, colr);
    }
    if (number == 1 ? tracks->has_nclx : tracks->alpha_nclx) {
        const size_t colr = box_open(boxes, "colr");
        box_text(boxes, "nclx", 4);
        box_put(boxes, 1, 2);
        box_put(boxes, tracks->transfer, 2);
        box_put(boxes, 6, 2);
        box_put(boxes, 0x80, 1);
        box_close(boxes, colr);
    }
}

static void put_tables(struct boxes *boxes, const struct tracks *tracks, unsigned number, uint64_t at,
                       uint64_t size)
{
    const size_t stbl = box_open(boxes, "stbl"), stsd = full_box_open(boxes, "stsd", 0, 0);
    box_put(boxes, 1, 4);
    const size_t entry = box_open(boxes, "av01");
    for (int i = 0; i < 6; i++)
        box_put(boxes, 0, 4);
    box_put(boxes, tracks->width, 2);
    box_put(boxes, HEIGHT, 2);
    for (int i = 0; i < 50; i++)
        box_put(boxes, 0, 1);
    put_description(boxes, tracks, number);
    box_close(boxes, entry);
    box_close(boxes, stsd);
    size_t box = full_box_open(boxes, "stts", 0, 0); /* 2 of 4 ticks, the others of 7 */
    box_put(boxes, 2, 4);
    box_put(boxes, 2, 4);
    box_put(boxes, 4, 4);
    box_put(boxes, tracks->samples - 2, 4);
    box_put(boxes, 7, 4);
    box_close(boxes, box);
    box = full_box_open(boxes, "stsz", 0, 0);
    box_put(boxes, tracks->a_chunk > 1 ? size : 0, 4);
    box_put(boxes, tracks->samples, 4);
    for (uint32_t i = 0; tracks->a_chunk == 1 && i < tracks->samples; i++)
        box_put(boxes, size, 4);
    box_close(boxes, box);
    box = full_box_open(boxes, "stsc", 0, 0);
    box_put(boxes, tracks->a_chunk > 1 ? 2 : 1, 4);
    for (uint32_t i = 1; i <= (tracks->a_chunk > 1 ? 2u : 1u); i++) {
        box_put(boxes, i, 4);
        box_put(boxes, i == 1 ? tracks->a_chunk : 1, 4);
        box_put(boxes, 1, 4);
    }
    box_close(boxes, box);
    box = full_box_open(boxes, tracks->wide ? "co64" : "stco", 0, 0);
    const uint32_t chunks = tracks->samples - (tracks->a_chunk - 1);
    box_put(boxes, chunks, 4);
    for (uint32_t i = 0; i < chunks; i++)
        box_put(boxes, at + (i + 1 == chunks ? tracks->past_end : 0), tracks->wide ? 8 : 4);
    box_close(boxes, box);
    box_close(boxes, stbl);
}

static void put_track(struct boxes *boxes, const struct tracks *tracks, unsigned number, uint64_t at,
                      uint64_t size)
{
    const size_t trak = box_open(boxes, "trak");
    put_header(boxes, tracks, number);
    if (number == 2) {
        const size_t tref = box_open(boxes, "tref"), auxl = box_open(boxes, "auxl");
        box_put(boxes, 1, 4);
        box_close(boxes, auxl);
        box_close(boxes, tref);
    }
    const size_t mdia = box_open(boxes, "mdia"), mdhd = full_box_open(boxes, "mdhd", tracks->wide, 0);
    box_put(boxes, 0, tracks->wide ? 8 : 4);
    box_put(boxes, 0, tracks->wide ? 8 : 4);
    box_put(boxes, 30, 4);
    box_put(boxes, 0, 8);
    box_close(boxes, mdhd);
    const size_t hdlr = full_box_open(boxes, "hdlr", 0, 0);
    box_put(boxes, 0, 4);
    box_text(boxes, number == 2 ? "auxv" : "pict", 4);
    box_put(boxes, 0, 8);
    box_close(boxes, hdlr);
    const size_t minf = box_open(boxes, "minf");
    put_tables(boxes, tracks, number, at, size);
    box_close(boxes, minf);
    box_close(boxes, mdia);
    box_close(boxes, trak);
}

/* Where an item's data are: one extent. */
static void find_item(const struct buffer *file, bool alpha, uint64_t *at, uint64_t *size)
{
    struct heif_header header = {0};
    struct memory_source memory;
    struct heif_extents extents;
    struct pm_error error = {0};
    memory_source_init(&memory, file->data, file->size);
    cr_assert_eq(heif_read_header(&memory.source, 1, avif_describe, &header, &error), 0, "%s", error.message);
    const struct heif_item *item = alpha ? header.picture.alpha.item : header.picture.color.item;
    cr_assert_eq(heif_extents_begin(&header.heif, item, &extents, &error), 0);
    cr_assert_eq(heif_extents_next(&extents, at, size, &error), 1);
    heif_header_free(&header);
}

bool avif_tracks_is_depth(const struct tracks *tracks)
{
    return tracks->kind != NULL && strstr(tracks->kind, "depth") != NULL;
}

struct buffer avif_tracks_file(const struct tracks *tracks)
{
    static struct boxes boxes;
    struct buffer file = still_of(tracks->alpha && !avif_tracks_is_depth(tracks));
    uint64_t at, size;
    boxes.size = 0;
    const size_t moov = box_open(&boxes, "moov");
    for (unsigned number = 1; number <= 1u + tracks->alpha; number++) {
        find_item(&file, number == 2 && !avif_tracks_is_depth(tracks), &at, &size);
        put_track(&boxes, tracks, number, at, size);
    }
    box_close(&boxes, moov);
    cr_assert_eq(buffer_append(&file, boxes.data, boxes.size), 0);
    return file;
}
