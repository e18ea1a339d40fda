/* Extended XMP: joined when it is read, parted when it is written. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/md5.h"
#include "codec/jpeg/fixture.h"
#include "codec/jpeg/options.h"

#define META "<x:xmpmeta xmlns:x='adobe:ns:meta/'>"
#define RDF "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
#define END "</rdf:RDF></x:xmpmeta>"
#define ONE                                                                                                  \
    "<rdf:Description rdf:about='' xmlns:dc='http://purl.org/dc/elements/1.1/' dc:format='image/jpeg'/>"
#define TWO "<rdf:Description rdf:about='' xmlns:a='urn:a'><a:b>more</a:b></rdf:Description>"
#define NOTE(guid)                                                                                           \
    "<rdf:Description rdf:about='' xmlns:xmpNote='http://ns.adobe.com/xmp/note/' "                           \
    "xmpNote:HasExtendedXMP='" guid "'/>"
#define NOTE_ELEMENT(guid)                                                                                   \
    "<rdf:Description rdf:about='' xmlns:n='http://ns.adobe.com/xmp/note/'><n:HasExtendedXMP>" guid          \
    "</n:HasExtendedXMP></rdf:Description>"

static const struct jpeg_recipe small = {.width = 16, .height = 16, .in = JCS_RGB, .out = JCS_YCbCr};

enum { HEAD = 35 + 32 + 4 + 4, GUID = 32 };

static void put_32(uint8_t *p, size_t value)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void insert_part(struct buffer *file, const char *guid, const char *extension, size_t whole, size_t at,
                        size_t size)
{
    static uint8_t payload[65533];
    memcpy(payload, "http://ns.adobe.com/xmp/extension/", 35);
    memcpy(payload + 35, guid, GUID);
    put_32(payload + 35 + GUID, whole);
    put_32(payload + 35 + GUID + 4, at);
    memcpy(payload + HEAD, extension + at, size);
    insert_segment(file, 0xE1, payload, HEAD + size);
}

static void insert_standard(struct buffer *file, const char *xmp)
{
    static char payload[65533];
    memcpy(payload, "http://ns.adobe.com/xap/1.0/", 29);
    memcpy(payload + 29, xmp, strlen(xmp));
    insert_segment(file, 0xE1, payload, 29 + strlen(xmp));
}

static bool xmp_is(const struct fixture *fixture, const char *text)
{
    struct pm_blob xmp = fixture->image.meta.xmp;
    return xmp.size == strlen(text) && memcmp(xmp.data, text, xmp.size) == 0;
}

/* The standard packet with its note as `format` writes it, and the extension in three parts in this order. */
static struct buffer make_extended(const char *format, const char *extension, const char *order,
                                   char *standard, size_t room)
{
    struct buffer file = make_jpeg(&small);
    char guid[MD5_HEX + 1];
    const size_t whole = strlen(extension), third = whole / 3;
    md5_hex(extension, whole, guid);
    snprintf(standard, room, format, guid);
    for (size_t i = strlen(order); i-- > 0;) {
        size_t part = (size_t)(order[i] - '0'), at = part * third;
        insert_part(&file, guid, extension, whole, at, part == 2 ? whole - at : third);
    }
    insert_standard(&file, standard);
    return file;
}

static const struct decode_request keep_xmp = {.keep = KEEP_XMP};

Test(jpeg_xmp, an_extension_is_joined)
{
    static const char extension[] = META RDF TWO END;
    static const char *const formats[] = {META RDF ONE NOTE("%s") END, META RDF NOTE_ELEMENT("%s") ONE END,
                                          "<?xpacket begin='' id='a'?>" META RDF NOTE("%s") ONE
                                          "\n</rdf:RDF></x:xmpmeta>  \n<?xpacket end='w'?>"};
    static const char *const orders[] = {"012", "210", "0112", "00122", "201"};
    struct fixture fixture;
    fixture_open(&fixture);
    for (size_t i = 0; i < 3 * 5; i++) {
        char standard[1024], expected[2048];
        struct buffer file =
            make_extended(formats[i / 5], extension, orders[i % 5], standard, sizeof standard);
        char *end = strstr(standard, "</rdf:RDF>");
        snprintf(expected, sizeof expected, "%.*s%s%s", (int)(end - standard), standard, TWO, end);
        cr_assert_eq(fixture_decode(&fixture, &file, &keep_xmp), 0);
        cr_assert(xmp_is(&fixture, expected), "%zu: %.*s", i, (int)fixture.image.meta.xmp.size,
                  (const char *)fixture.image.meta.xmp.data);
        cr_assert_eq(fixture.warnings, 0, "%s", fixture.last_warning);
        cr_assert_eq(fixture_decode(&fixture, &file, &(struct decode_request){0}), 0);
        cr_assert_null(fixture.image.meta.xmp.data);
        cr_assert_eq(fixture.warnings, 0, "%s", fixture.last_warning);
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

Test(jpeg_xmp, an_extension_that_is_not_whole_is_left_out)
{
    static const char extension[] = META RDF TWO END;
    static const struct {
        const char *format, *extension, *order;
        char change; /* a letter of the extension is replaced after its GUID was made */
        const char *warning;
    } cases[] = {
        {META RDF NOTE("%s") END, extension, "01", 0,
         "its extended XMP is incomplete or damaged and left out"},
        {META RDF NOTE("%s") END, extension, "00112", 0, NULL},
        {META RDF NOTE("%s") END, extension, "0012", 'x',
         "its extended XMP is incomplete or damaged and left out"},
        {META RDF NOTE("0123456789ABCDEF0123456789ABCDEF") END, extension, "012", 0,
         "its extended XMP is incomplete or damaged and left out"},
        {META RDF ONE END, extension, "012", 0, "its extended XMP is left out: no XMP names it"},
        {META RDF NOTE("short") END, extension, "012", 0, "its extended XMP is left out: no XMP names it"},
        {META RDF NOTE("%s"), extension, "012", 0, "its extended XMP is left out: no XMP names it"},
        {META RDF NOTE("%s") END, META RDF TWO, "012", 0,
         "its extended XMP does not fit the rest of it and is left out"},
        {META RDF NOTE("%s") END, META TWO "</x:xmpmeta>", "012", 0,
         "its extended XMP does not fit the rest of it and is left out"},
        {META RDF NOTE("%s") END,
         META "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'></r:RDF></x:xmpmeta>", "012", 0,
         "its extended XMP does not fit the rest of it and is left out"},
        {META RDF NOTE("%s") END, "<x:xmpmeta xmlns:x='adobe:ns:meta/' xmlns:a='urn:a'>" RDF END, "012", 0,
         "its extended XMP does not fit the rest of it and is left out"},
    };
    struct fixture fixture;
    fixture_open(&fixture);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char standard[1024];
        struct buffer file =
            make_extended(cases[i].format, cases[i].extension, cases[i].order, standard, sizeof standard);
        if (cases[i].change != 0) {
            char *letter = memmem(file.data, file.size, "more", 4);
            cr_assert_not_null(letter);
            *letter = cases[i].change;
        }
        cr_assert_eq(fixture_decode(&fixture, &file, &keep_xmp), 0);
        cr_assert_eq(fixture.warnings, cases[i].warning != NULL, "%zu: %s", i, fixture.all_warnings);
        if (cases[i].warning != NULL) {
            cr_assert_str_eq(fixture.last_warning, cases[i].warning, "%zu", i);
            cr_assert(xmp_is(&fixture, standard), "%zu", i);
        }
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

/* The size that is claimed is not allocated before as much is there. */
Test(jpeg_xmp, no_size_is_believed)
{
    static const char guid[] = "0123456789ABCDEF0123456789ABCDEF";
    struct fixture fixture;
    fixture_open(&fixture);
    for (int first = 0; first < 2; first++) { /* the segment that claims it is the first or the second */
        struct buffer file = make_jpeg(&small);
        insert_part(&file, guid, "bytes", first ? 5 : 0xFFFFFFFF, 0, 5);
        insert_part(&file, guid, "bytes", first ? 0xFFFFFFFF : 5, 3, 2);
        insert_standard(&file, META RDF NOTE("0123456789ABCDEF0123456789ABCDEF") END);
        cr_assert_eq(fixture_decode(&fixture, &file, &keep_xmp), 0, "%s", fixture.error.message);
        cr_assert_eq(fixture.warnings, 1);
        cr_assert_lt(fixture.job_arena.peak, 1 << 20);
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

/* A packet with descriptions of these sizes. */
static char *make_packet(const size_t *sizes, size_t count, size_t padding)
{
    size_t room = 4096 + padding;
    for (size_t i = 0; i < count; i++)
        room += sizes[i];
    char *packet = malloc(room), *end = packet;
    end += sprintf(end, "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?>" META RDF);
    for (size_t i = 0; i < count; i++) {
        static const char head[] = "<rdf:Description rdf:about='' xmlns:a='urn:a'><a:p>",
                          tail[] = "</a:p></rdf:Description>";
        size_t text = sizes[i] - (sizeof head - 1) - (sizeof tail - 1);
        end += sprintf(end, "%s", head);
        memset(end, 'a' + (int)i, text);
        end += text;
        end += sprintf(end, "%s", tail);
    }
    end += sprintf(end, END);
    memset(end, ' ', padding);
    end += padding;
    sprintf(end, "<?xpacket end='w'?>");
    return packet;
}

static void encode(struct fixture *fixture, const char *xmp, struct buffer *file)
{
    uint8_t samples[16 * 16 * 3] = {0};
    struct pm_image image = wrap_samples(samples, 16, 16, PM_COLOR_RGB);
    image.meta.xmp = (struct pm_blob){(const uint8_t *)xmp, strlen(xmp)};
    fixture->warnings = 0;
    cr_assert_eq(
        codec_jpeg.encode(&image, &(struct jpeg_options){.quality = 80, .subsampling = SUBSAMPLING_420}, file, &fixture->context), 0);
}

/* Sizes of descriptions, and which of them stay in the standard packet. */
static const struct {
    size_t sizes[4], count, padding;
    const char *stays;
    unsigned parts; /* segments of the extension */
} packets[] = {
    {{1000, 2000}, 2, 0, "ab", 0},
    {{1000, 2000}, 2, 70000, "ab", 0}, /* fits without its padding */
    {{1000, 70000, 2000}, 3, 2000, "ac", 2},
    {{40000, 30000, 20000}, 3, 0, "bc", 1},
    {{200000}, 1, 0, "", 4},
    {{60000, 60000, 60000, 300}, 4, 100, "cd", 2},
};

Test(jpeg_xmp, a_large_packet_is_parted)
{
    struct fixture fixture;
    fixture_open(&fixture);
    for (size_t i = 0; i < sizeof packets / sizeof *packets; i++) {
        char *packet = make_packet(packets[i].sizes, packets[i].count, packets[i].padding);
        struct buffer file = {0};
        encode(&fixture, packet, &file);
        cr_assert_eq(fixture.warnings, 0, "%zu: %s", i, fixture.last_warning);
        unsigned parts = 0;
        for (const uint8_t *at = file.data; (at = memmem(at, file.size - (size_t)(at - file.data),
                                                         "http://ns.adobe.com/xmp/ext", 27)) != NULL;
             at++)
            parts++;
        cr_assert_eq(parts, packets[i].parts, "%zu: %u", i, parts);
        const char *standard = memmem(file.data, file.size, "http://ns.adobe.com/xap/1.0/", 29);
        cr_assert_not_null(standard);
        const char *end = strstr(standard + 29, "</x:xmpmeta>");
        for (char letter = 'a'; letter < 'a' + (int)packets[i].count; letter++) {
            const char property[] = {'<', 'a', ':', 'p', '>', letter, letter, '\0'};
            bool there = memmem(standard, (size_t)(end - standard), property, 7) != NULL;
            cr_assert_eq(there, strchr(packets[i].stays, letter) != NULL, "%zu: %c", i, letter);
        }
        /* Read again it is whole, and parted again it is parted alike. */
        cr_assert_eq(fixture_decode(&fixture, &file, &keep_xmp), 0);
        cr_assert_eq(fixture.warnings, 0, "%zu: %s", i, fixture.last_warning);
        struct pm_blob xmp = fixture.image.meta.xmp;
        for (char letter = 'a'; letter < 'a' + (int)packets[i].count; letter++) {
            const char property[] = {'<', 'a', ':', 'p', '>', letter, letter, '\0'};
            cr_assert_not_null(memmem(xmp.data, xmp.size, property, 7), "%zu: %c", i, letter);
        }
        buffer_free(&file);
        free(packet);
    }
    fixture_close(&fixture);
}

/* The note of a packet whose RDF has no prefix would need one of its own. */
Test(jpeg_xmp, a_large_packet_of_rdf_without_a_prefix_is_left_out_with_a_warning)
{
    enum { LARGE = 70000 };
    static char packet[LARGE + 512];
    struct fixture fixture;
    struct buffer file = {0};
    fixture_open(&fixture);
    char *end = packet + sprintf(packet, META "<RDF xmlns='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
                                              "<Description about=''><p xmlns='urn:a'>");
    memset(end, 'x', LARGE);
    strcpy(end + LARGE, "</p></Description></RDF></x:xmpmeta>");
    encode(&fixture, packet, &file);
    cr_assert_eq(fixture.warnings, 1);
    cr_assert_not_null(strstr(fixture.last_warning, "XMP of 70"), "%s", fixture.last_warning);
    cr_assert_null(memmem(file.data, file.size, "adobe.com", 9));
    buffer_free(&file);
    fixture_close(&fixture);
}

Test(jpeg_xmp, what_can_not_be_parted_is_left_out_with_a_warning)
{
    enum { LARGE = 70000 };
    struct fixture fixture;
    fixture_open(&fixture);
    for (unsigned k = 0; k < 3; k++) {
        char *packet = malloc(LARGE + 512), *end = packet;
        if (k > 0)
            end += sprintf(end, META RDF);
        if (k == 2) /* in no description */
            end += sprintf(end, END "<!--");
        memset(end, 'x', LARGE);
        end += LARGE;
        sprintf(end, k == 2 ? "-->" : "");
        struct buffer file = {0};
        encode(&fixture, packet, &file);
        cr_assert_eq(fixture.warnings, 1);
        cr_assert_not_null(strstr(fixture.last_warning, "XMP of 70"), "%s", fixture.last_warning);
        cr_assert_null(memmem(file.data, file.size, "adobe.com", 9));
        buffer_free(&file);
        free(packet);
    }
    fixture_close(&fixture);
}
