/*
 * Rereads keys, allowed recipes and the log after SIGHUP. Threads read, because a file system may hang; the
 * loop then replaces what was in use.
 */
#include <stdlib.h>
#include <sys/stat.h>

#include "io/key_file.h"
#include "serve/site.h"

/* What was read. */
struct reload {
    struct blocking_task task; /* first: a pointer to it is one to this */
    struct site *site;
    struct signer *signer; /* NULL: the old one stays */
    bool key_is_exposed;
    bool key_is_named; /* the error's message names the file */
    struct allow *allow;
    int log;
    struct pm_error key_error, allow_error, log_error;
};

/* A pipe can be read only once, at the start. */
static bool can_be_read_again(const char *path, struct pm_error *error)
{
    struct stat status;
    if (stat(path, &status) != 0 || S_ISREG(status.st_mode))
        return true; /* the error is reported when it is read */
    error_set(error, PM_ERROR_UNSUPPORTED, "is not a regular file and can't be read again (name a file)");
    return false;
}

static void read_all(struct blocking_task *task)
{
    struct reload *reload = (struct reload *)(void *)task;
    const struct serve_settings *settings = reload->site->config->settings;
    if (settings->sign_key_file != NULL && can_be_read_again(settings->sign_key_file, &reload->key_error)) {
        reload->key_is_named = true;
        reload->signer = signer_open(settings->sign_key_file, &reload->key_error);
        reload->key_is_exposed = reload->signer != NULL && key_file_is_exposed(settings->sign_key_file);
    }
    if (settings->allow != NULL && can_be_read_again(settings->allow, &reload->allow_error))
        reload->allow = allow_open(settings->allow, &reload->allow_error);
    if (settings->log != NULL)
        reload->log = access_log_open_again(settings->log, &reload->log_error);
}

/* Reports what could not be reread, and that the old content is still in use. */
static void report_kept(const struct site *site, const char *about, const struct pm_error *why,
                        const char *kept)
{
    const struct server_config *config = site->config;
    struct pm_error error = {0};
    if (why->kind == PM_OK)
        return;
    error_set(&error, why->kind, "%s; %s", why->message, kept);
    config->trouble(config->listener, about, &error);
}

static void use_keys(struct site *site, const struct reload *reload)
{
    const struct server_config *config = site->config;
    const char *path = config->settings->sign_key_file;
    struct pm_error warning = {0};
    if (reload->signer != NULL) {
        signer_close(site->signer);
        site->signer = reload->signer;
    }
    if (reload->key_is_exposed) {
        error_set(&warning, PM_ERROR_IO, "%s", key_file_exposed);
        config->trouble(config->listener, path, &warning);
    }
    report_kept(site, reload->key_is_named ? NULL : path, &reload->key_error, "the old keys stay in use");
}

static void use_recipes(struct site *site, const struct reload *reload)
{
    if (reload->allow != NULL) {
        allow_close(site->allow);
        site->allow = reload->allow;
        site->rules.allow = reload->allow;
        site->list_until = 0;             /* the list contains the recipes, */
        site->list_stale = site->listing; /* and so does one that is being made */
    }
    report_kept(site, site->config->settings->allow, &reload->allow_error, "the old recipes stay in use");
}

static void use_all(struct blocking_task *task)
{
    struct reload *reload = (struct reload *)(void *)task;
    struct site *site = reload->site;
    use_keys(site, reload);
    use_recipes(site, reload);
    if (reload->log >= 0)
        access_log_replace(site->log, reload->log);
    report_kept(site, site->config->settings->log, &reload->log_error, "the old log stays in use");
    free(reload);
    site->reloading = false;
    if (site->reload_again)
        site_reload(site);
}

/* One after the other, so that the content that was read last is used. */
void site_reload(struct site *site)
{
    struct reload *reload = !site->reloading ? malloc(sizeof *reload) : NULL;
    site->reload_again = site->reloading;
    if (reload == NULL) {
        const struct pm_error error = {.kind = PM_ERROR_MEMORY, .message = "out of memory (try again)"};
        if (!site->reloading)
            site->config->trouble(site->config->listener, "SIGHUP", &error);
        return;
    }
    *reload = (struct reload){.task = {.work = read_all, .ended = use_all}, .site = site, .log = -1};
    site->reloading = true;
    blocking_submit(site->blocking, &reload->task);
}
