/* The program pixmill-serve, which `pixmill serve` executes: checks the options and runs the server. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpus.h"
#include "base/preinit.h"
#include "batch/load_pictures.h"
#include "cli/arguments.h"
#include "cli/exec_part.h"
#include "cli/hints.h"
#include "cli/report.h"
#include "cli/run_plan.h"
#include "cli/serve_options.h"
#include "http/listen.h"
#include "serve/request.h"
#include "serve/server.h"
#include "serve/sign.h"
#include "transform/pictures.h"

_Static_assert((int)SERVE_PROXIES_MAX <= (int)PROXIES_MAX,
               "there is room for all proxies that the options accept");
_Static_assert((int)SERVE_HOSTS_MAX <= (int)HOSTS_MAX, "there is room for all names that the options accept");

/* Refuses options that make no sense or are dangerous. Fills *hosts and *proxies. */
static int check(const struct serve_settings *settings, const char *const *operands, size_t noperands,
                 struct hosts *hosts, struct proxies *proxies, const char **about, struct pm_error *error)
{
    struct listen_address address;
    *about = NULL;
    if (noperands > 0) {
        *about = operands[0];
        return error_set(error, PM_ERROR_USAGE, "serve takes only options (give the folder as --root=DIR)");
    }
    *about = "--root";
    if (settings->root == NULL)
        return error_set(error, PM_ERROR_USAGE, "no folder to serve (--root=DIR)");
    if (backend_check(&settings->run.backend, about, error) != 0)
        return -1;
    *about = "--listen";
    if (listen_parse(settings->http.listen, &address, error) != 0)
        return -1;
    hosts->loopback = listen_is_loopback(&address);
    if (!hosts->loopback && settings->sign_key_file == NULL && !settings->without_key)
        return error_set(
            error, PM_ERROR_USAGE,
            "lets other machines use this server without a key; give --sign-key-file=FILE, or --unsigned to allow it");
    *about = "--unsigned";
    if (settings->without_key && settings->sign_key_file != NULL)
        return error_set(error, PM_ERROR_USAGE,
                         "can't be combined with --sign-key-file (choose one of the two)");
    *about = "--open-metrics";
    if (settings->open_metrics && settings->sign_key_file == NULL)
        return error_set(error, PM_ERROR_USAGE, "has no effect without --sign-key-file (leave it out)");
    *about = "--host";
    for (size_t i = 0; i < settings->nhosts; i++) {
        if (hosts_add(hosts, settings->hosts[i], error) != 0)
            return -1;
    }
    *about = "--trusted-proxy";
    for (size_t i = 0; i < settings->nproxies; i++) {
        if (proxies_add(proxies, settings->proxies[i], error) != 0)
            return -1;
    }
    *about = "--cache-size";
    if (settings->cache_size > 0 && settings->cache == NULL)
        return error_set(error, PM_ERROR_USAGE, "has no effect without --cache=DIR");
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

static int serve(struct serve_settings *settings, const struct hosts *hosts, const struct proxies *proxies,
                 const struct pictures *pictures)
{
    bool ready = false;
    const char *about = NULL;
    struct pm_error error = {0};
    const struct server_config config = {
        .settings = settings,
        .hosts = *hosts,
        .proxies = *proxies,
        .pictures = pictures,
        .note = on_note,
        .ready = on_ready,
        .trouble = on_trouble,
        .hint = hint_words,
        .listener = &ready,
    };
    if (settings->sign_key_file != NULL)
        report_exposed_key(settings->sign_key_file);
    if (server_run(&config, &about, &error) == 0)
        return EXIT_WELL;
    report_refusal(about, &error);
    return ready ? EXIT_JOBS_FAILED : EXIT_USAGE;
}

/* Completes the settings for this machine, loads the watermarks within the memory limits, and serves.
 */
static int prepare(struct serve_settings *settings, const struct hosts *hosts, const struct proxies *proxies)
{
    enum { CACHE_SIZE = 1 << 30 };
    struct pm_error error = {0};
    struct pictures *pictures = NULL;
    report_little_memory(settings->run.engine.memory);
    settings_complete(&settings->run, cpus_usable().count, memory_available().bytes);
    if (settings->cache_size == 0)
        settings->cache_size = CACHE_SIZE;
    if (settings->watermarks != NULL) {
        pictures = load_picture_folder(settings->watermarks, &settings->run.backend, &error);
        if (pictures == NULL)
            return report_refusal(NULL, &error);
    }
    settings_reserve(&settings->run, pictures_bytes(pictures));
    const int status = serve(settings, hosts, proxies, pictures);
    pictures_free(pictures);
    return status;
}

/* Refuses to sign a path that no server would answer. */
static int check_path(const char *path, struct pm_error *error)
{
    struct request request;
    if (path[0] != '/' || path[strcspn(path, " ?#")] != '\0')
        return error_set(error, PM_ERROR_USAGE,
                         "is not a URL's path (begin it with a slash, and write %%20 for a space)");
    if (sign_is_signed(path, strlen(path)))
        return error_set(error, PM_ERROR_USAGE, "is already signed (leave out its first part)");
    return request_parse(path, strlen(path), &request, error) == 0 ? 0 : -1;
}

/* --sign: prints the signed path. */
static int print_signed(const struct serve_settings *settings)
{
    struct pm_error error = {0};
    char prefix[SIGN_PREFIX_LENGTH + 1];
    if (settings->sign_key_file == NULL) {
        error_set(&error, PM_ERROR_USAGE, "no key to sign with (--sign-key-file=FILE)");
        return report_refusal("--sign", &error);
    }
    if (check_path(settings->sign, &error) != 0)
        return report_refusal(settings->sign, &error);
    report_exposed_key(settings->sign_key_file);
    struct signer *signer = signer_open(settings->sign_key_file, &error);
    if (signer == NULL)
        return report_refusal(NULL, &error);
    int status = signer_sign(signer, settings->sign, strlen(settings->sign), prefix);
    signer_close(signer);
    if (status != 0) {
        error_memory(&error, 0);
        return report_refusal("--sign", &error);
    }
    printf("%s%s\n", prefix, settings->sign);
    return report_output(EXIT_WELL);
}

PREINIT_AT_START;

int main(int argc, char **argv)
{
    struct serve_settings settings;
    struct pm_error error = {0};
    preinit_restore();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* exceeding ulimit -f fails the request, not the server */
    serve_options_init(&settings);
    struct command_line line = {.settings = &settings};
    const char *about;
    struct hosts hosts = {0};
    struct proxies proxies = {.count = 0};
    int status;
    const bool parsed = arguments_parse(&line, "serve", &serve_option_set, argc - 1, argv + 1, &status);
    if (parsed && settings.sign != NULL && line.noperands == 0) {
        status = print_signed(&settings);
    } else if (parsed &&
               check(&settings, line.operands, line.noperands, &hosts, &proxies, &about, &error) != 0) {
        status = report_refusal(about, &error);
    } else if (parsed) {
        exec_prepared(settings.run.backend.kind, false, argv);
        status = prepare(&settings, &hosts, &proxies);
    }
    free(line.operands);
    return status;
}
