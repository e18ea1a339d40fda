#include "bench/measure/stopping.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

/* Signals that were ignored at start (nohup) are left alone: blocked, they would be reported all the same.
 */
static void fill_set(sigset_t *set)
{
    struct sigaction action;
    sigemptyset(set);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(set, numbers[i]);
    }
}

int stopping_open(struct pm_error *error)
{
    sigset_t set;
    fill_set(&set);
    int fd = -1;
    if (sigprocmask(SIG_BLOCK, &set, NULL) == 0)
        fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd >= 0 ? fd : error_set(error, PM_ERROR_IO, "can't wait for signals: %s", strerror(errno));
}

int stopping_close(int fd)
{
    sigset_t set;
    struct signalfd_siginfo info;
    int status = read(fd, &info, sizeof info) == sizeof info ? 128 + (int)info.ssi_signo : 0;
    fill_set(&set);
    close(fd);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    return status;
}
