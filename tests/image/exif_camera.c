#include "image/exif_camera.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "image/exif.h"
#include "image/tiff_maker.h"

struct edited camera_edit_bytes(const uint8_t *bytes, size_t size, const struct picture_facts *facts)
{
    struct edited edited = {.bytes = malloc(exif_room(size))};
    uint8_t *in = malloc(size + (size == 0));
    memcpy(in, bytes, size);
    memset(edited.bytes, 0xA5, exif_room(size));
    size_t kept = exif_restate(in, size, facts, edited.bytes, &edited.left_out);
    cr_assert_leq(kept, exif_room(size));
    free(in);
    if (kept > 0) {
        cr_assert(tiff_open(&edited.tiff, edited.bytes, kept));
        edited.ifd0 = tiff_get_32(&edited.tiff, 4);
        struct tiff_entry pointer = tiff_find(&edited.tiff, edited.ifd0, 0x8769);
        edited.exif = tiff_number(&edited.tiff, &pointer);
    }
    return edited;
}

struct edited camera_edit(const struct tiff_maker *maker, const struct picture_facts *facts)
{
    return camera_edit_bytes(maker->bytes, maker->size, facts);
}

bool camera_told(const struct edited *edited, unsigned tag)
{
    for (unsigned i = 0; i < edited->left_out.count; i++) {
        if (edited->left_out.tags[i] == tag)
            return true;
    }
    return false;
}

void make_camera(struct tiff_maker *maker, bool big)
{
    tiff_maker_begin(maker, big);
    size_t picture = tiff_maker_bytes(maker, thumbnail, sizeof thumbnail);
    tiff_maker_bytes(maker, "FORGOTTEN BYTES OF IT", 21);
    size_t ifd1 = tiff_maker_ifd(maker,
                                 (struct made_entry[]){
                                     {0x0103, TIFF_SHORT, 1, NULL, {6}},
                                     {0x0201, TIFF_LONG, 1, NULL, {(uint32_t)picture}},
                                     {0x0202, TIFF_LONG, 1, NULL, {sizeof thumbnail}},
                                 },
                                 3, 0);
    size_t gps = tiff_maker_ifd(maker,
                                (struct made_entry[]){
                                    {0x0001, TIFF_ASCII, 2, "N", {0}},
                                    {0x0002, TIFF_RATIONAL, 3, NULL, {48, 1, 8, 1, 15, 1}},
                                    {0x0011, TIFF_RATIONAL, 1, NULL, {90, 1}},
                                },
                                3, 0);
    size_t interop = tiff_maker_ifd(maker,
                                    (struct made_entry[]){
                                        {0x0001, TIFF_ASCII, 4, "R98", {0}},
                                        {0x1001, TIFF_SHORT, 1, NULL, {64}},
                                        {0x1002, TIFF_SHORT, 1, NULL, {48}},
                                    },
                                    3, 0);
    size_t exif = tiff_maker_ifd(maker,
                                 (struct made_entry[]){
                                     {0x829A, TIFF_RATIONAL, 1, NULL, {1, 125}},
                                     {0x9000, TIFF_UNDEFINED, 4, "0232", {0}},
                                     {0x9102, TIFF_RATIONAL, 1, NULL, {3, 1}},
                                     {0x9214, TIFF_SHORT, 4, NULL, {30, 20, 10, 10}},
                                     {0x927C, TIFF_UNDEFINED, 20, "maker's own, \xff\xd8 lens", {0}},
                                     {0xA002, TIFF_SHORT, 1, NULL, {64}},
                                     {0xA003, TIFF_LONG, 1, NULL, {48}},
                                     {0xA005, TIFF_LONG, 1, NULL, {(uint32_t)interop}},
                                     {0xA20E, TIFF_RATIONAL, 1, NULL, {3000, 1}},
                                     {0xA20F, TIFF_RATIONAL, 1, NULL, {2000, 1}},
                                 },
                                 10, 0);
    tiff_maker_end(maker, tiff_maker_ifd(maker,
                                         (struct made_entry[]){
                                             {0x0100, TIFF_SHORT, 1, NULL, {64}},
                                             {0x0101, TIFF_SHORT, 1, NULL, {48}},
                                             {0x0102, TIFF_SHORT, 3, NULL, {8, 8, 8}},
                                             {0x010F, TIFF_ASCII, 10, "A  Camera", {0}},
                                             {0x0112, TIFF_LONG, 2, NULL, {6, 7}},
                                             {0x011A, TIFF_RATIONAL, 1, NULL, {300, 1}},
                                             {0x011B, TIFF_RATIONAL, 1, NULL, {150, 1}},
                                             {0x0128, TIFF_SHORT, 1, NULL, {2}},
                                             {0x0213, TIFF_SHORT, 1, NULL, {2}},
                                             {0x8769, TIFF_LONG, 1, NULL, {(uint32_t)exif}},
                                             {0x8825, TIFF_LONG, 1, NULL, {(uint32_t)gps}},
                                         },
                                         11, ifd1));
}
