#include "batch/store.h"

#include "base/text.h"
#include "batch/place.h"

struct listing {
    struct store *store;
    const struct settings *settings;
};

static int visit(void *self, const char *name, const struct object_status *status, struct pm_error *error)
{
    const struct listing *listing = self;
    const char *below = place_below_output(listing->settings->output, name);
    const bool keeps = listing->settings->skip_existing || listing->settings->resume;
    if (!keeps || status->size == 0 || !shard_has(&listing->settings->shard, below))
        return 0;
    const char *kept = names_add(&listing->store->names, name, strlen(name));
    return kept != NULL && set_put(&listing->store->set, kept) == 0 ? 0 : error_memory(error, 0);
}

int store_open(struct store *store, struct remote *remote, const struct settings *settings,
               struct pm_error *error)
{
    const bool all = settings->skip_existing || settings->resume;
    struct listing listing = {.store = store, .settings = settings};
    struct pm_error why = {0};
    char shown[96];
    set_init_texts(&store->set);
    size_t length = strlen(settings->output);
    while (settings->output[length - 1] == '/')
        length--;
    char *prefix = names_alloc(&store->names, length + 2);
    if (prefix == NULL)
        return error_memory(error, 0);
    memcpy(prefix, settings->output, length);
    memcpy(prefix + length, "/", 2);
    if (remote->part->list(remote, prefix, all ? 0 : 1, visit, &listing, &why) == 0)
        return 0;
    return error_set_hint(error, why.kind, why.hint, "%s: %s",
                          text_shown(settings->output, shown, sizeof shown), why.message);
}

void store_close(struct store *store)
{
    set_free(&store->set);
    names_free(&store->names);
    *store = (struct store){0};
}

bool store_has(const struct store *store, const char *path)
{
    return set_find(&store->set, path) != NULL;
}
