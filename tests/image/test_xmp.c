#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/xmp.h"

static const struct picture_facts turned = {.width = 48,
                                            .height = 64,
                                            .orientation = 1,
                                            .mime = "image/png",
                                            .transposed = true,
                                            .moved = true,
                                            .reframed = true};
static const struct picture_facts resized = {
    .width = 32, .height = 24, .orientation = 3, .mime = "image/jpeg", .moved = true};

/* Edits in exact allocations, for the address sanitizer. Returns a string that the caller frees; NULL if it
 * can't be edited. */
static char *edit_bytes(const char *xmp, size_t size, const struct picture_facts *facts, unsigned *left_out)
{
    char *in = malloc(size + (size == 0)), *out = malloc(size + XMP_GROWTH), *text = NULL;
    memcpy(in, xmp, size);
    size_t kept = xmp_restate(in, size, facts, out, left_out);
    cr_assert_leq(kept, size + XMP_GROWTH);
    if (kept > 0)
        text = strndup(out, kept);
    free(in);
    free(out);
    return text;
}

#define NAMESPACES                                                                                           \
    " xmlns:tiff=\"http://ns.adobe.com/tiff/1.0/\" xmlns:exif='http://ns.adobe.com/exif/1.0/'"               \
    " xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\""

/* A packet with these attributes and children in the picture's rdf:Description. */
static char *packet(const char *attributes, const char *children)
{
    char *text;
    cr_assert_geq(asprintf(&text,
                           "<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
                           "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF "
                           "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n"
                           "<rdf:Description rdf:about=\"\"" NAMESPACES "%s>%s</rdf:Description></rdf:RDF>"
                           "</x:xmpmeta><?xpacket end=\"w\"?>",
                           attributes, children),
                  0);
    return text;
}

/* Editing the packet with `before` gives the packet with `after`. */
static void expect_edit(const struct picture_facts *facts, const char *const before[2],
                        const char *const after[2], unsigned expected_left_out)
{
    unsigned left_out;
    char *in = packet(before[0], before[1]), *expected = packet(after[0], after[1]);
    char *out = edit_bytes(in, strlen(in), facts, &left_out);
    cr_assert_not_null(out, "%s", in);
    cr_expect_str_eq(out, expected);
    cr_expect_eq(left_out, expected_left_out, "%s: %u", in, left_out);
    free(in);
    free(out);
    free(expected);
}

#define EXPECT(facts, attributes, children, attributes_after, children_after, left_out)                      \
    expect_edit(facts, (const char *const[]){attributes, children},                                          \
                (const char *const[]){attributes_after, children_after}, left_out)

Test(xmp, numbers_become_the_results)
{
    EXPECT(&turned, " tiff:Orientation=\"6\" tiff:ImageWidth='64'\n exif:PixelYDimension = \"480000\"", "",
           " tiff:Orientation=\"1\" tiff:ImageWidth='48'\n exif:PixelYDimension = \"64\"", "", 0);
    EXPECT(&turned, "", "<tiff:Orientation>6</tiff:Orientation><tiff:ImageLength >\n48 </tiff:ImageLength >",
           "", "<tiff:Orientation>1</tiff:Orientation><tiff:ImageLength >64</tiff:ImageLength >", 0);
    EXPECT(&resized, " tiff:Orientation=\"3\" exif:PixelXDimension=\"64\" dc:format=\"image/png\"", "",
           " tiff:Orientation=\"3\" exif:PixelXDimension=\"32\" dc:format=\"image/jpeg\"", "", 0);
    EXPECT(&turned, "", "<tiff:YCbCrPositioning>2</tiff:YCbCrPositioning><dc:format>image/jpeg</dc:format>",
           "", "<tiff:YCbCrPositioning>1</tiff:YCbCrPositioning><dc:format>image/png</dc:format>", 0);
}

/* Properties are recognized by their namespace, wherever it is declared, not by prefix. */
Test(xmp, prefixes_may_be_any)
{
    EXPECT(&turned, " xmlns:a=\"http://ns.adobe.com/tiff/1.0/\" a:Orientation=\"6\"", "",
           " xmlns:a=\"http://ns.adobe.com/tiff/1.0/\" a:Orientation=\"1\"", "", 0);
    EXPECT(&turned, "", "<b:Orientation xmlns:b=\"http://ns.adobe.com/tiff/1.0/\">6</b:Orientation>", "",
           "<b:Orientation xmlns:b=\"http://ns.adobe.com/tiff/1.0/\">1</b:Orientation>", 0);
    EXPECT(&turned, "", "<Orientation xmlns=\"http://ns.adobe.com/tiff/1.0/\">6</Orientation>", "",
           "<Orientation xmlns=\"http://ns.adobe.com/tiff/1.0/\">1</Orientation>", 0);
    /* A property of this name in another namespace, though the prefix is tiff. */
    EXPECT(&turned, "", "<tiff:Orientation xmlns:tiff=\"http://example.org/\">6</tiff:Orientation>", "",
           "<tiff:Orientation xmlns:tiff=\"http://example.org/\">6</tiff:Orientation>", 0);
    EXPECT(&turned, " xmlns=\"http://ns.adobe.com/tiff/1.0/\" Orientation=\"6\"", "",
           " xmlns=\"http://ns.adobe.com/tiff/1.0/\" Orientation=\"6\"", "", 0);
    EXPECT(&turned, " Orientation=\"6\"", "<Orientation>6</Orientation>", " Orientation=\"6\"",
           "<Orientation>6</Orientation>", 0);
}

Test(xmp, other_pictures_properties_stay)
{
    static const char nested[] = "<xmp:Other><rdf:Description tiff:Orientation=\"6\"><tiff:ImageWidth>640"
                                 "</tiff:ImageWidth></rdf:Description></xmp:Other>";
    EXPECT(&turned, "", nested, "", nested, 0);
}

Test(xmp, a_number_that_is_no_plain_text_is_taken_out)
{
    EXPECT(&turned, "",
           "<tiff:Orientation rdf:parseType=\"Resource\"><rdf:value>6</rdf:value></tiff:Orientation>!", "",
           "!", 0);
    EXPECT(&turned, "", "<tiff:Orientation><![CDATA[6]]></tiff:Orientation>!", "", "!", 0);
    EXPECT(&turned, "", "<tiff:Orientation>6<!-- 6 --></tiff:Orientation>!", "", "!", 0);
    EXPECT(&turned, "", "<tiff:Orientation rdf:value=\"6\"/>!", "", "!", 0);
}

Test(xmp, densities_change_places_with_the_sides)
{
    static const char before[] = "<tiff:XResolution>204/1</tiff:XResolution><tiff:YResolution>98/1"
                                 "</tiff:YResolution>",
                      after[] = "<tiff:YResolution>204/1</tiff:YResolution><tiff:XResolution>98/1"
                                "</tiff:XResolution>";
    EXPECT(&turned, " exif:FocalPlaneXResolution=\"3/1\"", before, " exif:FocalPlaneYResolution=\"3/1\"",
           after, 0);
    EXPECT(&resized, " exif:FocalPlaneXResolution=\"3/1\"", before, " exif:FocalPlaneXResolution=\"3/1\"",
           before, 0);
}

Test(xmp, how_the_old_file_was_stored_is_taken_out)
{
    EXPECT(&resized, " tiff:Compression=\"6\" tiff:Make=\"Cam\" exif:NativeDigest=\"36864,1\"",
           "<tiff:BitsPerSample><rdf:Seq><rdf:li>8</rdf:li></rdf:Seq></tiff:BitsPerSample>"
           "<tiff:Model>M</tiff:Model>",
           " tiff:Make=\"Cam\"", "<tiff:Model>M</tiff:Model>", 0);
}

Test(xmp, pictures_are_taken_out)
{
    EXPECT(&resized, "",
           "<xmp:Thumbnails><rdf:Alt><rdf:li><rdf:Description><a:image "
           "xmlns:a=\"http://ns.adobe.com/xap/1.0/g/img/\">/9j/4AAQ</a:image></rdf:Description></rdf:li>"
           "</rdf:Alt></xmp:Thumbnails><xmp:Rating>5</xmp:Rating>",
           "", "<xmp:Rating>5</xmp:Rating>", 0);
    EXPECT(&resized,
           " xmlns:GImage=\"http://ns.google.com/photos/1.0/image/\" GImage:Mime=\"image/jpeg\" "
           "GImage:Data=\"AAAA\"",
           "", "", "", XMP_PICTURE);
    /* In any property. */
    EXPECT(&resized, " xmp:A=\"/9j/4AAQSkZJRg\" xmp:B=\" iVBORw0KGgoAAAA\" xmp:C=\"9j\"",
           "<xmp:D>\n/9j/4AAQ\n</xmp:D><xmp:E>d</xmp:E>", " xmp:C=\"9j\"", "<xmp:E>d</xmp:E>", XMP_PICTURE);
    EXPECT(&resized, "", "<xmp:D><![CDATA[/9j/4AAQ]]></xmp:D><!-- data:image/jpeg;base64,AA -->", "",
           "<xmp:D></xmp:D>", XMP_PICTURE);
}

/* Google's HDR+ note, or a depth map in any namespace: it can't be ruled out that they hold a picture. */
Test(xmp, long_base64_is_taken_out)
{
    char note[4200] = "\r\nSERSUAPv&#xA;_-+=", text[4200] = "", after[sizeof text + 32],
         children[sizeof note + 32];
    memset(note + 18, 'a', 4096 - 16);
    snprintf(children, sizeof children, "<xmp:A>%s</xmp:A>", note);
    EXPECT(&resized, "", children, "", "", XMP_PICTURE);
    memset(text, 'a', 4150);
    text[2000] = ' ';
    snprintf(after, sizeof after, "<xmp:A>%s</xmp:A>", text);
    EXPECT(&resized, "", after, "", after, 0);
    note[4095] = '\0';
    snprintf(children, sizeof children, "<xmp:A>%s</xmp:A>", note + 2);
    EXPECT(&resized, "", children, "", children, 0);
}

/* As in the files that Android's cameras write. */
Test(xmp, announcements_of_a_gain_map_are_taken_out)
{
    EXPECT(&resized,
           " xmlns:hdrgm=\"http://ns.adobe.com/hdr-gain-map/1.0/\" hdrgm:Version=\"1.0\""
           " xmlns:Container=\"http://ns.google.com/photos/1.0/container/\""
           " xmlns:Item=\"http://ns.google.com/photos/1.0/container/item/\""
           " xmlns:GCamera=\"http://ns.google.com/photos/1.0/camera/\" GCamera:MotionPhoto=\"1\""
           " GCamera:SpecialTypeID=\"a\""
           " xmlns:xmpNote=\"http://ns.adobe.com/xmp/note/\" xmpNote:HasExtendedXMP=\"00\"",
           "<Container:Directory><rdf:Seq><rdf:li rdf:parseType=\"Resource\"><Container:Item "
           "Item:Semantic=\"GainMap\" Item:Length=\"799\"/></rdf:li></rdf:Seq></Container:Directory>"
           "<hdrgm:GainMapMax><rdf:Seq><rdf:li>2</rdf:li></rdf:Seq></hdrgm:GainMapMax>"
           "<g:HDRGainMapVersion xmlns:g=\"http://ns.apple.com/HDRGainMap/1.0/\">65536</g:HDRGainMapVersion>",
           " xmlns:GCamera=\"http://ns.google.com/photos/1.0/camera/\" GCamera:SpecialTypeID=\"a\"", "", 0);
}

Test(xmp, positions_are_taken_out_when_they_hold_no_longer)
{
    static const char panorama[] = " xmlns:GPano=\"http://ns.google.com/photos/1.0/panorama/\" "
                                   "GPano:FullPanoWidthPixels=\"4000\"",
                      regions[] = "<r:Regions "
                                  "xmlns:r=\"http://www.metadataworkinggroup.com/schemas/regions/\">"
                                  "<r:RegionList/></r:Regions>";
    EXPECT(&turned, panorama, regions, "", "", XMP_REGIONS);
    EXPECT(&resized, panorama, regions, panorama, regions, 0);
    EXPECT(&resized, "", "<exif:SubjectArea><rdf:Seq><rdf:li>3</rdf:li></rdf:Seq></exif:SubjectArea>", "", "",
           XMP_REGIONS);
}

enum until { ALWAYS, MOVED, REFRAMED }; /* the change after which it is no longer true */

/* What must be removed, by namespace. */
Test(xmp, each_property_is_taken_out_when_it_holds_no_longer)
{
    static const struct {
        const char *uri, *local;
        enum until until;
        unsigned left_out;
    } gone[] = {
        {"http://ns.adobe.com/tiff/1.0/", "Compression", ALWAYS, 0},
        {"http://ns.adobe.com/tiff/1.0/", "PhotometricInterpretation", ALWAYS, 0},
        {"http://ns.adobe.com/tiff/1.0/", "SamplesPerPixel", ALWAYS, 0},
        {"http://ns.adobe.com/tiff/1.0/", "PlanarConfiguration", ALWAYS, 0},
        {"http://ns.adobe.com/tiff/1.0/", "YCbCrSubSampling", ALWAYS, 0},
        {"http://ns.adobe.com/tiff/1.0/", "NativeDigest", ALWAYS, 0},
        {"http://ns.adobe.com/exif/1.0/", "CompressedBitsPerPixel", ALWAYS, 0},
        {"http://ns.adobe.com/photoshop/1.0/", "ColorMode", ALWAYS, 0},
        {"http://ns.adobe.com/xap/1.0/", "PageInfo", ALWAYS, 0},
        {"http://ns.adobe.com/xap/1.0/g/img/", "width", ALWAYS, 0},
        {"http://ns.google.com/photos/1.0/image/", "Data", ALWAYS, XMP_PICTURE},
        {"http://ns.google.com/photos/1.0/depthmap/", "Near", ALWAYS, XMP_PICTURE},
        {"http://ns.google.com/photos/dd/1.0/device/", "Profiles", ALWAYS, XMP_PICTURE},
        {"http://ns.apple.com/pixeldatainfo/1.0/", "AuxiliaryImageType", ALWAYS, 0},
        {"http://ns.google.com/photos/1.0/camera/", "MicroVideoOffset", ALWAYS, 0},
        {"http://ns.adobe.com/exif/1.0/", "SubjectLocation", MOVED, XMP_REGIONS},
        {"http://iptc.org/std/Iptc4xmpExt/2008-02-29/", "ImageRegion", MOVED, XMP_REGIONS},
        {"http://ns.google.com/photos/1.0/panorama/", "PoseHeadingDegrees", REFRAMED, XMP_REGIONS},
        {"http://www.metadataworkinggroup.com/schemas/regions/", "Regions", REFRAMED, XMP_REGIONS},
        {"http://ns.microsoft.com/photo/1.2/", "RegionInfo", REFRAMED, XMP_REGIONS},
        {"http://ns.acdsee.com/regions/", "acdseeRegions", REFRAMED, XMP_REGIONS},
        {"http://ns.apple.com/faceinfo/1.0/", "Faces", REFRAMED, XMP_REGIONS},
    };
    struct picture_facts facts[] = {[ALWAYS] = resized, [MOVED] = resized, [REFRAMED] = turned};
    facts[ALWAYS].moved = false;
    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++) {
        char property[256];
        snprintf(property, sizeof property, "<n:%s xmlns:n=\"%s\">1</n:%s>", gone[i].local, gone[i].uri,
                 gone[i].local);
        for (enum until now = ALWAYS; now <= REFRAMED; now++) {
            const bool stays = now < gone[i].until;
            EXPECT(&facts[now], "", property, "", stays ? property : "", stays ? 0 : gone[i].left_out);
        }
    }
}

Test(xmp, converted_colors_are_stated)
{
    struct picture_facts facts = resized;
    static const char
        before[] = " exif:ColorSpace=\"65535\" exif:Gamma=\"22/10\"",
        profile[] =
            "<p:ICCProfile xmlns:p=\"http://ns.adobe.com/photoshop/1.0/\">Adobe RGB (1998)</p:ICCProfile>";
    EXPECT(&facts, before, profile, before, profile, 0);
    facts.colors = FACTS_COLORS_SRGB;
    EXPECT(&facts, before, profile, " exif:ColorSpace=\"1\"", "", 0);
    facts.colors = FACTS_COLORS_OTHER;
    EXPECT(&facts, before, profile, " exif:ColorSpace=\"65535\"", "", 0);
}

Test(xmp, all_else_stays_byte_for_byte)
{
    static const char attributes[] = "\n\txmp:CreatorTool = '&lt;\xc3\xa4 \"x\" &#65;'",
                      children[] =
                          "<!-- > tiff:Orientation=\"6\" --><?pi tiff:Orientation=\"6\"?>"
                          "<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\"> a &amp; b ]]&gt; </rdf:li>"
                          "</rdf:Alt></dc:title><xmp:E/><xmp:F  /><![CDATA[</rdf:Description>]]>";
    EXPECT(&turned, attributes, children, attributes, children, 0);
}

Test(xmp, padding_and_what_ends_a_packet_are_no_error)
{
    unsigned left_out;
    char *text = packet(" tiff:Orientation=\"6\"", "");
    char padded[2000] = "\xEF\xBB\xBF\n";
    strcat(strcat(padded, text), "\n   \n");
    char *out = edit_bytes(padded, strlen(padded) + 1, &turned, &left_out);
    cr_assert_not_null(out, "a NUL behind it");
    cr_expect_not_null(strstr(out, "tiff:Orientation=\"1\""));
    free(out);
    free(text);
}

Test(xmp, what_is_not_certain_is_refused)
{
    static const char *const children[] = {
        "<tiff:Orientation>6</tiff:ImageWidth>",
        "<tiff:Orientation>6",
        "</tiff:Orientation>",
        "<no:Orientation>6</no:Orientation>", /* no such prefix */
        "<xmp:A no:Orientation=\"6\"/>",
        "<!DOCTYPE a [<!ENTITY b \"c\">]>",
        "<xmp:A a=b/>",
        "<xmp:A a=\"b/>",
        "<xmp:A a=\"<\"/>",
        "<xmp:A a=\"b\"c=\"d\"/>",
        "<xmp:A a/>",
        "<xmp:A =\"b\"/>",
        "<xmp:A/ >",
        "<:A/>",
        "<xmp:/>",
        "<xmp:a:b/>",
        "< xmp:A/>",
        "<>",
        "<xmp:A",
        "<!-- ",
        "<![CDATA[ ",
        "<?pi ",
        "<xmp:A xmlns:b=\"http://ns.adobe.com&#47;tiff/1.0/\"/>",
        "\xff",
        "</rdf:Description></rdf:RDF></x:xmpmeta><a>",
        "</rdf:Description></rdf:RDF></x:xmpmeta>text",
    };
    unsigned left_out;
    for (size_t i = 0; i < sizeof children / sizeof *children; i++) {
        char *text = packet("", children[i]);
        char *out = edit_bytes(text, strlen(text), &turned, &left_out);
        cr_expect_null(out, "%s", children[i]);
        free(text);
        free(out);
    }
    static const char *const packets[] = {
        "", " ", "text", "<a/>", "<?xpacket?>", "<rdf:RDF/>", "<x xmlns='adobe:ns:meta/'>\1</x>"};
    for (size_t i = 0; i < sizeof packets / sizeof *packets; i++)
        cr_expect_null(edit_bytes(packets[i], strlen(packets[i]), &turned, &left_out), "%s", packets[i]);
}

Test(xmp, a_packet_cut_anywhere_is_refused)
{
    char *text = packet(" tiff:Orientation=\"6\"", "<xmp:A><![CDATA[b]]></xmp:A>");
    const size_t size = strlen(text), whole = size - strlen("<?xpacket end=\"w\"?>");
    unsigned left_out;
    for (size_t cut = 0; cut < size; cut++) {
        char *out = edit_bytes(text, cut, &turned, &left_out);
        cr_expect_eq(out != NULL, cut == whole, "at %zu of %zu", cut, size);
        free(out);
    }
    free(text);
}

Test(xmp, depth_namespaces_and_growth_are_bounded)
{
    unsigned left_out;
    enum { MANY = 3000, SIZE = MANY * 32 };
    char *children = calloc(1, SIZE);
    for (int i = 0; i < 70; i++)
        strcat(children, "<xmp:a>");
    for (int i = 0; i < 70; i++)
        strcat(children, "</xmp:a>");
    char *text = packet("", children);
    cr_expect_null(edit_bytes(text, strlen(text), &turned, &left_out));
    free(text);
    memset(children, 0, SIZE);
    for (int i = 0; i < 130; i++)
        sprintf(children + strlen(children), " xmlns:n%d=\"a\"", i);
    text = packet(children, "");
    cr_expect_null(edit_bytes(text, strlen(text), &turned, &left_out));
    free(text);
    /* A sibling's namespace declarations end with it. */
    memset(children, 0, SIZE);
    for (int i = 0; i < 130; i++)
        strcat(children, "<a xmlns=\"b\"/>");
    text = packet("", children);
    char *out = edit_bytes(text, strlen(text), &turned, &left_out);
    cr_expect_not_null(out);
    free(out);
    free(text);
    /* Each grows by a byte or more. */
    memset(children, 0, SIZE);
    for (int i = 0; i < MANY; i++)
        memcpy(children + i * 21L, " tiff:ImageWidth=\"\"   ", 21);
    text = packet(children, "");
    cr_expect_null(edit_bytes(text, strlen(text), &turned, &left_out));
    free(text);
    free(children);
}
