/*
 * Salts have a slot each, found or taken under the ring's lock and filled under their own: threads that ask
 * for the same salt wait for one computation, while others go on. No two salts are computed at once, for each
 * takes 128 MiB, which are charged to nobody.
 */
#include "batch/keyring.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/vault.h"
#include "codec/sealed_header.h"
#include "io/key_file.h"

enum { SHOWN = 96 /* bytes of a file's name in a message */ };

struct slot {
    pthread_mutex_t lock; /* of `known` and `master` */
    uint8_t salt[PM_SALT_BYTES];
    bool known;
    uint8_t master[PM_KEY_BYTES];
};

struct keyring {
    bool stretched;               /* from a passphrase, not from a key file */
    uint8_t master[PM_KEY_BYTES]; /* from the key file */
    uint8_t passphrase[KEY_FILE_MAX];
    size_t passphrase_size;
    keyring_stretch *stretch;

    pthread_mutex_t stretching; /* of nothing but the time of `stretch` */

    pthread_mutex_t lock; /* of the slots' number, of their salts, and of `fresh` */
    struct slot slots[KEYRING_SALTS_MAX];
    unsigned used;
    struct slot *fresh; /* the salt that this run encrypts with; NULL before the first image */
};

static int scrypt(const uint8_t *passphrase, size_t size, const uint8_t salt[PM_SALT_BYTES],
                  uint8_t master[PM_KEY_BYTES])
{
    const uint64_t n = 1ull << SEAL_SCRYPT_LOG2_N, memory = 128 * n * SEAL_SCRYPT_R;
    /* The limit is on all that it allocates: a little more than scrypt's own table. */
    return EVP_PBE_scrypt((const char *)passphrase, size, salt, PM_SALT_BYTES, n, SEAL_SCRYPT_R,
                          SEAL_SCRYPT_P, 2 * memory, master, PM_KEY_BYTES) == 1
               ? 0
               : -1;
}

/* Bytes of text[size] less one newline at its end. */
static size_t without_newline(const uint8_t *text, size_t size)
{
    return size > 0 && text[size - 1] == '\n' ? size - 1 : size;
}

/* The same of a newline as DOS writes it, or of either. */
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
                     "%s: holds no key (32 raw bytes or 64 hex digits; it has %zd bytes)",
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
        return error_set(error, PM_ERROR_KEY, "%s: holds no passphrase (it is empty)",
                         text_shown(path, shown, sizeof shown));
    return 0;
}

struct keyring *keyring_open(const char *key_file, const char *passphrase_file, struct pm_error *error)
{
    if ((key_file == NULL) == (passphrase_file == NULL)) {
        error_set_hint(error, PM_ERROR_USAGE, PM_HINT_KEY, "one key is needed, and one alone");
        return NULL;
    }
    struct keyring *ring = vault_alloc(sizeof *ring);
    if (ring == NULL) {
        error_memory(error, sizeof *ring);
        return NULL;
    }
    pthread_mutex_init(&ring->lock, NULL);
    pthread_mutex_init(&ring->stretching, NULL);
    for (int i = 0; i < KEYRING_SALTS_MAX; i++)
        pthread_mutex_init(&ring->slots[i].lock, NULL);
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
    for (int i = 0; i < KEYRING_SALTS_MAX; i++)
        pthread_mutex_destroy(&ring->slots[i].lock);
    pthread_mutex_destroy(&ring->lock);
    pthread_mutex_destroy(&ring->stretching);
    vault_free(ring, sizeof *ring);
}

void keyring_set_stretch(struct keyring *ring, keyring_stretch *stretch)
{
    ring->stretch = stretch;
}

/* The slot of that salt, perhaps a new one; NULL when all are taken. Needs the ring's lock. */
static struct slot *find_slot(struct keyring *ring, const uint8_t salt[PM_SALT_BYTES])
{
    for (unsigned i = 0; i < ring->used; i++) {
        if (memcmp(ring->slots[i].salt, salt, PM_SALT_BYTES) == 0)
            return &ring->slots[i];
    }
    if (ring->used == KEYRING_SALTS_MAX)
        return NULL;
    struct slot *slot = &ring->slots[ring->used++];
    memcpy(slot->salt, salt, PM_SALT_BYTES);
    return slot;
}

static int slot_full(struct pm_error *error)
{
    return error_limit(error, KEYRING_SALTS_MAX, KEYRING_SALTS_MAX + 1,
                       "needs one more passphrase salt than the %d that a run computes (decrypt what was "
                       "encrypted in fewer runs at a time)",
                       KEYRING_SALTS_MAX);
}

/* The run's own salt, made when it is first needed. */
static struct slot *fresh_slot(struct keyring *ring, struct pm_error *error)
{
    uint8_t salt[PM_SALT_BYTES];
    pthread_mutex_lock(&ring->lock);
    if (ring->fresh == NULL) {
        if (RAND_bytes(salt, sizeof salt) != 1)
            error_set(error, PM_ERROR_INTERNAL, "OpenSSL has no random bytes (check its installation)");
        else if ((ring->fresh = find_slot(ring, salt)) == NULL)
            slot_full(error);
    }
    struct slot *slot = ring->fresh;
    pthread_mutex_unlock(&ring->lock);
    return slot;
}

/* The master key of a salt, computed when nobody did yet; it stays as it is from then on. NULL with `error`
 * filled when that failed. */
static const uint8_t *slot_master(struct keyring *ring, struct slot *slot, struct pm_error *error)
{
    pthread_mutex_lock(&slot->lock);
    if (!slot->known) {
        pthread_mutex_lock(&ring->stretching);
        slot->known = ring->stretch(ring->passphrase, ring->passphrase_size, slot->salt, slot->master) == 0;
        pthread_mutex_unlock(&ring->stretching);
    }
    bool known = slot->known;
    pthread_mutex_unlock(&slot->lock);
    if (known)
        return slot->master;
    error_set(error, PM_ERROR_MEMORY,
              "no memory to stretch the passphrase (scrypt needs 128 MiB; free some)");
    return NULL;
}

static int derive_from(struct keyring *ring, struct slot *slot, const uint8_t id[PM_ID_BYTES],
                       struct pm_secret *secret, struct pm_error *error)
{
    const uint8_t *master = slot_master(ring, slot, error);
    return master != NULL ? pm_secret_derive(master, id, slot->salt, secret, error) : -1;
}

int keyring_encrypt(struct keyring *ring, struct pm_secret *secret, struct pm_error *error)
{
    uint8_t id[PM_ID_BYTES];
    if (RAND_bytes(id, sizeof id) != 1)
        return error_set(error, PM_ERROR_INTERNAL, "OpenSSL has no random bytes (check its installation)");
    if (!ring->stretched)
        return pm_secret_derive(ring->master, id, NULL, secret, error);
    struct slot *slot = fresh_slot(ring, error);
    return slot != NULL ? derive_from(ring, slot, id, secret, error) : -1;
}

int keyring_decrypt(struct keyring *ring, const uint8_t *data, size_t size, struct pm_secret *secret,
                    struct pm_error *error)
{
    uint8_t id[PM_ID_BYTES], salt[PM_SALT_BYTES];
    if (pm_secret_ids(data, size, id, salt, error) != 0)
        return -1;
    if (ring->stretched && !seal_salted(salt))
        return error_set_hint(error, PM_ERROR_KEY, PM_HINT_KEY_FILE, "was encrypted with a key file");
    if (!ring->stretched && seal_salted(salt))
        return error_set_hint(error, PM_ERROR_KEY, PM_HINT_PASSPHRASE, "was encrypted with a passphrase");
    if (!ring->stretched)
        return pm_secret_derive(ring->master, id, NULL, secret, error);
    pthread_mutex_lock(&ring->lock);
    struct slot *slot = find_slot(ring, salt);
    pthread_mutex_unlock(&ring->lock);
    return slot != NULL ? derive_from(ring, slot, id, secret, error) : slot_full(error);
}
