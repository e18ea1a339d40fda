#include "codec/tiff/directory.h"

#include <inttypes.h>

static int ends_early(struct pm_error *error)
{
    return error_set(error, PM_ERROR_TRUNCATED, "ends within its header (fetch or copy it again)");
}

uint64_t tiff_number_at(const struct tiff_file *file, const uint8_t *p, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value = value << 8 | p[file->big_endian ? i : size - 1 - i];
    return value;
}

int tiff_read_bytes(const struct tiff_file *file, uint64_t at, void *bytes, size_t size,
                    struct pm_error *error)
{
    const long got = file->source->read_at(file->source, at, bytes, size);
    if (got < 0)
        return error_set(error, PM_ERROR_IO, "can't be read");
    return (size_t)got == size ? 0 : ends_early(error);
}

/* Does the file have all bytes before `end`? */
bool tiff_file_reaches(const struct tiff_file *file, uint64_t end)
{
    uint8_t last;
    return end == 0 || file->source->read_at(file->source, end - 1, &last, 1) == 1;
}

unsigned tiff_type_size(unsigned type)
{
    static const uint8_t sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
    return type < sizeof sizes ? sizes[type] : 0;
}

/* BYTE, SHORT, LONG, IFD, LONG8 or IFD8. */
int tiff_read_values(const struct tiff_file *file, const struct tiff_field *field, uint64_t first,
                     unsigned count, uint64_t *values, struct pm_error *error)
{
    uint8_t bytes[TIFF_VALUES_MAX * 8];
    const unsigned size = tiff_type_size(field->type);
    const bool integer = field->type == 1 || field->type == 3 || field->type == 4 || field->type == 13 ||
                         field->type == 16 || field->type == 18;
    if (!integer || first >= field->count || count > field->count - first || count > TIFF_VALUES_MAX)
        return error_set(error, PM_ERROR_CORRUPT, "tag %u has no number (its header is damaged)", field->tag);
    if (tiff_read_bytes(file, field->at + first * size, bytes, (size_t)count * size, error) != 0)
        return -1;
    for (unsigned i = 0; i < count; i++)
        values[i] = tiff_number_at(file, bytes + (size_t)i * size, size);
    return 0;
}

int tiff_read_value(const struct tiff_file *file, const struct tiff_field *field, uint64_t i, uint64_t *value,
                    struct pm_error *error)
{
    return tiff_read_values(file, field, i, 1, value, error);
}

int tiff_read_rationals(const struct tiff_file *file, const struct tiff_field *field, unsigned count,
                        double *values, struct pm_error *error)
{
    enum { RATIONAL = 5 };
    uint8_t bytes[8];
    if (field->type != RATIONAL || field->count != count)
        return 0; /* an invalid density or chromaticity is ignored */
    for (unsigned i = 0; i < count; i++) {
        if (tiff_read_bytes(file, field->at + i * sizeof bytes, bytes, sizeof bytes, error) != 0)
            return -1;
        const uint64_t below = tiff_number_at(file, bytes + 4, 4);
        values[i] = below != 0 ? (double)tiff_number_at(file, bytes, 4) / (double)below : 0;
    }
    return 0;
}

int tiff_file_open(struct tiff_file *file, struct byte_source *source, struct pm_error *error)
{
    uint8_t head[16];
    *file = (struct tiff_file){.source = source};
    if (tiff_read_bytes(file, 0, head, 8, error) != 0)
        return -1;
    file->big_endian = head[0] == 'M';
    file->big = tiff_number_at(file, head + 2, 2) == 43;
    if (file->big && tiff_read_bytes(file, 0, head, 16, error) != 0)
        return -1;
    if (file->big && (tiff_number_at(file, head + 4, 2) != 8 || tiff_number_at(file, head + 6, 2) != 0))
        return error_set(error, PM_ERROR_CORRUPT, "has an impossible BigTIFF header");
    file->first = file->big ? tiff_number_at(file, head + 8, 8) : tiff_number_at(file, head + 4, 4);
    return 0;
}

int tiff_walk_begin(struct tiff_walk *walk, const struct tiff_file *file, uint64_t at, struct pm_error *error)
{
    const unsigned size = file->big ? 8 : 2;
    uint8_t bytes[8];
    if (at > INT64_MAX / 2)
        return ends_early(error);
    if (tiff_read_bytes(file, at, bytes, size, error) != 0)
        return -1;
    const uint64_t count = tiff_number_at(file, bytes, size);
    if (count == 0 || count > TIFF_FIELDS_MAX)
        return error_set(error, PM_ERROR_CORRUPT, "has a directory of %" PRIu64 " entries (1 to %d are read)",
                         count, TIFF_FIELDS_MAX);
    *walk = (struct tiff_walk){.file = file, .at = at + size, .left = count, .count = count};
    return 0;
}

int tiff_walk_next(struct tiff_walk *walk, struct tiff_field *field, struct pm_error *error)
{
    const struct tiff_file *file = walk->file;
    const unsigned size = file->big ? 20 : 12, word = file->big ? 8 : 4;
    uint8_t bytes[20];
    if (walk->left == 0)
        return 0;
    if (tiff_read_bytes(file, walk->at, bytes, size, error) != 0)
        return -1;
    *field = (struct tiff_field){.tag = (unsigned)tiff_number_at(file, bytes, 2),
                                 .type = (unsigned)tiff_number_at(file, bytes + 2, 2),
                                 .count = tiff_number_at(file, bytes + 4, word),
                                 .at = walk->at + 4 + word};
    if (field->count > UINT32_MAX)
        return error_set(error, PM_ERROR_CORRUPT, "tag %u has an impossible number of values", field->tag);
    if (field->count * tiff_type_size(field->type) > word)
        field->at = tiff_number_at(file, bytes + 4 + word, word);
    if (field->at > INT64_MAX / 2)
        return ends_early(error);
    walk->at += size;
    walk->left--;
    return 1;
}

int tiff_walk_end(const struct tiff_walk *walk, uint64_t *next, struct pm_error *error)
{
    const unsigned word = walk->file->big ? 8 : 4;
    uint8_t bytes[8];
    if (tiff_read_bytes(walk->file, walk->at, bytes, word, error) != 0)
        return -1;
    *next = tiff_number_at(walk->file, bytes, word);
    return 0;
}
