#include "cli/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Lock-free, so that a signal handler may access them (C17, 7.14.1.1). */
atomic_bool signals_stop;
atomic_int signals_stop_fd;
static atomic_int first_signal;
static atomic_bool work_begun;
static pid_t main_process; /* worker processes inherit the handler */
static bool verbose;       /* write messages: a user is at the terminal */

static void on_signal(int signal)
{
    static const char message[] = "\npixmill: finishing images in progress; press Ctrl-C again to stop now\n";
    static const char at_once[] = "\npixmill: stopped; the next run removes unfinished files\n";
    int none = 0;
    const bool again = !atomic_compare_exchange_strong(&first_signal, &none, signal);
    if (again && verbose && getpid() == main_process && write(STDERR_FILENO, at_once, sizeof at_once - 1) < 0)
        _exit(128 + signal); /* nothing to report to */
    if (again || !atomic_load(&work_begun))
        _exit(128 + signal);
    atomic_store(&signals_stop, true);
    if (getpid() != main_process)
        return;
    int saved = errno;
    const uint64_t one = 1;
    int fd = atomic_load(&signals_stop_fd);
    ssize_t written = fd > 0 ? write(fd, &one, sizeof one) : 0;
    if (verbose)
        written = write(STDERR_FILENO, message, sizeof message - 1);
    (void)written; /* an error can't be handled here */
    errno = saved;
}

void signals_catch(enum signals_words words)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    main_process = getpid();
    verbose = words == SIGNALS_TOLD && isatty(STDERR_FILENO);
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    atomic_store(&signals_stop_fd, fd > 0 ? fd : 0);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction before, action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
        sigemptyset(&action.sa_mask);
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
    /* Then write fails for a result that exceeds ulimit -f, and with it the job, not the run. */
    signal(SIGXFSZ, SIG_IGN);
}

void signals_work_begins(void)
{
    atomic_store(&work_begun, true);
}

void signals_work_ended(void)
{
    int fd = atomic_exchange(&signals_stop_fd, 0);
    if (fd > 0)
        close(fd);
}

int signals_status(void)
{
    int signal = atomic_load(&first_signal);
    return signal != 0 ? 128 + signal : 0;
}
