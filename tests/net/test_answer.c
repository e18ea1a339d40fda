#include <criterion/criterion.h>
#include <string.h>

#include "net/answer.h"

static struct answer answer_of(const char *const *lines)
{
    struct answer answer = {.etag = "\"of the answer before\"", .has_range = true};
    answer_line(&answer, "HTTP/1.1 200 OK\r\n", 17);
    for (; *lines != NULL; lines++)
        answer_line(&answer, *lines, strlen(*lines));
    return answer;
}

#define ANSWER(...) answer_of((const char *const[]){__VA_ARGS__, NULL})

Test(answer, a_first_line_empties_it)
{
    struct answer answer = ANSWER("Server: x\r\n");
    cr_assert_str_eq(answer.etag, "");
    cr_assert_not(answer.has_range);
    cr_assert_str_eq(answer_validator(&answer), "");
}

Test(answer, a_strong_tag_is_the_best_validator)
{
    struct answer answer = ANSWER("eTAG:\t \"a b\" \r\n", "Last-Modified: Tue\r\n", "Date: Wed\r\n");
    cr_assert_str_eq(answer_validator(&answer), "\"a b\"");
}

Test(answer, a_weak_tag_is_none)
{
    struct answer answer = ANSWER("ETag: W/\"a\"\r\n");
    cr_assert_str_eq(answer_validator(&answer), "");
    answer = ANSWER("ETag: W/\"a\"\r\n", "Last-Modified: Tue\r\n", "Date: Wed\r\n");
    cr_assert_str_eq(answer_validator(&answer), "Tue");
}

Test(answer, a_date_counts_when_it_is_older_than_the_answer)
{
    struct answer answer = ANSWER("Last-Modified: Tue\r\n", "Date: Tue\r\n");
    cr_assert_str_eq(answer_validator(&answer), "");
    answer = ANSWER("Last-Modified: Tue\r\n");
    cr_assert_str_eq(answer_validator(&answer), "", "nobody knows how old it is");
}

Test(answer, what_is_too_long_is_none)
{
    char line[400] = "ETag: \"";
    memset(line + 7, 'x', 300);
    strcpy(line + 307, "\"\r\n");
    struct answer answer = ANSWER(line);
    cr_assert_str_eq(answer.etag, "");
}

Test(answer, ranges)
{
    struct answer answer = ANSWER("Content-Range: bytes 100-199/200\r\n");
    cr_assert(answer.has_range && answer.has_total);
    cr_assert_eq(answer.range_start, 100);
    cr_assert_eq(answer.range_total, 200);
    answer = ANSWER("content-range: bytes 5-9/*\r\n");
    cr_assert(answer.has_range && !answer.has_total);
    static const char *const odd[] = {"Content-Range: bytes */200\r\n", "Content-Range: bytes 5-9\r\n",
                                      "Content-Range: lines 5-9/10\r\n", "Content-Range:\r\n"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        answer = ANSWER(odd[i]);
        cr_assert_not(answer.has_range, "%s", odd[i]);
    }
}
