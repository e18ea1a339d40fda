/* The stand-in provides everything that the tests use of Criterion. Otherwise a system without Criterion
 * would be the first to fail. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "temp.h"

Test(standin, has_every_check_that_a_test_uses)
{
    if (access("tests/standin", R_OK) != 0)
        cr_skip_test("not started in the project's folder");
    char command[4096];
    snprintf(command, sizeof command,
             "export LC_ALL=C; checks() { grep -rhoE '\\<cr_[a-z_]+[(]' \"$@\" | sort -u; };"
             "checks tests --exclude-dir=standin >'%s' && checks tests/standin | comm -23 '%s' - >'%s'",
             temp_path("used"), temp_path("used"), temp_path("missing"));
    cr_assert_eq(system(command), 0, "%s", command);
    size_t size;
    char *used = temp_read(temp_path("used"), &size), *missing = temp_read(temp_path("missing"), NULL);
    cr_assert_gt(size, 0);
    cr_assert_str_empty(missing, "%s", missing);
    free(used);
    free(missing);
}
