/*
 * Texts (section 11.3.3), and metadata that programs store in them: XMP in an iTXt chunk; and, by
 * ImageMagick, exiftool and others, EXIF, XMP and IPTC as hexadecimal digits in a text called "Raw profile
 * type ...". Such a text is never kept as text: keeping text does not mean keeping EXIF, and it would become
 * outdated.
 */
#include <string.h>

#include "base/text.h"
#include "codec/png/meta.h"
#include "image/iptc.h"

static const char xmp_keyword[] = "XML:com.adobe.xmp";

/* Converts Latin-1 to UTF-8, NUL-terminated; NULL if over the budget. */
static char *latin1_to_utf8(struct png_meta *meta, const uint8_t *latin1, size_t size)
{
    size_t wide = 0;
    for (size_t i = 0; i < size; i++)
        wide += latin1[i] >= 0x80;
    char *utf8 = (char *)png_meta_alloc(meta, size + wide + 1);
    if (utf8 != NULL)
        utf8[text_from_latin1(latin1, size, utf8)] = '\0';
    return utf8;
}

static int add_text(struct png_meta *meta, const char *keyword, const char *text)
{
    struct arena *arena = meta->context->job_arena;
    if (keyword == NULL || text == NULL || meta->ntexts == TEXTS_MAX)
        return png_meta_leave_out(meta, "text beyond 8 MB or 1000 entries");
    if (meta->ntexts == meta->texts_capacity) {
        size_t capacity = meta->texts_capacity > 0 ? meta->texts_capacity * 2 : 16;
        struct pm_text *texts = arena_alloc(arena, capacity * sizeof *texts);
        if (texts == NULL)
            return error_memory(meta->error, capacity * sizeof *texts);
        if (meta->ntexts > 0)
            memcpy(texts, meta->texts, meta->ntexts * sizeof *texts);
        meta->texts = texts;
        meta->texts_capacity = capacity;
    }
    meta->texts[meta->ntexts++] = (struct pm_text){keyword, text};
    meta->metadata->texts = meta->texts;
    meta->metadata->ntexts = meta->ntexts;
    return 0;
}

static void set_exif(struct png_meta *meta, struct pm_blob exif)
{
    if (meta->metadata->exif.data != NULL || (meta->keep & KEEP_EXIF) == 0)
        return;
    meta->metadata->exif = png_exif_tiff(exif.data, exif.size);
    meta->exif_is_text = true;
}

static void set_xmp(struct png_meta *meta, struct pm_blob xmp)
{
    if (meta->metadata->xmp.data != NULL || (meta->keep & KEEP_XMP) == 0)
        return;
    meta->metadata->xmp = xmp;
    meta->xmp_is_text = true;
}

/* A JPEG's APP1 segment is either XMP or EXIF. */
static void set_app1(struct png_meta *meta, struct pm_blob app1)
{
    static const char xmp[] = "http://ns.adobe.com/xap/1.0/";
    if (app1.size > sizeof xmp && memcmp(app1.data, xmp, sizeof xmp) == 0)
        set_xmp(meta, (struct pm_blob){app1.data + sizeof xmp, app1.size - sizeof xmp});
    else
        set_exif(meta, app1);
}

/* IPTC's data sets: plain, as ImageMagick writes them, or in a Photoshop resource, as exiftool does. */
static void set_iptc(struct png_meta *meta, struct pm_blob iptc)
{
    if (meta->metadata->iptc.data == NULL)
        meta->metadata->iptc = iptc_find(iptc);
    if (meta->metadata->iptc.data == NULL)
        png_meta_leave_out(meta, "a raw profile without whole IPTC");
}

/* By the word after "Raw profile type ". */
static const struct raw_profile {
    const char *name;
    unsigned keep;
    void (*set)(struct png_meta *meta, struct pm_blob profile);
} raw_profiles[] = {
    {"exif", KEEP_EXIF, set_exif}, {"APP1", KEEP_EXIF | KEEP_XMP, set_app1},
    {"xmp", KEEP_XMP, set_xmp},    {"iptc", KEEP_IPTC, set_iptc},
    {"8bim", KEEP_IPTC, set_iptc},
};

/* The raw profile that a keyword names; NULL for other keywords; for an unknown raw profile, an entry without
 * a name. */
static const struct raw_profile *find_raw_profile(const uint8_t *keyword, size_t length)
{
    static const char prefix[] = "Raw profile type ";
    static const struct raw_profile other = {.keep = KEEP_TEXT};
    const size_t skip = sizeof prefix - 1;
    if (length < skip || memcmp(keyword, prefix, skip) != 0)
        return NULL;
    for (size_t i = 0; i < sizeof raw_profiles / sizeof *raw_profiles; i++) {
        if (strlen(raw_profiles[i].name) == length - skip &&
            memcmp(raw_profiles[i].name, keyword + skip, length - skip) == 0)
            return &raw_profiles[i];
    }
    return &other;
}

bool png_text_is_iptc(const uint8_t *keyword, size_t length)
{
    const struct raw_profile *raw = find_raw_profile(keyword, length);
    return raw != NULL && raw->set == set_iptc;
}

static const uint8_t *skip_line(const uint8_t *at, const uint8_t *end)
{
    const uint8_t *newline = at != NULL ? memchr(at, '\n', (size_t)(end - at)) : NULL;
    return newline != NULL ? newline + 1 : NULL;
}

/* Decodes a raw profile's text: an empty line, a name, the number of bytes, and hexadecimal digits with line
 * breaks. No data if it is broken. */
static struct pm_blob read_digits(struct png_meta *meta, struct pm_blob text)
{
    const uint8_t *end = text.data + text.size;
    const uint8_t *at = skip_line(skip_line(skip_line(text.data, end), end), end);
    if (at == NULL)
        return (struct pm_blob){0};
    uint8_t *bytes = png_meta_alloc(meta, (size_t)(end - at) / 2 + 1);
    size_t digits = 0;
    for (; bytes != NULL && at < end; at++) {
        int digit = text_hex_digit((char)*at);
        if (digit < 0)
            continue;
        bytes[digits / 2] = (uint8_t)(digits % 2 == 0 ? digit << 4 : bytes[digits / 2] | digit);
        digits++;
    }
    return bytes != NULL && digits >= 2 ? (struct pm_blob){bytes, digits / 2} : (struct pm_blob){0};
}

/* tEXt: keyword NUL text. zTXt: keyword NUL method(0) zlib data. Both Latin-1. *text has no data if the chunk
 * is broken. Returns 0, or -1 with the error filled: a decompression bomb. */
static int unpack_latin1(struct png_meta *meta, const struct png_chunk *chunk, size_t keyword,
                         struct pm_blob *text)
{
    *text = (struct pm_blob){chunk->data + keyword + 1, chunk->size - keyword - 1};
    if (chunk->type == TYPE_TEXT)
        return 0;
    const struct pm_blob packed = {text->data + 1, text->size - 1};
    bool known = text->size >= 1 && *text->data == 0;
    *text = (struct pm_blob){0};
    return known ? png_meta_inflate(meta, packed, false, text) : 0;
}

int png_text_take_latin1(struct png_meta *meta, const struct png_chunk *chunk)
{
    const size_t length = png_keyword_length(chunk->data, chunk->size);
    const struct raw_profile *raw = find_raw_profile(chunk->data, length);
    struct pm_blob text;
    if ((meta->keep & (raw != NULL ? raw->keep : KEEP_TEXT)) == 0)
        return 0;
    if (length == 0)
        return png_meta_leave_out(meta, "text without keyword");
    if (raw != NULL && raw->set == NULL)
        return png_meta_leave_out(meta, "a raw profile that pixmill does not know");
    if (unpack_latin1(meta, chunk, length, &text) != 0)
        return -1;
    if (text.data == NULL)
        return png_meta_leave_out(meta, "text (zTXt) that is broken or over 8 MB");
    if (raw == NULL) {
        const char *keyword = latin1_to_utf8(meta, chunk->data, length);
        return add_text(meta, keyword, latin1_to_utf8(meta, text.data, text.size));
    }
    const struct pm_blob profile = read_digits(meta, text);
    if (profile.data == NULL)
        return png_meta_leave_out(meta, "a raw profile that is broken or over 8 MB");
    raw->set(meta, profile);
    return 0;
}

/* keyword NUL compressed? method language NUL translated-keyword NUL text. */
bool png_itxt_parse(const uint8_t *data, size_t size, struct png_itxt *itxt)
{
    const size_t length = png_keyword_length(data, size);
    const uint8_t *end = data + size, *flags = data + length + 1;
    *itxt = (struct png_itxt){
        .xmp = length == sizeof xmp_keyword - 1 && memcmp(data, xmp_keyword, length) == 0,
        .keyword_length = length,
    };
    if (length == 0 || end - flags < 2 || flags[0] > 1 || flags[1] != 0)
        return false;
    const uint8_t *language_end = memchr(flags + 2, 0, (size_t)(end - flags) - 2);
    const uint8_t *translated_end =
        language_end != NULL ? memchr(language_end + 1, 0, (size_t)(end - language_end) - 1) : NULL;
    if (translated_end == NULL)
        return false;
    itxt->packed = flags[0] == 1;
    itxt->text_at = (size_t)(translated_end + 1 - data);
    return true;
}

int png_text_take_unicode(struct png_meta *meta, const struct png_chunk *chunk)
{
    struct png_itxt itxt;
    bool good = png_itxt_parse(chunk->data, chunk->size, &itxt);
    if ((meta->keep & (itxt.xmp ? KEEP_XMP : KEEP_TEXT)) == 0)
        return 0;
    if (!good)
        return png_meta_leave_out(meta, "broken text (iTXt)");
    struct pm_blob text = {chunk->data + itxt.text_at, chunk->size - itxt.text_at};
    if (itxt.packed && png_meta_inflate(meta, text, false, &text) != 0)
        return -1;
    if (text.data == NULL || !text_is_utf8(text.data, text.size))
        return png_meta_leave_out(meta, "text (iTXt) that is broken or over 8 MB");
    if (itxt.xmp) {
        if (meta->metadata->xmp.data != NULL && !meta->xmp_is_text)
            return png_meta_leave_out(meta, "a second XMP packet");
        meta->metadata->xmp = text;
        meta->xmp_is_text = false;
        return 0;
    }
    char *copy = (char *)png_meta_alloc(meta, text.size + 1);
    if (copy != NULL) {
        memcpy(copy, text.data, text.size);
        copy[text.size] = '\0';
    }
    return add_text(meta, latin1_to_utf8(meta, chunk->data, itxt.keyword_length), copy);
}
