#include "batch/content.h"

#include <string.h>
#include <unistd.h>

#include "io/file.h"
#include "io/source.h"

bool content_promised(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL && codec_of_suffix(dot + 1) != NULL;
}

bool content_is_no_image(struct byte_source *source, const char *path)
{
    uint8_t head[16];
    long size = source->read_at(source, 0, head, sizeof head);
    if (size == 0)
        return !content_promised(path);
    return size > 0 && codec_sniff(head, (size_t)size) == NULL;
}

bool content_of_file_is_no_image(const char *path)
{
    struct pm_error error = {0};
    uint64_t size;
    mode_t mode;
    int fd = file_open(path, &size, &mode, &error);
    if (fd < 0)
        return false;
    uint8_t window[16];
    struct file_source file;
    file_source_init(&file, fd, size, window, sizeof window);
    bool no_image = content_is_no_image(&file.source, path);
    close(fd);
    return no_image;
}
