/* Help, manual and completion, through the real command. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "cli/help.h"
#include "cli/run.h"
#include "cli/run_options.h"
#include "http/request_head.h"
#include "serve/access_log.h"
#include "temp.h"

TestSuite(help, .init = run_begin);

static void expect_narrow(const struct run *help)
{
    cr_assert_eq(help->status, 0, "%s", help->err);
    cr_assert_str_eq(help->err, "");
    cr_assert_neq(help->out[0], '\0');
    for (const char *line = help->out; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        cr_expect_leq(length, 80, "%.*s", (int)length, line);
        cr_expect(length == 0 || line[length - 1] != ' ', "blank at the end of: %.*s", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

Test(help, fits_80_columns)
{
    struct run overview = RUN("help");
    expect_narrow(&overview);
    for (const struct topic *topic = topics; topic->name != NULL; topic++) {
        struct run help = RUN("help", topic->name);
        expect_narrow(&help);
    }
    for (const struct command *command = commands; command->name != NULL; command++) {
        struct run help = RUN("help", command->name), same = RUN(command->name, "--help");
        expect_narrow(&help);
        cr_assert_str_eq(help.out, same.out);
    }
}

/* Every field of the server's log, and every status that has a description. */
Test(help, serving_reports_what_the_server_answers_and_logs)
{
    struct run help = RUN("help", "serving"), recipe = RUN("help", "recipe");
    struct pm_error error = {0};
    struct access_log *log = access_log_open("log", &error);
    const struct access access = {.client = "::1", .status = 200};
    cr_assert_not_null(log, "%s", error.message);
    cr_assert_eq(access_log_write(log, &access, &error), 0);
    access_log_close(log);
    char *line = content_of("log", NULL), *field = line;
    int fields = 0;
    for (; (field = strstr(field, "\": ")) != NULL; field += 3) {
        char name[32];
        const char *begin = field;
        while (begin[-1] != '"')
            begin--;
        snprintf(name, sizeof name, "%.*s", (int)(field - begin), begin);
        cr_expect_not_null(strstr(help.out, name), "%s is not explained", name);
        fields++;
    }
    cr_assert_eq(fields, 14, "%s", line);
    for (int status = 200; status < 600; status++) {
        char number[8];
        snprintf(number, sizeof number, "%d", status);
        if (strcmp(http_reason(status), "Unknown") != 0)
            cr_expect_not_null(strstr(help.out, number), "%d is not explained", status);
    }
    static const char *const words[] = {"/-/", "/s:", "/healthz", "/metrics", "format=auto", "499", "SIGHUP"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        cr_expect_not_null(strstr(help.out, words[i]), "%s is not explained", words[i]);
    cr_assert_not_null(strstr(recipe.out, "format=auto"));
}

Test(help, is_the_same_in_three_ways)
{
    struct run a = RUN("help"), b = RUN("--help"), c = RUN("-h");
    cr_assert_str_eq(a.out, b.out);
    cr_assert_str_eq(a.out, c.out);
}

Test(help, version_is_one_line)
{
    struct run version = RUN("--version");
    cr_assert_eq(version.status, 0);
    cr_assert_str_eq(version.out, "pixmill " PIXMILL_VERSION "\n");
}

Test(help, version_is_a_command_too)
{
    struct run version = RUN("version"), letter = RUN("-V"), more = RUN("version", "photos"),
               option = RUN("version", "--jobs"), help = RUN("version", "--help");
    expect(&version, 0, "");
    cr_assert_str_eq(version.out, "pixmill " PIXMILL_VERSION "\n");
    cr_assert_str_eq(letter.out, version.out);
    expect(&more, 2, "pixmill: photos: unexpected argument (version takes none)\n");
    expect(
        &option, 2,
        "pixmill: --jobs: unknown option (it is one of 'pixmill run'; --help lists those of this command)\n");
    cr_assert_eq(strncmp(help.out, "Usage: pixmill version\n", 23), 0, "%s", help.out);
}

Test(help, mistakes_are_exit_2)
{
    struct run none = RUN(NULL), wrong = RUN("hlep"), far = RUN("frobnicate"), topic = RUN("help", "filter");
    expect(&none, 2, "\nCommands:\n");
    expect(&none, 2, "pixmill: no command ('pixmill help' lists them)\n");
    expect(&wrong, 2, "pixmill: hlep: unknown command (did you mean help?)\n");
    expect(&far, 2, "pixmill: frobnicate: unknown command ('pixmill help' lists them)\n");
    expect(&topic, 2, "pixmill: filter: unknown topic (did you mean filters?)\n");
    struct run misspelt = RUN("--verison"), letter = RUN("-v");
    expect(&misspelt, 2, "pixmill: --verison: unknown command (did you mean --version?)\n");
    expect(&letter, 2, "; did you mean: pixmill --version, or pixmill run -v ...?\n");
}

Test(help, what_belongs_to_run_is_reported)
{
    temp_text("photos/a", "");
    struct run folder = RUN("photos", "--resize=300x>", "-o", "out"), bare = RUN("photos"),
               option = RUN("--resize", "300", "photos", "-j", "4"), letter = RUN("-oout", "photos"),
               list = RUN("-", "--in-place", "--backup", "kept/"), none = RUN("--resize=300", "-o", "out"),
               other = RUN("--nonsense", "photos"), dashes = RUN("--");
    expect(&folder, 2,
           "pixmill: unknown command 'photos'; try: pixmill run photos '--resize=300x>' -o out\n");
    expect(&bare, 2, "pixmill: unknown command 'photos'; try: pixmill run photos -o out/\n");
    expect(&option, 2, "'--resize'; try: pixmill run --resize 300 photos -j 4 -o out/\n");
    expect(&letter, 2, "pixmill: unknown command '-oout'; try: pixmill run -oout photos\n");
    expect(&list, 2, "'-'; try: pixmill run - --in-place --backup kept/\n");
    expect(&none, 2, "unknown command '--resize=300' (write 'run' first: pixmill run INPUT... -o DIR)\n");
    expect(&other, 2, ": unknown command ('pixmill help' lists them)\n");
    expect(&dashes, 2, ": unknown command ('pixmill help' lists them)\n");
}

/* A line that can't be copied is not suggested. */
Test(help, what_belongs_to_run_but_can_not_be_shown_is_not_repeated)
{
    char folder[200];
    memset(folder, 'p', sizeof folder - 1);
    folder[sizeof folder - 1] = '\0';
    temp_text("a\nb", "");
    temp_text("photos/a", "");
    struct run name = RUN("a\nb"), length = RUN("photos", folder, folder);
    expect(&name, 2, "pixmill: unknown command 'a\\x0ab' (write 'run' first: pixmill run INPUT... -o DIR)\n");
    expect(&length, 2, "pixmill: unknown command 'photos' (write 'run' first: ");
}

Test(help, what_is_suggested_works_as_it_is)
{
    char line[512];
    put_picture("it's/a b.png", 30, 20);
    struct run run = RUN("it's/a b.png", "--resize=9x>");
    const char *try = strstr(run.err, "; try: pixmill ");
    cr_assert_not_null(try, "%s", run.err);
    snprintf(line, sizeof line, "'%s' %s", getenv("PIXMILL"), try + strlen("; try: pixmill "));
    cr_assert_eq(system(line), 0);
    expect_picture("out/a b.png", "png", 9, 6);
}

Test(help, topics_that_are_none_lead_to_one)
{
    static const char *const cases[][2] = {
        {"rsize", "resize"},
        {"runn", "run"},
        {"jpeg", "formats"},
        {"PNG", "formats"},

    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char message[64];
        snprintf(message, sizeof message, ": unknown topic (did you mean %s?)\n", cases[i][1]);
        struct run run = RUN("help", cases[i][0]);
        expect(&run, 2, message);
    }
}

Test(help, every_option_is_a_topic)
{
    struct run completion = RUN("help", "completion"), quality = RUN("help", "quality"),
               dashes = RUN("help", "--quality"), jobs = RUN("help", "jobs"),
               nothing = RUN("help", "--nonsense"), man = RUN("help", "--man");
    expect(&quality, 0, "");
    cr_expect_not_null(strstr(completion.out, "--completion=bash|zsh|fish"));
    cr_expect_not_null(strstr(quality.out, "Option of pixmill run:\n  -Q, --quality=1..100"));
    cr_expect_str_eq(dashes.out, quality.out);
    cr_expect_not_null(strstr(jobs.out, "Option of pixmill run:\n  -j, --jobs=N"));
    cr_expect_not_null(strstr(jobs.out, "Option of pixmill bench:\n  -j, --jobs=LIST"));
    expect(&nothing, 2, "pixmill: --nonsense: unknown option (--help lists them)\n");
    cr_expect_eq(strncmp(man.out, ".TH PIXMILL 1 ", 14), 0);
    cr_expect_null(strstr(jobs.out, "serve"));
    struct option option;
    for (size_t i = 0; option_at(&run_option_set, i, &option); i++) {
        if (option.kind == OPTION_FILTER || strcmp(option.name, "jpeg") == 0) /* a format */
            continue;
        struct run help = RUN("help", option.name);
        expect_narrow(&help);
    }
}

Test(help, every_filter_is_a_topic)
{
    struct option option;
    unsigned count = 0;
    for (size_t i = 0; option_at(&run_option_set, i, &option); i++) {
        if (option.kind != OPTION_FILTER)
            continue;
        struct run help = RUN("help", option.name), command = RUN(option.name, "--help");
        count++;
        expect_narrow(&help);
        cr_expect_not_null(strstr(help.out, option.name));
        expect(&command, 2, ": is a filter, not a command (");
    }
    cr_assert_geq(count, 10, "encrypt and decrypt are not among them");
}

Test(help, output_that_can_not_be_written_is_exit_1)
{
    struct run closed = RUN_AS(&(struct start){.closed = 1u << 1}, "help");
    expect(&closed, 1, "pixmill: standard output: ");
}

Test(help, backends_are_listed_with_what_works)
{
    struct run help = RUN("help", "backends");
    cr_assert_not_null(strstr(help.out, "threads (default)"));
    cr_assert_not_null(strstr(help.out, "serial"));
    cr_assert_not_null(strstr(help.out, "Works here."));
}

/* Runs a shell command in the test's folder; its exit status. What it prints goes to the test's output. */
static int shell(const char *command)
{
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* Skips the test where that program is not installed. */
static void need(const char *program)
{
    char command[128];
    snprintf(command, sizeof command, "command -v %s >/dev/null", program);
    if (shell(command) != 0)
        cr_skip_test("%s is not installed", program);
}

static void expect_valid_script(const char *name)
{
    char command[256];
    need(name);
    snprintf(command, sizeof command, "\"$PIXMILL\" help --completion=%s > script && %s -n script", name,
             name);
    cr_assert_eq(shell(command), 0, "%s", command);
}

Test(help, completion_for_bash_is_valid)
{
    expect_valid_script("bash");
}

Test(help, completion_for_zsh_is_valid)
{
    expect_valid_script("zsh");
}

Test(help, completion_for_fish_is_valid)
{
    expect_valid_script("fish");
}

Test(help, manual_names_every_option)
{
    struct run manual = RUN("help", "--man");
    cr_assert_eq(manual.status, 0);
    cr_assert_eq(strncmp(manual.out, ".TH PIXMILL 1 ", 14), 0);
    for (const struct command *command = commands; command->name != NULL; command++) {
        struct option option;
        for (size_t i = 0; option_at(command->options, i, &option); i++) {
            char name[128] = "\\-\\-";
            for (const char *s = option.name; *s != '\0'; s++)
                snprintf(name + strlen(name), 4, "%s%c", *s == '-' ? "\\" : "", *s);
            cr_expect_not_null(strstr(manual.out, name), "--%s", option.name);
        }
    }
}

Test(help, manual_is_valid)
{
    need("mandoc");
    cr_assert_eq(shell("\"$PIXMILL\" help --man | mandoc -T lint"), 0);
}

Test(help, manual_is_formatted_without_warnings)
{
    need("groff");
    cr_assert_eq(
        shell("\"$PIXMILL\" help --man | groff -man -ww -b -Tutf8 > page 2> warnings; test ! -s warnings"), 0,
        "%s", content_of("warnings", NULL));
    cr_assert_neq(content_of("page", NULL)[0], '\0');
}

Test(help, manual_has_the_usual_parts)
{
    static const char *const parts[] = {"NAME",        "SYNOPSIS", "DESCRIPTION", "EXIT STATUS",
                                        "ENVIRONMENT", "FILES",    "EXAMPLES",    "SEE ALSO"};
    struct run manual = RUN("help", "--man");
    const char *at = manual.out;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char heading[64];
        snprintf(heading, sizeof heading, "\n.SH %s\n", parts[i]);
        const char *found = strstr(at, heading);
        cr_assert_not_null(found, "%s is missing or misplaced", parts[i]);
        at = found;
    }
}

/* The command lines, indented by four blanks, in the order of the page. */
Test(help, examples_work)
{
    static const char begin[] = "pixmill() { \"$PIXMILL\" \"$@\"; }\nset -e\n";
    char script[8192];
    size_t used = (size_t)snprintf(script, sizeof script, "%s", begin);
    struct run help = RUN("help", "examples");
    unsigned count = 0;
    put_picture("photos/one.jpg", 640, 480);
    put_picture("photos/below/two.png", 400, 300);
    for (const char *line = help.out; *line != '\0'; line = strchr(line, '\n') + 1) {
        if (strncmp(line, "    ", 4) != 0)
            continue;
        used += (size_t)snprintf(script + used, sizeof script - used, "%.*s\n", (int)strcspn(line, "\n") - 4,
                                 line + 4);
        count++;
    }
    cr_assert_geq(count, 10);
    temp_text("script", script);
    cr_assert_eq(shell("sh script > /dev/null"), 0, "%s", script);
    expect_picture("one-400.jpg", "jpeg", 400, 300);
    expect_picture("sq/below/two.png", "png", 300, 300);
}
