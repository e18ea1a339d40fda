#include "serve/metrics.h"

#include <inttypes.h>

const char metrics_type[] = "text/plain; version=0.0.4; charset=utf-8";

/* Also as text, because labels are compared as text: 0.1, not 0.10000000000000001. */
static const struct {
    double seconds;
    const char *text;
} bounds[METRICS_BOUNDS] = {
    {0.0005, "0.0005"}, {0.001, "0.001"}, {0.0025, "0.0025"}, {0.005, "0.005"}, {0.01, "0.01"},
    {0.025, "0.025"},   {0.05, "0.05"},   {0.1, "0.1"},       {0.25, "0.25"},   {0.5, "0.5"},
    {1, "1"},           {2.5, "2.5"},     {5, "5"},           {10, "10"},
};

static void observe(struct metrics_histogram *histogram, double seconds)
{
    int bucket = 0;
    while (bucket < METRICS_BOUNDS && seconds > bounds[bucket].seconds)
        bucket++;
    histogram->buckets[bucket]++;
    histogram->sum += seconds;
}

void metrics_request(struct metrics *metrics, int status, uint64_t bytes, double seconds)
{
    if (status >= METRICS_STATUS_MIN && status <= METRICS_STATUS_MAX)
        metrics->requests[status - METRICS_STATUS_MIN]++;
    metrics->sent_bytes += bytes;
    observe(&metrics->request, seconds);
}

void metrics_transform(struct metrics *metrics, enum metrics_outcome outcome, double wait_s, double service_s)
{
    metrics->transforms[outcome]++;
    observe(&metrics->wait, wait_s);
    if (service_s >= 0)
        observe(&metrics->service, service_s);
}

static void head(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP pixmill_%s %s\n# TYPE pixmill_%s %s\n", name, help, name, type);
}

static void plain(FILE *out, const char *name, const char *type, const char *help, uint64_t value)
{
    head(out, name, type, help);
    fprintf(out, "pixmill_%s %" PRIu64 "\n", name, value);
}

static void write_histogram(FILE *out, const char *name, const char *help,
                            const struct metrics_histogram *histogram)
{
    uint64_t count = 0;
    head(out, name, "histogram", help);
    for (int i = 0; i < METRICS_BOUNDS; i++) {
        count += histogram->buckets[i];
        fprintf(out, "pixmill_%s_bucket{le=\"%s\"} %" PRIu64 "\n", name, bounds[i].text, count);
    }
    count += histogram->buckets[METRICS_BOUNDS];
    fprintf(out,
            "pixmill_%s_bucket{le=\"+Inf\"} %" PRIu64 "\npixmill_%s_sum %.9g\npixmill_%s_count %" PRIu64 "\n",
            name, count, name, histogram->sum, name, count);
}

void metrics_write(const struct metrics *metrics, const struct metrics_now *now, FILE *out)
{
    static const char *const outcomes[METRICS_OUTCOMES] = {"ok", "failed", "cancelled", "lost"};
    head(out, "build_info", "gauge", "The program's version; the value is 1.");
    fputs("pixmill_build_info{version=\"" PIXMILL_VERSION "\"} 1\n", out);
    head(out, "start_time_seconds", "gauge", "When the server started, in seconds since 1970.");
    fprintf(out, "pixmill_start_time_seconds %.3f\n", now->start_time);
    head(out, "requests_total", "counter", "Requests answered, by status.");
    for (int status = METRICS_STATUS_MIN; status <= METRICS_STATUS_MAX; status++) {
        uint64_t count = metrics->requests[status - METRICS_STATUS_MIN];
        if (count > 0)
            fprintf(out, "pixmill_requests_total{status=\"%d\"} %" PRIu64 "\n", status, count);
    }
    plain(out, "sent_bytes_total", "counter", "Bytes of content sent.", metrics->sent_bytes);
    plain(out, "cache_hits_total", "counter", "Pictures answered from the cache.", metrics->cache_hits);
    plain(out, "cache_misses_total", "counter", "Pictures that were not in the cache.",
          metrics->cache_misses);
    plain(out, "cache_evictions_total", "counter", "Results removed from the cache to make room.",
          now->cache_evictions);
    plain(out, "coalesced_total", "counter", "Requests that waited for a transform already in progress.",
          metrics->coalesced);
    head(out, "transforms_total", "counter", "Finished transforms, by outcome.");
    for (int i = 0; i < METRICS_OUTCOMES; i++)
        fprintf(out, "pixmill_transforms_total{outcome=\"%s\"} %" PRIu64 "\n", outcomes[i],
                metrics->transforms[i]);
    plain(out, "transforms_warned_total", "counter", "Successful transforms with warnings (see the log).",
          metrics->warned);
    plain(out, "queue_depth", "gauge", "Transforms waiting for a worker.", now->queued);
    plain(out, "transforms_running", "gauge", "Transforms with a worker.", now->running);
    plain(out, "slow_clients_total", "counter", "Responses cut off because the client read them too slowly.",
          now->given_up);
    plain(out, "connections_refused_total", "counter",
          "Connections refused because the client had too many (--client-connections).", now->refused);
    plain(out, "connections", "gauge", "Open connections.", now->connections);
    plain(out, "held_bytes", "gauge", "Bytes of results in memory that clients have not read yet.",
          now->held_bytes);
    plain(out, "cache_bytes", "gauge", "Bytes of the cached results.", now->cache_bytes);
    plain(out, "cache_files", "gauge", "Cached results.", now->cache_files);
    write_histogram(out, "wait_seconds", "Time of transforms in the queue.", &metrics->wait);
    write_histogram(out, "service_seconds", "Time of transforms with a worker.", &metrics->service);
    write_histogram(out, "request_seconds", "Time from a request's head to the end of its response.",
                    &metrics->request);
}
