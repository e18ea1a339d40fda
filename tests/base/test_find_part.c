/* A shared library finds its parts beside itself, whatever program has loaded it. The program that runs these
 * tests has parts beside itself too; they must not be used. */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pictures.h"
#include "pixmill/transform.h"
#include "temp.h"
#include "transform/transformed.h"

#ifndef PIXMILL_SANITIZED /* whose runtimes report a second copy of a library as an error */
/* The kind of error of format=tiff by the libpixmill.so of the test's folder. */
static enum pm_error_kind encode_tiff(const struct buffer *file)
{
    void *library = dlopen(temp_path("libpixmill.so"), RTLD_NOW | RTLD_LOCAL);
    cr_assert_not_null(library, "%s", dlerror());
    /* POSIX: a void pointer from dlsym holds a function's address. */
    struct pm_recipe *(*parse)(const char *, struct pm_error *);
    int (*transform)(const struct pm_recipe *, const uint8_t *, size_t, const struct pm_limits *,
                     const struct pm_secrets *, uint8_t **, size_t *, struct pm_error *);
    *(void **)&parse = dlsym(library, "pm_recipe_parse");
    *(void **)&transform = dlsym(library, "pm_transform");
    struct pm_error error = {0};
    uint8_t *result;
    size_t size;
    transform(parse("format=tiff", &error), file->data, file->size, NULL, NULL, &result, &size, &error);
    return error.kind;
}

static void put_beside(const char *folder, const char *name)
{
    char command[2 * PATH_MAX];
    snprintf(command, sizeof command, "cp '%s/%s' '%s'", folder, name, temp_folder());
    cr_assert_eq(system(command), 0, "%s", command);
}

static struct buffer begin(char build[PATH_MAX])
{
    static struct lent lent;
    cr_assert_not_null(realpath(getenv("PIXMILL"), build));
    dirname(build);
    char part[PATH_MAX + 32];
    snprintf(part, sizeof part, "%s/pixmill-tiff.so", build);
    if (access(part, F_OK) != 0)
        cr_skip_test("built without libtiff");
    lent_init(&lent);
    struct pm_image image = picture(&lent, 20, 15, PM_COLOR_RGB, false, 8);
    put_beside(build, "libpixmill.so");
    return encoded(&lent, "png", &image);
}

Test(find_part, of_a_library_is_in_its_own_folder)
{
    char build[PATH_MAX];
    const struct buffer file = begin(build);
    put_beside(build, "pixmill-tiff.so");
    cr_expect_eq(encode_tiff(&file), PM_OK);
}

Test(find_part, of_a_library_is_not_looked_for_beside_the_program)
{
    char build[PATH_MAX];
    const struct buffer file = begin(build);
    cr_expect_eq(encode_tiff(&file), PM_ERROR_UNSUPPORTED);
}
#endif
