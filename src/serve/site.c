#include "serve/site.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "serve/allow.h"
#include "serve/root.h"

int site_open(struct site *site, const struct server_config *config, struct pool *pool, const char **about,
              struct pm_error *error)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    *site = (struct site){.config = config, .pool = pool, .rules.root = -1};
    site->relief_timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (site->relief_timer < 0)
        return error_set(error, PM_ERROR_IO, "no timer: %s (raise ulimit -n)", strerror(errno));
    site->started = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
    site->rules = (struct picture_rules){.root = -1,
                                         .max_bytes = config->settings->max_bytes,
                                         .max_age = config->settings->max_age,
                                         .auto_formats = &config->settings->auto_formats,
                                         .pictures = config->pictures};
    *about = config->settings->root;
    site->rules.root = root_open(config->settings->root, error);
    if (site->rules.root < 0)
        return -1;
    site->rules.root_is_local = !blocking_needs_closing(site->rules.root);
    *about = NULL; /* the signer's errors name the file */
    if (config->settings->sign_key_file != NULL &&
        (site->signer = signer_open(config->settings->sign_key_file, error)) == NULL)
        return -1;
    *about = config->settings->allow;
    if (config->settings->allow != NULL && (site->allow = allow_open(config->settings->allow, error)) == NULL)
        return -1;
    site->rules.allow = site->allow;
    *about = config->settings->log;
    if (config->settings->log != NULL && (site->log = access_log_open(config->settings->log, error)) == NULL)
        return -1;
    *about = config->settings->cache;
    if (config->settings->cache != NULL && root_holds(site->rules.root, config->settings->cache))
        return error_set(
            error, PM_ERROR_USAGE,
            "the cache is in the served folder: its files would be served (choose another folder)");
    if (config->settings->cache != NULL &&
        (site->cache = cache_open(config->settings->cache, config->settings->cache_size, error)) == NULL)
        return -1;
    *about = NULL;
    site->rules.digest = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (site->rules.digest == NULL || page_policy(site->page_policy) != 0)
        return error_memory(error, 0);
    return 0;
}

void site_close(struct site *site)
{
    shared_bytes_drop(site->list);
    hot_free(&site->hot);
    cache_close(site->cache);
    access_log_close(site->log);
    allow_close(site->allow);
    signer_close(site->signer);
    EVP_MD_free(site->rules.digest);
    if (site->rules.root >= 0)
        close(site->rules.root);
    if (site->relief_timer >= 0)
        close(site->relief_timer);
}
