#include <criterion/criterion.h>

#include "serve/client_words.h"

static void expect_words(const char *message, const char *expected)
{
    char words[256];
    client_words(message, words, sizeof words);
    cr_expect_str_eq(words, expected);
}

Test(client_words, what_a_url_can_say_is_called_a_step)
{
    expect_words("ends too early (fetch it again, or keep what there is with --allow-truncated)",
                 "ends too early (fetch it again, or keep what there is with the step allow-truncated)");
    expect_words("ends (--allow-truncated takes what there is, --keep, too)",
                 "ends (the step allow-truncated takes what there is, the step keep, too)");
}

Test(client_words, what_only_the_operator_can_do_is_left_out)
{
    expect_words("9 pixels are more than 8 allowed (raise --max-pixels)", "9 pixels are more than 8 allowed");
    expect_words("out of memory (use fewer --jobs or a smaller --memory)", "out of memory");
    expect_words("is encrypted (put --decrypt first)", "is encrypted");
    expect_words("too many open files (raise ulimit -n)", "too many open files");
    expect_words("9 bytes (of 8) are too many (raise --memory)", "9 bytes (of 8) are too many");
    expect_words("a (write --keep, or raise --timeout)", "a");
}

Test(client_words, other_words_stay)
{
    expect_words("no such file (check the name)", "no such file (check the name)");
    expect_words("", "");
    char words[8];
    client_words("is too long for it", words, sizeof words);
    cr_expect_str_eq(words, "is too ");
    client_words("a --keep b", words, sizeof words);
    cr_expect_str_eq(words, "a the s");
}
