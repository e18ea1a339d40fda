/*
 * Each salt has a slot, found or assigned under the ring's lock and held while a thread uses it. Threads that
 * need the same salt wait for one computation. Only one salt is computed at a time, because each computation
 * takes 128 MiB, which the memory budget does not include.
 *
 * Anyone who can add a file to an archive can forge salts, so no slot is permanent: when a slot is needed,
 * the least recently used one is reused, unproven ones first. A salt is proven by a file whose check value
 * matches, which requires the passphrase; so forged salts only evict one another.
 */
#include "batch/keyring.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/heap.h"
#include "base/secret_memory.h"
#include "base/text.h"
#include "codec/sealed/header.h"
#include "codec/sealed/sealed.h"
#include "io/key_file.h"

enum { SHOWN = 96 /* bytes of a file's name in a message */ };

struct slot {
    uint8_t salt[PM_SALT_BYTES];
    uint8_t master[PM_KEY_BYTES];
    bool taken;     /* a salt is assigned */
    bool known;     /* `master` is computed */
    bool proven;    /* `master` matched a file, or is the run's own */
    unsigned users; /* threads that hold it */
    uint64_t used;  /* the ring's `uses` when it was last asked for */
};

struct keyring {
    bool stretched;               /* from a passphrase, not from a key file */
    uint8_t master[PM_KEY_BYTES]; /* from the key file */
    uint8_t passphrase[KEY_FILE_MAX];
    size_t passphrase_size;
    keyring_stretch *stretch;
    unsigned wrong_max; /* 0: no limit */

    pthread_mutex_t stretching; /* held only while `stretch` runs; locked before `lock` */

    pthread_mutex_t lock; /* of everything below */
    pthread_cond_t released;
    struct slot slots[KEYRING_SLOTS];
    struct slot
        *fresh; /* the salt that this run encrypts with, held until the end; NULL before the first image */
    uint64_t uses;
    unsigned wrong; /* computations whose salt is not proven */
};

static int scrypt(const uint8_t *passphrase, size_t size, const uint8_t salt[PM_SALT_BYTES],
                  uint8_t master[PM_KEY_BYTES])
{
    const uint64_t n = 1ull << SEAL_SCRYPT_LOG2_N, memory = 128 * n * SEAL_SCRYPT_R;
    /* The limit applies to all of its allocations: slightly more than scrypt's table. */
    const int done = EVP_PBE_scrypt((const char *)passphrase, size, salt, PM_SALT_BYTES, n, SEAL_SCRYPT_R,
                                    SEAL_SCRYPT_P, 2 * memory, master, PM_KEY_BYTES);
    /* Otherwise its table stays in the heap; if something else uses a part of it, the next salt's table needs
     * new pages. */
    heap_trim();
    return done == 1 ? 0 : -1;
}

/* Bytes of text[size] less one newline at its end. */
static size_t without_newline(const uint8_t *text, size_t size)
{
    return size > 0 && text[size - 1] == '\n' ? size - 1 : size;
}

/* The same, without a final LF or CR LF. */
static size_t without_any_newline(const uint8_t *text, size_t size)
{
    size_t left = without_newline(text, size);
    return left < size && left > 0 && text[left - 1] == '\r' ? left - 1 : left;
}

static int read_key(struct keyring *ring, const char *path, struct pm_error *error)
{
    uint8_t *text = ring->passphrase; /* a ring has a key or a passphrase */
    ssize_t size = key_file_read(path, text, error);
    if (size < 0)
        return -1;
    bool good = false;
    if (size == PM_KEY_BYTES) {
        memcpy(ring->master, text, PM_KEY_BYTES);
        good = true;
    } else if (without_any_newline(text, (size_t)size) == 2 * PM_KEY_BYTES) {
        good = key_file_hex(text, ring->master);
    }
    OPENSSL_cleanse(text, KEY_FILE_MAX);
    if (good)
        return 0;
    char shown[SHOWN];
    return error_set(error, PM_ERROR_KEY,
                     "%s: not a key: %zd bytes (32 raw bytes or 64 hex digits are needed)",
                     text_shown(path, shown, sizeof shown), size);
}

static int read_passphrase(struct keyring *ring, const char *path, struct pm_error *error)
{
    ssize_t size = key_file_read(path, ring->passphrase, error);
    if (size < 0)
        return -1;
    ring->stretched = true;
    ring->passphrase_size = without_newline(ring->passphrase, (size_t)size);
    char shown[SHOWN];
    if (ring->passphrase_size == 0)
        return error_set(error, PM_ERROR_KEY, "%s: no passphrase (the file is empty)",
                         text_shown(path, shown, sizeof shown));
    return 0;
}

struct keyring *keyring_open(const char *key_file, const char *passphrase_file, struct pm_error *error)
{
    if ((key_file == NULL) == (passphrase_file == NULL)) {
        error_set_hint(error, PM_ERROR_USAGE, PM_HINT_KEY, "exactly one key is needed");
        return NULL;
    }
    struct keyring *ring = secret_alloc(sizeof *ring);
    if (ring == NULL) {
        error_memory(error, sizeof *ring);
        return NULL;
    }
    pthread_mutex_init(&ring->lock, NULL);
    pthread_mutex_init(&ring->stretching, NULL);
    pthread_cond_init(&ring->released, NULL);
    ring->stretch = scrypt;
    int status =
        key_file != NULL ? read_key(ring, key_file, error) : read_passphrase(ring, passphrase_file, error);
    if (status == 0)
        return ring;
    keyring_close(ring);
    return NULL;
}

void keyring_close(struct keyring *ring)
{
    if (ring == NULL)
        return;
    pthread_cond_destroy(&ring->released);
    pthread_mutex_destroy(&ring->lock);
    pthread_mutex_destroy(&ring->stretching);
    secret_free(ring, sizeof *ring);
}

void keyring_set_stretch(struct keyring *ring, keyring_stretch *stretch)
{
    ring->stretch = stretch;
}

void keyring_set_wrong_max(struct keyring *ring, unsigned wrong_max)
{
    ring->wrong_max = wrong_max;
}

/* The slot of the salt, or one that can be assigned to it; NULL: all are held. Needs the ring's lock. */
static struct slot *find_slot(struct keyring *ring, const uint8_t salt[PM_SALT_BYTES])
{
    struct slot *best = NULL;
    for (unsigned i = 0; i < KEYRING_SLOTS; i++) {
        struct slot *slot = &ring->slots[i];
        if (!slot->taken)
            return slot; /* all following slots are empty, too */
        if (memcmp(slot->salt, salt, PM_SALT_BYTES) == 0)
            return slot;
        if (slot->users > 0)
            continue;
        if (best == NULL || slot->proven < best->proven ||
            (slot->proven == best->proven && slot->used < best->used))
            best = slot;
    }
    return best;
}

/* The salt's slot, held: it is not reassigned until release_slot. */
static struct slot *hold_slot(struct keyring *ring, const uint8_t salt[PM_SALT_BYTES])
{
    struct slot *slot;
    while ((slot = find_slot(ring, salt)) == NULL)
        pthread_cond_wait(&ring->released, &ring->lock);
    if (!slot->taken || memcmp(slot->salt, salt, PM_SALT_BYTES) != 0) {
        OPENSSL_cleanse(slot, sizeof *slot);
        memcpy(slot->salt, salt, PM_SALT_BYTES);
        slot->taken = true;
    }
    slot->users++;
    slot->used = ++ring->uses;
    return slot;
}

static void release_slot(struct keyring *ring, struct slot *slot)
{
    pthread_mutex_lock(&ring->lock);
    if (--slot->users == 0)
        pthread_cond_signal(&ring->released);
    pthread_mutex_unlock(&ring->lock);
}

/* Checks that the limit of salts that matched no file is not reached. */
static int check_wrong(struct keyring *ring, struct pm_error *error)
{
    pthread_mutex_lock(&ring->lock);
    const unsigned wrong = ring->wrong;
    pthread_mutex_unlock(&ring->lock);
    if (ring->wrong_max == 0 || wrong < ring->wrong_max)
        return 0;
    return error_limit_hint(error, ring->wrong_max, wrong + 1u, PM_HINT_WRONG_SALTS,
                            "needs another passphrase salt; salts that matched no file so far: %u", wrong);
}

/* Computes the master key of a held slot that has none yet. Needs `stretching`. */
static int stretch_slot(struct keyring *ring, struct slot *slot, struct pm_error *error)
{
    if (slot->known)
        return 0;
    if (!slot->proven && check_wrong(ring, error) != 0)
        return -1;
    if (ring->stretch(ring->passphrase, ring->passphrase_size, slot->salt, slot->master) != 0)
        return error_set(
            error, PM_ERROR_MEMORY,
            "not enough memory to derive the key from the passphrase (scrypt needs 128 MiB; free some)");
    pthread_mutex_lock(&ring->lock);
    slot->known = true;
    ring->wrong += !slot->proven;
    pthread_mutex_unlock(&ring->lock);
    return 0;
}

/* Derives the image's keys from the master key of its salt; if they match, the salt is proven. */
static int fit_slot(struct keyring *ring, struct slot *slot, const struct seal *seal,
                    struct pm_secret *secret, struct pm_error *error)
{
    if (pm_secret_derive(slot->master, seal->id, slot->salt, secret, error) != 0 ||
        sealed_check_key(seal, secret, error) != 0)
        return -1;
    pthread_mutex_lock(&ring->lock);
    ring->wrong -= !slot->proven;
    slot->proven = true;
    pthread_mutex_unlock(&ring->lock);
    return 0;
}

static int decrypt_salted(struct keyring *ring, const struct seal *seal, struct pm_secret *secret,
                          struct pm_error *error)
{
    pthread_mutex_lock(&ring->lock);
    struct slot *slot = hold_slot(ring, seal->salt);
    const bool known = slot->known;
    pthread_mutex_unlock(&ring->lock);
    if (!known)
        pthread_mutex_lock(&ring->stretching);
    int status = known ? 0 : stretch_slot(ring, slot, error);
    if (status == 0)
        status = fit_slot(ring, slot, seal, secret, error);
    if (!known)
        pthread_mutex_unlock(&ring->stretching);
    release_slot(ring, slot);
    return status;
}

/* The slot of the run's own salt, which is generated when first needed. */
static struct slot *fresh_slot(struct keyring *ring, struct pm_error *error)
{
    uint8_t salt[PM_SALT_BYTES];
    pthread_mutex_lock(&ring->lock);
    if (ring->fresh == NULL) {
        if (RAND_bytes(salt, sizeof salt) != 1) {
            error_set(error, PM_ERROR_INTERNAL, "OpenSSL has no random bytes (check its installation)");
        } else {
            ring->fresh = hold_slot(ring, salt);
            ring->fresh->proven = true;
        }
    }
    struct slot *slot = ring->fresh;
    pthread_mutex_unlock(&ring->lock);
    return slot;
}

static int encrypt_salted(struct keyring *ring, const uint8_t id[PM_ID_BYTES], struct pm_secret *secret,
                          struct pm_error *error)
{
    struct slot *slot = fresh_slot(ring, error);
    if (slot == NULL)
        return -1;
    pthread_mutex_lock(&ring->stretching);
    const int status = stretch_slot(ring, slot, error);
    pthread_mutex_unlock(&ring->stretching);
    return status == 0 ? pm_secret_derive(slot->master, id, slot->salt, secret, error) : -1;
}

int keyring_encrypt(struct keyring *ring, struct pm_secret *secret, struct pm_error *error)
{
    uint8_t id[PM_ID_BYTES];
    if (RAND_bytes(id, sizeof id) != 1)
        return error_set(error, PM_ERROR_INTERNAL, "OpenSSL has no random bytes (check its installation)");
    return ring->stretched ? encrypt_salted(ring, id, secret, error)
                           : pm_secret_derive(ring->master, id, NULL, secret, error);
}

static int decrypt_plain(const struct keyring *ring, const struct seal *seal, struct pm_secret *secret,
                         struct pm_error *error)
{
    return pm_secret_derive(ring->master, seal->id, NULL, secret, error) == 0
               ? sealed_check_key(seal, secret, error)
               : -1;
}

int keyring_decrypt(struct keyring *ring, const uint8_t *data, size_t size, struct pm_secret *secret,
                    struct pm_error *error)
{
    struct seal seal;
    if (sealed_find(data, size, &seal, error) != 0)
        return -1;
    const bool salted = seal_salted(seal.salt);
    if (ring->stretched && !salted)
        return error_set_hint(error, PM_ERROR_KEY, PM_HINT_KEY_FILE, "was encrypted with a key file");
    if (!ring->stretched && salted)
        return error_set_hint(error, PM_ERROR_KEY, PM_HINT_PASSPHRASE, "was encrypted with a passphrase");
    const int status =
        salted ? decrypt_salted(ring, &seal, secret, error) : decrypt_plain(ring, &seal, secret, error);
    if (status != 0)
        OPENSSL_cleanse(secret, sizeof *secret); /* a forged file may have a genuine file's id */
    return status;
}
