/* What a hangup (SIGHUP) has the site read anew. */
#include <sys/stat.h>

#include "io/key_file.h"
#include "serve/site.h"

/* Tells what could not be read anew, and that what it would have replaced is still in use. */
static void tell_kept(const struct site *site, const char *about, const struct pm_error *why,
                      const char *kept)
{
    const struct server_config *config = site->config;
    struct pm_error error = {0};
    if (why->kind == PM_OK)
        return;
    error_set(&error, why->kind, "%s; %s", why->message, kept);
    config->trouble(config->listener, about, &error);
}

/* As at the start. */
static void warn_of_exposed_key(const struct site *site, const char *path)
{
    const struct server_config *config = site->config;
    struct pm_error warning = {0};
    if (!key_file_is_exposed(path))
        return;
    error_set(&warning, PM_ERROR_IO, "%s", key_file_exposed);
    config->trouble(config->listener, path, &warning);
}

/* A pipe may be read at the start; by now it has given what it held, and all requests would wait for more. */
static bool can_be_read_anew(const char *path, struct pm_error *error)
{
    struct stat status;
    if (stat(path, &status) != 0 || S_ISREG(status.st_mode))
        return true; /* what is missing is told of by who reads it */
    error_set(error, PM_ERROR_UNSUPPORTED, "is no regular file and can't be read anew (name a file)");
    return false;
}

static void reload_keys(struct site *site)
{
    static const char kept[] = "the keys read before stay in use";
    const char *path = site->config->settings->sign_key_file;
    struct pm_error error = {0};
    if (!can_be_read_anew(path, &error)) {
        tell_kept(site, path, &error, kept);
        return;
    }
    struct signer *signer = signer_open(path, &error);
    if (signer != NULL) {
        signer_close(site->signer);
        site->signer = signer;
        warn_of_exposed_key(site, path);
    }
    tell_kept(site, NULL, &error, kept); /* the signer's errors name the file */
}

static void reload_recipes(struct site *site)
{
    const char *path = site->config->settings->allow;
    struct pm_error error = {0};
    struct allow *allow = can_be_read_anew(path, &error) ? allow_open(path, &error) : NULL;
    if (allow != NULL) {
        allow_close(site->allow);
        site->allow = allow;
        site->rules.allow = allow;
        site->list_until = 0;             /* it names them, */
        site->list_stale = site->listing; /* and so will the one that is being made */
    }
    tell_kept(site, path, &error, "the recipes read before stay in use");
}

void site_reload(struct site *site)
{
    struct pm_error error = {0};
    if (site->signer != NULL)
        reload_keys(site);
    if (site->allow != NULL)
        reload_recipes(site);
    if (site->log != NULL && access_log_reopen(site->log, &error) != 0)
        tell_kept(site, site->config->settings->log, &error, "the log opened before stays in use");
}
