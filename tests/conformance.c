#include "conformance.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char started_in[PATH_MAX];

/* A test may change its folder before it asks; relative paths are from where the tests were started. */
__attribute__((constructor)) static void note_where_tests_start(void)
{
    if (getcwd(started_in, sizeof started_in) == NULL)
        abort();
}

const char *conformance_folder(void)
{
    static char folder[2 * PATH_MAX];
    const char *given = getenv("PIXMILL_CONFORMANCE");
    if (given == NULL)
        given = "../shared/conformance";
    if (given[0] == '/')
        snprintf(folder, sizeof folder, "%s", given);
    else
        snprintf(folder, sizeof folder, "%s/%s", started_in, given);
    if (access(folder, R_OK | X_OK) == 0)
        return folder;
    cr_skip_test("no conformance images in %s (set PIXMILL_CONFORMANCE)", folder);
}
