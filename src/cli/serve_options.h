/* The options of `serve`, as written: what was left out is zero and gets its value from the machine. The
 * program pixmill-serve parses them; the command knows them for its help, manual and completion. */
#ifndef CLI_SERVE_OPTIONS_H
#define CLI_SERVE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "batch/settings.h"
#include "cli/options.h"

enum { SERVE_HOSTS_MAX = 64, SERVE_PROXIES_MAX = 64 };

struct serve_options {
    struct settings settings; /* first: options are those of `run` */
    const char *root, *listen;
    const char *hosts[SERVE_HOSTS_MAX]; /* names that it answers to, as written */
    size_t nhosts;
    const char *proxies[SERVE_PROXIES_MAX]; /* that are trusted, as written */
    size_t nproxies;
    const char *sign; /* a path to print signed, instead of serving */
    uint64_t max_bytes, cache_size, min_rate;
    double client_timeout, idle_timeout, drain_timeout; /* seconds */
    unsigned queue, per_client, connections, client_connections, max_age;
    const char *sign_key_file, *allow, *allow_origin, *log, *cache; /* NULL: none */
    bool without_key, open_metrics;
};

/* The defaults that are the same on every machine. */
void serve_options_init(struct serve_options *options);

extern const struct option_set serve_option_set; /* its settings are a struct serve_options */

#endif
