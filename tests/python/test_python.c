/* Runs the tests of the Python module, files of unittest beside this one, with the interpreter that it was
 * built for. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "temp.h"

static const char *const files[] = {"test_document", "test_errors",  "test_module",   "test_recipe",
                                    "test_samples",  "test_threads", "test_transform"};

/* A plain interpreter can load a module with AddressSanitizer if gcc's runtime comes first. Its own leaks at
 * the end are not looked for, and a signal of a test is for faulthandler. */
#if defined __SANITIZE_ADDRESS__ && !defined __clang__
#define PRELOAD                                                                                              \
    "LD_PRELOAD=\"$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)\" "                 \
    "ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:handle_segv=0 PIXMILL_ADDRESS=1 "
#elif !defined PIXMILL_SANITIZED
#define PRELOAD ""
#endif

static const char *interpreter(void)
{
    const char *named = getenv("PYTHON");
    return named != NULL ? named : "/usr/bin/python3";
}

/* The folder of the built package; skips the test if there is none. */
static const char *package(void)
{
    static char folder[PATH_MAX + 32];
    char program[PATH_MAX], module[PATH_MAX + 64];
#if defined PIXMILL_SANITIZED && !defined PRELOAD
    cr_skip_test("a plain interpreter can't load a module with this sanitizer");
#endif
    if (access("tests/python", R_OK) != 0)
        cr_skip_test("not started in the project's folder");
    cr_assert_not_null(realpath(getenv("PIXMILL"), program));
    snprintf(folder, sizeof folder, "%s/python", dirname(program));
    snprintf(module, sizeof module, "%s/pixmill/__init__.py", folder);
    if (access(module, R_OK) != 0)
        cr_skip_test("the module is not built: no Python 3.11 or newer with its headers (python3-dev) at %s",
                     interpreter());
    return folder;
}

#ifdef PRELOAD
static void run_file(const char *name)
{
    char command[3 * PATH_MAX];
    const char *folder = package();
    snprintf(command, sizeof command,
             PRELOAD
             "PYTHONPATH='%s' PYTHONDONTWRITEBYTECODE=1 '%s' -X faulthandler tests/python/%s.py >'%s' 2>&1",
             folder, interpreter(), name, temp_path("said"));
    const int status = system(command);
    char *said = temp_read(temp_path("said"), NULL);
    cr_assert_eq(status, 0, "%s\n%s", command, said);
    cr_assert_not_null(strstr(said, "\nOK"), "%s", said);
    if (strstr(said, "skipped") != NULL)
        printf("python: %s: %s", name, strstr(said, "\nOK") + 1);
    free(said);
}
#else
static void run_file(const char *name)
{
    (void)name;
    package(); /* skips the test */
}
#endif

TestSuite(python, .timeout = 300);

Test(python, document)
{
    run_file("test_document");
}

Test(python, errors)
{
    run_file("test_errors");
}

Test(python, module)
{
    run_file("test_module");
}

Test(python, recipe)
{
    run_file("test_recipe");
}

Test(python, samples)
{
    run_file("test_samples");
}

Test(python, threads)
{
    run_file("test_threads");
}

Test(python, transform)
{
    run_file("test_transform");
}

/* A new file must not be forgotten above. */
Test(python, has_no_other_files)
{
    unsigned found = 0;
    if (access("tests/python", R_OK) != 0)
        cr_skip_test("not started in the project's folder");
    DIR *folder = opendir("tests/python");
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        found += strncmp(entry->d_name, "test_", 5) == 0 && strstr(entry->d_name, ".py") != NULL;
    closedir(folder);
    cr_expect_eq(found, sizeof files / sizeof *files);
}
