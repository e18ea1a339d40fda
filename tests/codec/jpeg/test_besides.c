/* What a file holds beside its picture: found, told by the probe, and left out with a warning or without. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "codec/jpeg/fixture.h"

static const struct jpeg_recipe main_picture = {
    .width = 40, .height = 24, .in = JCS_RGB, .out = JCS_YCbCr, .h = 2, .v = 2};
static const struct jpeg_recipe other_picture = {
    .width = 20, .height = 12, .in = JCS_GRAYSCALE, .out = JCS_GRAYSCALE};

#define GAIN_MAP "its gain map is left out: the result is the picture for SDR displays\n"
#define ONE_MORE "1 further picture in the file is left out\n"
#define VIDEO "its video (of a motion photo) is left out\n"
#define SOUND "its sound recording is left out\n"
#define BEHIND(who) "notes of a camera or program after the image (" who ") are left out\n"

/* Decodes with `keep`; what is said of it must be `warnings`. */
static void expect_said(struct fixture *fixture, const struct buffer *file, unsigned keep,
                        const char *warnings, const char *what)
{
    cr_assert_eq(fixture_decode_exact(fixture, file->data, file->size,
                                      &(struct decode_request){.keep = keep, .planes = true}),
                 0, "%s: %s", what, fixture->error.message);
    cr_assert_str_eq(fixture->all_warnings, warnings, "%s: %s", what, fixture->all_warnings);
}

/* The names of all segments that are known, and what their loss is worth saying. */
static const struct {
    unsigned marker;
    const char *payload;
    size_t size;
    const char *always;   /* said whatever is kept */
    const char *when_all; /* said with --keep=all besides */
} segments[] = {
    {0xE0, "JFXX\0\x13", 6, "", ""},
    {0xE0, "AVI1\0\0", 6, "", "notes of a camera or program (APP0 \"AVI1\") are left out\n"},
    {0xE2, "FPXR\0\0", 6, "", "notes of a camera or program (APP2 \"FPXR\") are left out\n"},
    {0xE2, "\xFF\xD8\xFF\xDB\0\0", 6, "", ""},
    {0xE3, "Meta\0\0II*\0", 10, "", "notes of a camera or program (APP3 \"Meta\") are left out\n"},
    {0xEA, "AROT\0\0\0\0", 8, "", "notes of a camera or program (APP10 \"AROT\") are left out\n"},
    {0xEC, "Ducky\0\1", 7, "", "notes of a camera or program (APP12 \"Ducky\") are left out\n"},
    {0xEC, "OLYMPUS OPTICAL CO.,LTD.\0[picture info]\r\n", 41, "",
     "notes of a camera or program (APP12 \"OLYMPUS OPTICAL CO.\") are left out\n"},
    {0xED, "Adobe_CM\0", 9, "", "notes of a camera or program (APP13 \"Adobe_CM\") are left out\n"},
    {0xED,
     "Photoshop 3.0\0"
     "8BIM\4\4\0\0\0\0\0\5\x1C\2\0\0\0\0",
     32, "", ""},
    {0xED,
     "Photoshop 3.0\0"
     "8BIM\3\xED\0\0\0\0\0\2ab"
     "8BIM\4\4\0\0\0\0\0\5\x1C\2\0\0\0\0",
     46, "", "Photoshop's image resources are left out, but for IPTC\n"},
    {0xE5, "", 0, "", "notes of a camera or program (APP5) are left out\n"},

    {0xE0, "II\x1A\0\0\0HEAPJPGM", 14, "", "notes of a camera or program (APP0 \"II\") are left out\n"},
    {0xE6, "NITF\0\0", 6, "", "notes of a camera or program (APP6 \"NITF\") are left out\n"},

    {0xE2, "\1\2\3\4IJPEG\0", 10, "its thermal measurements are left out\n", ""},
    {0xE1, "FLIR\0\1\0\0", 8, "its thermal measurements are left out\n", ""},
    {0xE3, "_JPSJPS_\0\0", 10, "is a stereo pair side by side (JPS), which the result does not say\n", ""},
    {0xEB, "HDR_RI ver=11", 13,
     "its gain map (JPEG-HDR) is left out: the result is the picture for SDR displays\n", ""},
    {0xEB, "JP\0\1\0\0\0\1\0\0\0\x20jumb\0\0\0\x18jumdc2pa\0\x11\0\x10", 32,
     "its content credentials (C2PA) are left out: they vouch for the bytes of the original\n", ""},
    {0xEB, "JP\0\1\0\0\0\1\0\0\0\1jumb\0\0\0\0\0\0\0\x28\0\0\0\x18jumdc2pa\0\x11\0\x10", 40,
     "its content credentials (C2PA) are left out: they vouch for the bytes of the original\n", ""},
    {0xEB, "JP\0\1\0\0\0\2\0\0\0\x20jumbmore", 20, "", ""},
    {0xEB, "JP\0\1\0\0\0\1\0\0\0\x20jumb\0\0\0\x18jumdjson\0\x11\0\x10", 32, "its JUMBF boxes are left out\n",
     ""},
    {0xEB, "JP\0\1\0\0\0\1\0\0\0\x20RESI\0\0\0\0", 20, "its JPEG XT layers are left out\n", ""},
    {0xE9, "Nobody\1knows", 12, "its segment APP9 \"Nobody\", of unknown contents, is left out\n", ""},
    {0xE4, "\1\2\3", 3, "its segment APP4, of unknown contents, is left out\n", ""},
    {0xE1, "http://example.org/", 19,
     "its segment APP1 \"http://example.org/\", of unknown contents, is left out\n", ""},
};

Test(jpeg_besides, each_segment_is_known_for_what_it_is)
{
    struct fixture fixture;
    fixture_open(&fixture);
    for (size_t i = 0; i < sizeof segments / sizeof *segments; i++) {
        struct buffer file = make_jpeg(&main_picture);
        char all[512], name[64];
        /* Twice, for each kind is told once. */
        insert_segment(&file, segments[i].marker, segments[i].payload, segments[i].size);
        if (segments[i].marker != 0xED) /* Photoshop's are one, however many segments they are in */
            insert_segment(&file, segments[i].marker, segments[i].payload, segments[i].size);
        snprintf(name, sizeof name, "segment %zu", i);
        expect_said(&fixture, &file, 0, segments[i].always, name);
        expect_said(&fixture, &file, KEEP_EXIF | KEEP_XMP | KEEP_IPTC, segments[i].always, name);
        snprintf(all, sizeof all, "%s%s", segments[i].always, segments[i].when_all);
        expect_said(&fixture, &file, KEEP_ALL, all, name);
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

Test(jpeg_besides, unknown_segments_of_many_kinds_are_few_warnings)
{
    struct fixture fixture;
    fixture_open(&fixture);
    struct buffer file = make_jpeg(&main_picture);
    for (unsigned i = 0; i < 100; i++) {
        char name[8];
        snprintf(name, sizeof name, "X%u", i);
        insert_segment(&file, 0xE0 + i % 16, name, strlen(name));
    }
    cr_assert_eq(fixture_decode(&fixture, &file, &(struct decode_request){0}), 0);
    cr_assert_eq(fixture.warnings, 5);
    cr_assert_str_eq(fixture.last_warning, "further segments of unknown contents are left out");
    buffer_free(&file);
    fixture_close(&fixture);
}

Test(jpeg_besides, measurements_of_thermal_cameras_are_one_loss)
{
    struct fixture fixture;
    fixture_open(&fixture);
    struct buffer file = make_jpeg(&main_picture);
    insert_segment(&file, 0xE1, "Other", 5);
    insert_segment(&file, 0xE9, "\1\2", 2);
    insert_segment(&file, 0xE4, "\xAA\x55\x12\6", 4);
    insert_segment(&file, 0xE3, "measurements", 12);
    expect_said(&fixture, &file, 0,
                "its thermal measurements are left out\n"
                "its segment APP1 \"Other\", of unknown contents, is left out\n",
                "DJI");
    buffer_free(&file);
    fixture_close(&fixture);
}

static void append_file(struct buffer *file, const struct jpeg_recipe *recipe)
{
    struct buffer more = make_jpeg(recipe);
    cr_assert_eq(buffer_append(file, more.data, more.size), 0);
    buffer_free(&more);
}

static void put_32(uint8_t *p, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> (24 - 8 * i));
}

enum { INDEX_BYTES = 4 + 8 + 2 + 12 + 4 + 32 };

/* An index (CIPA DC-007) of two pictures; the second one's kind and offset as given. */
static void insert_index(struct buffer *file, uint32_t kind, bool right_offset)
{
    uint8_t index[INDEX_BYTES] = "MPF\0MM\0*\0\0\0\x8\0\1\xB0\x02\0\x07\0\0\0\x20\0\0\0\x1A";
    const uint32_t base = 2 + 4 + 4; /* SOI, marker, length, "MPF" */
    put_32(index + 30, 0x20030000);
    put_32(index + 30 + 16, kind);
    const uint32_t second = (uint32_t)file->size + 4 + INDEX_BYTES;
    put_32(index + 30 + 16 + 8, right_offset ? second - base : 3);
    insert_segment(file, 0xE2, index, sizeof index);
}

static const char container[] =
    "http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF "
    "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about='' "
    "xmlns:C='http://ns.google.com/photos/1.0/container/' "
    "xmlns:I='http://ns.google.com/photos/1.0/container/item/'><C:Directory><rdf:Seq>"
    "<rdf:li rdf:parseType='Resource'><C:Item I:Mime='image/jpeg' I:Semantic='Primary'/></rdf:li>"
    "<rdf:li rdf:parseType='Resource'><C:Item I:Mime='image/jpeg' I:Semantic='GainMap'/></rdf:li>"
    "<rdf:li rdf:parseType='Resource'><C:Item I:Mime='video/mp4' I:Semantic='MotionPhoto'/></rdf:li>"
    "</rdf:Seq></C:Directory></rdf:Description></rdf:RDF></x:xmpmeta>";

static const char apples[] =
    "http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF "
    "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about='' "
    "xmlns:apdi='http://ns.apple.com/pixeldatainfo/1.0/'><apdi:AuxiliaryImageType>"
    "urn:com:apple:photo:2020:aux:hdrgainmap</apdi:AuxiliaryImageType></rdf:Description></rdf:RDF>"
    "</x:xmpmeta>";

/* Further pictures: how they are announced, what is said of them, what info tells. */
static const struct {
    const char *name;
    const char *segment; /* of the main picture */
    size_t segment_size;
    unsigned segment_marker;
    bool indexed;
    uint32_t kind;              /* in the index */
    const char *others_segment; /* of the other picture, APP1 or APP2 as `others_marker` says */
    size_t others_size;
    unsigned others_marker;
    const char *said;
    unsigned extra_pictures; /* as probe tells without reading on */
    bool gain_map, gain_map_inspected;
} announced[] = {
    {"nothing names it", .said = ONE_MORE},
    {"index, no kind", .indexed = true, .said = ONE_MORE, .extra_pictures = 1},
    {"index, stereo", .indexed = true, .kind = 0x020002, .said = ONE_MORE, .extra_pictures = 1},
    {"index, large thumbnail", .indexed = true, .kind = 0x40010002, .said = ""},
    {"index, gain map", .indexed = true, .kind = 0x050000, .said = GAIN_MAP, .extra_pictures = 1,
     .gain_map = true, .gain_map_inspected = true},
    {"container", .segment = container, .segment_size = sizeof container - 1, .segment_marker = 0xE1,
     .said = GAIN_MAP, .extra_pictures = 1, .gain_map = true, .gain_map_inspected = true},
    {"container and index", .segment = container, .segment_size = sizeof container - 1,
     .segment_marker = 0xE1, .indexed = true, .said = GAIN_MAP, .extra_pictures = 1, .gain_map = true,
     .gain_map_inspected = true},
    {"ISO 21496-1", .segment = "urn:iso:std:iso:ts:21496:-1\0\0\0\0", .segment_size = 32,
     .segment_marker = 0xE2, .said = GAIN_MAP, .extra_pictures = 1, .gain_map = true,
     .gain_map_inspected = true},
    {"ISO 21496-1, a map itself", .segment = "urn:iso:std:iso:ts:21496:-1\0\0\0\0\0\0\0\0\0",
     .segment_size = 37, .segment_marker = 0xE2, .said = ONE_MORE},
    {"ISO 21496-1 in the other", .indexed = true,
     .others_segment = "urn:iso:std:iso:ts:21496:-1\0\0\0\0\0\0\0\0\0", .others_size = 37,
     .others_marker = 0xE2, .said = GAIN_MAP, .extra_pictures = 1, .gain_map_inspected = true},
    {"Apple's", .indexed = true, .others_segment = apples, .others_size = sizeof apples - 1,
     .others_marker = 0xE1, .said = GAIN_MAP, .extra_pictures = 1, .gain_map_inspected = true},
};

Test(jpeg_besides, further_pictures_and_gain_maps_are_reported)
{
    struct fixture fixture;
    fixture_open(&fixture);
    for (size_t i = 0; i < sizeof announced / sizeof *announced; i++) {
        struct buffer file = make_jpeg(&main_picture), other = make_jpeg(&other_picture);
        if (announced[i].segment != NULL)
            insert_segment(&file, announced[i].segment_marker, announced[i].segment,
                           announced[i].segment_size);
        if (announced[i].indexed)
            insert_index(&file, announced[i].kind, true);
        if (announced[i].others_segment != NULL)
            insert_segment(&other, announced[i].others_marker, announced[i].others_segment,
                           announced[i].others_size);
        cr_assert_eq(buffer_append(&file, other.data, other.size), 0);
        expect_said(&fixture, &file, 0, announced[i].said, announced[i].name);
        cr_assert_eq(fixture.image.width, 40);

        struct pm_info info;
        struct memory_source memory;
        cr_assert_eq(fixture_probe(&fixture, &file, &info), 0);
        cr_assert_eq(info.extra_pictures, announced[i].extra_pictures, "%s", announced[i].name);
        cr_assert_eq(info.gain_map, announced[i].gain_map, "%s", announced[i].name);
        memory_source_init(&memory, file.data, file.size);
        cr_assert_eq(codec_jpeg.inspect(&memory.source, &info, &fixture.error), 0);
        cr_assert_eq(info.extra_pictures, announced[i].extra_pictures, "%s", announced[i].name);
        cr_assert_eq(info.gain_map, announced[i].gain_map_inspected, "%s", announced[i].name);
        buffer_free(&file);
        buffer_free(&other);
    }
    fixture_close(&fixture);
}

/* What is announced but no longer there was lost before. */
Test(jpeg_besides, a_picture_that_is_not_there_is_not_missed)
{
    struct fixture fixture;
    fixture_open(&fixture);
    struct buffer file = make_jpeg(&main_picture);
    insert_segment(&file, 0xE1, container, sizeof container - 1);
    insert_index(&file, 0x050000, true);
    expect_said(&fixture, &file, 0, "", "none there");
    append_file(&file, &other_picture);
    append_file(&file, &other_picture);
    append_file(&file, &other_picture);
    expect_said(&fixture, &file, 0, GAIN_MAP "2 further pictures in the file are left out\n", "three");
    buffer_free(&file);
    fixture_close(&fixture);
}

Test(jpeg_besides, an_index_that_lies_is_harmless)
{
    struct fixture fixture;
    fixture_open(&fixture);
    struct buffer file = make_jpeg(&main_picture);
    insert_index(&file, 0, false);
    struct pm_info info = {0};
    struct memory_source memory;
    for (size_t at = 6; at < 6 + INDEX_BYTES; at++) {
        const uint8_t before = file.data[at];
        for (unsigned value = 0; value < 256; value += 51) {
            file.data[at] = (uint8_t)value;
            memory_source_init(&memory, file.data, file.size);
            cr_assert_eq(codec_jpeg.inspect(&memory.source, &info, &fixture.error), 0);
            cr_assert_not(info.gain_map && info.extra_pictures == 0);
        }
        file.data[at] = before;
    }
    buffer_free(&file);
    fixture_close(&fixture);
}

/* A source that counts what is read. */
struct counted {
    struct byte_source source;
    struct memory_source memory;
    uint64_t bytes;
};

static long read_counted(struct byte_source *source, uint64_t offset, void *bytes, size_t size)
{
    struct counted *counted = source->lender;
    counted->bytes += size;
    return counted->memory.source.read_at(&counted->memory.source, offset, bytes, size);
}

/* Of a picture's packets the first counts, so that an index can't make much of a file be read. */
Test(jpeg_besides, of_a_further_picture_little_is_read)
{
    enum { PACKETS = 300, PACKET = 60000 };
    struct fixture fixture;
    fixture_open(&fixture);
    struct buffer file = make_jpeg(&main_picture), other = {0};
    uint8_t *packet = malloc(PACKET);
    memset(packet, ' ', PACKET);
    memcpy(packet, "http://ns.adobe.com/xap/1.0/", 29);
    cr_assert_eq(buffer_append(&other, "\xFF\xD8", 2), 0);
    for (unsigned i = 0; i < PACKETS; i++) {
        const uint8_t head[4] = {0xFF, 0xE1, (PACKET + 2) >> 8, (PACKET + 2) & 0xFF};
        cr_assert_eq(buffer_append(&other, head, sizeof head), 0);
        cr_assert_eq(buffer_append(&other, packet, PACKET), 0);
    }
    insert_index(&file, 0, true);
    cr_assert_eq(buffer_append(&file, other.data, other.size), 0);
    struct pm_info info = {0};
    struct counted counted = {.source = {.read_at = read_counted, .lender = &counted}};
    memory_source_init(&counted.memory, file.data, file.size);
    cr_assert_eq(codec_jpeg.inspect(&counted.source, &info, &fixture.error), 0, "%s", fixture.error.message);
    cr_assert_eq(info.extra_pictures, 1);
    cr_assert_not(info.gain_map);
    cr_assert_lt(counted.bytes, 1 << 20);
    free(packet);
    buffer_free(&other);
    buffer_free(&file);
    fixture_close(&fixture);
}

#define FTYP                                                                                                 \
    "\0\0\0\x18"                                                                                             \
    "ftypmp42\0\0\0\0mp42isom"
#define TWENTY "12345678901234567890"

/* Samsung's directory with one entry: its type, low byte first, and where its data begin before it. */
#define SEF(type, back)                                                                                      \
    "SEFH\x65\0\0\0\1\0\0\0\0\0" type back "\0\0\0\x10\0\0\0"                                                \
    "\x18\0\0\0SEFT"

/* Bytes behind the EOI, and what is said of them. */
static const struct {
    const char *bytes;
    size_t size;
    const char *always, *when_all;
} trailers[] = {
    {"", 0, "", ""},
    {"\0\0\0\0\0\0\0", 7, "", ""},
    {"\r\n \xFF\xFF", 5, "", ""},
    {"words\n", 6, "6 bytes after the end of the image are left out\n", ""},
    {"\0\0words\0", 8, "6 bytes after the end of the image are left out\n", ""},
    {"\0\0LN\2\xD8\xFF\xDB\0\2\xFF\xD9", 12, "", ""}, /* a preview without the first byte of its SOI */
    {"\0\xD8\xFF\xDB\0\2\xFF\xD9\xFF\xD8\xFF\xD9", 12, ONE_MORE, ""},
    {FTYP "and more", 32, VIDEO, ""},
    {"\0\0" FTYP, 26, VIDEO, ""},
    {"what " FTYP, 29, VIDEO "5 bytes after the end of the image are left out\n", ""},
    {TWENTY SEF("\x01\x0A", "\x14"), 52, "", BEHIND("Samsung")},
    {TWENTY SEF("\x30\x0A", "\x14"), 52, VIDEO, BEHIND("Samsung")},
    {TWENTY SEF("\x00\x01", "\x14"), 52, SOUND, BEHIND("Samsung")},
    {TWENTY SEF("\x01\x00", "\x14"), 52, ONE_MORE, BEHIND("Samsung")},
    {FTYP TWENTY SEF("\x01\x0A", "\x14"), 76, VIDEO, BEHIND("Samsung")},
    {TWENTY SEF("\x30\x0A", "\xFF"), 52, VIDEO, BEHIND("Samsung")}, /* its data begin before it */
    {"SEFHe\0\0\0\1\0\0\0SEFT", 16, "", BEHIND("Samsung")},
    {TWENTY "AXS!12345678", 32, "", BEHIND("AFCP")},
    {TWENTY SEF("\x01\x02", "\x14"), 52, VIDEO, BEHIND("Samsung")},
    {TWENTY SEF("\x20\x0A", "\x14"), 52, ONE_MORE, BEHIND("Samsung")},
    {TWENTY SEF("\xB1\x0A", "\x14"), 52, ONE_MORE, BEHIND("Samsung")},
    {TWENTY SEF("\xB3\x0A", "\x14"), 52, ONE_MORE, BEHIND("Samsung")},
    {TWENTY SEF("\xA1\x0B", "\x14"), 52, ONE_MORE, BEHIND("Samsung")},
    {TWENTY "QDIOBS", 26, "", BEHIND("Samsung")},
    {TWENTY "AXS*12345678", 32, "", BEHIND("AFCP")},
    {TWENTY "\xA1\xB2\xC3\xD4", 24, "", BEHIND("FotoStation")},
    {TWENTY "/NIKON APP", 30, "", BEHIND("Nikon")},
    {TWENTY "8db42d694ccc418790edff439fe026bf", 52, "", BEHIND("Insta360")},
    {TWENTY "CANON OPTIONAL DATA\0" TWENTY TWENTY "1234", 84, "", BEHIND("Canon")},
    {TWENTY "~\0\4\0zmie~\0\0\xA........\x10\x8", 42, "", BEHIND("MIE")},
    {TWENTY "cbipcbbl", 28, "", BEHIND("Photo Mechanic")},
    {TWENTY "~\0\4\0zmie~\0\0\6....\x10\4", 38, "", BEHIND("MIE")},
};

Test(jpeg_besides, what_follows_the_picture_is_known_for_what_it_is)
{
    struct fixture fixture;
    fixture_open(&fixture);
    for (size_t i = 0; i < sizeof trailers / sizeof *trailers; i++) {
        struct buffer file = make_jpeg(&main_picture);
        char all[512], name[64];
        cr_assert_eq(buffer_append(&file, trailers[i].bytes, trailers[i].size), 0);
        snprintf(name, sizeof name, "trailer %zu", i);
        expect_said(&fixture, &file, KEEP_XMP, trailers[i].always, name);
        snprintf(all, sizeof all, "%s%s", trailers[i].always, trailers[i].when_all);
        expect_said(&fixture, &file, KEEP_ALL, all, name);
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

/* The pieces of a trailer may be thousands, each of which could be searched to the file's end. */
Test(jpeg_besides, a_storm_of_pictures_is_looked_at_in_part)
{
    enum { PICTURES = 100000 };
    struct fixture fixture;
    fixture_open(&fixture);
    struct buffer file = make_jpeg(&main_picture);
    for (unsigned i = 0; i < PICTURES; i++)
        cr_assert_eq(buffer_append(&file, "\xFF\xD8\xFF\xDA\0\2x", 7), 0);
    cr_assert_eq(fixture_decode(&fixture, &file, &(struct decode_request){0}), 0);
    cr_assert_eq(fixture.warnings, 2);
    cr_assert_not_null(strstr(fixture.all_warnings, "32 further pictures"), "%s", fixture.all_warnings);
    cr_assert_not_null(strstr(fixture.all_warnings, "bytes after"), "%s", fixture.all_warnings);
    buffer_free(&file);
    fixture_close(&fixture);
}

Test(jpeg_besides, metadata_between_scans_is_reported)
{
    static const jpeg_scan_info apart[] = {
        {1, {0}, 0, 63, 0, 0}, {1, {1}, 0, 63, 0, 0}, {1, {2}, 0, 63, 0, 0}};
    struct fixture fixture;
    fixture_open(&fixture);
    for (unsigned scans = 1; scans <= 3; scans += 2) {
        struct jpeg_recipe recipe = main_picture;
        recipe.scans = scans > 1 ? apart : NULL;
        recipe.nscans = scans > 1 ? 3 : 0;
        struct buffer file = make_jpeg(&recipe);
        file.size -= 2;
        cr_assert_eq(buffer_append(&file, "\xFF\xFE\0\4ab\xFF\xD9", 8), 0);
        expect_said(&fixture, &file, 0, "has metadata after a scan, which is ignored\n", "a comment");
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

Test(jpeg_besides, probe_reports_sizes)
{
    struct fixture fixture;
    fixture_open(&fixture);
    struct buffer file = make_jpeg(&main_picture);
    static const char iptc[] = "Photoshop 3.0\0"
                               "8BIM\4\4\0\0\0\1\x11\x70\x1C\2\0\0\0"; /* of 70000 bytes */
    insert_segment(&file, 0xE1, "Exif\0\0MM\0*\0\0\0\x8\0\0", 16);
    insert_segment(&file, 0xE1, "http://ns.adobe.com/xap/1.0/\0<x/>", 33);
    insert_segment(&file, 0xE1,
                   "http://ns.adobe.com/xmp/extension/\0"
                   "0123456789ABCDEF0123456789ABCDEF"
                   "\0\0\0\5\0\0\0\0<y/>",
                   79);
    static const uint8_t rest[14 + 40000] = "Photoshop 3.0";
    insert_segment(&file, 0xED, rest, sizeof rest);
    insert_segment(&file, 0xED, rest, sizeof rest);
    insert_segment(&file, 0xED, iptc, sizeof iptc - 1);
    struct pm_info info;
    cr_assert_eq(fixture_probe(&fixture, &file, &info), 0);
    cr_assert_eq(info.exif_size, 10);
    cr_assert_eq(info.xmp_size, 4 + 4);
    cr_assert_eq(info.iptc_size, 70000);
    cr_assert_eq(info.frames, 1);
    cr_assert_eq(info.extra_pictures, 0);
    cr_assert_not(info.gain_map);
    buffer_free(&file);
    fixture_close(&fixture);
}
