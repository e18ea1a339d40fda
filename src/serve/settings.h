/* The settings of the server: options fill them (cli/serve_options.c), and each module reads its part. */
#ifndef SERVE_SETTINGS_H
#define SERVE_SETTINGS_H

#include "batch/settings.h"
#include "http/http.h"
#include "serve/negotiate.h"

enum { SERVE_HOSTS_MAX = 64, SERVE_PROXIES_MAX = 64 };

struct serve_settings {
    /* First: the server has some of the options of `run`. engine.memory limits jobs in progress, and
     * separately results that are being sent; backend.timeout also limits opening a file. */
    struct settings run;
    struct http_settings http;
    const char *root;
    const char *hosts[SERVE_HOSTS_MAX]; /* the server's names, as written */
    size_t nhosts;
    const char *proxies[SERVE_PROXIES_MAX]; /* trusted ones, as written */
    size_t nproxies;
    uint64_t max_bytes; /* of an input file */
    unsigned queue;     /* max transforms that wait */
    unsigned
        per_client;   /* max requests of one address that wait or whose result is being sent; 0: no limit */
    unsigned max_age; /* of Cache-Control, seconds */
    const char *sign; /* a path to print signed, instead of serving; NULL */
    const char *sign_key_file; /* NULL: URLs need no signature */
    bool without_key;          /* other machines may send requests without a signature */
    bool open_metrics;         /* /metrics is open to all clients even if URLs must be signed */
    const char *watermarks;    /* folder of the pictures that recipes may use; NULL: none */
    struct auto_formats auto_formats;
    const char *allow;   /* file of the allowed recipes; NULL: any is allowed */
    const char *log;     /* access log; NULL: none */
    const char *cache;   /* folder of the result cache; NULL: none */
    uint64_t cache_size; /* its max bytes; 0: not given */
};

#endif
