/* One page: the fields of its directory, checked, and its strips or tiles held against the file. */
#include "codec/tiff/page.h"

#include <inttypes.h>
#include <string.h>

#include "image/iptc.h"

enum { TEN_MICROMETRES = 100000 };

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
    TAG_WHITE_POINT = 318,
    TAG_PRIMARIES = 319,
    TAG_TILE_WIDTH = 322,
    TAG_TILE_HEIGHT = 323,
    TAG_TILE_OFFSETS = 324,
    TAG_TILE_SIZES = 325,
    TAG_SUB_DIRECTORIES = 330,
    TAG_INK_SET = 332,
    TAG_EXTRA_SAMPLES = 338,
    TAG_SAMPLE_FORMAT = 339,
    TAG_SUBSAMPLING = 530,
    TAG_XMP = 700,
    TAG_IPTC = 33723,
    TAG_PHOTOSHOP = 34377,
    TAG_ICC = 34675,
    TAG_DNG = 50706,
};

/* All values must be the same: sizes and formats of samples. */
static int read_equal(const struct tiff_file *file, const struct tiff_field *field, uint64_t *value,
                      bool *mixed, struct pm_error *error)
{
    uint64_t other;
    if (tiff_read_value(file, field, 0, value, error) != 0)
        return -1;
    for (uint64_t i = 1; i < field->count && i < TIFF_SAMPLES_MAX; i++) {
        if (tiff_read_value(file, field, i, &other, error) != 0)
            return -1;
        *mixed = *mixed || other != *value;
    }
    return 0;
}

static struct tiff_extent extent_of(const struct tiff_field *field)
{
    const unsigned size = tiff_type_size(field->type);
    if (size == 0 || field->count > UINT32_MAX)
        return (struct tiff_extent){0};
    return (struct tiff_extent){field->at, field->count * size};
}

/* Fields that only say where something is. Returns false for others. */
static bool take_location(const struct tiff_field *field, struct tiff_header *header,
                          struct tiff_directory *directory)
{
    switch (field->tag) {
    case TAG_STRIP_OFFSETS:
    case TAG_TILE_OFFSETS:
        directory->offsets = *field;
        header->tiled = header->tiled || field->tag == TAG_TILE_OFFSETS;
        return true;
    case TAG_STRIP_SIZES:
    case TAG_TILE_SIZES:
        directory->sizes = *field;
        return true;
    case TAG_SUB_DIRECTORIES:
        directory->smaller = *field;
        return true;
    case TAG_XMP:
        header->xmp = extent_of(field);
        return true;
    case TAG_IPTC:
        header->iptc = extent_of(field);
        return true;
    case TAG_PHOTOSHOP:
        header->photoshop = extent_of(field);
        return true;
    case TAG_ICC:
        header->icc = extent_of(field);
        return true;
    default:
        return false;
    }
}

static int read_length(const struct tiff_file *file, const struct tiff_field *field, uint32_t *length,
                       struct pm_error *error)
{
    uint64_t value;
    if (tiff_read_value(file, field, 0, &value, error) != 0)
        return -1;
    if (value > UINT32_MAX)
        return error_set(error, PM_ERROR_CORRUPT, "has an impossible size in its header");
    *length = (uint32_t)value;
    return 0;
}

static int read_extra(const struct tiff_file *file, const struct tiff_field *field,
                      struct tiff_directory *directory, struct pm_error *error)
{
    uint64_t value;
    for (; directory->nextra < field->count && directory->nextra < TIFF_SAMPLES_MAX; directory->nextra++) {
        if (tiff_read_value(file, field, directory->nextra, &value, error) != 0)
            return -1;
        directory->extra[directory->nextra] = (unsigned)value;
    }
    return 0;
}

/* Of YCbCr: pixels per chroma sample, across and down. */
static int read_sampling(const struct tiff_file *file, const struct tiff_field *field,
                         struct tiff_directory *directory, struct pm_error *error)
{
    for (unsigned i = 0; i < 2 && i < field->count; i++) {
        if (tiff_read_value(file, field, i, &directory->sampling[i], error) != 0)
            return -1;
    }
    return 0;
}

/* Fields that are kept in another form than they are stored. */
static void take_number(unsigned tag, uint64_t value, struct tiff_header *header,
                        struct tiff_directory *directory)
{
    if (tag == TAG_COMPRESSION)
        header->compression = value <= UINT32_MAX ? (unsigned)value : UINT32_MAX;
    else if (tag == TAG_ORIENTATION)
        header->orientation = value >= 1 && value <= 8 ? (unsigned)value : 1;
    else
        directory->reduced = (value & 1) != 0; /* a smaller version of another page */
}

static int take_field(const struct tiff_file *file, const struct tiff_field *field,
                      struct tiff_header *header, struct tiff_directory *directory, struct pm_error *error)
{
    uint64_t value = 0;
    if (take_location(field, header, directory))
        return 0;
    switch (field->tag) {
    case TAG_WIDTH:
        return read_length(file, field, &header->width, error);
    case TAG_HEIGHT:
        return read_length(file, field, &header->height, error);
    case TAG_TILE_WIDTH:
        return read_length(file, field, &header->tile_width, error);
    case TAG_TILE_HEIGHT:
        return read_length(file, field, &header->tile_height, error);
    case TAG_BITS:
        return read_equal(file, field, &directory->bits, &directory->mixed, error);
    case TAG_SAMPLE_FORMAT:
        return read_equal(file, field, &directory->format, &directory->mixed, error);
    case TAG_COMPRESSION:
    case TAG_ORIENTATION:
    case TAG_SUBFILE:
        if (tiff_read_value(file, field, 0, &value, error) != 0)
            return -1;
        take_number(field->tag, value, header, directory);
        return 0;
    case TAG_DNG:
        directory->raw = true;
        return 0;
    case TAG_PHOTOMETRIC:
        return tiff_read_value(file, field, 0, &directory->photometric, error);
    case TAG_SAMPLES:
        return tiff_read_value(file, field, 0, &directory->samples, error);
    case TAG_PLANAR:
        return tiff_read_value(file, field, 0, &directory->planar, error);
    case TAG_INK_SET:
        return tiff_read_value(file, field, 0, &directory->ink_set, error);
    case TAG_ROWS_PER_STRIP:
        return tiff_read_value(file, field, 0, &directory->rows_per_strip, error);
    case TAG_RESOLUTION_UNIT:
        return tiff_read_value(file, field, 0, &directory->unit, error);
    case TAG_X_RESOLUTION:
        return tiff_read_rationals(file, field, 1, &directory->x_resolution, error);
    case TAG_Y_RESOLUTION:
        return tiff_read_rationals(file, field, 1, &directory->y_resolution, error);
    case TAG_WHITE_POINT:
        return tiff_read_rationals(file, field, 2, header->chromaticities, error);
    case TAG_PRIMARIES:
        return tiff_read_rationals(file, field, 6, header->chromaticities + 2, error);
    case TAG_EXTRA_SAMPLES:
        return read_extra(file, field, directory, error);
    case TAG_SUBSAMPLING:
        return read_sampling(file, field, directory, error);
    default:
        return 0;
    }
}

/* Reads the directory at `at`. Of a tag that is there twice the first counts, as in libtiff. */
static int read_directory(const struct tiff_file *file, uint64_t at, struct tiff_header *header,
                          struct tiff_directory *directory, uint64_t *next, struct pm_error *error)
{
    uint8_t seen[(UINT16_MAX + 1) / 8] = {0};
    struct tiff_walk walk;
    struct tiff_field field;
    int status = tiff_walk_begin(&walk, file, at, error);
    if (status != 0)
        return -1;
    while ((status = tiff_walk_next(&walk, &field, error)) > 0) {
        uint8_t *byte = &seen[field.tag / 8];
        const uint8_t bit = (uint8_t)(1u << field.tag % 8);
        if ((*byte & bit) == 0 && take_field(file, &field, header, directory, error) != 0)
            return -1;
        *byte |= bit;
    }
    return status == 0 ? tiff_walk_end(&walk, next, error) : -1;
}

/* How many strips or tiles the page must have; 0: impossible. */
static uint64_t expected_chunks(const struct tiff_header *header, const struct tiff_directory *directory)
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
static int check_chunks(const struct tiff_file *file, struct tiff_header *header,
                        struct tiff_directory *directory, struct pm_error *error)
{
    const struct tiff_field *offsets = &directory->offsets, *sizes = &directory->sizes;
    const uint64_t chunks = expected_chunks(header, directory);
    if (chunks == 0 || chunks > TIFF_CHUNKS_MAX)
        return error_set(error, PM_ERROR_LIMIT, "has %" PRIu64 " strips or tiles (1 to %d are read)", chunks,
                         TIFF_CHUNKS_MAX);
    if (offsets->count < chunks || sizes->count < chunks)
        return error_set(error, PM_ERROR_CORRUPT,
                         "has no offset for some of its %" PRIu64 " strips or tiles (its header is damaged)",
                         chunks);
    directory->chunks = chunks;
    uint64_t end = 0, at[TIFF_VALUES_MAX], size[TIFF_VALUES_MAX];
    for (uint64_t i = 0; i < chunks; i += TIFF_VALUES_MAX) {
        const unsigned count = chunks - i < TIFF_VALUES_MAX ? (unsigned)(chunks - i) : TIFF_VALUES_MAX;
        if (tiff_read_values(file, offsets, i, count, at, error) != 0 ||
            tiff_read_values(file, sizes, i, count, size, error) != 0)
            return -1;
        for (unsigned k = 0; k < count; k++) {
            const bool far = at[k] > INT64_MAX / 2 || size[k] > INT64_MAX / 2;
            end = far ? INT64_MAX : at[k] + size[k] > end ? at[k] + size[k] : end;
        }
    }
    header->cut = header->cut || !tiff_file_reaches(file, end);
    return 0;
}

int tiff_page_read(const struct tiff_file *file, uint64_t at, struct tiff_header *header,
                   struct tiff_directory *directory, uint64_t *next, struct pm_error *error)
{
    *header = (struct tiff_header){
        .big_endian = file->big_endian, .ifd = at, .compression = TIFF_UNCOMPRESSED, .orientation = 1};
    *directory = (struct tiff_directory){.bits = 1,
                                         .samples = 1,
                                         .photometric = UINT64_MAX,
                                         .planar = 1,
                                         .ink_set = 1,
                                         .format = 1,
                                         .unit = 2,
                                         .sampling = {2, 2}};
    *next = 0;
    if (read_directory(file, at, header, directory, next, error) != 0)
        return -1;
    /* Old writers list tiles by the tags of strips. */
    header->tiled = header->tiled || (header->tile_width > 0 && header->tile_height > 0);
    if (header->width == 0 || header->height == 0)
        return error_set(error, PM_ERROR_CORRUPT, "has no width or no height");
    return check_chunks(file, header, directory, error);
}

static bool is_known_compression(unsigned compression)
{
    /* those without a name in tiff.h: of fax, PackBits, deflate's older number, LZMA, Zstandard and WebP */
    static const unsigned known[] = {1, 2, 3, 4, 5, 6, 7, 8, 32773, 32946, 34676, 34677, 34925, 50000, 50001};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i] == compression)
            return true;
    }
    return false;
}

/* The allowed ones are 1, 2 and 4 (TIFF 6.0, section 21); decoding refuses others, or takes the JPEG's own.
 */
static unsigned sampling_of(uint64_t value)
{
    return value == 2 || value == 4 ? (unsigned)value : 1;
}

/* The colour samples of a photometric interpretation. Returns 0, or -1 with `error` filled. */
static int settle_colors(struct tiff_header *header, const struct tiff_directory *directory,
                         struct pm_error *error)
{
    header->photometric = (enum tiff_photometric)directory->photometric;
    switch (directory->photometric) {
    case TIFF_WHITE_IS_ZERO:
    case TIFF_BLACK_IS_ZERO:
    case TIFF_PALETTE:
    case TIFF_LOGL:
        header->colors = 1;
        break;
    case TIFF_SEPARATED:
        header->colors = 4;
        if (directory->ink_set > 1)
            return error_set(error, PM_ERROR_UNSUPPORTED, "has inks other than CMYK (not supported)");
        break;
    case TIFF_YCBCR:
    case TIFF_RGB:
    case TIFF_CIELAB:
    case TIFF_ICCLAB:
    case TIFF_LOGLUV:
        header->colors = 3;
        break;
    case UINT64_MAX:
        return error_set(error, PM_ERROR_CORRUPT,
                         "does not say what its samples mean (its header is damaged)");
    default:
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "has photometric interpretation %" PRIu64
                         " (grey, RGB, palette, CMYK, YCbCr, CIELAB and LogLuv are read)",
                         directory->photometric);
    }
    if (header->photometric == TIFF_YCBCR) {
        header->sampling_x = sampling_of(directory->sampling[0]);
        header->sampling_y = sampling_of(directory->sampling[1]);
    }
    header->by_library =
        header->compression == TIFF_OLD_JPEG ||
        (header->photometric == TIFF_YCBCR && (header->compression != TIFF_JPEG || header->planar));
    /* Writers of old-style JPEG left the number out. */
    if (header->samples >= header->colors || header->compression == TIFF_OLD_JPEG)
        return 0;
    return error_set(error, PM_ERROR_CORRUPT, "has too few samples for its colours (its header is damaged)");
}

/* Sizes and formats of samples. */
static int settle_kind(const struct tiff_header *header, const struct tiff_directory *directory,
                       struct pm_error *error)
{
    const uint64_t bits = directory->bits;
    const bool is_float = header->format == TIFF_FLOATING;
    if (directory->mixed)
        return error_set(error, PM_ERROR_UNSUPPORTED, "has samples of different sizes (not supported)");
    if (header->format != TIFF_UNSIGNED_INTEGER && header->format != TIFF_SIGNED_INTEGER && !is_float)
        return error_set(error, PM_ERROR_UNSUPPORTED, "has complex samples (not supported)");
    if (is_float ? bits != 16 && bits != 24 && bits != 32 && bits != 64
                 : bits == 0 || (bits > 16 && bits != 24 && bits != 32))
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "has samples of %" PRIu64
                         " bits (1 to 16, 24 and 32 are read, and float of 16, 24, 32 and 64)",
                         bits);
    return 0;
}

/* LogLuv: its samples are what libtiff makes of its logarithms. libtiff decodes a strip at a time. */
static int settle_log(struct tiff_header *header, const struct tiff_directory *directory,
                      struct pm_error *error)
{
    enum { A_PIXEL = 4 };
    const bool coded = header->compression == TIFF_SGILOG || header->compression == TIFF_SGILOG24;
    const bool log = tiff_is_log(header);
    const uint64_t rows = directory->rows_per_strip > 0 && directory->rows_per_strip < header->height
                              ? directory->rows_per_strip
                              : header->height;
    if (!log && !coded)
        return 0;
    if (!log || !coded || header->planar || header->samples != header->colors ||
        (header->compression == TIFF_SGILOG24 && header->colors != 3))
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "is LogLuv of an unsupported kind (compression %u, %u samples)", header->compression,
                         header->samples);
    if (!header->tiled && rows * header->width > TIFF_TILE_BYTES_MAX / A_PIXEL)
        return error_limit(error, TIFF_TILE_BYTES_MAX, rows * header->width * A_PIXEL,
                           "is LogLuv with strips of more than %d MiB", TIFF_TILE_BYTES_MAX >> 20);
    header->format = TIFF_FLOATING;
    header->bits = 32;
    return 0;
}

/* Signed samples are measurements: elevations, differences. */
static bool may_be_signed(const struct tiff_header *header, const struct tiff_directory *directory)
{
    const bool known = header->photometric == TIFF_WHITE_IS_ZERO ||
                       header->photometric == TIFF_BLACK_IS_ZERO || header->photometric == TIFF_RGB;
    return known && !header->by_library && directory->nextra == 0;
}

static int settle_samples(struct tiff_header *header, const struct tiff_directory *directory,
                          struct pm_error *error)
{
    if (directory->samples == 0 || directory->samples > TIFF_SAMPLES_MAX)
        return error_limit(error, TIFF_SAMPLES_MAX, directory->samples,
                           "has %" PRIu64 " samples a pixel (1 to %d are read)", directory->samples,
                           TIFF_SAMPLES_MAX);
    header->samples = (unsigned)directory->samples;
    header->bits = (unsigned)directory->bits;
    header->format = directory->format == 4 ? TIFF_UNSIGNED_INTEGER : (enum tiff_format)directory->format;
    if (settle_kind(header, directory, error) != 0 || settle_colors(header, directory, error) != 0 ||
        settle_log(header, directory, error) != 0)
        return -1;
    const bool is_float = header->format == TIFF_FLOATING;
    if (header->format == TIFF_SIGNED_INTEGER && !may_be_signed(header, directory))
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "has signed samples that are not grey or RGB alone (not supported)");
    if (header->photometric == TIFF_PALETTE && (is_float || header->bits > 8))
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "has a palette of more than 256 colours (not supported)");
    if (header->photometric == TIFF_YCBCR && header->bits != 8)
        return error_set(error, PM_ERROR_UNSUPPORTED, "is YCbCr of other than 8 bits (not supported)");
    const bool lab = tiff_is_lab(header);
    if (lab && (is_float || (header->bits != 8 && header->bits != 16)))
        return error_set(error, PM_ERROR_UNSUPPORTED, "is CIELAB of other than 8 or 16 bits (not supported)");
    if (header->by_library)
        return header->bits == 8
                   ? 0
                   : error_set(error, PM_ERROR_UNSUPPORTED,
                               "is old-style JPEG (compression 6) of %u bits (8 are read)", header->bits);
    for (unsigned i = 0; i < directory->nextra && header->alpha == 0; i++) {
        const bool alpha = directory->extra[i] == 1 || directory->extra[i] == 2;
        if (alpha && header->colors + i < header->samples) {
            header->alpha = header->colors + i;
            header->premultiplied = directory->extra[i] == 1;
        }
    }
    if (lab && header->premultiplied)
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "is CIELAB that is multiplied by its alpha (not supported)");
    return 0;
}

static void settle_density(struct tiff_header *header, const struct tiff_directory *directory)
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

/* Both tags, of a picture in colour. CIELAB's and LogLuv's samples become sRGB. */
static void settle_chromaticities(struct tiff_header *header)
{
    header->has_chromaticities = (header->colors == 3 && !tiff_is_lab(header) && !tiff_is_log(header)) ||
                                 header->photometric == TIFF_PALETTE;
    for (unsigned i = 0; i < 8; i++)
        header->has_chromaticities = header->has_chromaticities && header->chromaticities[i] > 0;
}

int tiff_find_iptc(const struct tiff_file *file, struct tiff_header *header, struct pm_error *error)
{
    enum { PIECE = 4096, SEARCHED_MAX = 1 << 20 };
    const struct tiff_extent all = header->photoshop;
    struct iptc_search search = {0};
    uint8_t bytes[PIECE];
    if (!tiff_file_reaches(file, all.at + all.size))
        return 0;
    for (uint64_t at = 0; at < all.size && at < SEARCHED_MAX && !search.found && !search.ended; at += PIECE) {
        const size_t size = all.size - at < PIECE ? (size_t)(all.size - at) : PIECE;
        if (tiff_read_bytes(file, all.at + at, bytes, size, error) != 0)
            return -1;
        iptc_search(&search, bytes, size);
    }
    if (search.found && search.size <= all.size - search.offset)
        header->iptc = (struct tiff_extent){all.at + search.offset, search.size};
    return 0;
}

int tiff_page_settle(struct tiff_header *header, const struct tiff_directory *directory,
                     struct pm_error *error)
{
    if (!is_known_compression(header->compression))
        return error_set(error, PM_ERROR_UNSUPPORTED, "has compression %u (not supported)",
                         header->compression);
    header->planar = directory->planar == 2 && directory->samples > 1;
    if (settle_samples(header, directory, error) != 0)
        return -1;
    const uint64_t tile = (uint64_t)header->tile_width * header->tile_height;
    const unsigned together = header->planar && !header->by_library ? 1 : header->samples;
    if (header->tiled &&
        (tile > TIFF_TILE_BYTES_MAX || tile * together * header->bits / 8 > TIFF_TILE_BYTES_MAX))
        return error_set(error, PM_ERROR_LIMIT, "has tiles of more than %d MiB", TIFF_TILE_BYTES_MAX >> 20);
    settle_density(header, directory);
    settle_chromaticities(header);
    return 0;
}
