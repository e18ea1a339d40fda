/* What a JPEG holds in addition to its picture, with the real command. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/md5.h"
#include "cli/run.h"
#include "codec/jpeg/maker.h"
#include "temp.h"

TestSuite(besides, .init = run_begin);

static struct buffer make_picture(void)
{
    return make_jpeg(&(struct jpeg_recipe){.width = 40, .height = 24, .in = JCS_RGB, .out = JCS_YCbCr});
}

static void put_buffer(const char *name, struct buffer *file)
{
    temp_write(name, file->data, file->size);
    buffer_free(file);
}

#define RDF                                                                                                  \
    "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
#define END "</rdf:RDF></x:xmpmeta>"

static const char announcement[] =
    "http://ns.adobe.com/xap/1.0/\0" RDF
    "<rdf:Description rdf:about='' xmlns:C='http://ns.google.com/photos/1.0/container/' "
    "xmlns:I='http://ns.google.com/photos/1.0/container/item/' xmlns:dc='http://purl.org/dc/elements/1.1/' "
    "dc:source='Lake'><C:Directory><rdf:Seq>"
    "<rdf:li rdf:parseType='Resource'><C:Item I:Semantic='Primary'/></rdf:li>"
    "<rdf:li rdf:parseType='Resource'><C:Item I:Semantic='GainMap'/></rdf:li>"
    "</rdf:Seq></C:Directory></rdf:Description>" END;

Test(besides, a_gain_map_is_reported_and_its_loss_too)
{
    struct buffer file = make_picture(), map = make_picture();
    insert_segment(&file, 0xE1, announcement, sizeof announcement - 1);
    cr_assert_eq(buffer_append(&file, map.data, map.size), 0);
    buffer_free(&map);
    put_buffer("in/a.jpg", &file);
    struct run info = RUN("info", "in/a.jpg"), json = RUN("info", "--json", "in/a.jpg");
    cr_assert_not_null(strstr(info.out, ", 1 extra picture (gain map), XMP of "), "%s", info.out);
    cr_assert_not_null(strstr(json.out, "\"extra_pictures\": 1, \"gain_map\": true"), "%s", json.out);
    struct run run = RUN("run", "in", "-o", "out", "--keep=all", "--log=log", "--backend=procs");
    expect(&run, 0,
           "pixmill: in/a.jpg: warning: its gain map is left out: the result is the picture for SDR");
    cr_assert_not_null(strstr(run.err, ", 1 with warnings\n"), "%s", run.err);
    size_t size;
    cr_assert_not_null(strstr(content_of("log", &size), "\"warnings\": [\"its gain map is left out"));
    char *result = content_of("out/a.jpg", &size);
    cr_assert_not_null(memmem(result, size, "dc:source='Lake'", 16));
    cr_assert_null(memmem(result, size, "GainMap", 7), "the result must not announce it");
    struct run again = RUN("info", "out/a.jpg");
    cr_assert_null(strstr(again.out, "gain map"), "%s", again.out);
}

Test(besides, iptc_is_kept_when_it_is_asked_for)
{
    static const char iptc[] = "Photoshop 3.0\0"
                               "8BIM\4\4\0\0\0\0\0\x15\x1C\2\x50\0\x8Jane Doe\x1C\2\x74\0\3Doe\0";
    struct buffer file = make_picture();
    insert_segment(&file, 0xED, iptc, sizeof iptc - 1);
    put_buffer("a.jpg", &file);
    static const struct {
        const char *option;
        bool kept;
    } cases[] = {
        {"--keep=exif", false}, {"--keep=iptc", true}, {"--keep=all", true}, {"--keep=xmp,iptc", true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size;
        struct run run = RUN("run", "a.jpg", "-o", "out", cases[i].option, "--resize=20x");
        expect(&run, 0, "1 images: 1 ok");
        char *result = content_of("out/a.jpg", &size);
        cr_assert_eq(memmem(result, size, "Jane Doe", 8) != NULL, cases[i].kept, "%s", cases[i].option);
        cr_assert_null(strstr(run.err, "warning"), "%s", run.err);
    }
}

/* Words, because a long run of letters may be a base64 picture. */
static void fill_with_words(char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        text[i] = "some words, "[i % 12];
}

/* The same packet in each format: two parts in a JPEG, one in a PNG. */
Test(besides, extended_xmp_is_whole_in_every_format)
{
    enum { LARGE = 100000, HEAD = 35 + 32 + 8, PART = 65000 };
    char *extension = malloc(LARGE + 1024), guid[MD5_HEX + 1], *end = extension;
    end += sprintf(end, RDF "<rdf:Description rdf:about='' xmlns:a='urn:a'><a:p>");
    fill_with_words(end, LARGE);
    end += LARGE;
    end += sprintf(end, "</a:p></rdf:Description>" END);
    const size_t size = (size_t)(end - extension);
    md5_hex(extension, size, guid);

    struct buffer file = make_picture();
    for (size_t at = 0; at < size; at += PART) {
        static uint8_t payload[HEAD + PART] = "http://ns.adobe.com/xmp/extension/";
        const size_t part = size - at < PART ? size - at : PART;
        memcpy(payload + 35, guid, 32);
        for (int i = 0; i < 4; i++) {
            payload[35 + 32 + i] = (uint8_t)(size >> (24 - 8 * i));
            payload[35 + 36 + i] = (uint8_t)(at >> (24 - 8 * i));
        }
        memcpy(payload + HEAD, extension + at, part);
        insert_segment(&file, 0xE1, payload, HEAD + part);
    }
    char standard[1024] = "http://ns.adobe.com/xap/1.0/";
    int length = snprintf(standard + 29, sizeof standard - 29,
                          RDF "<rdf:Description rdf:about='' xmlns:n='http://ns.adobe.com/xmp/note/' "
                              "n:HasExtendedXMP='%s' xmlns:s='urn:s' s:mall='yes'/>" END,
                          guid);
    insert_segment(&file, 0xE1, standard, 29 + (size_t)length);
    free(extension);
    put_buffer("in/a.jpg", &file);

    static const char *const steps[][3] = {{"in", "png", "--format=png"},
                                           {"png", "jpeg", "--format=jpeg"},
                                           {"in", "same", "--quality=50"},
                                           {"same", "again", "--format=png"}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct run run = RUN("run", steps[i][0], "-o", steps[i][1], steps[i][2], "--keep=xmp",
                             "--backend=procs", STRICTEST);
        expect(&run, 0, "1 images: 1 ok");
        cr_assert_null(strstr(run.err, "warning"), "%s", run.err);
    }
    static char words[LARGE];
    fill_with_words(words, LARGE);
    for (unsigned i = 0; i < 2; i++) {
        size_t bytes;
        char *png = content_of(i == 0 ? "png/a.png" : "again/a.png", &bytes);
        cr_assert_not_null(memmem(png, bytes, words, LARGE));
        cr_assert_not_null(memmem(png, bytes, "s:mall='yes'", 12));
        cr_assert_null(memmem(png, bytes, "HasExtendedXMP", 14));
    }
    struct run info = RUN("info", "--json", "jpeg/a.jpg");
    const char *xmp = strstr(info.out, "\"xmp_bytes\": ");
    cr_assert_not_null(xmp);
    cr_assert_gt(atoi(xmp + 13), LARGE, "%s", info.out);
}

/* A packet in UTF-16, though JPEG requires UTF-8. */
Test(besides, xmp_in_utf16_is_kept_as_utf8)
{
    static const char id[] = "http://ns.adobe.com/xap/1.0/",
                      packet[] = RDF "<rdf:Description rdf:about='' "
                                     "xmlns:dc='http://purl.org/dc/elements/1.1/' dc:source='Lake'/>" END;
    uint8_t segment[sizeof id + 2 * sizeof packet];
    struct buffer file = make_picture();
    memcpy(segment, id, sizeof id);
    uint8_t *end = mempcpy(segment + sizeof id, "\xff\xfe", 2);
    for (size_t i = 0; i + 1 < sizeof packet; i++) {
        *end++ = (uint8_t)packet[i];
        *end++ = 0;
    }
    insert_segment(&file, 0xE1, segment, (size_t)(end - segment));
    put_buffer("a.jpg", &file);
    struct run jpeg = RUN("run", "a.jpg", "-o", "out", "--flip", "--keep=xmp"),
               png = RUN("run", "a.jpg", "-o", "out", "--flip", "--keep=xmp", "--format=png");
    cr_assert_null(strstr(jpeg.err, "warning"), "%s", jpeg.err);
    cr_assert_null(strstr(png.err, "warning"), "%s", png.err);
    size_t size;
    const char *result = content_of("out/a.jpg", &size);
    cr_assert_not_null(memmem(result, size, packet, sizeof packet - 1));
    result = content_of("out/a.png", &size);
    cr_assert_not_null(memmem(result, size, packet, sizeof packet - 1));
}
