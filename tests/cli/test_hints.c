#include <criterion/criterion.h>
#include <string.h>

#include "cli/hints.h"
#include "cli/options.h"
#include "cli/run_options.h"

/* Does run have the option that begins at `text`, "--memory"? */
static bool is_option(const char *text)
{
    struct option option;
    const size_t length = strspn(text + 2, "abcdefghijklmnopqrstuvwxyz-");
    for (size_t i = 0; option_at(&run_option_set, i, &option); i++) {
        if (strlen(option.name) == length && strncmp(option.name, text + 2, length) == 0)
            return true;
    }
    return false;
}

/* Hints must only name options that exist. */
Test(hints, each_has_words_and_names_only_options_that_there_are)
{
    cr_expect_null(hint_words(PM_HINT_NONE));
    cr_expect_null(hint_words(PM_HINTS));
    for (enum pm_hint hint = PM_HINT_NONE + 1; hint < PM_HINTS; hint++) {
        const char *words = hint_words(hint);
        cr_assert_not_null(words, "hint %d", hint);
        for (const char *option = words; (option = strstr(option, "--")) != NULL; option += 2)
            cr_expect(is_option(option), "%s", option);
    }
}

Test(hints, stand_in_brackets_behind_the_message)
{
    char text[HINT_MESSAGE_MAX];
    const struct pm_error hinted = {.hint = PM_HINT_MAX_PIXELS, .message = "has too many pixels"};
    const struct pm_error plain = {.message = "is empty (0 bytes)"};
    cr_expect_str_eq(hint_message(&hinted, text, sizeof text), "has too many pixels (raise --max-pixels)");
    cr_expect_str_eq(hint_message(&plain, text, sizeof text), "is empty (0 bytes)");
}
