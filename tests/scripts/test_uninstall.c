/* `make uninstall` removes what `make install` says it puts there, and nothing else. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "temp.h"

static void begin(void)
{
    if (access("Makefile", R_OK) != 0)
        cr_skip_test("not started in the project's folder");
}

TestSuite(uninstall, .init = begin);

/* Instead of building everything: creates empty files where the commands of `make install` would put some. */
static const char install_empty[] =
    "install() {\n"
    "    for last; do :; done\n"
    "    if [ \"$1\" = -d ]; then shift; mkdir -p \"$@\"; return; fi\n"
    "    shift 2\n"
    "    case $last in\n"
    "    */) for file; do [ \"$file\" = \"$last\" ] || : >\"$last${file##*/}\"; done ;;\n"
    "    *) : >\"$last\" ;;\n"
    "    esac\n"
    "}\n";

/* The lines of a dry run that install something; a text that is written by a redirection is left out. */
static const char commands[] =
    "MAKEFLAGS= make -n install BUILD=\"$0/build\" DESTDIR=\"$0/root\" PREFIX=/usr |"
    " sed -n -e '/^install /p' -e '/^ln /p' -e 's|^.* > \\(/.*/root/.*\\)$|: >\\1|p'";

static char *listing(void)
{
    char line[1024];
    snprintf(line, sizeof line, "cd '%s' && find root -mindepth 1 | LC_ALL=C sort >list", temp_folder());
    cr_assert_eq(system(line), 0);
    return temp_read(temp_path("list"), NULL);
}

Test(uninstall, removes_what_was_installed)
{
    char path[1024];
    snprintf(path, sizeof path, "%s", temp_text("functions", install_empty));
    temp_text("commands", commands);
    char line[4096];
    snprintf(line, sizeof line, "(cat '%s'; sh -c \"$(cat '%s')\" '%s') >'%s/all' && sh -e '%s/all'", path,
             temp_path("commands"), temp_folder(), temp_folder(), temp_folder());
    cr_assert_eq(system(line), 0, "%s", line);
    char *installed = listing();
    static const char *const some[] = {
        "root/usr/bin/pixmill\n",       "root/usr/libexec/pixmill/pixmill-serve\n",
        "root/usr/lib/libpixmill.so\n", "root/usr/lib/pkgconfig/pixmill.pc\n",
        "root/usr/include/pixmill/",    "root/usr/share/man/man1/pixmill.1\n"};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        cr_expect_not_null(strstr(installed, some[i]), "%s is not in %s", some[i], installed);
    free(installed);
    temp_text("root/usr/bin/other", "not pixmill's");
    snprintf(line, sizeof line,
             "MAKEFLAGS= make -s uninstall BUILD='%s/build' DESTDIR='%s/root' PREFIX=/usr >/dev/null",
             temp_folder(), temp_folder());
    cr_assert_eq(system(line), 0);
    char *left = listing();
    cr_expect_str_eq(left, "root/usr\nroot/usr/bin\nroot/usr/bin/other\n");
    free(left);
}
