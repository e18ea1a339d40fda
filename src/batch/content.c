#include "batch/content.h"

#include <fts.h>
#include <string.h>
#include <unistd.h>

#include "io/file.h"

bool content_promised(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL && codec_of_suffix(dot + 1) != NULL;
}

struct content content_identify(struct byte_source *source, const char *path)
{
    uint8_t head[IMAGE_KIND_HEAD];
    long size = source->read_at(source, 0, head, sizeof head);
    if (size == 0)
        return (struct content){.readable = content_promised(path)};
    if (size < 0 || codec_sniff(head, (size_t)size) != NULL)
        return (struct content){.readable = true};
    return (struct content){.kind = image_kind_find(head, (size_t)size)};
}

struct content content_identify_file(const char *path)
{
    struct pm_error error = {0};
    uint64_t size;
    mode_t mode;
    int fd = file_open(path, &size, &mode, &error);
    if (fd < 0)
        return (struct content){.readable = true};
    uint8_t window[IMAGE_KIND_HEAD];
    struct file_source file;
    file_source_init(&file, fd, size, window, sizeof window);
    struct content content = content_identify(&file.source, path);
    close(fd);
    return content;
}

bool content_promised_in(const char *folder)
{
    char *const roots[] = {(char *)folder, NULL};
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    const FTSENT *entry;
    bool found = false;
    while (tree != NULL && !found && (entry = fts_read(tree)) != NULL)
        found = entry->fts_info == FTS_F && !temporary_has_name(entry->fts_name) &&
                content_promised(entry->fts_name);
    if (tree != NULL)
        fts_close(tree);
    return found;
}
