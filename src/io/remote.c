#include "io/remote.h"

#include <dlfcn.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/find_part.h"

void remote_config_init(struct remote_config *config)
{
    *config = (struct remote_config){
        .max_bytes = 64 << 20,
        .connect_timeout = 10,
        .fetch_timeout = 120,
        .retry_delay = 0.5,
        .retries = 3,
    };
}

/* RTLD_NODELETE: its libraries have thread-local data and must stay loaded. */
static int load(struct remote *remote, struct pm_error *error)
{
    char path[PATH_MAX];
    if (find_part("pixmill-net.so", path, error) != 0)
        return -1;
    remote->library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (remote->library == NULL)
        return error_set(error, PM_ERROR_IO, "pixmill-net.so can't be loaded: %.160s (install libcurl)",
                         dlerror());
    remote->part = dlsym(remote->library, REMOTE_SYMBOL);
    if (remote->part != NULL && strcmp(remote->part->version, PIXMILL_VERSION) == 0)
        return 0;
    dlclose(remote->library);
    remote->part = NULL;
    return error_set(error, PM_ERROR_IO, "pixmill-net.so is of another version (reinstall both)");
}

int remote_open(struct remote *remote, const struct remote_config *config, int stop_fd,
                struct pm_error *error)
{
    *remote = (struct remote){.config = *config, .stop_fd = stop_fd};
    if (load(remote, error) != 0)
        return -1;
    mode_t mask = umask(0);
    umask(mask);
    remote->mode = 0666 & ~mask;
    if (remote->part->open(remote, error) == 0)
        return 0;
    dlclose(remote->library);
    remote->part = NULL;
    return -1;
}

void remote_close(struct remote *remote)
{
    if (remote->part == NULL)
        return;
    remote->part->close(remote);
    dlclose(remote->library);
    remote->part = NULL;
}

bool remote_run(const struct remote *remote, struct fetch *fetch)
{
    while (fetch->state == FETCH_WAITING || fetch->state == FETCH_RUNNING)
        remote->part->run(fetch);
    return fetch->state == FETCH_WHOLE;
}

bool remote_wait(const struct remote *remote, double until, int bell)
{
    struct pollfd fds[] = {{.fd = remote->stop_fd, .events = POLLIN}, {.fd = bell, .events = POLLIN}};
    while (clock_now() < until) {
        int count = poll(fds, 2, clock_poll_until(until));
        if (count > 0 && fds[0].revents != 0)
            return false;
        eventfd_t rings;
        if (count > 0) {
            eventfd_read(bell, &rings);
            break;
        }
    }
    return true;
}

void remote_stop(const struct remote *remote)
{
    eventfd_write(remote->stop_fd, 1);
}

static long fetch_read_at(struct byte_source *source, uint64_t offset, void *bytes, size_t size)
{
    struct fetch_source *self = source->lender;
    const struct buffer *there = &self->fetch->bytes;
    size_t left = offset < there->size ? there->size - (size_t)offset : 0;
    if (size > left) {
        self->missed |= self->fetch->state != FETCH_WHOLE;
        size = left;
    }
    if (size > 0)
        memcpy(bytes, there->data + offset, size);
    return (long)size;
}

void fetch_source_init(struct fetch_source *source, const struct fetch *fetch)
{
    *source = (struct fetch_source){.source = {.read_at = fetch_read_at, .lender = source}, .fetch = fetch};
}

int fetch_rehouse(struct fetch *fetch, struct buffer room, struct pm_error *error)
{
    size_t wanted = fetch->bytes.size;
    if (fetch->size_known && fetch->size > wanted)
        wanted = (size_t)fetch->size;
    room.size = 0;
    if (room.capacity < wanted)
        buffer_free(&room);
    if (buffer_reserve(&room, wanted) != 0) {
        buffer_free(&room);
        return error_memory(error, wanted);
    }
    buffer_append(&room, fetch->bytes.data, fetch->bytes.size);
    buffer_free(&fetch->bytes);
    fetch->bytes = room;
    return 0;
}
