/* The list of known faults matches the sources: if its code was rewritten, a fault is never tried. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "temp.h"

Test(mutants, every_fault_has_its_place)
{
    if (access("scripts/mutants.sh", X_OK) != 0)
        cr_skip_test("not started in the project's folder");
    char command[4096];
    snprintf(command, sizeof command, "scripts/mutants.sh --check >'%s' 2>&1", temp_path("said"));
    const int status = system(command);
    char *said = temp_read(temp_path("said"), NULL);
    cr_expect_str_empty(said, "%s", said);
    cr_expect_eq(status, 0);
    free(said);
}
