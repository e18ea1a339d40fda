#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "serve/metrics.h"

static char *text_of(const struct metrics *metrics, const struct metrics_now *now)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    metrics_write(metrics, now, out);
    fclose(out);
    return text;
}

static void expect_line(const char *text, const char *line)
{
    const char *at = strstr(text, line);
    cr_expect(at != NULL && (at == text || at[-1] == '\n') && at[strlen(line)] == '\n', "%s is not in\n%s",
              line, text);
}

Test(metrics, what_was_counted_is_written)
{
    struct metrics metrics = {.cache_hits = 3, .cache_misses = 4, .coalesced = 5, .warned = 7};
    metrics_request(&metrics, 200, 1000, 0.002);
    metrics_request(&metrics, 200, 24, 0.3);
    metrics_request(&metrics, 404, 10, 0.0001);
    metrics_request(&metrics, 7, 0, 100); /* not a valid status, but counted as a request */
    metrics_transform(&metrics, METRICS_OK, 0.001, 0.04);
    metrics_transform(&metrics, METRICS_FAILED, 0.5, 0.06);
    metrics_transform(&metrics, METRICS_CANCELLED, 20, -1);
    metrics_transform(&metrics, METRICS_LOST, 0.001, 0.06);
    const struct metrics_now now = {.queued = 6,
                                    .running = 2,
                                    .connections = 11,
                                    .held_bytes = 77,
                                    .cache_bytes = 1ull << 40,
                                    .cache_files = 9,
                                    .cache_evictions = 12,
                                    .start_time = 1795633200.25};
    char *text = text_of(&metrics, &now);
    expect_line(text, "# TYPE pixmill_requests_total counter");
    expect_line(text, "pixmill_requests_total{status=\"200\"} 2");
    expect_line(text, "pixmill_requests_total{status=\"404\"} 1");
    expect_line(text, "pixmill_sent_bytes_total 1034");
    expect_line(text, "pixmill_cache_hits_total 3");
    expect_line(text, "pixmill_cache_misses_total 4");
    expect_line(text, "pixmill_coalesced_total 5");
    expect_line(text, "pixmill_transforms_total{outcome=\"ok\"} 1");
    expect_line(text, "pixmill_transforms_total{outcome=\"failed\"} 1");
    expect_line(text, "pixmill_transforms_total{outcome=\"cancelled\"} 1");
    expect_line(text, "pixmill_transforms_total{outcome=\"lost\"} 1");
    expect_line(text, "pixmill_transforms_warned_total 7");
    expect_line(text, "pixmill_build_info{version=\"" PIXMILL_VERSION "\"} 1");
    expect_line(text, "pixmill_start_time_seconds 1795633200.250");
    expect_line(text, "pixmill_cache_evictions_total 12");
    expect_line(text, "# TYPE pixmill_queue_depth gauge");
    expect_line(text, "pixmill_queue_depth 6");
    expect_line(text, "pixmill_transforms_running 2");
    expect_line(text, "pixmill_connections 11");
    expect_line(text, "pixmill_held_bytes 77");
    expect_line(text, "pixmill_cache_bytes 1099511627776");
    expect_line(text, "pixmill_cache_files 9");
    expect_line(text, "# TYPE pixmill_wait_seconds histogram");
    expect_line(text, "pixmill_wait_seconds_bucket{le=\"0.0005\"} 0");
    expect_line(text, "pixmill_wait_seconds_bucket{le=\"0.001\"} 2");
    expect_line(text, "pixmill_wait_seconds_bucket{le=\"0.5\"} 3");
    expect_line(text, "pixmill_wait_seconds_bucket{le=\"10\"} 3");
    expect_line(text, "pixmill_wait_seconds_bucket{le=\"+Inf\"} 4");
    expect_line(text, "pixmill_wait_seconds_sum 20.502");
    expect_line(text, "pixmill_wait_seconds_count 4");
    expect_line(text, "pixmill_service_seconds_count 3");
    expect_line(text, "pixmill_request_seconds_count 4");
    free(text);
}

/* The name of each sample starts with a name that an earlier TYPE line declared. */
Test(metrics, every_sample_has_a_type_and_every_line_an_end)
{
    struct metrics metrics = {0};
    const struct metrics_now now = {0};
    metrics_request(&metrics, 503, 1, 1);
    char *text = text_of(&metrics, &now), type[64] = "";
    cr_assert_eq(text[strlen(text) - 1], '\n');
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        if (sscanf(line, "# TYPE %63s", type) == 1 || strncmp(line, "# HELP pixmill_", 15) == 0)
            continue;
        cr_expect_eq(strncmp(line, type, strlen(type)), 0, "%s has no type", line);
        cr_expect_not_null(strrchr(line, ' '));
    }
    free(text);
}
