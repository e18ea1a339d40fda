/* Parameters of gain maps, and their announcements in an image's header. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "codec/codec.h"
#include "codec/jpeg/gain_map.h"
#include "pictures.h"
#include "transform/transformed.h"

static const struct gain_map different = {.min = {-0.5, 0, 0.25},
                                          .max = {2, 2.5, 3},
                                          .gamma = {1, 0.5, 2},
                                          .base_offset = {0.015625, 0, 0.1},
                                          .hdr_offset = {0, 0.015625, 0.2},
                                          .hdr_headroom = 2.25},
                             same = {.max = {2, 2, 2},
                                     .gamma = {1, 1, 1},
                                     .base_offset = {0.015625, 0.015625, 0.015625},
                                     .hdr_offset = {0.015625, 0.015625, 0.015625},
                                     .base_headroom = 0.5,
                                     .hdr_headroom = 3};

static void expect_equal(const struct gain_map *a, const struct gain_map *b)
{
    for (int c = 0; c < 3; c++) {
        cr_expect_float_eq(a->min[c], b->min[c], 1e-6);
        cr_expect_float_eq(a->max[c], b->max[c], 1e-6);
        cr_expect_float_eq(a->gamma[c], b->gamma[c], 1e-6);
        cr_expect_float_eq(a->base_offset[c], b->base_offset[c], 1e-6);
        cr_expect_float_eq(a->hdr_offset[c], b->hdr_offset[c], 1e-6);
    }
    cr_expect_float_eq(a->base_headroom, b->base_headroom, 1e-6);
    cr_expect_float_eq(a->hdr_headroom, b->hdr_headroom, 1e-6);
    cr_expect(a->base_is_hdr == b->base_is_hdr && a->own_primaries == b->own_primaries);
}

/* A file of an image and a map. */
static struct buffer file_with(struct lent *lent, const struct gain_map *map, struct pm_blob xmp)
{
    struct pm_image image = picture(lent, 40, 24, PM_COLOR_RGB, false, 8),
                    gains = picture(lent, 10, 6, PM_COLOR_GRAY, false, 8);
    struct buffer plain = encoded(lent, "jpeg", &gains), second = {0};
    char packet[GAIN_MAP_XMP + 1024];
    cr_assert_eq(gain_map_append(map, &plain, &second), 0);
    image.meta.xmp.data = (const uint8_t *)packet;
    image.meta.xmp.size = gain_map_announce(xmp, second.size, packet);
    cr_assert_gt(image.meta.xmp.size, 0);
    struct buffer file = encoded(lent, "jpeg", &image);
    cr_assert_eq(gain_map_join(&file, 0, &second), 0);
    buffer_free(&plain);
    buffer_free(&second);
    return file;
}

Test(gain_map, what_is_written_is_read)
{
    struct gain_map other = same;
    other.own_primaries = true;
    const struct gain_map *const maps[] = {&same, &different, &other};
    for (int i = 0; i < 3; i++) {
        struct lent lent;
        struct gain_map found;
        struct pm_blob jpeg;
        struct pm_info info;
        struct pm_error error = {0};
        lent_init(&lent);
        struct buffer file = file_with(&lent, maps[i], (struct pm_blob){.data = NULL});
        cr_assert_eq(gain_map_find(file.data, file.size, &jpeg, &found, &error), 0, "%s", error.message);
        expect_equal(&found, maps[i]);
        cr_assert_eq(jpeg.data + jpeg.size, file.data + file.size);
        cr_assert_eq(pm_probe(file.data, file.size, &info, &error), 0);
        cr_expect(info.gain_map && info.extra_pictures == 1, "%u", info.extra_pictures);
        cr_assert_eq(pm_probe(jpeg.data, jpeg.size, &info, &error), 0);
        cr_expect(info.width == 10 && info.height == 6);
        buffer_free(&file);
        lent_free(&lent);
    }
}

/* The same by exiftool, whose sizes are in decimal. */
Test(gain_map, exiftool_finds_the_map)
{
    if (system("command -v exiftool >/dev/null") != 0)
        cr_skip_test("exiftool is not installed (Debian: libimage-exiftool-perl)");
    struct lent lent;
    char answer[256] = "";
    lent_init(&lent);
    struct buffer file = file_with(&lent, &different, (struct pm_blob){.data = NULL});
    char name[] = "/tmp/pixmill-gain-map-XXXXXX", command[160];
    const int descriptor = mkstemp(name);
    FILE *out = fdopen(descriptor, "wb");
    cr_assert(out != NULL && fwrite(file.data, 1, file.size, out) == file.size);
    fclose(out);
    snprintf(command, sizeof command, "exiftool -b -MPImage2 %s | exiftool -b -XMP-hdrgm:GainMapMax -", name);
    FILE *pipe = popen(command, "r");
    cr_assert_not_null(fgets(answer, sizeof answer, pipe));
    pclose(pipe);
    remove(name);
    cr_assert_not_null(strstr(answer, "2.000000"), "%s", answer);
    buffer_free(&file);
    lent_free(&lent);
}

Test(gain_map, xmp_of_others_is_read)
{
    static const char attributes[] =
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        "<r:Description r:about='' xmlns:h='http://ns.adobe.com/hdr-gain-map/1.0/' h:Version='1.0' "
        "h:GainMapMax='3.5' h:HDRCapacityMax='4'/></r:RDF></x:xmpmeta>";
    static const char lists[] =
        "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><r:Description "
        "xmlns:h='http://ns.adobe.com/hdr-gain-map/1.0/'><h:GainMapMin><r:Seq>\n<r:li>-1</r:li><r:li> 0.5 "
        "</r:li><r:li>0</r:li></r:Seq></h:GainMapMin><h:GainMapMax>2</h:GainMapMax><h:Gamma><r:Seq><r:li>2"
        "</r:li></r:Seq></h:Gamma><h:BaseRenditionIsHDR>True</h:BaseRenditionIsHDR></r:Description></r:RDF>";
    struct gain_map map;
    cr_assert(gain_map_read_xmp(attributes, sizeof attributes - 1, &map));
    cr_expect(map.min[1] == 0 && map.max[2] == 3.5 && map.gamma[0] == 1 && map.base_offset[1] == 1.0 / 64 &&
              map.hdr_headroom == 4 && !map.base_is_hdr);
    cr_assert(gain_map_read_xmp(lists, sizeof lists - 1, &map));
    cr_expect(map.min[0] == -1 && map.min[1] == 0.5 && map.min[2] == 0 && map.max[1] == 2 &&
              map.gamma[2] == 2 && map.base_is_hdr && map.hdr_headroom == 2);
}

/* With a denominator that all share, as Google's library writes it. */
Test(gain_map, iso_of_others_is_read)
{
    uint8_t bytes[64] = {0, 0, 0, 0, 0x48};
    static const int32_t numbers[] = {1000, 0, 3000, -500, 2000, 1000, 16, 16};
    struct gain_map map;
    for (int i = 0; i < 8; i++)
        put_be32(bytes + 5 + 4 * i, (uint32_t)numbers[i]);
    cr_assert(gain_map_read_iso(bytes, 5 + 8 * 4, &map));
    cr_expect(map.hdr_headroom == 3 && map.min[2] == -0.5 && map.max[1] == 2 && map.gamma[0] == 1 &&
              map.hdr_offset[0] == 0.016 && !map.own_primaries);
    for (size_t size = 0; size < 5 + 8 * 4; size++)
        cr_expect(!gain_map_read_iso(bytes, size, &map), "%zu bytes", size);
    put_be32(bytes + 5, 0);
    cr_expect(!gain_map_read_iso(bytes, 5 + 8 * 4, &map), "a denominator of 0");
}

Test(gain_map, what_no_map_can_mean_is_refused)
{
    static const char *const texts[] = {"h:Version='1.0'",
                                        "h:GainMapMax='nan'",
                                        "h:GainMapMax='1e9'",
                                        "h:GainMapMax='-1'",
                                        "h:GainMapMax='2' h:Gamma='0'",
                                        "h:GainMapMax='2' h:OffsetSDR='7'",
                                        "h:GainMapMax='inf'",
                                        "h:GainMapMax='2' h:HDRCapacityMax='0'",
                                        "h:GainMapMax=''"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char text[512];
        struct gain_map map;
        snprintf(text, sizeof text,
                 "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><r:Description "
                 "xmlns:h='http://ns.adobe.com/hdr-gain-map/1.0/' %s/></r:RDF>",
                 texts[i]);
        cr_expect(!gain_map_read_xmp(text, strlen(text), &map), "%s", texts[i]);
    }
}

/* Every cut and many damages of a file: an error or a map within the file, never a read beyond it. */
Test(gain_map, damage_is_survived)
{
    struct lent lent;
    lent_init(&lent);
    struct buffer file = file_with(&lent, &different, (struct pm_blob){.data = NULL});
    uint32_t state = 1;
    for (size_t i = 0; i < 4 * file.size; i++) {
        const size_t size = i < file.size ? i : file.size;
        uint8_t *copy = malloc(size + 1);
        struct gain_map map;
        struct pm_blob jpeg;
        struct pm_error error = {0};
        cr_assert_not_null(copy);
        memcpy(copy, file.data, size);
        for (int k = 0; i >= file.size && k < 4; k++) {
            state = state * 1664525 + 1013904223;
            copy[(state >> 8) % size] = (uint8_t)(state >> 24);
        }
        if (gain_map_find(copy, size, &jpeg, &map, &error) == 0)
            cr_assert(jpeg.data >= copy && jpeg.data + jpeg.size <= copy + size);
        free(copy);
    }
    buffer_free(&file);
    lent_free(&lent);
}

/* The map is cut within its parameters of ISO 21496-1, which differ here from those of its XMP. */
Test(gain_map, what_is_behind_the_file_is_not_read)
{
    enum { TO_HEADROOM = sizeof "urn:iso:std:iso:ts:21496:-1" + 4 + 1 + 8, OTHER = 3 };
    struct lent lent;
    struct gain_map map;
    struct pm_blob jpeg;
    struct pm_error error = {0};
    lent_init(&lent);
    struct buffer file = file_with(&lent, &different, (struct pm_blob){.data = NULL});
    uint8_t *iso = NULL;
    for (size_t i = 0; i + TO_HEADROOM + 8 < file.size; i++)
        iso = memcmp(file.data + i, "urn:iso:std:iso:ts:21496:-1", 27) == 0 ? file.data + i : iso;
    cr_assert_not_null(iso);
    put_be32(iso + TO_HEADROOM, OTHER * get_be32(iso + TO_HEADROOM + 4));
    cr_assert_eq(gain_map_find(file.data, file.size, &jpeg, &map, &error), 0, "%s", error.message);
    cr_expect_float_eq(map.hdr_headroom, OTHER, 1e-6);
    for (size_t more = 0; more < 100; more += 20) {
        const size_t cut = (size_t)(iso - file.data) + TO_HEADROOM + more;
        cr_assert_eq(gain_map_find(file.data, cut, &jpeg, &map, &error), 0, "%s", error.message);
        cr_expect_float_eq(map.hdr_headroom, different.hdr_headroom, 1e-6, "%zu", more);
    }
    buffer_free(&file);
    lent_free(&lent);
}

Test(gain_map, xmp_is_kept_beside_the_announcement)
{
    static const char kept[] =
        "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta "
        "xmlns:x='adobe:ns:meta/'><R:RDF xmlns:R='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        "<R:Description R:about='' xmlns:dc='http://purl.org/dc/elements/1.1/' "
        "dc:format='image/jpeg'/></R:RDF></x:xmpmeta><?xpacket end='w'?>";
    char packet[sizeof kept + GAIN_MAP_XMP];
    const size_t size =
        gain_map_announce((struct pm_blob){(const uint8_t *)kept, sizeof kept - 1}, 4711, packet);
    cr_assert(size > sizeof kept && size <= sizeof packet);
    cr_expect_not_null(memmem(packet, size, "dc:format='image/jpeg'", 22));
    cr_expect_not_null(memmem(packet, size, "<R:Description xmlns:Container", 30));
    cr_expect_not_null(memmem(packet, size, "Item:Length=\"4711\"", 18));
    cr_expect_not_null(memmem(packet, size, "<?xpacket end='w'?>", 19));
    cr_expect_eq(gain_map_announce((struct pm_blob){(const uint8_t *)kept, 90}, 1, packet), 0, "it is cut");
    cr_expect_eq(gain_map_announce((struct pm_blob){(const uint8_t *)"<a/>", 4}, 1, packet), 0, "no RDF");
}
