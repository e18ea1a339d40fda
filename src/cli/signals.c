#include "cli/signals.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

volatile sig_atomic_t signals_stop;
static volatile sig_atomic_t first_signal;
static pid_t main_process; /* worker processes inherit the handler */
static bool on_terminal;

static void on_signal(int signal)
{
    static const char message[] =
        "\npixmill: stopping after the images in hand (once more to stop at once)\n";
    if (signals_stop)
        _exit(128 + signal);
    signals_stop = 1;
    first_signal = signal;
    if (on_terminal && getpid() == main_process) {
        int saved = errno;
        ssize_t written = write(STDERR_FILENO, message, sizeof message - 1);
        (void)written; /* nothing can be done about it here */
        errno = saved;
    }
}

void signals_catch(void)
{
    static const int signals[] = {SIGINT, SIGTERM};
    main_process = getpid();
    on_terminal = isatty(STDERR_FILENO);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction before, action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
        sigemptyset(&action.sa_mask);
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
}

int signals_status(void)
{
    return first_signal != 0 ? 128 + first_signal : 0;
}
