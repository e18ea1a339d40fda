/* The commands of the documents are run unchanged. Each block of shell runs in a folder of its own with
 * pictures in photos/ and the command in $PATH; so does the code of the library's page. Commands in console
 * blocks and in the text are run if they are short; the others are in the tables below, with the reason. No
 * block shows a command's output: every line of a console block is a command. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <ctype.h>
#include <libgen.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/documents.h"
#include "cli/run.h"
#include "temp.h"

/* Commands that are not run from the document, why, and what runs such a command. */
static const struct elsewhere {
    const char *beginning, *why, *by;
} elsewhere[] = {
    {"pixmill run https://example.org/", "fetches from the Internet", "tests/cli/test_urls.c"},
    {"pixmill run - -o out/ --base=https", "fetches from the Internet", "tests/cli/test_urls.c"},
    {"pixmill run s3://", "needs S3 storage", "tests/cli/test_object_store.c"},
    {"pixmill run shards/*.tar", "needs archives", "tests/cli/test_archives.c"},
    {"pixmill bench photos/", "takes more than a minute", "tests/bench/test_bench.c"},
    {"pixmill bench --models=threads,turns", "needs the lab with the page's backend",
     "src/backend/README.md"},
    {"PYTHONPATH=build/python python3 samples/python/", "needs the Python module",
     "tests/python/test_samples.py"},
    {"PYTHONPATH=build/python PHOTOS=photos ", "does not end", "tests/python/web_page.py"},
    {"python3 -m http.server", "does not end", "tests/python/test_samples.py"},
    {"LIST=names BASE=/data DIR=/out SHARDS=100 ", "needs a cluster", "tests/cli/test_cluster_samples.c"},
    {"sbatch --array=", "needs a cluster", "tests/cli/test_cluster_samples.c"},
    {"kubectl create -f kubernetes.yaml", "needs a cluster", "tests/cli/test_cluster_samples.c"},
    {"PYTHONPATH=build/python scripts/bench-python.py", "needs photographs", "scripts/bench-python.py"},
    {"PIXMILL=$PWD/build/pixmill scripts/fuzz.sh", "needs a build by clang", "scripts/fuzz.sh"},
    {"PIXMILL=$PWD/build/pixmill build/unit --filter '@(", "names suites of the page's reader",
     "tests/main.c"},
};

/* Targets of make that are not run here, only printed (make -n), and why. */
static const struct {
    const char *target, *why;
} not_made[] = {
    {"check", "runs this program"},
    {"unit", "runs this program"},
    {"check-server", "runs tests of this program, under a sanitizer"},
    {"coverage", "runs this program, in a build of its own"},
    {"mutants", "runs tests of this program, for ten minutes"},
    {"demo", "installs packages"},
    {"install", "installs pixmill"},
    {"python", "installs packages"},
    {"install-python", "installs the module"},
    {"WERROR=1", "builds"},
    {"unit-programs", "builds"},
    {"-j8", "builds"},
    {"fmt", "changes source files"},
    {"lint", "takes minutes"},
    {"fuzz", "builds with clang"},
    {"fuzz-smoke", "builds with clang"},
    {"torture", "takes an hour"},
    {"check-valgrind", "takes minutes"},
    {"check-cluster", "takes minutes"},
    {"check-models", "takes minutes"},
    {"check-page", "needs Chromium"},
    {"check-hardening", "tests/scripts/test_check_hardening.c runs its script"},
    {"bench-kernels", "takes minutes"},
    {"bench-peers", "needs sharp and photographs"},
};

/* Documents whose blocks of shell a test below runs. */
static const char *const run_here[] = {"README.md", "include/pixmill/README.md", "src/codec/README.md",
                                       "src/filter/README.md"};

static char build[PATH_MAX];

static void begin(void)
{
    char program[PATH_MAX];
    cr_assert_not_null(getcwd(documents_source, sizeof documents_source));
    cr_assert_not_null(getenv("PIXMILL"));
    cr_assert_not_null(realpath(getenv("PIXMILL"), program));
    snprintf(build, sizeof build, "%s", dirname(program));
    run_begin();
}

TestSuite(documents, .init = begin, .timeout = 300);

/* The content of the document's ``` blocks of that kind, joined. */
static char *blocks_of(const char *document, const char *kind)
{
    char path[PATH_MAX + 64], *line = NULL, *text = NULL;
    size_t room = 0, size = 0;
    bool wanted = false, within = false;
    snprintf(path, sizeof path, "%s/%s", documents_source, document);
    FILE *in = fopen(path, "r"), *out = open_memstream(&text, &size);
    cr_assert(in != NULL && out != NULL, "%s", path);
    while (getline(&line, &room, in) >= 0) {
        if (strncmp(line, "```", 3) == 0) {
            within = !within;
            line[strcspn(line, "\n")] = '\0';
            wanted = within && strcmp(line + 3, kind) == 0;
        } else if (wanted) {
            fputs(line, out);
        }
    }
    cr_assert(!within, "%s: a block has no end", document);
    free(line);
    fclose(in);
    fclose(out);
    return text;
}

static unsigned free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, length), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    close(fd);
    return ntohs(address.sin_port);
}

/* Changes a shell script so that its server uses a free port. */
static void put_script(const char *path, const char *commands)
{
    static const char port[] = "127.0.0.1:8080";
    FILE *out = fopen(path, "w");
    cr_assert_not_null(out);
    const unsigned own = free_port();
    const char *found;
    for (; (found = strstr(commands, port)) != NULL; commands = found + strlen(port))
        fprintf(out, "%.*s127.0.0.1:%u", (int)(found - commands), commands, own);
    fputs(commands, out);
    fclose(out);
}

static void put_photos(void)
{
    static const char *const names[] = {"lake.jpg", "spheres-444.jpg", "wheel-alpha.png", "wheel-lossy.webp"};
    mkdir("photos", 0777);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        cr_assert_eq(documents_shell("cp '%s/samples/%s' photos/", documents_source, names[i]), 0);
}

static void run_blocks(const char *document)
{
    char *commands = blocks_of(document, "sh");
    cr_assert_neq(commands[0], '\0', "%s has no block of shell", document);
    put_photos();
    put_script("script", commands);
    int status =
        documents_shell("PATH='%s':\"$PATH\" bash -eu -o pipefail script >told 2>&1 </dev/null", build);
    cr_expect_eq(status, 0, "%s: status %d\n%s", document, status, content_of("told", &(size_t){0}));
    free(commands);
}

/* Tools that the blocks use and a system may lack. */
static void need(const char *tool)
{
    if (documents_shell("command -v %s >/dev/null", tool) != 0)
        cr_skip_test("%s is not installed", tool);
}

Test(documents, readme)
{
    need("curl");
    need("openssl");
    run_blocks("README.md");
    expect_picture("thumbs/lake.jpg", "jpeg", 400, 267);
    expect_picture("squares/spheres-444.jpg", "jpeg", 300, 300);
    expect_picture("page/lake-1280w.avif", "avif", 1200, 800);
    expect_picture("lake-400.jpg", "jpeg", 400, 267);
    expect_picture("web/wheel-alpha.webp", "webp", 288, 288);
    cr_expect(access("small/spheres-444.jpg", F_OK) == 0 && access("done/lake.jpg", F_OK) == 0);
}

#ifndef PIXMILL_SANITIZED /* sanitizers work neither with a compiler without their flags nor with a sandbox  \
                           */
Test(documents, library)
{
    need("cc");
    need("pkg-config");
    char *code = blocks_of("include/pixmill/README.md", "c");
    temp_text("thumb.c", code);
    free(code);
    FILE *pc = fopen("pixmill.pc", "w");
    cr_assert_not_null(pc);
    fprintf(pc,
            "Name: pixmill\nDescription: as it was built\nVersion: 0\nCflags: -I%s/include\nLibs: -L%s "
            "-lpixmill\n",
            documents_source, build);
    fclose(pc);
    /* As ldconfig would after make install. */
    cr_assert_eq(documents_shell("ln -s '%s/libpixmill.so' \"$(readelf -d '%s/libpixmill.so' | sed -n "
                                 "'s/.*SONAME.*\\[\\(.*\\)\\]/\\1/p')\"",
                                 build, build),
                 0);
    setenv("PKG_CONFIG_PATH", ".", 1);
    setenv("LD_LIBRARY_PATH", ".", 1);
    run_blocks("include/pixmill/README.md");
    expect_picture("small.jpg", "jpeg", 320, 213);
}

/* Runs the commands in the document's text that begin with that. */
static void run_spans(const char *document, const char *beginning)
{
    char path[PATH_MAX + 64];
    size_t size;
    snprintf(path, sizeof path, "%s/%s", documents_source, document);
    char *text = content_of(path, &size), *span, *end;
    unsigned count = 0;
    for (; (span = strstr(text, beginning)) != NULL; text = end + 1) {
        end = strchr(span, '`');
        if (end == NULL)
            break;
        if (span == text || span[-1] != '`')
            continue;
        *end = '\0';
        cr_expect_eq(documents_shell("%s >said 2>&1", span), 0, "%s: %s\n%s", document, span,
                     content_of("said", &(size_t){0}));
        count++;
    }
    cr_expect_gt(count, 0);
}

/* The pages for authors: with the command that has what is written on them. */
static void run_page(const char *document)
{
    char path[2 * PATH_MAX];
    cr_assert_eq(documents_shell("mkdir bin && ln -s '%s/pixmill-pages' bin/pixmill", build), 0);
    snprintf(path, sizeof path, "%s:%s", temp_path("bin"), getenv("PATH"));
    setenv("PATH", path, 1);
    snprintf(build, sizeof build, "%s", temp_path("bin"));
    run_blocks(document);
    /* What the text names: a file of the new format, the samples, and the command as it was built. */
    documents_shell("cp by-one/lake.p?m x.ppm 2>/dev/null"); /* the page of filters has no such format */
    cr_assert_eq(documents_shell("ln -sfn '%s/samples' samples && ln -s bin build", documents_source), 0);
    run_spans(document, "build/pixmill ");
}

Test(documents, page_for_authors_of_codecs)
{
    run_page("src/codec/README.md");
}

Test(documents, page_for_authors_of_filters)
{
    run_page("src/filter/README.md");
}

#endif

/* The shell commands in the help that sign a URL. */
Test(documents, help_signs)
{
    need("openssl");
    need("basenc");
    temp_text("sign-key", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n");
    struct run help = RUN("help", "serving");
    char *command = strstr(help.out, "    printf %s"), *end = strstr(help.out, "tr -d =\n");
    cr_assert(command != NULL && end != NULL);
    end[strlen("tr -d =")] = '\0';
    temp_text("script", command);
    cr_assert_eq(documents_shell("path=/resize=800x600/lake.jpg; . ./script >signed"), 0);
    struct run sign = RUN("serve", "--sign-key-file=sign-key", "--sign=/resize=800x600/lake.jpg");
    cr_expect_eq(strncmp(sign.out, "/s:", 3), 0);
    size_t size;
    const char *by_openssl = content_of("signed", &size);
    cr_expect(size == 44 && strncmp(sign.out + 3, by_openssl, size - 1) == 0, "%s, %s", sign.out, by_openssl);
}

/* Removes a comment and `sudo`. Is it a command of make? */
static bool is_make(char *line)
{
    char *comment = strchr(line, '#');
    if (comment != NULL)
        *comment = '\0';
    if (strncmp(line, "sudo ", 5) == 0)
        memmove(line, line + 5, strlen(line + 5) + 1);
    return strncmp(line, "make ", 5) == 0;
}

/* Runs `make WORDS`; if a target must not be run here, make only prints it. */
static void run_make(const char *document, const char *words)
{
    char word[64] = "";
    int length;
    const char *how = "";
    for (const char *at = words; sscanf(at, " %63s%n", word, &length) == 1; at += length) {
        for (size_t i = 0; i < sizeof not_made / sizeof *not_made; i++) {
            if (strcmp(word, not_made[i].target) == 0)
                how = "-n";
        }
    }
    cr_expect(how[0] != '\0' || strcmp(word, "help") == 0, "%s: is make %s run or printed?", document, words);
    cr_expect_eq(documents_shell("env -u MAKEFLAGS -u MAKELEVEL make -C '%s' %s %s >made 2>&1",
                                 documents_source, how[0] != '\0' ? how : "",
                                 strcmp(word, "help") == 0 ? "help" : words),
                 0, "%s: make %s\n%s", document, words, content_of("made", &(size_t){0}));
}

static bool is_run_elsewhere(const char *line)
{
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
        if (strncmp(line, elsewhere[i].beginning, strlen(elsewhere[i].beginning)) != 0)
            continue;
        cr_expect_eq(documents_shell("test -e '%s/%s'", documents_source, elsewhere[i].by), 0, "%s",
                     elsewhere[i].by);
        return true;
    }
    return false;
}

/* Runs a command in a folder where samples/ and build/ are those of the source, without the variables of the
 * program that runs the tests, which may be the command. */
static void run_line(const char *document, const char *line)
{
    cr_assert_eq(
        documents_shell("ln -sfn '%s/samples' samples && ln -sfn '%s' build", documents_source, build), 0);
    temp_text("script", line);
    cr_expect_eq(documents_shell("env -i PATH='%s':\"$PATH\" bash -eu script >said 2>&1 </dev/null", build),
                 0, "%s: %s\n%s", document, line, content_of("said", &(size_t){0}));
}

static void look_at_console(const char *document)
{
    char *text = blocks_of(document, "console"), *rest = text, *line;
    while ((line = strsep(&rest, "\n")) != NULL) {
        if (line[0] == '\0' || is_run_elsewhere(line))
            continue;
        if (is_make(line))
            run_make(document, line + 5);
        else
            run_line(document, line);
    }
    free(text);
}

static void look_at_blocks(const char *document)
{
    look_at_console(document);
    char *commands = blocks_of(document, "sh");
    bool run = false;
    for (size_t i = 0; i < sizeof run_here / sizeof *run_here; i++)
        run |= strcmp(document, run_here[i]) == 0;
    cr_expect(commands[0] == '\0' || run, "%s: its blocks of shell are run by no test", document);
    free(commands);
}

Test(documents, nothing_else_is_promised)
{
    documents_each(look_at_blocks);
}

/* Commands within the text, such as `pixmill help urls`: those already checked. */
static char seen[16384];

/* Where the first word with a placeholder begins, such as TOPIC or --backend=NAME; or the end. */
static size_t placeholder(const char *words)
{
    size_t word = 0;
    for (size_t i = 1; words[i] != '\0'; i++) {
        if (words[i - 1] == ' ')
            word = i;
        if ((words[i - 1] == ' ' || words[i - 1] == '=') && isupper((unsigned char)words[i]))
            return word;
    }
    return strlen(words);
}

/* Runs a command of the text: `pixmill help TOPIC` unchanged; of others, which are often incomplete, the
 * options are parsed with their values (--help is appended, after the last word that is not a placeholder).
 * It is the command that has what the pages for authors build. */
static void run_pixmill(const char *document, const char *words)
{
    const int length = (int)placeholder(words);
    const bool is_help = strncmp(words, "help", 4) == 0;
    cr_expect_eq(documents_shell("'%s/pixmill-pages' %.*s %s >said 2>&1", build, length, words,
                                 is_help ? "" : "--help"),
                 0, "%s: pixmill %s\n%s", document, words, content_of("said", &(size_t){0}));
}

static void look_at_span(const char *document, char *span)
{
    static const char *const names[] = {"pixmill ", "build/pixmill "};
    char key[512];
    snprintf(key, sizeof key, "`%.500s`", span);
    if (strstr(seen, key) != NULL)
        return;
    cr_assert_lt(strlen(seen) + strlen(key), sizeof seen);
    strcat(seen, key);
    if (is_run_elsewhere(span))
        return;
    if (is_make(span))
        run_make(document, span + 5);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const size_t length = strlen(names[i]);
        if (strncmp(span, names[i], length) == 0 && islower((unsigned char)span[length]))
            run_pixmill(document, span + length);
    }
}

__attribute__((unused)) static void look_at_text(const char *document)
{
    char path[PATH_MAX + 64], *line = NULL;
    size_t room = 0;
    bool within = false;
    snprintf(path, sizeof path, "%s/%s", documents_source, document);
    FILE *in = fopen(path, "r");
    cr_assert_not_null(in, "%s", path);
    while (getline(&line, &room, in) >= 0) {
        const bool fence = strncmp(line, "```", 3) == 0;
        within ^= fence;
        char *rest = line, *span;
        if (within || fence || strsep(&rest, "`") == NULL)
            continue;
        while ((span = strsep(&rest, "`")) != NULL && rest != NULL) {
            look_at_span(document, span);
            strsep(&rest, "`");
        }
    }
    free(line);
    fclose(in);
}

#ifndef PIXMILL_SANITIZED
Test(documents, commands_within_the_text_are_run)
{
    documents_each(look_at_text);
    cr_expect_not_null(strstr(seen, "`pixmill help urls`"));
    cr_expect_not_null(strstr(seen, "`make check`"));
}
#endif
