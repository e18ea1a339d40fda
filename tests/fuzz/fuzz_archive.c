/*
 * An archive of encrypted files. Some are honest; the rest are made by an attacker without the key, as the
 * input's bytes direct: honest files with flipped bits, exchanged salts or seals, cuts, second seals or many
 * made-up salts, and files that consist of the input's own bytes. All are decrypted with one key ring.
 * Checked: the decrypted image is the one that was encrypted, under the name it is bound to; every honest
 * file is decrypted, whatever other files there are; a file costs one key derivation at most, and none if
 * its salt is already proven; --max-wrong-salts limits the salts that prove nothing.
 *
 * A fast function replaces scrypt for deriving keys from passphrases.
 */
#include <libdeflate.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "batch/keyring.h"
#include "codec/png/chunks.h"
#include "codec/reader.h"
#include "codec/sealed/header.h"
#include "codec/sealed/sealed.h"
#include "fuzz/fuzz.h"
#include "lent.h"

enum { OPS_MAX = 24, HONEST_MAX = 8, SALTS = 8, FILE_MAX = 1 << 16, PIXELS_MAX = 1 << 12, FLOOD_MAX = 40 };
enum { AT_SALT = 64, AT_SCRYPT = 80, SEAL_CHUNK = 33 /* IHDR comes before it */ };

static const char *const names[] = {"", "a.png", "one/a.png", "one/b.png"};
enum { NAMES = sizeof names / sizeof *names };

struct honest {
    struct buffer file;
    const char *name; /* the name it is bound to; "": none */
    uint8_t id[PM_ID_BYTES], kind;
    unsigned salt;
};

struct archive {
    const uint8_t *data;
    size_t size;
    struct keyring *ring;
    bool salted;
    unsigned wrong_max, proven;
    struct honest honest[HONEST_MAX];
    unsigned nhonest, flood;
    bool salt_proven[SALTS];
};

static unsigned derived; /* calls of the function that replaces scrypt */

static int quick_stretch(const uint8_t *passphrase, size_t size, const uint8_t salt[PM_SALT_BYTES],
                         uint8_t master[PM_KEY_BYTES])
{
    derived++;
    memcpy(master, salt, PM_SALT_BYTES);
    memset(master + PM_SALT_BYTES, passphrase[0] + (int)size, PM_KEY_BYTES - PM_SALT_BYTES);
    return 0;
}

/* The path of an in-memory file that holds the text; created once. */
static const char *key_path(void)
{
    static char path[32];
    static const char text[PM_KEY_BYTES + 1] = "thirty-two bytes, used both ways";
    if (path[0] == '\0') {
        const int fd = memfd_create("key", MFD_CLOEXEC);
        FUZZ_ASSERT(fd >= 0 && write(fd, text, PM_KEY_BYTES) == PM_KEY_BYTES);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    return path;
}

static unsigned next(struct archive *archive)
{
    if (archive->size == 0)
        return 0;
    archive->size--;
    return *archive->data++;
}

static void salt_of(unsigned number, uint8_t salt[PM_SALT_BYTES])
{
    memset(salt, 0, PM_SALT_BYTES);
    put_be32(salt, number + 1);
}

static struct pm_image picture_of(unsigned kind, struct context *context)
{
    const struct shape shape = {.width = 1u + kind % 3,
                                .height = 2,
                                .format =
                                    PIXELS(kind & 4 ? PM_COLOR_RGB : PM_COLOR_GRAY,
                                           kind & 8 ? PM_ALPHA_STRAIGHT : PM_ALPHA_NONE, kind & 16 ? 16 : 8)};
    struct pm_image image;
    FUZZ_ASSERT(image_alloc(&image, &shape, context) == 0);
    image.orientation = 1 + kind % 8;
    for (uint32_t y = 0; y < image.height; y++)
        memset(plane_row(&image.plane[0], y), (int)(kind + y),
               (size_t)image.width * image.plane[0].channels * (image.format.depth / 8));
    return image;
}

static struct pm_secret keys_of(const struct archive *archive, const struct honest *honest)
{
    uint8_t master[PM_KEY_BYTES], salt[PM_SALT_BYTES] = {0};
    static const uint8_t text[] = "t"; /* the first byte of the passphrase */
    struct pm_secret secret;
    struct pm_error error = {0};
    memcpy(master, "thirty-two bytes, used both ways", sizeof master);
    if (archive->salted) {
        salt_of(honest->salt, salt);
        quick_stretch(text, PM_KEY_BYTES, salt, master);
        derived--;
    }
    FUZZ_ASSERT(pm_secret_derive(master, honest->id, salt, &secret, &error) == 0);
    snprintf(secret.name, sizeof secret.name, "%s", honest->name);
    return secret;
}

static void add_honest(struct archive *archive)
{
    if (archive->nhonest == HONEST_MAX)
        return;
    struct honest *honest = &archive->honest[archive->nhonest++];
    struct lent lent;
    struct pm_image noise;
    honest->salt = next(archive) % SALTS;
    honest->kind = (uint8_t)next(archive);
    honest->name = names[next(archive) % NAMES];
    memset(honest->id, 1 + (int)archive->nhonest, sizeof honest->id);
    lent_init(&lent);
    const struct pm_secret secret = keys_of(archive, honest);
    struct pm_image image = picture_of(honest->kind, &lent.context);
    FUZZ_ASSERT(sealed_encrypt(&image, &secret, &noise, &lent.context) == 0);
    FUZZ_ASSERT(sealed_codec->encode(&noise, NULL, &honest->file, &lent.context) == 0);
    lent_free(&lent);
}

/* A decrypted file must be an authentic picture, under the name it is bound to. */
static void check_picture(const struct archive *archive, const struct pm_image *picture,
                          const struct pm_secret *secret)
{
    struct lent lent;
    const struct honest *honest = archive->honest;
    while (honest < archive->honest + archive->nhonest && memcmp(honest->id, secret->id, PM_ID_BYTES) != 0)
        honest++;
    FUZZ_ASSERT(honest < archive->honest + archive->nhonest);
    FUZZ_ASSERT(honest->name[0] == '\0' || strcmp(honest->name, secret->name) == 0);
    lent_init(&lent);
    const struct pm_image original = picture_of(honest->kind, &lent.context);
    FUZZ_ASSERT(picture->width == original.width && picture->height == original.height &&
                pixels_equal(&picture->format, &original.format) &&
                picture->orientation == original.orientation && picture->meta.ntexts == 0);
    for (uint32_t y = 0; y < original.height; y++)
        FUZZ_ASSERT(
            memcmp(plane_row(&picture->plane[0], y), plane_row(&original.plane[0], y),
                   (size_t)original.width * original.plane[0].channels * (original.format.depth / 8)) == 0);
    lent_free(&lent);
}

/* Finds the keys for the file and counts the derivations. PM_OK, or why there are no keys. */
static enum pm_error_kind find_keys(struct archive *archive, const uint8_t *file, size_t size,
                                    struct pm_secret *secret)
{
    struct pm_error error = {0};
    const unsigned before = derived;
    const int status = keyring_decrypt(archive->ring, file, size, secret, &error);
    FUZZ_ASSERT((status == 0) == (error.kind == PM_OK));
    FUZZ_ASSERT(derived - before <= (archive->salted ? 1u : 0u));
    for (unsigned i = 0; status == 0 && archive->salted && i < SALTS; i++) {
        uint8_t salt[PM_SALT_BYTES];
        salt_of(i, salt);
        if (memcmp(salt, secret->salt, sizeof salt) != 0)
            continue;
        FUZZ_ASSERT(!archive->salt_proven[i] || derived == before);
        archive->proven += !archive->salt_proven[i];
        archive->salt_proven[i] = true;
    }
    FUZZ_ASSERT(archive->wrong_max == 0 || derived - archive->proven <= archive->wrong_max);
    return error.kind;
}

/* Decrypts the file under the name `name`. PM_OK, or why it was refused. */
static enum pm_error_kind open_file(struct archive *archive, const uint8_t *data, size_t size,
                                    const char *name)
{
    struct pm_secret secret;
    struct pm_image noise = {0}, picture = {0};
    struct decode_request request = {0};
    struct lent lent;
    uint8_t *file = malloc(size > 0 ? size : 1); /* exact size, so that ASan sees an overrun */
    FUZZ_ASSERT(file != NULL);
    memcpy(file, data, size);
    enum pm_error_kind kind = find_keys(archive, file, size, &secret);
    lent_init(&lent);
    lent.context.max_pixels = PIXELS_MAX;
    if (kind == PM_OK) {
        snprintf(secret.name, sizeof secret.name, "%s", name);
        if (reader_decode(sealed_codec, file, size, &request, &noise, &lent.context) == 0 &&
            sealed_decrypt(&noise, &secret, &picture, &lent.context) == 0)
            check_picture(archive, &picture, &secret);
        kind = lent.error.kind;
    }
    lent_free(&lent);
    free(file);
    return kind;
}

/* Opens the file under its own name and under another. Only the limit on salts may make it fail. */
static void open_honest(struct archive *archive, const struct honest *honest)
{
    const char *other = honest->name[0] == '\0' ? "any/other.png" : "";
    enum pm_error_kind kind = open_file(archive, honest->file.data, honest->file.size, honest->name);
    FUZZ_ASSERT(kind == PM_OK || (kind == PM_ERROR_LIMIT && archive->wrong_max > 0));
    if (kind != PM_OK)
        return;
    kind = open_file(archive, honest->file.data, honest->file.size, other);
    FUZZ_ASSERT(kind == (honest->name[0] == '\0' ? PM_OK : PM_ERROR_CHANGED));
}

static void mend_checksums(uint8_t *data, size_t size)
{
    for (size_t at = PNG_SIGNATURE_SIZE; at < size && size - at >= PNG_CHUNK_FRAME;) {
        const uint32_t length = get_be32(data + at);
        if (length > size - at - PNG_CHUNK_FRAME)
            return;
        put_be32(data + at + 8 + length, libdeflate_crc32(0, data + at + 4, (size_t)length + 4));
        at += (size_t)length + PNG_CHUNK_FRAME;
    }
}

/* The complete pmEN chunk of an honest file. */
static struct pm_blob seal_chunk(const struct honest *honest)
{
    const uint8_t *chunk = honest->file.data + SEAL_CHUNK;
    return (struct pm_blob){chunk, get_be32(chunk) + (size_t)PNG_CHUNK_FRAME};
}

/* Inserts `bytes` into file[*size] at `at`, replacing `gone` bytes. */
static void splice(uint8_t file[FILE_MAX], size_t *size, size_t at, size_t gone, struct pm_blob bytes)
{
    if (*size - gone + bytes.size > FILE_MAX)
        return;
    memmove(file + at + bytes.size, file + at + gone, *size - at - gone);
    memcpy(file + at, bytes.data, bytes.size);
    *size = *size - gone + bytes.size;
}

enum change { FLIP, SALT, CUT, SECOND_SEAL, OTHER_SEAL, CHANGES };

static void change_file(struct archive *archive, const struct honest *honest, uint8_t file[FILE_MAX],
                        size_t *size)
{
    uint8_t *header = file + SEAL_CHUNK + PNG_CHUNK_HEAD;
    const unsigned how = next(archive);
    const struct honest *other = &archive->honest[next(archive) % archive->nhonest];
    const size_t at = (next(archive) << 8 | next(archive)) % *size;
    switch ((enum change)(how % CHANGES)) {
    case FLIP:
        file[at] ^= (uint8_t)next(archive);
        break;
    case SALT:
        memset(header + AT_SALT, 0, PM_SALT_BYTES);
        put_be32(header + AT_SALT, next(archive));
        memcpy(header + AT_SCRYPT, next(archive) % 4 == 0 ? "\0\0" : "\21\10\1", 3);
        break;
    case CUT:
        *size = at;
        break;
    case SECOND_SEAL:
        splice(file, size, at % 2 == 0 ? SEAL_CHUNK : *size - PNG_CHUNK_FRAME, 0, seal_chunk(other));
        break;
    case OTHER_SEAL:
        splice(file, size, SEAL_CHUNK, seal_chunk(honest).size, seal_chunk(other));
        break;
    default:
        break;
    }
    if (how & 128)
        mend_checksums(file, *size);
}

static void add_forged(struct archive *archive)
{
    static uint8_t file[FILE_MAX];
    if (archive->nhonest == 0)
        return;
    const struct honest *honest = &archive->honest[next(archive) % archive->nhonest];
    size_t size = honest->file.size;
    memcpy(file, honest->file.data, size);
    change_file(archive, honest, file, &size);
    open_file(archive, file, size, names[next(archive) % NAMES]);
}

/* Files that differ only in their salts, all of which are new. */
static void add_flood(struct archive *archive)
{
    static uint8_t file[FILE_MAX];
    if (archive->nhonest == 0 || !archive->salted)
        return;
    const struct honest *honest = &archive->honest[0];
    memcpy(file, honest->file.data, honest->file.size);
    for (unsigned left = next(archive) % FLOOD_MAX; left > 0; left--) {
        struct pm_secret secret;
        put_be32(file + SEAL_CHUNK + PNG_CHUNK_HEAD + AT_SALT, 0x10000 + archive->flood++);
        const enum pm_error_kind kind = find_keys(archive, file, honest->file.size, &secret);
        FUZZ_ASSERT(kind == PM_ERROR_KEY || kind == PM_ERROR_LIMIT);
    }
}

static void add_bytes(struct archive *archive)
{
    const size_t wish = next(archive) << 8 | next(archive),
                 size = wish < archive->size ? wish : archive->size;
    open_file(archive, archive->data, size, names[0]);
    archive->data += size;
    archive->size -= size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct archive archive = {.data = data, .size = size};
    struct pm_error error = {0};
    const unsigned how = next(&archive);
    archive.salted = how & 1;
    archive.wrong_max = archive.salted ? how >> 1 & 7 : 0;
    archive.ring =
        archive.salted ? keyring_open(NULL, key_path(), &error) : keyring_open(key_path(), NULL, &error);
    FUZZ_ASSERT(archive.ring != NULL);
    keyring_set_stretch(archive.ring, quick_stretch);
    keyring_set_wrong_max(archive.ring, archive.wrong_max);
    derived = 0;
    for (unsigned op = 0; op < OPS_MAX && archive.size > 0; op++) {
        const unsigned kind = next(&archive) % 8;
        if (kind < 2)
            add_honest(&archive);
        else if (kind < 5)
            add_forged(&archive);
        else if (kind == 5)
            add_flood(&archive);
        else if (kind == 6)
            add_bytes(&archive);
        else if (archive.nhonest > 0)
            open_honest(&archive, &archive.honest[next(&archive) % archive.nhonest]);
    }
    for (unsigned i = 0; i < archive.nhonest; i++) {
        open_honest(&archive, &archive.honest[i]);
        buffer_free(&archive.honest[i].file);
    }
    keyring_close(archive.ring);
    return 0;
}
