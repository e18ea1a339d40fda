#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/progress.h"
#include "temp.h"

Test(progress, shows_share_rate_and_time_left)
{
    char line[161];
    progress_text(line, 100, 60, 0, 240, 10);
    cr_assert_str_eq(line, "[##########..............................]  25% 60/240  6.0/s  0:30 left");
    progress_text(line, 100, 240, 0, 240, 10);
    cr_assert_str_eq(line, "[########################################] 100% 240/240  24.0/s  0:00 left");
    progress_text(line, 100, 1, 0, 7201, 1);
    cr_assert_not_null(strstr(line, "  1.0/s  2:00:00 left"));
}

Test(progress, fits_every_width)
{
    for (size_t width = 1; width <= 160; width++) {
        char line[164];
        memset(line, '!', sizeof line);
        progress_text(line, width, 99999, 0, 100000, 3600);
        cr_assert_leq(strlen(line), width);
        cr_assert_eq(line[width + 1], '!', "wrote beyond width %zu", width);
    }
}

Test(progress, leaves_out_the_rest_before_the_counts)
{
    char line[161];
    progress_text(line, 12, 60, 0, 240, 10);
    cr_assert_str_eq(line, " 25% 60/240");
    progress_text(line, 30, 60, 0, 240, 10);
    cr_assert_str_eq(line, " 25% 60/240  6.0/s  0:30 left");
}

Test(progress, counts_nothing_skipped_into_the_rate)
{
    char line[161];
    progress_text(line, 40, 160, 140, 240, 10);
    cr_assert_not_null(strstr(line, " 67% 160/240  2.0/s  0:40 left"), "%s", line);
    progress_text(line, 40, 60, 60, 240, 10);
    cr_assert_not_null(strstr(line, " 25% 60/240"), "%s", line);
    cr_assert_null(strstr(line, "left"), "%s", line);
}

Test(progress, divides_by_nothing)
{
    char line[161];
    progress_text(line, 80, 0, 0, 0, 0);
    cr_assert_not_null(strstr(line, "100% 0/0"));
    progress_text(line, 80, 0, 0, 5, 0);
    cr_assert_not_null(strstr(line, "  0% 0/5"));
}

Test(progress, prints_lines_where_there_is_no_bar)
{
    const char *file = temp_path("lines");
    struct progress progress;
    cr_assert_not_null(freopen(file, "w", stderr));
    progress_init(&progress, PROGRESS_NEVER);
    progress_draw(&progress, 1, 0, 4); /* none were asked for */
    progress_use_lines(&progress, 1e-9);
    progress_draw(&progress, 0, 0, 4);
    progress.begun = clock_now() - 100;
    progress_draw(&progress, 2, 1, 4);
    progress_draw(&progress, 4, 1, 4); /* the summary follows */
    progress_use_lines(&progress, 3600);
    progress_draw(&progress, 3, 0, 4);
    progress.enabled = true;
    progress_use_lines(&progress, 1e-9);
    cr_assert_eq(progress.every, 0);
    fflush(stderr);
    char *text = temp_read(file, NULL), passed[24], left[24], least[24], most[24], line[128];
    const double seconds = clock_now() - progress.begun; /* a little more than 100 */
    cr_assert_eq(
        sscanf(text, "pixmill: 2 of 4 (50.0%%) in %23[0-9:], 0.0 images/s, left: %23[0-9:]", passed, left), 2,
        "%s", text);
    snprintf(line, sizeof line, "pixmill: 2 of 4 (50.0%%) in %s, 0.0 images/s, left: %s\n", passed, left);
    cr_expect_str_eq(text, line);
    progress_time(least, 100);
    progress_time(most, seconds);
    cr_expect(strcmp(least, passed) <= 0 && strcmp(passed, most) <= 0, "%s, not %s to %s", passed, least,
              most);
    progress_time(least, 200);
    progress_time(most, 2 * seconds);
    cr_expect(strcmp(least, left) <= 0 && strcmp(left, most) <= 0, "%s, not %s to %s", left, least, most);
    free(text);
}
