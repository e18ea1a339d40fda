/* In a release build, a newer compiler's warnings are only shown; in development and in .ci/run they are
 * errors. */
#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "temp.h"

static void begin(void)
{
    if (access("Makefile", R_OK) != 0 || access(".ci/run", X_OK) != 0)
        cr_skip_test("not started in the project's folder");
}

TestSuite(werror, .init = begin);

/* The output of a shell command with PATH as its only environment variable. */
static char *printed_by(const char *command)
{
    char line[4096];
    snprintf(line, sizeof line, "env -i PATH=\"$PATH\" %s >'%s'", command, temp_path("printed"));
    cr_assert_eq(system(line), 0, "%s", line);
    return temp_read(temp_path("printed"), NULL);
}

/* Does make's command for one object treat warnings as errors? */
static bool stops_at_warnings(const char *setting)
{
    char command[2048];
    snprintf(command, sizeof command, "%s make -n V=1 BUILD='%s' '%s'", setting, temp_path("build"),
             temp_path("build/src/base/error.o"));
    char *text = printed_by(command);
    cr_assert_not_null(strstr(text, " -Wall "), "%s", text);
    bool stops = strstr(text, "-Werror") != NULL;
    free(text);
    return stops;
}

Test(werror, is_for_who_asks_for_it)
{
    cr_assert_not(stops_at_warnings(""));
    cr_assert_not(stops_at_warnings("WERROR=0"));
    cr_assert(stops_at_warnings("WERROR=1"));
}

Test(werror, is_asked_for_by_ci)
{
    char command[2048];
    chmod(temp_text("make", "#!/bin/sh\necho \"$WERROR $*\"\n"), 0755);
    snprintf(command, sizeof command, "PATH='%s':\"$PATH\" .ci/run", temp_folder());
    char *text = printed_by(command);
    cr_assert_str_eq(text, "1 check\n");
    free(text);
}
