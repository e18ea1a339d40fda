/*
 * Writes and reads the header. The reader trusts nothing: fields that follow from others (bands, total size)
 * are recomputed and must match.
 */
#include "codec/sealed/header.h"
#include "base/bytes.h"

#include <string.h>

enum { VERSION = 1, BAND_BYTES = 256 * 1024 };

enum {
    AT_VERSION = 8,
    AT_DEPTH = 9,
    AT_COLOR = 10,
    AT_ALPHA = 11,
    AT_WIDTH = 12,
    AT_HEIGHT = 16,
    AT_BAND_ROWS = 20,
    AT_BAND_COUNT = 24,
    AT_METADATA_SIZE = 28,
    AT_ID = 32,
    AT_SALT = 64,
    AT_SCRYPT = 80,
    AT_FLAGS = 83,
    AT_CHECK = 84,
};

enum { FLAG_NAMED = 1 };

static const uint8_t magic[8] = {'p', 'm', 's', 'e', 'a', 'l', 'e', 'd'};

/* Bands are whole rows, about BAND_BYTES, independent of machine and backend. */
static void cut_bands(struct seal *seal)
{
    const struct shape *shape = &seal->shape;
    uint64_t row_bytes = (uint64_t)shape->width * pm_channels(&shape->format) * (shape->format.depth / 8);
    uint64_t rows = BAND_BYTES / row_bytes;
    if (rows < 1)
        rows = 1;
    if (rows > shape->height)
        rows = shape->height;
    seal->band_rows = (uint32_t)rows;
    // NOLINTNEXTLINE(clang-analyzer-core.DivideZero): a shape has at least one row
    seal->band_count = (uint32_t)((shape->height + rows - 1) / rows);
}

struct seal seal_for(const struct shape *shape, uint32_t metadata_size, const struct pm_secret *secret)
{
    struct seal seal = {.shape = *shape, .metadata_size = metadata_size};
    memcpy(seal.id, secret->id, sizeof seal.id);
    memcpy(seal.salt, secret->salt, sizeof seal.salt);
    memcpy(seal.check, secret->check, sizeof seal.check);
    seal.named = secret->name[0] != '\0';
    if (seal.named)
        seal.name = (struct pm_blob){(const uint8_t *)secret->name, strlen(secret->name)};
    cut_bands(&seal);
    return seal;
}

uint64_t seal_bytes(const struct seal *seal)
{
    return SEAL_HEADER_BYTES + ((uint64_t)seal->band_count + 1) * SEAL_TAG_BYTES + seal->metadata_size;
}

bool seal_salted(const uint8_t salt[PM_SALT_BYTES])
{
    static const uint8_t none[PM_SALT_BYTES];
    return memcmp(salt, none, sizeof none) != 0;
}

void seal_write_header(const struct seal *seal, uint8_t header[SEAL_HEADER_BYTES])
{
    memset(header, 0, SEAL_HEADER_BYTES);
    memcpy(header, magic, sizeof magic);
    header[AT_VERSION] = VERSION;
    header[AT_DEPTH] = (uint8_t)seal->shape.format.depth;
    header[AT_COLOR] = seal->shape.format.color == PM_COLOR_RGB;
    header[AT_ALPHA] = seal->shape.format.alpha != PM_ALPHA_NONE;
    put_be32(header + AT_WIDTH, seal->shape.width);
    put_be32(header + AT_HEIGHT, seal->shape.height);
    put_be32(header + AT_BAND_ROWS, seal->band_rows);
    put_be32(header + AT_BAND_COUNT, seal->band_count);
    put_be32(header + AT_METADATA_SIZE, seal->metadata_size);
    memcpy(header + AT_ID, seal->id, sizeof seal->id);
    memcpy(header + AT_SALT, seal->salt, sizeof seal->salt);
    if (seal_salted(seal->salt)) {
        header[AT_SCRYPT] = SEAL_SCRYPT_LOG2_N;
        header[AT_SCRYPT + 1] = SEAL_SCRYPT_R;
        header[AT_SCRYPT + 2] = SEAL_SCRYPT_P;
    }
    header[AT_FLAGS] = seal->named ? FLAG_NAMED : 0;
    memcpy(header + AT_CHECK, seal->check, sizeof seal->check);
}

static int damaged(struct pm_error *error, const char *what)
{
    return error_set(
        error, PM_ERROR_CHANGED,
        "was changed since it was encrypted: %s of its encryption header is wrong (take an unchanged copy)",
        what);
}

static int read_shape(const uint8_t *data, struct shape *shape, struct pm_error *error)
{
    *shape = (struct shape){
        .width = get_be32(data + AT_WIDTH),
        .height = get_be32(data + AT_HEIGHT),
        .format = PIXELS(data[AT_COLOR] == 1 ? PM_COLOR_RGB : PM_COLOR_GRAY,
                         data[AT_ALPHA] == 1 ? PM_ALPHA_STRAIGHT : PM_ALPHA_NONE, data[AT_DEPTH]),
    };
    if (shape->format.depth != 8 && shape->format.depth != 16)
        return damaged(error, "the depth");
    if (data[AT_COLOR] > 1 || data[AT_ALPHA] > 1)
        return damaged(error, "the colour");
    if (shape->width < 1 || shape->width > INT32_MAX || shape->height < 1 || shape->height > INT32_MAX)
        return damaged(error, "the size");
    return 0;
}

static int check_scrypt(const uint8_t *data, const uint8_t salt[PM_SALT_BYTES], struct pm_error *error)
{
    static const uint8_t none[3], ours[3] = {SEAL_SCRYPT_LOG2_N, SEAL_SCRYPT_R, SEAL_SCRYPT_P};
    const uint8_t *stated = data + AT_SCRYPT;
    if (memcmp(stated, seal_salted(salt) ? ours : none, sizeof none) == 0)
        return 0;
    return error_set(error, PM_ERROR_UNSUPPORTED,
                     "was encrypted with other scrypt parameters (log2 N %u, r %u, p %u) than pixmill's "
                     "(%d, %d, %d, or 0 without a passphrase)",
                     stated[0], stated[1], stated[2], SEAL_SCRYPT_LOG2_N, SEAL_SCRYPT_R, SEAL_SCRYPT_P);
}

static int read_flags(unsigned flags, struct seal *seal, struct pm_error *error)
{
    seal->named = flags == FLAG_NAMED;
    if (flags <= FLAG_NAMED)
        return 0;
    return error_set(
        error, PM_ERROR_UNSUPPORTED,
        "was encrypted in a way (flags %u) that this version does not know (use a newer pixmill)", flags);
}

int seal_read(const uint8_t *data, size_t size, struct seal *seal, struct pm_error *error)
{
    if (size < SEAL_HEADER_BYTES)
        return damaged(error, "the length");
    if (memcmp(data, magic, sizeof magic) != 0)
        return damaged(error, "the beginning");
    if (data[AT_VERSION] != VERSION)
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "was encrypted by another version of pixmill (format %u; this one knows %d)",
                         data[AT_VERSION], VERSION);
    *seal = (struct seal){.metadata_size = get_be32(data + AT_METADATA_SIZE)};
    memcpy(seal->id, data + AT_ID, sizeof seal->id);
    memcpy(seal->salt, data + AT_SALT, sizeof seal->salt);
    memcpy(seal->check, data + AT_CHECK, sizeof seal->check);
    if (read_shape(data, &seal->shape, error) != 0 || check_scrypt(data, seal->salt, error) != 0 ||
        read_flags(data[AT_FLAGS], seal, error) != 0)
        return -1;
    cut_bands(seal);
    if (seal->band_rows != get_be32(data + AT_BAND_ROWS) ||
        seal->band_count != get_be32(data + AT_BAND_COUNT))
        return damaged(error, "the number of bands");
    if (seal->metadata_size < SEAL_METADATA_MIN || seal->metadata_size > SEAL_METADATA_MAX ||
        seal_bytes(seal) != size)
        return damaged(error, "the length");
    return 0;
}
