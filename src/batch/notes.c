#include "batch/notes.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "batch/content.h"

void note_twice(const struct batch_config *config, const struct walk_list *list)
{
    char shown[96], line[192];
    if (list->twice == 0 || config->note == NULL)
        return;
    text_shown(list->first_twice, shown, sizeof shown);
    if (list->twice == 1)
        snprintf(line, sizeof line, "warning: %s is named twice (it is processed once)", shown);
    else
        snprintf(line, sizeof line, "warning: %zu repeated inputs, first %s (each input is processed once)",
                 list->twice, shown);
    config->note(config->listener, line);
}

void note_output_folder(const struct batch_config *config, const struct walk_list *list)
{
    char output[96], parent[96], line[512];
    const bool known = config->settings->resume || config->settings->skip_existing; /* that results exist */
    if (list->output == NULL || config->note == NULL || known || config->settings->in_place ||
        !content_promised_in(list->output))
        return;
    text_shown(list->output, output, sizeof output);
    text_shown(list->output_parent != NULL ? list->output_parent : "", parent, sizeof parent);
    snprintf(line, sizeof line,
             "warning: images in %s are not processed, because it is the output folder%s%s (to process them, "
             "choose another output folder)",
             output, parent[0] != '\0' ? ", in the input folder " : "", parent);
    config->note(config->listener, line);
}

void note_old_lines(const struct batch_config *config, size_t old)
{
    char line[192];
    if (old == 0 || config->note == NULL)
        return;
    snprintf(
        line, sizeof line,
        "warning: %zu journal %s without ctime and inode, from an older version: these images are processed "
        "again",
        old, old == 1 ? "line" : "lines");
    config->note(config->listener, line);
}

void note_fewer_workers(const struct batch_config *config, const struct workers *used, unsigned workers)
{
    char line[160];
    if (workers >= config->settings->backend.workers || config->note == NULL ||
        (config->settings->backend.kind->note != NULL && config->settings->backend.kind->note(used) != NULL))
        return;
    snprintf(line, sizeof line, "%s: only %u of %u workers could be started (raise ulimit -u)",
             config->settings->backend.kind->name, workers, config->settings->backend.workers);
    config->note(config->listener, line);
}

void note_watching(const struct batch_config *config, size_t folders)
{
    char line[128];
    if (config->note == NULL)
        return;
    snprintf(line, sizeof line, "watching %zu %s for new and changed files (Ctrl-C ends the run)", folders,
             folders == 1 ? "folder" : "folders");
    config->note(config->listener, line);
}

void note_lost_folder(const void *config, const char *path)
{
    const struct batch_config *batch = config;
    char line[192], shown[96];
    if (batch->note == NULL)
        return;
    snprintf(line, sizeof line, "warning: %s is not watched any more: it was removed or renamed",
             text_shown(path, shown, sizeof shown));
    batch->note(batch->listener, line);
}

void note_shard(const struct batch_config *config, const struct walk_list *list)
{
    const struct shard *shard = &config->settings->shard;
    char line[160];
    if (shard->count == 0 || config->note == NULL)
        return;
    snprintf(line, sizeof line, "shard %" PRIu32 " of %" PRIu32 "%s%s: %zu inputs, %zu in other shards",
             shard->index, shard->count, shard->source != NULL ? ", by " : "",
             shard->source != NULL ? shard->source : "", list->count, list->others);
    config->note(config->listener, line);
}
