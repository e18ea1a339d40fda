/* Keys for tests: not random, so that results can be compared. */
#ifndef TESTS_SECRETS_H
#define TESTS_SECRETS_H

#include <criterion/criterion.h>

#include "pixmill/secret.h"

/* The keys of image {n, n + 1, ...} under master key {master, master + 1, ...}; `salt` as pm_secret_derive's.
 */
static inline struct pm_secret secret_for(uint8_t master, uint8_t n, const uint8_t *salt)
{
    uint8_t key[PM_KEY_BYTES], id[PM_ID_BYTES];
    for (unsigned i = 0; i < PM_KEY_BYTES; i++) {
        key[i] = (uint8_t)(master + i);
        id[i] = (uint8_t)(n + i);
    }
    struct pm_secret secret;
    struct pm_error error = {0};
    cr_assert_eq(pm_secret_derive(key, id, salt, &secret, &error), 0, "%s", error.message);
    return secret;
}

#endif
