#include "codec/tiff/exif.h"

#include <string.h>

enum {
    HEADER = 8,
    ENTRY = 12,
    STRUCTURE_MAX = 4 << 20, /* larger ones are left out */
    TAG_EXIF = 34665,
    TAG_GPS = 34853,
    TAG_INTEROP = 40965,
    TAG_LAYERS = 37724, /* Photoshop's */
};

enum kind { PAGE, EXIF, GPS, INTEROP };

/* What is written: a structure, or (out NULL) only its size. */
struct target {
    uint8_t *out;
    size_t size; /* of `out` */
    size_t at;   /* bytes so far */
    uint32_t base;
    bool big_endian;
    bool failed;    /* too large */
    unsigned kinds; /* of directories that are there: a bit for each */
};

static bool is_text(unsigned tag)
{
    /* DocumentName, ImageDescription to Copyright; PageName */
    static const uint16_t tags[] = {269, 270, 271, 272, 285, 305, 306, 315, 316, 33432};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        if (tags[i] == tag)
            return true;
    }
    return false;
}

bool tiff_is_exif_tag(unsigned tag)
{
    enum {
        RATING = 18246,
        RATING_PERCENT = 18249,
        EXPOSURE_TIME = 33434,
        F_NUMBER = 33437,
        EXPOSURE_PROGRAM = 34850,
        ISO_SPEED_LATITUDE = 34869,
        FIRST = 36864,
        LAST = 42240
    };
    return is_text(tag) || tag == RATING || tag == RATING_PERCENT || tag == EXPOSURE_TIME ||
           tag == F_NUMBER || (tag >= EXPOSURE_PROGRAM && tag <= ISO_SPEED_LATITUDE && tag != TAG_GPS) ||
           (tag >= FIRST && tag <= LAST && tag != TAG_LAYERS && tag != TAG_INTEROP);
}

/* The directory that a field points to; PAGE: it does not. */
static enum kind pointed_at(enum kind kind, unsigned tag)
{
    if (kind == PAGE && tag == TAG_EXIF)
        return EXIF;
    if (kind == PAGE && tag == TAG_GPS)
        return GPS;
    return kind == EXIF && tag == TAG_INTEROP ? INTEROP : PAGE;
}

static bool is_copied(enum kind kind, const struct tiff_field *field)
{
    return pointed_at(kind, field->tag) != PAGE || (tiff_type_size(field->type) > 0 && field->count > 0 &&
                                                    (kind != PAGE || tiff_is_exif_tag(field->tag)));
}

static void put(const struct target *target, uint8_t *at, uint32_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        at[target->big_endian ? size - 1 - i : i] = (uint8_t)(value >> 8 * i);
}

/* Reserves `size` bytes at an even offset. Returns the offset. */
static size_t reserve(struct target *target, uint64_t size)
{
    const size_t at = target->at + target->at % 2;
    if (size > STRUCTURE_MAX || at + size > (target->out != NULL ? target->size : STRUCTURE_MAX)) {
        target->failed = true;
        return 0;
    }
    target->at = at + (size_t)size;
    return at;
}

/* Bytes of the numbers that values of a type consist of. */
static unsigned number_size(unsigned type)
{
    enum { RATIONAL = 5, SRATIONAL = 10 };
    return type == RATIONAL || type == SRATIONAL ? 4 : tiff_type_size(type);
}

static bool copy_values(const struct tiff_file *file, const struct tiff_field *field, struct target *target,
                        uint8_t *out, size_t size)
{
    struct pm_error why = {0};
    const unsigned number = number_size(field->type);
    if (tiff_read_bytes(file, field->at, out, size, &why) != 0)
        return false;
    for (size_t at = 0; number > 1 && file->big_endian != target->big_endian && at < size; at += number) {
        for (unsigned i = 0; i < number / 2; i++) {
            const uint8_t byte = out[at + i];
            out[at + i] = out[at + number - 1 - i];
            out[at + number - 1 - i] = byte;
        }
    }
    return true;
}

static size_t copy_directory(const struct tiff_file *file, uint64_t ifd, enum kind kind,
                             struct target *target);

/* Copies a field to the entry at `at`. False: it is left out. */
static bool copy_field(const struct tiff_file *file, const struct tiff_field *field, enum kind kind,
                       struct target *target, size_t at)
{
    enum { LONG = 4, INLINE = 4 };
    const enum kind child = pointed_at(kind, field->tag);
    const uint64_t size = field->count * tiff_type_size(field->type);
    struct pm_error why = {0};
    uint64_t value = 0;
    if (child != PAGE) {
        /* one of each kind: a field for each of a thousand others would take a million times as long */
        if ((target->kinds >> child & 1) != 0 || tiff_read_value(file, field, 0, &value, &why) != 0)
            return false;
        target->kinds |= 1u << child;
        value = copy_directory(file, value, child, target);
    } else if (size > INLINE) {
        if (!tiff_file_reaches(file, field->at + size))
            return false;
        value = reserve(target, size);
    }
    if (target->failed || (child != PAGE && value == 0))
        return false;
    if (target->out == NULL)
        return true;
    uint8_t *entry = target->out + at;
    put(target, entry, field->tag, 2);
    put(target, entry + 2, child != PAGE ? LONG : field->type, 2);
    put(target, entry + 4, child != PAGE ? 1 : (uint32_t)field->count, 4);
    if (child != PAGE || size > INLINE)
        put(target, entry + 8, target->base + (uint32_t)value, 4);
    if (child != PAGE)
        return true;
    return copy_values(file, field, target, size > INLINE ? target->out + value : entry + 8, (size_t)size);
}

/* Copies the directory's fields and what they point to. Returns its offset, without the base; 0: nothing was
 * copied. */
static size_t copy_directory(const struct tiff_file *file, uint64_t ifd, enum kind kind,
                             struct target *target)
{
    struct tiff_walk walk;
    struct tiff_field field;
    struct pm_error why = {0};
    size_t count = 0, made = 0;
    if (tiff_walk_begin(&walk, file, ifd, &why) != 0)
        return 0;
    for (struct tiff_walk counting = walk; tiff_walk_next(&counting, &field, &why) > 0;)
        count += is_copied(kind, &field);
    const size_t at = count > 0 ? reserve(target, 2 + ENTRY * count + 4) : 0;
    if (at == 0 || target->failed)
        return 0;
    while (tiff_walk_next(&walk, &field, &why) > 0)
        made += is_copied(kind, &field) && copy_field(file, &field, kind, target, at + 2 + ENTRY * made);
    if (target->out != NULL) {
        put(target, target->out + at, (uint32_t)made, 2);
        memset(target->out + at + 2 + ENTRY * made, 0, ENTRY * (count - made));
    }
    return made > 0 && !target->failed ? at : 0;
}

size_t tiff_exif_size(const struct tiff_file *file, uint64_t ifd)
{
    struct target target = {.at = HEADER};
    return copy_directory(file, ifd, PAGE, &target) > 0 ? target.at : 0;
}

size_t tiff_exif_gather(const struct tiff_file *file, uint64_t ifd, uint8_t *out, size_t size)
{
    struct target target = {.out = out, .size = size, .at = HEADER, .big_endian = file->big_endian};
    if (size < HEADER)
        return 0;
    memset(out, 0, size);
    memcpy(out, file->big_endian ? "MM\0*" : "II*\0", 4);
    const size_t at = copy_directory(file, ifd, PAGE, &target);
    put(&target, out + 4, (uint32_t)at, 4);
    return at > 0 ? target.at : 0;
}

/* Is it a structure of its own, whose page's directory is at file->first? */
static bool open_structure(struct pm_blob exif, struct memory_source *memory, struct tiff_file *file)
{
    struct pm_error why = {0};
    memory_source_init(memory, exif.data, exif.size);
    return tiff_file_open(file, &memory->source, &why) == 0 && !file->big;
}

/* Offsets of the directories that the structure's own one points to. */
static void find_parts(const struct tiff_file *file, uint64_t at[2])
{
    struct tiff_walk walk;
    struct tiff_field field;
    struct pm_error why = {0};
    at[0] = at[1] = 0;
    if (tiff_walk_begin(&walk, file, file->first, &why) != 0)
        return;
    while (tiff_walk_next(&walk, &field, &why) > 0) {
        const enum kind child = pointed_at(PAGE, field.tag);
        if (child != PAGE)
            (void)tiff_read_value(file, &field, 0, &at[child == GPS], &why);
    }
}

int tiff_exif_split(struct pm_blob exif, uint32_t base, struct tiff_exif_parts *parts, struct pm_error *error)
{
    struct memory_source memory;
    struct tiff_file file;
    uint64_t at[2];
    struct target size = {.at = 2, .base = base}; /* 2: an offset of 0 means that there is no directory */
    *parts = (struct tiff_exif_parts){0};
    if (!open_structure(exif, &memory, &file))
        return 0;
    find_parts(&file, at);
    for (int i = 0; i < 2; i++)
        copy_directory(&file, at[i], i == 0 ? EXIF : GPS, &size);
    if (size.failed)
        return 0;
    if (buffer_reserve(&parts->bytes, size.at) != 0)
        return error_memory(error, size.at);
    memset(parts->bytes.data, 0, size.at);
    parts->bytes.size = size.at;
    struct target target = {.out = parts->bytes.data, .size = size.at, .at = 2, .base = base};
    for (int i = 0; i < 2; i++) {
        const size_t made = copy_directory(&file, at[i], i == 0 ? EXIF : GPS, &target);
        *(i == 0 ? &parts->exif : &parts->gps) = made > 0 ? base + (uint32_t)made : 0;
    }
    return 0;
}

unsigned tiff_exif_texts(struct pm_blob exif,
                         void (*take)(void *user, unsigned tag, const char *text, size_t size), void *user)
{
    enum { ASCII = 2 };
    struct memory_source memory;
    struct tiff_file file;
    struct tiff_walk walk;
    struct tiff_field field;
    struct pm_error why = {0};
    unsigned others = 0;
    if (!open_structure(exif, &memory, &file) || tiff_walk_begin(&walk, &file, file.first, &why) != 0)
        return 0;
    while (tiff_walk_next(&walk, &field, &why) > 0) {
        const bool within = field.at <= exif.size && field.count <= exif.size - field.at;
        if (is_text(field.tag) && field.type == ASCII && field.count > 0 && within)
            take(user, field.tag, (const char *)exif.data + field.at, (size_t)field.count);
        else if (pointed_at(PAGE, field.tag) == PAGE && tiff_is_exif_tag(field.tag))
            others++;
    }
    return others;
}
