/* Directories (TIFF 6.0, section 2; BigTIFF differs in the sizes of its fields), read without a library. */
#include <inttypes.h>
#include <string.h>

#include "codec/tiff/tiff.h"
#include "image/image.h"

enum { ENTRIES_MAX = 1024, CHUNKS_MAX = 1 << 22, VALUES_AT_ONCE = 64, TEN_MICROMETRES = 100000 };

enum tag {
    TAG_SUBFILE = 254,
    TAG_WIDTH = 256,
    TAG_HEIGHT = 257,
    TAG_BITS = 258,
    TAG_COMPRESSION = 259,
    TAG_PHOTOMETRIC = 262,
    TAG_STRIP_OFFSETS = 273,
    TAG_ORIENTATION = 274,
    TAG_SAMPLES = 277,
    TAG_ROWS_PER_STRIP = 278,
    TAG_STRIP_SIZES = 279,
    TAG_X_RESOLUTION = 282,
    TAG_Y_RESOLUTION = 283,
    TAG_PLANAR = 284,
    TAG_RESOLUTION_UNIT = 296,
    TAG_TILE_WIDTH = 322,
    TAG_TILE_HEIGHT = 323,
    TAG_TILE_OFFSETS = 324,
    TAG_TILE_SIZES = 325,
    TAG_INK_SET = 332,
    TAG_EXTRA_SAMPLES = 338,
    TAG_SAMPLE_FORMAT = 339,
    TAG_XMP = 700,
    TAG_IPTC = 33723,
    TAG_EXIF = 34665,
    TAG_ICC = 34675,
    TAG_DNG = 50706,
};

/* A file with the sizes of its fields. */
struct file {
    struct byte_source *source;
    bool big_endian, big;
};

struct entry {
    unsigned tag, type;
    uint64_t count, at; /* of values; where the first is */
};

/* The relevant fields of one directory. */
struct directory {
    struct entry offsets, sizes; /* of strips or tiles */
    uint64_t rows_per_strip;
    unsigned extra[TIFF_SAMPLES_MAX]; /* ExtraSamples */
    unsigned nextra;
    uint64_t bits, samples, photometric, planar, ink_set, format, unit;
    double x_resolution, y_resolution;
    bool raw;   /* of a camera: the first page is only a preview */
    bool mixed; /* samples have different sizes or formats */
};

static int ends_early(struct pm_error *error)
{
    return error_set(error, PM_ERROR_TRUNCATED, "ends within its header (fetch or copy it again)");
}

static uint64_t number(const struct file *file, const uint8_t *p, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value = value << 8 | p[file->big_endian ? i : size - 1 - i];
    return value;
}

static int read_bytes(const struct file *file, uint64_t at, void *bytes, size_t size, struct pm_error *error)
{
    const long got = file->source->read_at(file->source, at, bytes, size);
    if (got < 0)
        return error_set(error, PM_ERROR_IO, "can't be read");
    return (size_t)got == size ? 0 : ends_early(error);
}

/* Does the file have all bytes before `end`? */
static bool reaches(const struct file *file, uint64_t end)
{
    uint8_t last;
    return end == 0 || file->source->read_at(file->source, end - 1, &last, 1) == 1;
}

static unsigned type_size(unsigned type)
{
    static const uint8_t sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
    return type < sizeof sizes ? sizes[type] : 0;
}

/* Integer value i of an entry: BYTE, SHORT, LONG, IFD, LONG8 or IFD8. */
static int read_value(const struct file *file, const struct entry *entry, uint64_t i, uint64_t *value,
                      struct pm_error *error)
{
    uint8_t bytes[8];
    const unsigned size = type_size(entry->type);
    const bool integer = entry->type == 1 || entry->type == 3 || entry->type == 4 || entry->type == 13 ||
                         entry->type == 16 || entry->type == 18;
    if (!integer || i >= entry->count)
        return error_set(error, PM_ERROR_CORRUPT, "tag %u has no number (its header is damaged)", entry->tag);
    if (read_bytes(file, entry->at + i * size, bytes, size, error) != 0)
        return -1;
    *value = number(file, bytes, size);
    return 0;
}

/* All values must be the same: sizes and formats of samples. */
static int read_equal(const struct file *file, const struct entry *entry, uint64_t *value, bool *mixed,
                      struct pm_error *error)
{
    uint64_t other;
    if (read_value(file, entry, 0, value, error) != 0)
        return -1;
    for (uint64_t i = 1; i < entry->count && i < TIFF_SAMPLES_MAX; i++) {
        if (read_value(file, entry, i, &other, error) != 0)
            return -1;
        *mixed = *mixed || other != *value;
    }
    return 0;
}

static int read_rational(const struct file *file, const struct entry *entry, double *value,
                         struct pm_error *error)
{
    uint8_t bytes[8];
    if (entry->type != 5 || entry->count != 1)
        return 0; /* an invalid density is ignored */
    if (read_bytes(file, entry->at, bytes, sizeof bytes, error) != 0)
        return -1;
    const uint64_t below = number(file, bytes + 4, 4);
    *value = below != 0 ? (double)number(file, bytes, 4) / (double)below : 0;
    return 0;
}

static struct tiff_extent extent_of(const struct entry *entry)
{
    const unsigned size = type_size(entry->type);
    if (size == 0 || entry->count > UINT32_MAX)
        return (struct tiff_extent){0};
    return (struct tiff_extent){entry->at, entry->count * size};
}

static int read_entry(const struct file *file, const struct entry *entry, struct tiff_header *header,
                      struct directory *directory, struct pm_error *error)
{
    uint64_t value = 0;
    switch ((enum tag)entry->tag) {
    case TAG_WIDTH:
    case TAG_HEIGHT:
    case TAG_TILE_WIDTH:
    case TAG_TILE_HEIGHT:
        if (read_value(file, entry, 0, &value, error) != 0)
            return -1;
        if (value > UINT32_MAX)
            return error_set(error, PM_ERROR_CORRUPT, "has an impossible size in its header");
        *(entry->tag == TAG_WIDTH        ? &header->width
          : entry->tag == TAG_HEIGHT     ? &header->height
          : entry->tag == TAG_TILE_WIDTH ? &header->tile_width
                                         : &header->tile_height) = (uint32_t)value;
        return 0;
    case TAG_BITS:
        return read_equal(file, entry, &directory->bits, &directory->mixed, error);
    case TAG_SAMPLE_FORMAT:
        return read_equal(file, entry, &directory->format, &directory->mixed, error);
    case TAG_COMPRESSION:
        if (read_value(file, entry, 0, &value, error) != 0)
            return -1;
        header->compression = (unsigned)value;
        return 0;
    case TAG_ORIENTATION:
        if (read_value(file, entry, 0, &value, error) != 0)
            return -1;
        header->orientation = value >= 1 && value <= 8 ? (unsigned)value : 1;
        return 0;
    case TAG_SUBFILE: /* bit 0: a smaller version of another page */
        if (read_value(file, entry, 0, &value, error) != 0)
            return -1;
        directory->raw = directory->raw || (value & 1) != 0;
        return 0;
    case TAG_DNG:
        directory->raw = true;
        return 0;
    case TAG_PHOTOMETRIC:
        return read_value(file, entry, 0, &directory->photometric, error);
    case TAG_SAMPLES:
        return read_value(file, entry, 0, &directory->samples, error);
    case TAG_PLANAR:
        return read_value(file, entry, 0, &directory->planar, error);
    case TAG_INK_SET:
        return read_value(file, entry, 0, &directory->ink_set, error);
    case TAG_ROWS_PER_STRIP:
        return read_value(file, entry, 0, &directory->rows_per_strip, error);
    case TAG_RESOLUTION_UNIT:
        return read_value(file, entry, 0, &directory->unit, error);
    case TAG_X_RESOLUTION:
        return read_rational(file, entry, &directory->x_resolution, error);
    case TAG_Y_RESOLUTION:
        return read_rational(file, entry, &directory->y_resolution, error);
    case TAG_EXTRA_SAMPLES:
        for (; directory->nextra < entry->count && directory->nextra < TIFF_SAMPLES_MAX;
             directory->nextra++) {
            if (read_value(file, entry, directory->nextra, &value, error) != 0)
                return -1;
            directory->extra[directory->nextra] = (unsigned)value;
        }
        return 0;
    case TAG_STRIP_OFFSETS:
    case TAG_TILE_OFFSETS:
        directory->offsets = *entry;
        header->tiled = header->tiled || entry->tag == TAG_TILE_OFFSETS;
        return 0;
    case TAG_STRIP_SIZES:
    case TAG_TILE_SIZES:
        directory->sizes = *entry;
        return 0;
    case TAG_XMP:
        header->xmp = extent_of(entry);
        return 0;
    case TAG_IPTC:
        header->iptc = extent_of(entry);
        return 0;
    case TAG_ICC:
        header->icc = extent_of(entry);
        return 0;
    case TAG_EXIF:
        header->exif = extent_of(entry);
        return 0;
    }
    return 0;
}

/* Reads the directory at `at`; *next is the offset of the next one, 0 after the last. */
static int read_directory(const struct file *file, uint64_t at, struct tiff_header *header,
                          struct directory *directory, uint64_t *next, struct pm_error *error)
{
    const unsigned count_size = file->big ? 8 : 2, entry_size = file->big ? 20 : 12, word = file->big ? 8 : 4;
    uint8_t bytes[20];
    if (at > INT64_MAX / 2)
        return ends_early(error);
    if (read_bytes(file, at, bytes, count_size, error) != 0)
        return -1;
    const uint64_t entries = number(file, bytes, count_size);
    if (entries == 0 || entries > ENTRIES_MAX)
        return error_set(error, PM_ERROR_CORRUPT, "has a directory of %" PRIu64 " entries (1 to %d are read)",
                         entries, ENTRIES_MAX);
    for (uint64_t i = 0; i < entries; i++) {
        const uint64_t place = at + count_size + i * entry_size;
        if (read_bytes(file, place, bytes, entry_size, error) != 0)
            return -1;
        struct entry entry = {.tag = (unsigned)number(file, bytes, 2),
                              .type = (unsigned)number(file, bytes + 2, 2),
                              .count = number(file, bytes + 4, word),
                              .at = place + 4 + word};
        if (entry.count > UINT32_MAX)
            return error_set(error, PM_ERROR_CORRUPT, "tag %u has an impossible number of values", entry.tag);
        if (entry.count * type_size(entry.type) > word)
            entry.at = number(file, bytes + 4 + word, word);
        if (entry.at > INT64_MAX / 2)
            return ends_early(error);
        if (read_entry(file, &entry, header, directory, error) != 0)
            return -1;
    }
    if (read_bytes(file, at + count_size + entries * entry_size, bytes, word, error) != 0)
        return -1;
    *next = number(file, bytes, word);
    return 0;
}

/* How many strips or tiles the page must have; 0: impossible. */
static uint64_t expected_chunks(const struct tiff_header *header, const struct directory *directory)
{
    uint64_t chunks;
    if (header->tiled) {
        if (header->tile_width == 0 || header->tile_height == 0)
            return 0;
        chunks = (((uint64_t)header->width + header->tile_width - 1) / header->tile_width) *
                 (((uint64_t)header->height + header->tile_height - 1) / header->tile_height);
    } else {
        const uint64_t rows = directory->rows_per_strip == 0 || directory->rows_per_strip > header->height
                                  ? header->height
                                  : directory->rows_per_strip;
        chunks = (header->height + rows - 1) / rows;
    }
    return directory->planar == 2 ? chunks * directory->samples : chunks;
}

/* Checks every strip or tile against the file's size. libtiff would return zeros for missing data. */
static int check_chunks(const struct file *file, struct tiff_header *header,
                        const struct directory *directory, struct pm_error *error)
{
    const struct entry *offsets = &directory->offsets, *sizes = &directory->sizes;
    const uint64_t chunks = expected_chunks(header, directory);
    if (chunks == 0 || chunks > CHUNKS_MAX)
        return error_set(error, PM_ERROR_LIMIT, "has %" PRIu64 " strips or tiles (1 to %d are read)", chunks,
                         CHUNKS_MAX);
    if (offsets->count < chunks || sizes->count < chunks)
        return error_set(error, PM_ERROR_CORRUPT,
                         "has no offset for some of its %" PRIu64 " strips or tiles (its header is damaged)",
                         chunks);
    uint64_t end = 0;
    for (uint64_t i = 0; i < chunks; i++) {
        uint64_t at, size;
        if (read_value(file, offsets, i, &at, error) != 0 || read_value(file, sizes, i, &size, error) != 0)
            return -1;
        if (at > INT64_MAX / 2 || size > INT64_MAX / 2)
            end = INT64_MAX;
        else if (at + size > end)
            end = at + size;
    }
    header->cut = header->cut || !reaches(file, end);
    return 0;
}

static bool is_known_compression(unsigned compression)
{
    static const unsigned known[] = {TIFF_UNCOMPRESSED, 2,     3,     4,     TIFF_LZW, TIFF_JPEG,
                                     TIFF_DEFLATE,      32773, 32946, 34925, 50000,    50001};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i] == compression)
            return true;
    }
    return false;
}

/* The colour samples of a photometric interpretation. Returns 0, or -1 with `error` filled. */
static int settle_colors(struct tiff_header *header, const struct directory *directory,
                         struct pm_error *error)
{
    header->photometric = (enum tiff_photometric)directory->photometric;
    switch (directory->photometric) {
    case TIFF_WHITE_IS_ZERO:
    case TIFF_BLACK_IS_ZERO:
    case TIFF_PALETTE:
        header->colors = 1;
        break;
    case TIFF_SEPARATED:
        header->colors = 4;
        if (directory->ink_set > 1)
            return error_set(error, PM_ERROR_UNSUPPORTED, "has inks other than CMYK (not supported)");
        break;
    case TIFF_YCBCR:
        if (header->compression != TIFF_JPEG || directory->planar == 2)
            return error_set(error, PM_ERROR_UNSUPPORTED,
                             "is YCbCr without JPEG compression (not supported)");
        header->colors = 3;
        break;
    case TIFF_RGB:
        header->colors = 3;
        break;
    default:
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "has photometric interpretation %" PRIu64
                         " (grey, RGB, palette, CMYK and YCbCr are read)",
                         directory->photometric);
    }
    if (header->samples >= header->colors)
        return 0;
    return error_set(error, PM_ERROR_CORRUPT, "has too few samples for its colours (its header is damaged)");
}

static int settle_samples(struct tiff_header *header, const struct directory *directory,
                          struct pm_error *error)
{
    if (directory->samples == 0 || directory->samples > TIFF_SAMPLES_MAX)
        return error_limit(error, TIFF_SAMPLES_MAX, directory->samples,
                           "has %" PRIu64 " samples a pixel (1 to %d are read)", directory->samples,
                           TIFF_SAMPLES_MAX);
    header->samples = (unsigned)directory->samples;
    header->bits = (unsigned)directory->bits;
    header->format = directory->format == 4 ? TIFF_UNSIGNED_INTEGER : (enum tiff_format)directory->format;
    const bool is_float = header->format == TIFF_FLOATING;
    if (directory->mixed)
        return error_set(error, PM_ERROR_UNSUPPORTED, "has samples of different sizes (not supported)");
    if (header->format != TIFF_UNSIGNED_INTEGER && !is_float)
        return error_set(error, PM_ERROR_UNSUPPORTED, "has signed or complex samples (not supported)");
    if (is_float ? directory->bits != 16 && directory->bits != 32 && directory->bits != 64
                 : directory->bits == 0 || directory->bits > 16)
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "has samples of %" PRIu64 " bits (1 to 16 are read, and float of 16, 32 and 64)",
                         directory->bits);
    if (settle_colors(header, directory, error) != 0)
        return -1;
    if (header->photometric == TIFF_PALETTE && (is_float || header->bits > 8))
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "has a palette of more than 256 colours (not supported)");
    if (header->photometric == TIFF_YCBCR && header->bits != 8)
        return error_set(error, PM_ERROR_UNSUPPORTED, "is YCbCr of other than 8 bits (not supported)");
    for (unsigned i = 0; i < directory->nextra && header->alpha == 0; i++) {
        const bool alpha = directory->extra[i] == 1 || directory->extra[i] == 2;
        if (alpha && header->colors + i < header->samples) {
            header->alpha = header->colors + i;
            header->premultiplied = directory->extra[i] == 1;
        }
    }
    return 0;
}

static void settle_density(struct tiff_header *header, const struct directory *directory)
{
    const double unit = directory->unit == 3 ? 100 : directory->unit == 2 ? 1 / 0.0254 : TEN_MICROMETRES;
    const double x = directory->x_resolution * unit, y = directory->y_resolution * unit;
    if (!(x >= 1 && x < 1e9 && y >= 1 && y < 1e9) || (directory->unit == 1 && x == y))
        return;
    header->has_density = true;
    header->density_metre = directory->unit != 1;
    header->density_x = (uint32_t)(x + 0.5);
    header->density_y = (uint32_t)(y + 0.5);
}

/* Reads and checks the directory of one page. */
static int read_page(const struct file *file, uint64_t at, struct tiff_header *header, uint64_t *next,
                     struct directory *directory, struct pm_error *error)
{
    *directory =
        (struct directory){.bits = 1, .samples = 1, .planar = 1, .ink_set = 1, .format = 1, .unit = 2};
    directory->photometric = UINT64_MAX;
    header->compression = TIFF_UNCOMPRESSED;
    header->orientation = 1;
    if (read_directory(file, at, header, directory, next, error) != 0)
        return -1;
    if (header->width == 0 || header->height == 0)
        return error_set(error, PM_ERROR_CORRUPT, "has no width or no height");
    return check_chunks(file, header, directory, error);
}

/* Checks that the pages after the first are complete. Skips pages that are not images. */
static int read_other_pages(const struct file *file, uint64_t next, struct tiff_header *header,
                            struct pm_error *error)
{
    while (next != 0) {
        struct tiff_header page = {0};
        struct directory directory;
        struct pm_error why = {0};
        const uint64_t at = next;
        next = 0;
        if (++header->pages > TIFF_PAGES_MAX)
            return error_set(error, PM_ERROR_LIMIT, "has more than %d pages, or their list is a loop",
                             TIFF_PAGES_MAX);
        const int status = read_page(file, at, &page, &next, &directory, &why);
        if (status != 0 && why.kind == PM_ERROR_IO)
            return error_copy(error, &why);
        header->cut = header->cut || page.cut || (status != 0 && why.kind == PM_ERROR_TRUNCATED);
    }
    return 0;
}

int tiff_read_header(struct byte_source *source, struct tiff_header *header, struct pm_error *error)
{
    uint8_t head[16];
    struct directory directory;
    uint64_t next;
    struct file file = {.source = source};
    *header = (struct tiff_header){.pages = 1};
    if (read_bytes(&file, 0, head, 8, error) != 0)
        return -1;
    header->big_endian = file.big_endian = head[0] == 'M';
    file.big = number(&file, head + 2, 2) == 43;
    if (file.big && read_bytes(&file, 0, head, 16, error) != 0)
        return -1;
    if (file.big && (number(&file, head + 4, 2) != 8 || number(&file, head + 6, 2) != 0))
        return error_set(error, PM_ERROR_CORRUPT, "has an impossible BigTIFF header");
    header->ifd = file.big ? number(&file, head + 8, 8) : number(&file, head + 4, 4);
    if (read_page(&file, header->ifd, header, &next, &directory, error) != 0)
        return -1;
    if (directory.raw)
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "is a camera's raw file, or its first page is only a preview (not supported)");
    if (!is_known_compression(header->compression))
        return error_set(error, PM_ERROR_UNSUPPORTED, "has compression %u (not supported)",
                         header->compression);
    header->planar = directory.planar == 2 && directory.samples > 1;
    if (settle_samples(header, &directory, error) != 0)
        return -1;
    const uint64_t tile = (uint64_t)header->tile_width * header->tile_height;
    if (header->tiled &&
        (tile > TIFF_TILE_BYTES_MAX ||
         tile * (header->planar ? 1 : header->samples) * header->bits / 8 > TIFF_TILE_BYTES_MAX))
        return error_set(error, PM_ERROR_LIMIT, "has tiles of more than %d MiB", TIFF_TILE_BYTES_MAX >> 20);
    settle_density(header, &directory);
    return read_other_pages(&file, next, header, error);
}

void tiff_header_tell(const struct tiff_header *header, struct pm_info *info)
{
    const bool deep = header->format == TIFF_FLOATING || header->bits > 8;
    info->width = header->width;
    info->height = header->height;
    info->depth = header->bits;
    info->palette = header->photometric == TIFF_PALETTE;
    info->pixels = (struct pm_pixel_format)PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8);
    if (info->palette || header->colors == 3)
        info->pixels.color = PM_COLOR_RGB;
    else if (header->colors == 4)
        info->pixels.color = PM_COLOR_CMYK;
    if (deep && header->colors != 4) /* CMYK has 8 bits in pixmill */
        info->pixels.depth = info->pixels.bits = 16;
    if (header->alpha != 0 && header->colors != 4)
        info->pixels.alpha = PM_ALPHA_STRAIGHT;
    info->orientation = header->orientation;
    info->extra_pictures = header->pages - 1;
    info->icc_size = (size_t)header->icc.size;
    info->xmp_size = (size_t)header->xmp.size;
    info->iptc_size = (size_t)header->iptc.size;
}

int tiff_probe(struct byte_source *source, struct pm_info *info, struct pm_error *error)
{
    struct tiff_header header;
    if (tiff_read_header(source, &header, error) != 0)
        return -1;
    tiff_header_tell(&header, info);
    return 0;
}
