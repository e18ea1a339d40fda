/* The program pixmill-serve, which `pixmill serve` becomes: options, refusals, the server. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/affinity.h"
#include "base/cpus.h"
#include "base/early_errors.h"
#include "cli/become.h"
#include "cli/help.h"
#include "cli/hints.h"
#include "cli/report.h"
#include "cli/run_plan.h"
#include "cli/serve_options.h"
#include "http/listen.h"
#include "serve/request.h"
#include "serve/server.h"
#include "serve/sign.h"

static int refuse(const char *about, const struct pm_error *error)
{
    report_error(about, error);
    return EXIT_USAGE;
}

_Static_assert((int)SERVE_PROXIES_MAX <= (int)PROXIES_MAX, "every proxy that the options take has its place");
_Static_assert((int)SERVE_HOSTS_MAX <= (int)HOSTS_MAX, "every name that the options take has its place");

/* Refuses what makes no sense, or would be a trap. Fills *hosts and *proxies. */
static int check(const struct serve_options *options, const char *const *operands, size_t noperands,
                 struct hosts *hosts, struct proxies *proxies, const char **about, struct pm_error *error)
{
    struct listen_address address;
    *about = NULL;
    if (noperands > 0) {
        *about = operands[0];
        return error_set(error, PM_ERROR_USAGE, "serve takes options only (name the folder with --root=DIR)");
    }
    *about = "--root";
    if (options->root == NULL)
        return error_set(error, PM_ERROR_USAGE, "no folder to serve (--root=DIR)");
    if (backend_check(&options->settings.backend, about, error) != 0)
        return -1;
    *about = "--listen";
    if (listen_parse(options->listen, &address, error) != 0)
        return -1;
    hosts->loopback = listen_is_loopback(&address);
    if (!hosts->loopback && options->sign_key_file == NULL && !options->without_key)
        return error_set(
            error, PM_ERROR_USAGE,
            "others than this machine could have it work without a key (--sign-key-file=FILE, or --unsigned if they may)");
    *about = "--unsigned";
    if (options->without_key && options->sign_key_file != NULL)
        return error_set(error, PM_ERROR_USAGE, "there is a key (choose one of the two)");
    *about = "--open-metrics";
    if (options->open_metrics && options->sign_key_file == NULL)
        return error_set(error, PM_ERROR_USAGE, "without --sign-key-file it is open anyhow (leave it out)");
    *about = "--host";
    for (size_t i = 0; i < options->nhosts; i++) {
        if (hosts_add(hosts, options->hosts[i], error) != 0)
            return -1;
    }
    *about = "--trusted-proxy";
    for (size_t i = 0; i < options->nproxies; i++) {
        if (proxies_add(proxies, options->proxies[i], error) != 0)
            return -1;
    }
    *about = "--cache-size";
    if (options->cache_size > 0 && options->cache == NULL)
        return error_set(error, PM_ERROR_USAGE, "nothing is kept without a folder for it (--cache=DIR)");
    return 0;
}

static void on_ready(void *listener, const char *address)
{
    *(bool *)listener = true;
    report_note("listening on http://%s/", address);
}

static void on_note(void *listener, const char *line)
{
    (void)listener;
    report_note("%s", line);
}

static void on_trouble(void *listener, const char *about, const struct pm_error *error)
{
    (void)listener;
    report_error(about, error);
}

static int serve(const struct serve_options *options, const struct hosts *hosts,
                 const struct proxies *proxies)
{
    enum { CACHE_SIZE = 1 << 30 };
    bool ready = false;
    const char *about = NULL;
    struct pm_error error = {0};
    struct run_plan plan;
    run_plan_make(&options->settings, &plan);
    const struct settings *settings = &plan.settings;
    const struct server_config config = {
        .root = options->root,
        .listen = options->listen,
        .hosts = *hosts,
        .proxies = *proxies,
        .client_connections = options->client_connections,
        .backend = settings->backend.kind,
        .workers = settings->backend.workers,
        .sandbox = settings->backend.sandbox,
        .memory = settings->memory,
        .available = settings->backend.max_bytes,
        .max_pixels = settings->backend.max_pixels,
        .max_bytes = options->max_bytes,
        .timeout = settings->backend.timeout,
        .queue = options->queue,
        .per_client = options->per_client,
        .connections = options->connections,
        .client_timeout = options->client_timeout,
        .idle_timeout = options->idle_timeout,
        .min_rate = (double)options->min_rate,
        .drain_timeout = options->drain_timeout,
        .max_age = options->max_age,
        .sign_key_file = options->sign_key_file,
        .open_metrics = options->open_metrics,
        .allow = options->allow,
        .allow_origin = options->allow_origin,
        .log = options->log,
        .cache = options->cache,
        .cache_size = options->cache_size > 0 ? options->cache_size : CACHE_SIZE,
        .note = on_note,
        .ready = on_ready,
        .trouble = on_trouble,
        .hint = hint_words,
        .listener = &ready,
    };
    report_little_memory(options->settings.memory);
    if (options->sign_key_file != NULL)
        report_exposed_key(options->sign_key_file);
    if (server_run(&config, &about, &error) == 0)
        return EXIT_WELL;
    refuse(about, &error);
    return ready ? EXIT_JOBS_FAILED : EXIT_USAGE;
}

/* Refuses to sign what no server would do, signed or not. */
static int check_path(const char *path, struct pm_error *error)
{
    struct request request;
    if (path[0] != '/' || path[strcspn(path, " ?#")] != '\0')
        return error_set(
            error, PM_ERROR_USAGE,
            "is no path as it stands in a URL (begin it with a slash, and write %%20 for a space)");
    if (sign_is_signed(path, strlen(path)))
        return error_set(error, PM_ERROR_USAGE, "is signed already (leave its first part out)");
    return request_parse(path, strlen(path), &request, error) == 0 ? 0 : -1;
}

/* --sign: prints the signed path. */
static int print_signed(const struct serve_options *options)
{
    struct pm_error error = {0};
    char prefix[SIGN_PREFIX_LENGTH + 1];
    if (options->sign_key_file == NULL) {
        error_set(&error, PM_ERROR_USAGE, "no key to sign with (--sign-key-file=FILE)");
        return refuse("--sign", &error);
    }
    if (check_path(options->sign, &error) != 0)
        return refuse(options->sign, &error);
    report_exposed_key(options->sign_key_file);
    struct signer *signer = signer_open(options->sign_key_file, &error);
    if (signer == NULL)
        return refuse(NULL, &error);
    int status = signer_sign(signer, options->sign, strlen(options->sign), prefix);
    signer_close(signer);
    if (status != 0) {
        error_memory(&error, 0);
        return refuse("--sign", &error);
    }
    printf("%s%s\n", prefix, options->sign);
    return report_output(EXIT_WELL);
}

AFFINITY_NOTE_AT_START;
HOLD_EARLY_ERRORS_AT_START;

int main(int argc, char **argv)
{
    struct serve_options options;
    struct pm_error error = {0};
    early_errors_release();
    affinity_restore();
    signal(SIGPIPE, SIG_IGN);
    serve_options_init(&options);
    const char **operands = calloc((size_t)argc, sizeof *operands);
    if (operands == NULL) {
        error_memory(&error, 0);
        return refuse(NULL, &error);
    }
    struct command_line line = {.settings = &options, .operands = operands};
    const char *about;
    struct hosts hosts = {0};
    struct proxies proxies = {.count = 0};
    int status = EXIT_USAGE;
    switch (options_parse(&serve_option_set, argc - 1, argv + 1, &line, &error)) {
    case PARSE_HELP:
        status = help_command("serve");
        break;
    case PARSE_WRONG:
        status = refuse(line.culprit, &error);
        break;
    case PARSE_OK:
        if (options.sign != NULL && line.noperands == 0) {
            status = print_signed(&options);
            break;
        }
        if (check(&options, operands, line.noperands, &hosts, &proxies, &about, &error) != 0) {
            status = refuse(about, &error);
            break;
        }
        become_prepared(options.settings.backend.kind, false, argv);
        status = serve(&options, &hosts, &proxies);
    }
    free(operands);
    return status;
}
