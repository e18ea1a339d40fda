/* HEIF's items, properties and references, in files built by code. */
#include <stdlib.h>

#include "codec/heif/boxes.h"
#include "codec/heif/heif.h"
#include "codec/heif/planes.h"
#include "codec/heif/wanted.h"
#include "lent.h"

/* A file in memory of exactly its size, so that AddressSanitizer and valgrind see a read past its end. */
struct file {
    uint8_t *data;
    size_t size;
    struct memory_source memory;
    struct heif heif;
    struct heif_picture picture;
    struct pm_error error;
};

static int open_bytes(struct file *file, const uint8_t *data, size_t size)
{
    *file = (struct file){.data = malloc(size > 0 ? size : 1), .size = size};
    cr_assert_not_null(file->data);
    memcpy(file->data, data, size);
    memory_source_init(&file->memory, file->data, size);
    if (heif_load(&file->heif, &file->memory.source, &file->error) != 0)
        return -1;
    return heif_read_picture(&file->heif, &file->picture, &file->error);
}

static void close_file(struct file *file)
{
    heif_free(&file->heif);
    free(file->data);
}

static struct boxes boxes;

static void open_wanted(struct file *file, const struct wanted *wanted)
{
    wanted_build(&boxes, wanted);
    cr_assert_eq(open_bytes(file, boxes.data, boxes.size), 0, "%s", file->error.message);
}

static void expect_refusal(const struct wanted *wanted, enum pm_error_kind kind)
{
    struct file file;
    wanted_build(&boxes, wanted);
    cr_expect_eq(open_bytes(&file, boxes.data, boxes.size), -1);
    cr_expect_eq(file.error.kind, kind, "%s", file.error.message);
    close_file(&file);
}

Test(heif, an_item_is_found_by_every_version_of_iloc)
{
    for (unsigned version = 0; version <= 2; version++) {
        for (int inside = 0; inside <= (version > 0); inside++) {
            struct file file;
            struct lent lent;
            struct pm_blob bytes;
            lent_init(&lent);
            open_wanted(&file, &(struct wanted){.iloc_version = version, .in_idat = inside, .alpha = true});
            cr_expect_eq(file.picture.color.width, (uint32_t)SIDE);
            cr_assert_not_null(file.picture.alpha.item);
            cr_assert_eq(heif_item_data(&file.heif, file.picture.alpha.item, file.data, file.size, &bytes,
                                        &lent.job_arena, &lent.error),
                         0);
            cr_assert_eq(bytes.size, (size_t)BYTES, "version %u", version);
            cr_expect_eq(bytes.data[0], 1, "version %u", version);
            close_file(&file);
            lent_free(&lent);
        }
    }
}

Test(heif, extents_are_joined_and_may_end_with_the_file)
{
    struct file file;
    struct lent lent;
    struct pm_blob bytes;
    uint8_t peeked[50];
    lent_init(&lent);
    open_wanted(&file, &(struct wanted){.open_end = true});
    cr_assert_eq(heif_item_data(&file.heif, file.picture.color.item, file.data, file.size, &bytes,
                                &lent.job_arena, &lent.error),
                 0);
    cr_expect_eq(bytes.size, (size_t)BYTES);
    cr_expect_eq(bytes.data, file.data + file.size - BYTES, "in place");
    close_file(&file);
    open_wanted(&file, &(struct wanted){.extents = 3});
    /* of three extents only the last was given its offset: the others are the file's first bytes */
    cr_assert_eq(heif_item_data(&file.heif, file.picture.color.item, file.data, file.size, &bytes,
                                &lent.job_arena, &lent.error),
                 0);
    cr_expect_eq(bytes.size, (size_t)3 * BYTES);
    cr_expect_eq(memcmp(bytes.data, file.data, BYTES), 0);
    cr_expect_eq(memcmp(bytes.data + 2 * BYTES, file.data + file.size - BYTES, BYTES), 0);
    cr_expect_eq(heif_item_peek(&file.heif, file.picture.color.item, peeked, sizeof peeked, &file.error), 50);
    cr_expect_eq(memcmp(peeked + BYTES, file.data, 50 - BYTES), 0);
    close_file(&file);
    lent_free(&lent);
}

static int describe(const struct heif *heif, const struct heif_layer *layer, struct heif_coding *coding,
                    struct pm_error *error)
{
    (void)heif;
    (void)error;
    *coding = (struct heif_coding){.width = layer->tile_width,
                                   .height = layer->tile_height,
                                   .bits = 8,
                                   .sampling_x = 1,
                                   .sampling_y = 1,
                                   .matrix = 6};
    return 0;
}

static void expect_coded_bytes(const struct wanted *wanted, uint64_t expected)
{
    struct heif_header header = {0};
    struct memory_source memory;
    struct pm_info info = {0};
    struct pm_error error = {0};
    wanted_build(&boxes, wanted);
    memory_source_init(&memory, boxes.data, boxes.size);
    cr_assert_eq(heif_read_header(&memory.source, 1, describe, &header, &error), 0, "%s", error.message);
    heif_header_tell(&header, &info);
    cr_expect_eq(info.coded_bytes, expected, "%llu", (unsigned long long)info.coded_bytes);
    const struct heif_cost cost = {.coded = 4};
    const struct decode_request request = {0};
    cr_expect_geq(heif_decode_bytes(&info, &request, &cost),
                  (cost.coded + (wanted->alpha ? 2 : 1)) * expected);
    heif_header_free(&header);
}

/* Of the larger of colours and alpha; of a grid, of a row of tiles; of what ends with the file, as many as no
 * picture needs. */
Test(heif, memory_for_coded_data_is_counted_from_the_header)
{
    expect_coded_bytes(&(struct wanted){.extents = 3}, 3 * BYTES);
    expect_coded_bytes(&(struct wanted){.alpha = true, .alpha_extents = 200}, 200 * BYTES);
    expect_coded_bytes(&(struct wanted){.iloc_version = 1, .grid = 3}, 3 * BYTES);
    expect_coded_bytes(&(struct wanted){.open_end = true}, SIDE * SIDE * 8);
}

Test(heif, one_extent_used_sixty_thousand_times_is_refused)
{
    struct file file;
    struct heif_data_size found;
    open_wanted(&file, &(struct wanted){.extents = 256});
    cr_expect_eq(heif_data_size(&file.heif, file.picture.color.item, file.size, &found, &file.error), -1);
    cr_expect_eq(file.error.kind, PM_ERROR_CORRUPT);
    close_file(&file);
    /* more could be beyond the file's end, and be walked over again for each tile of a grid */
    open_wanted(&file, &(struct wanted){.extents = 257});
    cr_expect_eq(heif_data_size(&file.heif, file.picture.color.item, file.size, &found, &file.error), -1);
    cr_expect(file.error.kind == PM_ERROR_LIMIT && file.error.limit == 256 && file.error.value == 257);
    close_file(&file);
}

/* A longer type would be searched again for each reference. */
Test(heif, a_type_of_alpha_has_at_most_255_letters)
{
    for (unsigned letters = 255; letters <= 256; letters++) {
        struct heif heif = {0};
        struct heif_properties properties;
        struct pm_error error = {0};
        struct heif_item item = {.properties = 1};
        size_t at[1] = {3};
        boxes.size = 0;
        box_put(&boxes, 0, 1);      /* no offset is 0 */
        box_put(&boxes, 0x0101, 2); /* one property, the first */
        const size_t auxc = full_box_open(&boxes, "auxC", 0, 0);
        for (unsigned i = 0; i < letters; i++)
            box_put(&boxes, 'a', 1);
        box_put(&boxes, 0, 1);
        box_close(&boxes, auxc);
        heif.tables = (struct buffer){.data = boxes.data, .size = boxes.size};
        heif.iprp = heif.ipco = (struct heif_box){0, boxes.size};
        heif.properties = at;
        heif.nproperties = 1;
        cr_assert_eq(heif_read_properties(&heif, &item, &properties, &error), 0, "%s", error.message);
        cr_expect_eq(properties.auxiliary != NULL, letters == 255, "%u", letters);
    }
}

/* The extents of all tiles become the file's first bytes. */
static void set_tiles(struct file *file, uint32_t size)
{
    for (unsigned i = 0; i < 9; i++) {
        struct heif_item *tile = heif_find(&file->heif, 10 + i);
        uint8_t *entry = file->heif.tables.data + tile->location + 6 + 4;
        memset(entry, 0, 8);
        entry[6] = (uint8_t)(size >> 8);
        entry[7] = (uint8_t)size;
    }
}

Test(heif, a_grid_s_tiles_are_held_against_the_file)
{
    struct file file;
    bool cut;
    open_wanted(&file, &(struct wanted){.iloc_version = 1, .grid = 3});
    cr_expect_eq(file.picture.color.columns, 3u);
    cr_expect_eq(file.picture.color.tile_width, (uint32_t)TILE);
    cr_assert_eq(heif_check_layer(&file.heif, &file.picture.color, file.size, &cut, &file.error), 0);
    cr_expect_not(cut);
    cr_assert_eq(heif_check_layer(&file.heif, &file.picture.color, file.size - 1, &cut, &file.error), 0);
    cr_expect(cut, "the last tile lacks a byte");
    cr_expect_eq(heif_check_layer(&file.heif, &file.picture.color, 9 * BYTES - 1, &cut, &file.error), 0);
    close_file(&file);
    open_wanted(&file, &(struct wanted){.iloc_version = 1, .grid = 3, .shared = true});
    cr_expect_eq(heif_check_layer(&file.heif, &file.picture.color, file.size, &cut, &file.error), 0);
    set_tiles(&file, 200); /* nine times the same: more than the file, but less than 2 bytes a pixel */
    cr_expect_lt(file.size, 9 * 200u);
    cr_expect_eq(heif_check_layer(&file.heif, &file.picture.color, file.size, &cut, &file.error), 0);
    set_tiles(&file, 2 * TILE * TILE + 1);
    cr_expect_geq(file.size, 2u * TILE * TILE + 1);
    cr_expect_eq(heif_check_layer(&file.heif, &file.picture.color, file.size, &cut, &file.error), -1);
    cr_expect_eq(file.error.kind, PM_ERROR_CORRUPT);
    close_file(&file);
}

Test(heif, a_grid_must_agree_with_its_size_and_tiles)
{
    expect_refusal(&(struct wanted){.iloc_version = 1, .grid = 3, .grid_width = SIDE + 1}, PM_ERROR_CORRUPT);
    expect_refusal(&(struct wanted){.iloc_version = 1, .grid = 2}, PM_ERROR_CORRUPT); /* 32 of 40 pixels */
    expect_refusal(&(struct wanted){.iloc_version = 1, .grid = 4},
                   PM_ERROR_CORRUPT); /* a whole row too many */
}

Test(heif, irot_and_imir_count_in_their_order)
{
    /* irot 1 is a quarter anticlockwise, orientation 8; imir 1 exchanges left and right, orientation 2 */
    static const struct {
        const char *order;
        unsigned orientation;
    } rows[] = {{NULL, 1}, {"r", 8},  {"rr", 3}, {"rrr", 6}, {"m", 2}, {"f", 4},
                {"mf", 3}, {"mr", 5}, {"rm", 7}, {"rf", 5},  {"fr", 7}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct file file;
        open_wanted(&file, &(struct wanted){.order = rows[i].order});
        cr_expect_eq(file.picture.color.properties.orientation, rows[i].orientation, "%s: %u", rows[i].order,
                     file.picture.color.properties.orientation);
        close_file(&file);
    }
}

Test(heif, clap_is_a_rectangle_in_the_picture)
{
    struct file file;
    /* 20 x 10 pixels, their centre 3 right of and 2 above that of 40 x 40 */
    open_wanted(&file, &(struct wanted){.order = "cr", .clap = {20, 1, 10, 1, 6, 2, -2, 1}});
    const struct heif_rectangle *crop = &file.picture.color.properties.crop;
    cr_expect_eq(crop->x, 13u);
    cr_expect_eq(crop->y, 13u);
    cr_expect_eq(crop->width, 20u);
    cr_expect_eq(crop->height, 10u);
    struct pm_info info = {0};
    heif_tell(&file.heif, &file.picture, &info);
    cr_expect_eq(info.width, 20u);
    cr_expect_eq(info.orientation, 8u);
    close_file(&file);
    /* from -0.5: libheif drops what is behind the point */
    open_wanted(&file, &(struct wanted){.order = "c", .clap = {40, 1, 40, 1, -1, 2, 0, 1}});
    cr_expect(file.picture.color.properties.crop.width == 40u && file.picture.color.properties.crop.x == 0u);
    close_file(&file);
    /* 41/2 x 21/2 pixels from 9.75 and 14.75: rounded down */
    open_wanted(&file, &(struct wanted){.order = "c", .clap = {41, 2, 21, 2, 0, 2, 0, 2}});
    cr_expect(file.picture.color.properties.crop.width == 20u &&
              file.picture.color.properties.crop.height == 10u);
    cr_expect_eq(file.picture.color.properties.crop.x, 10u);
    close_file(&file);
    open_wanted(&file, &(struct wanted){.order = "c", .clap = {19, 1, 10, 1, 0, 1, 0, 1}});
    cr_expect(file.picture.color.properties.crop.width == 19u && file.picture.color.properties.crop.x == 10u);
    close_file(&file);
    open_wanted(&file, &(struct wanted){.order = "c", .clap = {20, 1, 10, 1, 0, 1, 0, 1}, .late_size = true});
    cr_expect_eq(file.picture.color.properties.crop.width, 20u);
    close_file(&file);
    expect_refusal(&(struct wanted){.order = "c", .clap = {41, 1, 10, 1, 0, 1, 0, 1}}, PM_ERROR_CORRUPT);
    expect_refusal(&(struct wanted){.order = "c", .clap = {42, 1, 10, 1, 0, 1, 0, 1}}, PM_ERROR_CORRUPT);
    expect_refusal(&(struct wanted){.order = "c", .clap = {20, 1, 10, 1, 11, 1, 0, 1}}, PM_ERROR_CORRUPT);
    expect_refusal(&(struct wanted){.order = "c", .clap = {0, 1, 10, 1, 0, 1, 0, 1}}, PM_ERROR_CORRUPT);
    expect_refusal(&(struct wanted){.order = "c", .clap = {20, 0, 10, 1, 0, 1, 0, 1}}, PM_ERROR_CORRUPT);
    expect_refusal(&(struct wanted){.order = "rc", .clap = {20, 1, 10, 1, 0, 1, 0, 1}}, PM_ERROR_UNSUPPORTED);
    expect_refusal(&(struct wanted){.order = "c", .clap = {20, 1, 10, 1, 0, INT32_MIN, 0, 1}},
                   PM_ERROR_CORRUPT);
}

/* No product of what clap and ispe say may be too large for its type: a sanitizer would tell. */
Test(heif, clap_of_the_largest_numbers)
{
    static const int offsets[] = {-1, INT32_MAX, INT32_MIN, 1};
    for (unsigned i = 0; i < 4 * 4; i++) {
        const int below = offsets[i % 4], size = i / 4 % 2 == 0 ? 1 : -1;
        struct file file;
        wanted_build(&boxes, &(struct wanted){
                                 .order = "c",
                                 .clap = {size, 1, 1, 1, i / 8 == 0 ? INT32_MAX : INT32_MIN, below, 0, 1}});
        uint8_t *ispe = memmem(boxes.data, boxes.size, "ispe", 4);
        cr_assert_not_null(ispe);
        memset(ispe + 8, size == 1 ? 0xFF : 0, 3);
        const int status = open_bytes(&file, boxes.data, boxes.size);
        cr_expect(status == 0 || file.error.kind == PM_ERROR_CORRUPT, "%u: %s", i, file.error.message);
        cr_expect(status == 0 || strstr(file.error.message, "clap") != NULL, "%u: %s", i, file.error.message);
        cr_expect_eq(status == 0, below == INT32_MAX && size == 1, "%u: %s", i, file.error.message);
        close_file(&file);
    }
}

/* A film's tracks alone, and with a meta box that names no picture. */
Test(heif, a_video_is_told_as_such)
{
    for (int with_meta = 0; with_meta <= 1; with_meta++) {
        struct file file;
        boxes.size = 0;
        size_t at = box_open(&boxes, "ftyp");
        box_text(&boxes, "avif\0\0\0\0avis", 12);
        box_close(&boxes, at);
        at = full_box_open(&boxes, "meta", 0, 0);
        box_close(&boxes, at);
        if (with_meta == 0)
            memcpy(boxes.data + at + 4, "free", 4);
        at = box_open(&boxes, "moov");
        box_put(&boxes, 8, 4);
        box_text(&boxes, "free", 4);
        box_close(&boxes, at);
        cr_assert_eq(open_bytes(&file, boxes.data, boxes.size), -1);
        cr_expect_str_eq(file.error.message,
                         "is a video, without a picture or an image sequence (not supported)");
        close_file(&file);
    }
}

/* The other item's data, with this one's properties. */
Test(heif, an_identity_is_another_picture_turned)
{
    struct file file;
    open_wanted(&file, &(struct wanted){.identity = 1, .order = "r", .alpha = true});
    const struct heif_layer *color = &file.picture.color;
    cr_expect_eq(color->item->id, (uint32_t)INPUT);
    cr_expect_eq(color->coding, (uint32_t)HEIF_AV01);
    cr_expect_eq(color->properties.orientation, 8u);
    cr_expect_not_null(file.picture.alpha.item);
    cr_expect_eq(file.picture.extra_pictures, 0u);
    close_file(&file);
    expect_refusal(&(struct wanted){.identity = 2}, PM_ERROR_UNSUPPORTED);
}

Test(heif, references_lead_to_alpha_and_count_what_is_left_out)
{
    struct file file;
    open_wanted(&file, &(struct wanted){.alpha = true, .premultiplied = true, .thumbnail = true});
    cr_expect_not_null(file.picture.alpha.item);
    cr_expect(file.picture.premultiplied);
    cr_expect_eq(file.picture.extra_pictures, 0u);
    cr_expect_not(file.picture.gain_map);
    close_file(&file);
    open_wanted(&file, &(struct wanted){.premultiplied = true, .gain_map = true});
    cr_expect_null(file.picture.alpha.item);
    cr_expect_not(file.picture.premultiplied, "without alpha it means nothing");
    cr_expect_eq(file.picture.extra_pictures, 1u);
    cr_expect(file.picture.gain_map);
    close_file(&file);
}

Test(heif, a_property_that_must_be_known_is_refused_and_others_are_not)
{
    struct file file;
    wanted_build(&boxes, &(struct wanted){.essential = "a\nb\1"});
    cr_expect_eq(open_bytes(&file, boxes.data, boxes.size), -1);
    cr_expect_str_eq(file.error.message, "needs the property 'a?b?', which pixmill does not read");
    close_file(&file);
    expect_refusal(&(struct wanted){.essential = "abcd"}, PM_ERROR_UNSUPPORTED);
    open_wanted(&file, &(struct wanted){.essential = "lsel"});
    cr_expect(file.picture.color.properties.selects_layer);
    close_file(&file);
    open_wanted(&file, &(struct wanted){.essential = "pasp"});
    close_file(&file);
}

/* mdcv in the order of PNG's mDCV, clli in its unit; one that is too short is skipped. */
Test(heif, light_levels_are_read_as_png_has_them)
{
    static const uint8_t mastering[24] = {8,  9,  10, 11, 0,  1,  2,  3,  4,  5,  6,  7,
                                          12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23},
                         light[8] = {0, 0x98, 0x96, 0x80, 0, 0x3d, 0x09, 0};
    for (unsigned size = 23; size <= 25; size++) {
        struct file file;
        open_wanted(&file, &(struct wanted){.light_levels = size});
        const struct heif_properties *properties = &file.picture.color.properties;
        cr_expect_eq(properties->has_mastering, size >= 24, "%u bytes", size);
        if (size >= 24)
            cr_expect_arr_eq(properties->mastering, mastering, sizeof mastering);
        cr_expect(properties->has_light);
        cr_expect_arr_eq(properties->light, light, sizeof light);
        close_file(&file);
    }
    struct file file;
    open_wanted(&file, &(struct wanted){.grid = 0});
    cr_expect(!file.picture.color.properties.has_mastering && !file.picture.color.properties.has_light);
    close_file(&file);
}

/* No read past the end, no endless loop, and an error of the right kind. */
Test(heif, a_file_cut_anywhere_in_its_header_is_truncated)
{
    static const struct wanted wanted = {.iloc_version = 1, .grid = 3, .alpha = true, .order = "rm"};
    wanted_build(&boxes, &wanted);
    size_t mdat = 0;
    for (size_t at = 0; at < boxes.size; at++) {
        if (memcmp(boxes.data + at, "mdat", 4) == 0)
            mdat = at - 4;
    }
    for (size_t size = 20; size < boxes.size; size++) {
        struct file file;
        const int status = open_bytes(&file, boxes.data, size);
        if (size >= mdat)
            cr_expect_eq(status, 0, "%zu of %zu: %s", size, boxes.size, file.error.message);
        else
            cr_expect_eq(file.error.kind, PM_ERROR_TRUNCATED, "%zu: %s", size, file.error.message);
        close_file(&file);
    }
}

Test(heif, any_byte_may_be_any_other)
{
    static const struct wanted wanted = {
        .iloc_version = 1, .grid = 3, .alpha = true, .order = "cr", .clap = {20, 1, 10, 1, 0, 1, 0, 1}};
    static const uint8_t values[] = {0, 1, 0x7F, 0x80, 0xFF};
    wanted_build(&boxes, &wanted);
    for (size_t at = 0; at < boxes.size; at++) {
        for (size_t v = 0; v < sizeof values; v++) {
            struct file file;
            struct heif_picture *picture = &file.picture;
            const uint8_t before = boxes.data[at];
            bool cut;
            boxes.data[at] = values[v];
            if (open_bytes(&file, boxes.data, boxes.size) == 0)
                heif_check_layer(&file.heif, &picture->color, file.size, &cut, &file.error);
            else
                cr_expect_neq(file.error.kind, PM_OK, "%zu", at);
            boxes.data[at] = before;
            close_file(&file);
        }
    }
}
