/* Lists of inputs on standard input. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/run.h"
#include "temp.h"

TestSuite(input_lists, .init = run_begin);

Test(input_lists, lists_of_another_kind_are_reported)
{
    put_picture("a.png", 8, 8);
    struct run lines = RUN_AS(&(struct start){.input = "a.png\na.png\n"}, "run", "-", "-0", "-o", "out");
    expect(&lines, 1,
           "pixmill: a.png\\x0a...: no such file (the list has lines and no NUL bytes; omit -0)\n");
}

/* Windows programs write U+FEFF at the start of a file. */
Test(input_lists, a_byte_order_mark_before_a_list_is_no_part_of_a_name)
{
    put_picture("a.png", 8, 8);
    put_picture("b.png", 8, 8);
    const struct start lines = {.input = "\xef\xbb\xbf"
                                         "a.png\nb.png\n"};
    struct run run = RUN_AS(&lines, "run", "-", "-o", "out", "--flip");
    expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
    const struct start nul = {.input = "\xef\xbb\xbf"
                                       "a.png\0b.png\0",
                              .input_size = 15};
    run = RUN_AS(&nul, "run", "-", "-0", "-o", "other", "--flip");
    expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
}

/* As Windows programs write them. */
Test(input_lists, a_list_with_crlf_or_in_utf16)
{
    put_picture("a.png", 8, 8);
    put_picture("b.png", 8, 8);
    const struct start crlf = {.input = "\xef\xbb\xbf"
                                        "a.png\r\n\r\nb.png\r\n"};
    struct run run = RUN_AS(&crlf, "run", "-", "-o", "out", "--flip");
    expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
    /* A name may end in a carriage return. */
    put_picture("c.png", 8, 8);
    cr_assert_eq(rename("c.png", "c.png\r"), 0);
    const struct start odd = {.input = "c.png\r\n"};
    run = RUN_AS(&odd, "run", "-", "-o", "odd", "--flip", "--format=png");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    const struct start utf16[] = {{.input = "\xff\xfe"
                                            "a\0.\0p\0n\0g\0\n\0",
                                   .input_size = 14},
                                  {.input = "\xfe\xff"
                                            "\0a\0.\0p\0n\0g\0\n",
                                   .input_size = 14}};
    for (int i = 0; i < 2; i++) {
        run = RUN_AS(&utf16[i], "run", "-", "-o", "other", "--flip");
        expect(&run, 2, "pixmill: the list on standard input is UTF-16 (save it as UTF-8)\n");
    }
}

Test(input_lists, a_list_without_line_ends_is_not_read_whole)
{
    enum { SIZE = 20 << 20 };
    char *text = malloc(SIZE);
    cr_assert_not_null(text);
    memset(text, 'x', SIZE);
    const struct start start = {.input = text, .input_size = SIZE};
    struct run run = RUN_AS(&start, "run", "-", "-o", "out", "--flip");
    expect(&run, 2, "pixmill: the list holds a name of more than 16 MiB (give one name per line)\n");
    run = RUN_AS(&start, "run", "-", "-0", "-o", "out", "--flip");
    expect(&run, 2, "pixmill: the list holds a name of more than 16 MiB (if it has lines, omit -0)\n");
    free(text);
}
