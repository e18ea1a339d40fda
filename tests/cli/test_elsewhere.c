/* What is said of other programs' options: every option that a message names is accepted, and runs. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "cli/elsewhere.h"
#include "cli/run.h"
#include "cli/run_options.h"
#include "cli/serve_options.h"
#include "temp.h"

TestSuite(elsewhere, .init = run_begin);

static bool has(const struct option_set *set, const char *name, size_t length)
{
    struct option option;
    for (size_t i = 0; option_at(set, i, &option); i++) {
        if (strlen(option.name) == length && strncmp(option.name, name, length) == 0)
            return true;
    }
    return false;
}

/* Copies text[length] with the words in capitals replaced by values, and without quotes. */
static void fill_in(const char *text, size_t length, char argument[256])
{
    static const char *const values[][2] = {
        {"WIDTH", "16"}, {"HEIGHT", "12"}, {"FILE", "logo.png"}, {"DIR", "other"}, {"N", "8"}};
    size_t used = 0;
    for (size_t at = 0; at < length;) {
        size_t i = 0;
        while (i < 5 && strncmp(text + at, values[i][0], strlen(values[i][0])) != 0)
            i++;
        if (i < 5) {
            used += (size_t)snprintf(argument + used, 256 - used, "%s", values[i][1]);
            at += strlen(values[i][0]);
            continue;
        }
        if (text[at] != '\'')
            argument[used++] = text[at];
        at++;
    }
    argument[used] = '\0';
}

/* Runs the command with the option that begins at `option`; returns its end. */
static const char *expect_runs(const char *option, const char *theirs)
{
    char argument[256];
    const char *end = option + strcspn(option, " )");
    size_t length = (size_t)(end - option);
    while (strchr(",;:", option[length - 1]) != NULL)
        length--;
    const size_t name = strcspn(option + 2, "= ,;:)'");
    if (!has(&run_option_set, option + 2, name)) {
        cr_expect(has(&serve_option_set, option + 2, name), "%s: no option %s", theirs, option);
        return end;
    }
    fill_in(option, length, argument);
    struct run run = strncmp(argument, "--output=", 9) == 0 ? RUN("run", "in", argument)
                                                            : RUN("run", "in", "-o", "out", argument);
    cr_expect_eq(run.status, 0, "--%s: %s: %s", theirs, argument, run.err);
    run_forget();
    return end;
}

Test(elsewhere, every_option_that_is_named_runs)
{
    unsigned count = 0;
    const struct elsewhere *row;
    put_picture("in/a.jpg", 64, 48);
    put_picture("logo.png", 8, 8);
    for (size_t i = 0; (row = elsewhere_at(i)) != NULL; i++) {
        const bool supported = strncmp(row->words, "not supported", 13) != 0;
        for (const char *at = row->words; supported && (at = strstr(at, "--")) != NULL; count++)
            at = expect_runs(at, row->theirs);
        cr_expect(has(&run_option_set, row->ours, strlen(row->ours)) ||
                      has(&serve_option_set, row->ours, strlen(row->ours)),
                  "%s: no option --%s", row->theirs, row->ours);
        cr_expect(!has(&run_option_set, row->theirs, strlen(row->theirs)), "--%s is an option", row->theirs);
    }
    cr_expect_gt(count, 100);
}

Test(elsewhere, options_of_sharp_vipsthumbnail_and_mogrify_are_known)
{
    static const struct {
        const char *option, *value, *message;
    } cases[] = {
        {"--fit=cover", NULL, "--resize=WIDTHxHEIGHT^ --crop=WIDTHxHEIGHT,gravity=center here)"},
        {"--fit", "contain", "(it is --pad=WIDTHxHEIGHT here, without borders --resize=WIDTHxHEIGHT)"},
        {"--fit=fill", NULL, "(it is --resize=WIDTHxHEIGHT! here)"},
        {"--width=300", NULL, "(it is --resize=WIDTHx here)"},
        {"--height", "200", "(it is --resize=xHEIGHT here)"},
        {"--strip", NULL, "(metadata is left out anyway, unless --keep=exif,xmp asks for it)"},
        {"--suffix=-s", NULL, "(it is --name='{stem}-small.{ext}' here)"},
        {"--no-enlarge", NULL, "(it is --resize=WIDTHxHEIGHT,shrink here)"},
        {"--withoutEnlargement", NULL, "(it is --resize=WIDTHxHEIGHT,shrink here)"},
        {"--srgb", NULL, "(it is --profile=srgb here)"},
        {"--thumbnail=100x100", NULL, "(it is --resize=WIDTHxHEIGHT here; metadata is left out anyway)"},
        {"-quality", "80", "(did you mean --quality?)"},
        {"-resize", "300x300", "(did you mean --resize?)"},
        {"-format", "png", "(did you mean --format?)"},
        {"-path", "out", "(it is --output=DIR here)"},
        {"-strip", NULL, "(metadata is left out anyway, unless --keep=exif,xmp asks for it)"},
        {"-colorspace", "Gray", "(it is --gray here)"},
        {"-colorspace", "sRGB", "(it is --profile=srgb here)"},
        {"--password=secret", NULL, "(secrets are read from files: see 'pixmill help encryption')"},
        {"--lossy", NULL,
         "(it is --quality=75 here; results are lossy where the format is, without --lossless)"},
        {"-s", "300", "(it is --resize=WIDTHxHEIGHT here)"},
        {"-s300x200", NULL, "(it is --resize=WIDTHxHEIGHT here)"},
        {"--size", "300", "(it is --resize=WIDTHxHEIGHT here)"},
        {"--nearLossless=60", NULL, "(did you mean --near-lossless?)"},
        {"--chromaSubsampling", "4:4:4", "(it is --subsampling=444 here)"},
        {"--backend=openmp", NULL, "(did you mean omp?)"},
        {"--charcoal", "2", "(not supported)"},
        {"--delete", NULL, "(not supported: inputs are never removed)"},
        {"-o", "tn.jpg[Q=75]", "-o takes a folder; options of the encoder are options here (--quality=75; "},
        {"-o", "tn_%s.jpg", "-o takes a folder; results are named by --name='{stem}-small.{ext}' ("},
    };
    put_picture("in/a.png", 64, 48);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct run run = RUN("run", "in", cases[i].option, cases[i].value);
        expect(&run, 2, cases[i].message);
    }
    expect_files(".", 1);
}
