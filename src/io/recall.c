#include "io/recall.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

int recall_open(struct recall *recall, struct pm_error *error)
{
    atomic_init(&recall->asked, false);
    recall->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (recall->fd >= 0)
        return 0;
    return error_set(error, PM_ERROR_IO, "no event descriptor: %s (raise ulimit -n)", strerror(errno));
}

void recall_ask(struct recall *recall)
{
    atomic_store(&recall->asked, true);
    (void)!eventfd_write(recall->fd, 1); /* it can only refuse when it is readable already */
}

void recall_close(struct recall *recall)
{
    close(recall->fd);
}

int recall_error(struct pm_error *error)
{
    return error_set(error, PM_ERROR_CANCELLED, "was called back (nobody waits for it any more)");
}
