#include "batch/reserve.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static bool libcrypto_works(void)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    return EVP_Q_digest(NULL, "SHA256", NULL, "a", 1, digest, NULL) == 1;
}

/* Registered first, so it runs after libcrypto's exit handlers. */
static void look_at_exit(void)
{
    _exit(libcrypto_works() ? 0 : 1);
}

Test(reserve, at_exit_libcrypto_stays_for_threads_that_use_it)
{
    pid_t child = fork();
    if (child == 0) {
        if (atexit(look_at_exit) != 0)
            _exit(2);
        reserve_for_libcrypto();
        if (!libcrypto_works())
            _exit(3);
        exit(4);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%x", (unsigned)status);
}
