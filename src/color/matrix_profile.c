/* The primaries are adapted from their white point to D50, that of the profile connection space; the "chad"
 * tag records the matrix, without which the format is broken (ICC.1:2022, 8.2) and libjxl finds no primaries.
 * The profile is small, as every thumbnail has it: one text is its description and its copyright. */
#include "color/matrix_profile.h"

#include <math.h>
#include <string.h>

#include "base/bytes.h"
#include "color/matrix.h"

enum { HEADER_BYTES = 128, TAG_BYTES = 12, TAGS_MAX = 10, NAME_MAX = 40 };

struct writer {
    uint8_t *bytes;
    size_t size;   /* bytes written */
    uint8_t *tags; /* the next entry of the tag table */
};

static void append(struct writer *writer, uint32_t value)
{
    put_be32(writer->bytes + writer->size, value);
    writer->size += 4;
}

static void append_fixed(struct writer *writer, double value)
{
    append(writer, (uint32_t)(int32_t)lround(value * 65536));
}

static uint32_t word(const char *four)
{
    return get_be32((const uint8_t *)four);
}

/* Adds a tag table entry for the data from `start` to the current end. */
static void enter(struct writer *writer, const char *signature, size_t start)
{
    put_be32(writer->tags, word(signature));
    put_be32(writer->tags + 4, (uint32_t)start);
    put_be32(writer->tags + 8, (uint32_t)(writer->size - start));
    writer->tags += TAG_BYTES;
}

/* Starts a tag's data; returns its offset. */
static size_t begin(struct writer *writer, const char *type)
{
    const size_t start = writer->size;
    append(writer, word(type));
    append(writer, 0);
    return start;
}

/* Appends a text; returns its offset, adds no tag table entry. */
static size_t append_text(struct writer *writer, const char *text)
{
    enum { RECORD = 12, TEXT_AT = 28 };
    const size_t start = begin(writer, "mluc"), length = strnlen(text, NAME_MAX);
    append(writer, 1);
    append(writer, RECORD);
    append(writer, word("enUS"));
    append(writer, (uint32_t)(2 * length));
    append(writer, TEXT_AT);
    for (size_t i = 0; i < length; i++)
        put_be16(writer->bytes + writer->size + 2 * i, (unsigned char)text[i]);
    writer->size += 2 * length;
    return start;
}

static void append_xyz(struct writer *writer, const char *signature, const struct color_vector *xyz)
{
    const size_t start = begin(writer, "XYZ ");
    for (int i = 0; i < 3; i++)
        append_fixed(writer, xyz->at[i]);
    enter(writer, signature, start);
}

static void append_adaptation(struct writer *writer, const struct color_matrix *adapt)
{
    const size_t start = begin(writer, "sf32");
    for (int i = 0; i < 9; i++)
        append_fixed(writer, adapt->at[i / 3][i % 3]);
    enter(writer, "chad", start);
}

/* Appends a curve; a pure power uses type 0. Returns its offset; adds no tag table entry. */
static size_t append_curve(struct writer *writer, const struct color_curve *curve)
{
    const bool power = curve->a == 1 && curve->b == 0 && curve->d == 0;
    const size_t start = begin(writer, "para");
    append(writer, power ? 0 : 3 << 16);
    append_fixed(writer, curve->g);
    if (power)
        return start;
    append_fixed(writer, curve->a);
    append_fixed(writer, curve->b);
    append_fixed(writer, curve->c);
    append_fixed(writer, curve->d);
    return start;
}

static void write_header(uint8_t *bytes, size_t size, bool gray)
{
    static const uint8_t date[] = {2000 >> 8, 2000 & 0xff, 0,
                                   1,         0,           1}; /* fixed date, for reproducible output */
    put_be32(bytes, (uint32_t)size);
    put_be32(bytes + 8, 0x04200000);
    put_be32(bytes + 12, word("mntr"));
    put_be32(bytes + 16, word(gray ? "GRAY" : "RGB "));
    put_be32(bytes + 20, word("XYZ "));
    memcpy(bytes + 24, date, sizeof date);
    put_be32(bytes + 36, word("acsp"));
    for (size_t i = 0; i < 3; i++)
        put_be32(bytes + 68 + 4 * i, (uint32_t)lround(color_d50.at[i] * 65536));
}

/* Do all entries fit s15Fixed16, with a margin? */
static bool fits(const struct color_matrix *m)
{
    for (int i = 0; i < 9; i++) {
        if (!(fabs(m->at[i / 3][i % 3]) < 1000))
            return false;
    }
    return true;
}

size_t matrix_profile_write(const struct color_description *description, bool gray, const char *name,
                            uint8_t out[MATRIX_PROFILE_MAX])
{
    static const char *const colorant_tags[3] = {"rXYZ", "gXYZ", "bXYZ"};
    static const char *const curve_tags[3] = {"rTRC", "gTRC", "bTRC"};
    const unsigned ntags = gray ? 5 : TAGS_MAX;
    struct color_matrix colors, adapt;
    if (!color_matrix_of(description, &colors, &adapt) || !fits(&colors) || !fits(&adapt))
        return 0;
    memset(out, 0, MATRIX_PROFILE_MAX);
    struct writer writer = {out, HEADER_BYTES + 4 + ntags * TAG_BYTES, out + HEADER_BYTES + 4};
    put_be32(out + HEADER_BYTES, ntags);
    const size_t text = append_text(&writer, name);
    enter(&writer, "desc", text);
    enter(&writer, "cprt", text);
    writer.size += writer.size % 4; /* tags are aligned; a text has whole 16-bit units */
    append_xyz(&writer, "wtpt", &color_d50);
    append_adaptation(&writer, &adapt);
    for (int k = 0; !gray && k < 3; k++) {
        const struct color_vector column = {{colors.at[0][k], colors.at[1][k], colors.at[2][k]}};
        append_xyz(&writer, colorant_tags[k], &column);
    }
    const size_t curve = append_curve(&writer, &description->curve);
    for (int k = 0; k < (gray ? 1 : 3); k++)
        enter(&writer, gray ? "kTRC" : curve_tags[k], curve);
    write_header(out, writer.size, gray);
    return writer.size;
}
