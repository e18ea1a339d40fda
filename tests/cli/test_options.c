/* Parsing, with a table of the tests; and requirements on every row of the real tables. */
#include <criterion/criterion.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli/bench_options.h"
#include "cli/command.h"
#include "cli/run_options.h"
#include "cli/serve_options.h"
#include "transform/recipe.h"

struct made_up {
    bool quick, wild;
    const char *path;
    unsigned color;
};

static const struct option rows[] = {
    {.name = "quick",
     .letter = 'q',
     .help = "h",
     .parse = option_flag,
     .offset = offsetof(struct made_up, quick)},
    {.name = "wild",
     .letter = 'w',
     .help = "h",
     .parse = option_flag,
     .offset = offsetof(struct made_up, wild)},
    {.name = "path",
     .letter = 'p',
     .argument = "FILE",
     .help = "h",
     .parse = option_path,
     .offset = offsetof(struct made_up, path)},
    {.name = "color",
     .argument = "red|green",
     .help = "h",
     .parse = option_enum,
     .offset = offsetof(struct made_up, color)},
    {.name = NULL},
};
static const struct option_set set = {.own = rows}, recipe_set = {.own = rows, .recipe = true};

enum { WORDS_MAX = 16 };

struct parsed {
    struct made_up settings;
    struct pm_recipe recipe;
    struct pm_error error;
    const char *operands[WORDS_MAX];
    struct command_line line;
    enum parse_end end;
};

/* Parses the blank-separated words of `text`. */
static void parse(struct parsed *parsed, const struct option_set *options, const char *text)
{
    static char copy[256];
    char *words[WORDS_MAX];
    int count = 0;
    strcpy(copy, text);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
        words[count++] = word;
    memset(parsed, 0, sizeof *parsed);
    recipe_init(&parsed->recipe);
    parsed->line = (struct command_line){
        .settings = &parsed->settings, .recipe = &parsed->recipe, .operands = parsed->operands};
    parsed->end = options_parse(options, count, words, &parsed->line, &parsed->error);
}

Test(options, may_stand_before_and_after_operands)
{
    struct parsed parsed;
    parse(&parsed, &set, "a --quick b --path=x c");
    cr_assert_eq(parsed.end, PARSE_OK);
    cr_assert(parsed.settings.quick);
    cr_assert_str_eq(parsed.settings.path, "x");
    cr_assert_eq(parsed.line.noperands, 3);
    cr_assert_str_eq(parsed.operands[0], "a");
    cr_assert_str_eq(parsed.operands[1], "b");
    cr_assert_str_eq(parsed.operands[2], "c");
}

Test(options, values_come_in_four_ways)
{
    static const char *const ways[] = {"--path=x", "--path x", "-px", "-p x", "-qp x", "-wqpx"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct parsed parsed;
        parse(&parsed, &set, ways[i]);
        cr_expect_eq(parsed.end, PARSE_OK, "%s", ways[i]);
        cr_expect_str_eq(parsed.settings.path, "x", "%s", ways[i]);
        cr_expect_eq(parsed.settings.quick, strchr(ways[i], 'q') != NULL);
        cr_expect_eq(parsed.line.noperands, 0);
    }
}

/* Only one of the command is taken for one: its value was forgotten, and the option after it would be lost.
 */
Test(options, a_value_may_look_like_an_option)
{
    static const struct {
        const char *words, *value;
    } cases[] = {{"--path --quickly", "--quickly"},
                 {"--path=--quick", "--quick"},
                 {"--path -q", "-q"},
                 {"-p --", "--"},
                 {"-p--quick", "--quick"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed parsed;
        parse(&parsed, &set, cases[i].words);
        cr_assert_eq(parsed.end, PARSE_OK, "%s", cases[i].words);
        cr_assert_str_eq(parsed.settings.path, cases[i].value);
        cr_assert_not(parsed.settings.quick);
    }
    static const char *const forgotten[] = {"--path --quick", "-p --quick", "--path --path=x",
                                            "-qp --path=x"};
    for (size_t i = 0; i < sizeof forgotten / sizeof *forgotten; i++) {
        struct parsed parsed;
        parse(&parsed, &set, forgotten[i]);
        cr_assert_eq(parsed.end, PARSE_WRONG, "%s", forgotten[i]);
        cr_assert_eq(strncmp(parsed.error.message, "needs an argument (", 19), 0, "%s", parsed.error.message);
    }
}

Test(options, two_dashes_end_them_and_one_is_an_operand)
{
    struct parsed parsed;
    parse(&parsed, &set, "- -- --quick -q");
    cr_assert_eq(parsed.end, PARSE_OK);
    cr_assert_not(parsed.settings.quick);
    cr_assert_eq(parsed.line.noperands, 3);
    cr_assert_str_eq(parsed.operands[0], "-");
    cr_assert_str_eq(parsed.operands[1], "--quick");
}

Test(options, the_last_of_two_wins)
{
    struct parsed parsed;
    parse(&parsed, &set, "--color=green -pa -pb --color=red");
    cr_assert_eq(parsed.end, PARSE_OK);
    cr_assert_str_eq(parsed.settings.path, "b");
    cr_assert_eq(parsed.settings.color, 0);
}

Test(options, help_ends_parsing)
{
    struct parsed parsed;
    parse(&parsed, &set, "-qh --nonsense");
    cr_assert_eq(parsed.end, PARSE_HELP);
    parse(&parsed, &set, "--help");
    cr_assert_eq(parsed.end, PARSE_HELP);
}

Test(options, mistakes_are_named_with_their_remedy)
{
    static const struct {
        const char *text, *culprit, *message;
    } cases[] = {
        {"--quik", "--quik", "unknown option (did you mean --quick?)"},
        {"--qui", "--qui", "unknown option (did you mean --quick?)"}, /* no abbreviations */
        {"--quiiick", "--quiiick", "unknown option (did you mean --quick?)"},
        {"--quiiiick", "--quiiiick", "unknown option (--help lists them)"}, /* three letters too many */
        {"--nonsense", "--nonsense", "unknown option (--help lists them)"},
        {"--nonsense=1", "--nonsense=1", "unknown option (--help lists them)"},
        {"-quick", "-quick", "unknown option (did you mean --quick?)"}, /* -q, and -u is unknown */
        {"-qz", "-z", "unknown option (--help lists them)"},
        {"--quick=1", "--quick=1", "takes no argument (--quick)"},
        {"a --path", "--path", "needs an argument (FILE)"},
        {"-qp", "-qp", "needs an argument (FILE)"},
        {"--path=", "--path=", "is empty (needs a path)"},
        {"--color=blue", "--color=blue", "is not known (one of: red, green)"},
        {"--color blue", "--color blue", "is not known (one of: red, green)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed parsed;
        parse(&parsed, &set, cases[i].text);
        cr_expect_eq(parsed.end, PARSE_WRONG, "%s", cases[i].text);
        cr_expect_str_eq(parsed.line.culprit, cases[i].culprit);
        cr_expect_str_eq(parsed.error.message, cases[i].message);
    }
}

Test(options, what_other_programs_call_it_is_reported)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"--grayscale", "unknown option (it is --gray here)"},
        {"--width=300", "unknown option (it is --resize=WIDTHx here)"},
        {"--workers=3", "unknown option (it is --jobs=N here)"},
        {"--strip", "unknown option (metadata is left out anyway, unless --keep=exif,xmp asks for it)"},
        {"--unsharp=2", "unknown option (it is --sharpen=1.5,amount=0.8 here)"},
        {"--gravity=North", "unknown option (it is --crop=WIDTHxHEIGHT,gravity=center here)"},
        {"--interlace", "unknown option (it is --progressive here)"},
        {"--colors=64", "unknown option (it is --palette=N here)"},
        {"--no-enlarge", "unknown option (it is --resize=WIDTHxHEIGHT,shrink here)"},
        {"--suffix=-small", "unknown option (it is --name='{stem}-small.{ext}' here)"},
        {"--srgb", "unknown option (it is --profile=srgb here)"},
        {"--webp", "unknown option (it is --format=webp here)"},
        {"--dpr=2", "unknown option (it is --widths=320,640 here, a width for each density)"},
        {"--gol", "unknown option (did you mean --gil?)"},
        {"--bpx", "unknown option (did you mean --bpc?)"},
        {"--xpx", "unknown option (--help lists them)"}, /* two of three letters are wrong */
        {"--fit=cover", "unknown option (it is --resize=WIDTHxHEIGHT^ "
                        "--crop=WIDTHxHEIGHT,gravity=center here)"},
        {"--modulate=2", "unknown option (it is --brightness=1.1, --saturation=1.2 and --hue=10 here)"},
        {"--backend=openmp", "is not known (did you mean omp?)"},
        {"-r", "unknown option (folders are walked to their depths anyway)"},
        {"--key=k", "unknown option (did you mean --key-file?)"},
        {"--skip", "unknown option (did you mean --skip-existing?)"},
        {"-xfile", "unknown option (--help lists them)"},
    };
    const char *operands[1];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct run_options options;
        struct pm_recipe recipe;
        struct pm_error error = {0};
        struct command_line line = {.settings = &options, .recipe = &recipe, .operands = operands};
        char *const argument = (char *)(uintptr_t)cases[i].text;
        cr_expect_eq(options_parse(&run_option_set, 1, &argument, &line, &error), PARSE_WRONG);
        cr_expect_str_eq(error.message, cases[i].message);
    }
    struct parsed parsed;
    parse(&parsed, &set, "--workers=3"); /* a command without workers */
    cr_expect_str_eq(parsed.error.message, "unknown option (--help lists them)");
}

Test(options, filters_are_steps_in_the_order_written)
{
    struct parsed parsed;
    char text[256];
    parse(&parsed, &recipe_set, "--flip a --rotate=90 -Q 75 --flip --quick --format jpeg");
    cr_assert_eq(parsed.end, PARSE_OK, "%s", parsed.error.message);
    cr_assert(parsed.settings.quick);
    cr_assert_gt(pm_recipe_text(&parsed.recipe, text, sizeof text), 0);
    cr_assert_str_eq(text, "flip/rotate=90/flip/format=jpeg/quality=75");
    parse(&parsed, &recipe_set, "--rotate=450");
    cr_assert_eq(parsed.end, PARSE_WRONG);
    cr_assert_str_eq(parsed.line.culprit, "--rotate=450");
}

Test(options, every_row_has_a_help_line_and_a_name_of_its_own)
{
    for (const struct command *command = commands; command->name != NULL; command++) {
        struct option option, other;
        for (size_t i = 0; option_at(command->options, i, &option); i++) {
            cr_expect_not_null(option.help, "%s", option.name);
            cr_expect(option.kind != OPTION_OWN || option.parse != NULL, "%s", option.name);
            for (size_t j = 0; j < i; j++) {
                option_at(command->options, j, &other);
                cr_expect_str_neq(option.name, other.name);
                cr_expect(option.letter == 0 || option.letter != other.letter, "-%c", option.letter);
            }
        }
    }
}

Test(options, run_keeps_what_was_said)
{
    struct run_options options;
    struct pm_recipe recipe;
    const char *operands[32];
    struct pm_error error = {0};
    static const char *const words[] = {"in",
                                        "-o",
                                        "out",
                                        "--backend=serial",
                                        "-j3",
                                        "--io-jobs=9",
                                        "--memory=2M",
                                        "-0",
                                        "--timeout=.5",
                                        "-qv",
                                        "--max-pixels",
                                        "12",
                                        "--base=b",
                                        "--resume",
                                        "--journal=j",
                                        "--dry-run",
                                        "--fail-fast",
                                        "--skip-existing",
                                        "--log=l",
                                        "--key-file=k",
                                        "--passphrase-file=p",
                                        "--sandbox=require",
                                        "--gil=released",
                                        "--gil-interval=2.5",
                                        "--progress=never"};
    run_options_init(&options);
    recipe_init(&recipe);
    struct command_line line = {.settings = &options, .recipe = &recipe, .operands = operands};
    cr_assert_eq(options.settings.backend.max_pixels, 268402689);
    cr_assert_eq(
        options_parse(&run_option_set, sizeof words / sizeof *words, (char *const *)words, &line, &error),
        PARSE_OK, "%s", error.message);
    cr_assert_str_eq(options.settings.output, "out");
    cr_assert_str_eq(options.settings.backend.kind->name, "serial");
    cr_assert_eq(options.settings.backend.workers, 3);
    cr_assert_eq(options.settings.engine.io_jobs, 9);
    cr_assert_eq(options.settings.engine.memory, 2 << 20);
    cr_assert(options.settings.nul_separated && options.quiet && options.verbose && options.settings.resume);
    cr_assert(options.settings.dry_run && options.settings.fail_fast && options.settings.skip_existing);
    cr_assert_eq(options.settings.backend.timeout, 0.5);
    cr_assert_eq(options.settings.backend.max_pixels, 12);
    cr_assert_str_eq(options.settings.base, "b");
    cr_assert_str_eq(options.settings.journal, "j");
    cr_assert_str_eq(options.settings.log, "l");
    cr_assert_str_eq(options.settings.key_file, "k");
    cr_assert_str_eq(options.settings.passphrase_file, "p");
    cr_assert_eq(options.settings.backend.sandbox, SANDBOX_REQUIRE);
    cr_assert_eq(options.settings.backend.gil, GIL_RELEASED);
    cr_assert_eq(options.settings.backend.gil_interval, 2.5e-3);
    cr_assert_eq(options.progress, PROGRESS_NEVER);
    cr_assert_eq(line.noperands, 1);
}

static void hear(void *listener, const struct option *option, const char *argument)
{
    char *told = listener;
    size_t used = strlen(told);
    snprintf(told + used, 256 - used, "%s%s%s%s, ", option->name, argument != NULL ? "=" : "",
             argument != NULL ? argument : "", option->of_base ? " of run" : "");
}

/* The options of `run` and of backends that commands based on `run` have. */
Test(options, of_run_fill_the_same_settings_in_other_commands)
{
    static const char *const words[] = {"--gil=released", "--memory=3M", "--retries=7", "--exclude=a", "-j2"};
    struct bench_options bench;
    struct serve_settings serve;
    struct pm_recipe recipe;
    struct pm_error error = {0};
    const char *operands[8];
    bench_options_init(&bench);
    serve_options_init(&serve);
    recipe_init(&recipe);
    struct command_line line = {.settings = &bench, .recipe = &recipe, .operands = operands};
    cr_assert_eq(options_parse(&bench_option_set, 5, (char *const *)words, &line, &error), PARSE_OK);
    cr_assert_eq(bench.settings.run.backend.gil, GIL_RELEASED);
    cr_assert_eq(bench.settings.run.engine.memory, 3 << 20);
    cr_assert_eq(bench.settings.run.remote.retries, 7);
    cr_assert_str_eq(bench.settings.run.selection.exclude.glob[0], "a");
    cr_assert_eq(bench.settings.run.backend.workers, 0, "bench has a --jobs of its own");
    cr_assert_eq(bench.settings.jobs[0], 2);
    line = (struct command_line){.settings = &serve, .operands = operands};
    cr_assert_eq(options_parse(&serve_option_set, 1, (char *const *)&words[4], &line, &error), PARSE_OK);
    cr_assert_eq(serve.run.backend.workers, 2);
    cr_assert_eq(options_parse(&serve_option_set, 1, (char *const *)words, &line, &error), PARSE_WRONG);
}

/* The listener is called with accepted options, and told which are options of `run`. */
Test(options, accepted_ones_are_reported)
{
    static const char *const words[] = {"--gil=released", "--repeat=2", "--gray", "--memory=x"};
    struct bench_options bench;
    struct pm_recipe recipe;
    struct pm_error error = {0};
    char told[256] = "";
    const char *operands[8];
    bench_options_init(&bench);
    recipe_init(&recipe);
    struct command_line line = {
        .settings = &bench, .recipe = &recipe, .operands = operands, .seen = hear, .listener = told};
    cr_assert_eq(options_parse(&bench_option_set, 4, (char *const *)words, &line, &error), PARSE_WRONG);
    cr_assert_str_eq(told, "gil=released of run, repeat=2, gray, ");
}
