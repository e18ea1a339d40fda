/* The layers of the source tree: the script's verdict on this tree, and on trees that break the rules. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "temp.h"

static void begin(void)
{
    if (access("scripts/check-layers.sh", X_OK) != 0)
        cr_skip_test("not started in the project's folder");
}

TestSuite(check_layers, .init = begin);

/* Runs the script on `folder`; its exit status must be `status` and its output contain `text`. */
static void expect(const char *folder, int status, const char *text)
{
    char command[4096];
    snprintf(command, sizeof command, "scripts/check-layers.sh '%s' 2>'%s'", folder, temp_path("said"));
    cr_assert_eq(WEXITSTATUS(system(command)), status);
    char *said = temp_read(temp_path("said"), NULL);
    cr_assert_not_null(strstr(said, text), "%s", said);
    cr_assert(status != 0 || *said == '\0', "%s", said);
    free(said);
}

Test(check_layers, this_tree_is_well)
{
    expect(".", 0, "");
}

Test(check_layers, a_header_of_a_floor_above_is_reported)
{
    temp_text("src/cli/page.h", "\n");
    temp_text("src/base/text.h", "\n");
    temp_text("src/cli/main.c", "#include \"base/text.h\"\n#include \"pixmill/image.h\"\n");
    expect(temp_folder(), 0, "");
    temp_text("src/base/text.c", "#include \"cli/page.h\"\n");
    expect(temp_folder(), 1, "base/text.c includes cli/page.h, of a floor above\n");
}

/* The Python module knows the library as any program does, and nothing knows the module. */
Test(check_layers, a_folder_may_be_over_the_public_headers_alone)
{
    temp_text("src/python/module.h", "\n");
    temp_text("src/base/text.h", "\n");
    temp_text("src/python/module.c", "#include \"python/module.h\"\n#include \"pixmill/image.h\"\n");
    expect(temp_folder(), 0, "");
    temp_text("src/python/probe.c", "#include \"base/text.h\"\n");
    expect(temp_folder(), 1, "python/probe.c includes base/text.h, but python uses include/pixmill alone\n");
    temp_text("src/python/probe.c", "\n");
    temp_text("src/cli/main.c", "#include \"python/module.h\"\n");
    expect(temp_folder(), 1, "cli/main.c includes python/module.h, of a floor above\n");
}

/* The three subfolders of the lab have their own layers; the program combines them. */
Test(check_layers, a_folder_within_a_folder_may_have_its_own_floor)
{
    temp_text("src/bench/results.h", "\n");
    temp_text("src/bench/report/html.h", "#include \"bench/results.h\"\n");
    temp_text("src/cli/bench/main.c", "#include \"bench/report/html.h\"\n");
    expect(temp_folder(), 0, "");
    temp_text("src/bench/analysis/law.c", "#include \"bench/report/html.h\"\n");
    expect(temp_folder(), 1, "bench/analysis/law.c includes bench/report/html.h, of a floor above\n");
}

Test(check_layers, headers_in_a_circle_are_reported)
{
    temp_text("src/io/a.h", "#include \"io/b.h\"\n");
    temp_text("src/io/b.h", "#include \"io/c.h\"\n");
    temp_text("src/io/c.h", "\n");
    temp_text("src/io/c.c", "#include \"io/a.h\"\n");
    expect(temp_folder(), 0, "");
    temp_text("src/io/c.h", "#include \"io/a.h\"\n");
    expect(temp_folder(), 1, "io/b.h is in a circle of headers\n");
}

Test(check_layers, a_folder_without_a_floor_is_reported)
{
    temp_text("src/base/text.h", "\n");
    temp_text("src/attic/old.c", "#include \"base/text.h\"\n");
    expect(temp_folder(), 1, "attic/old.c includes base/text.h, of a folder without a floor\n");
}

Test(check_layers, a_folder_that_stands_apart_includes_base_alone)
{
    temp_text("src/base/text.h", "\n");
    temp_text("src/image/image.h", "\n");
    temp_text("src/http/a.c", "#include \"base/text.h\"\n#include \"http/a.h\"\n");
    temp_text("src/http/a.h", "\n");
    expect(temp_folder(), 0, "");
    temp_text("src/http/a.c", "#include \"image/image.h\"\n");
    expect(temp_folder(), 1, "http/a.c includes image/image.h, but http uses base alone\n");
}
