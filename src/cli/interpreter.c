#include "cli/interpreter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

static const double ANSWER_SECONDS = 20;

/* Three lines: version, "1" if it has the lock, its own path; then the module's version, or why it can't be
 * imported. Runs in Python 2, too, to tell its version. As with -P, which 3.11 brought, modules in the
 * current folder are not used. */
static const char script[] =
    "import sys\n"
    "if sys.path and sys.path[0] == '': del sys.path[0]\n"
    "locked = getattr(sys, '_is_gil_enabled', lambda: True)()\n"
    "say = lambda *all: sys.stdout.write('\\n'.join(all) + '\\n')\n"
    "say('%d.%d.%d' % sys.version_info[:3] + ('' if locked else 't'), str(int(locked)), sys.executable)\n"
    "if sys.version_info >= (3, 11):\n"
    "    try:\n"
    "        import pixmill, pixmill._trial\n"
    "        say(pixmill.__version__)\n"
    "    except Exception as error:\n"
    "        say('!%s: %s' % (type(error).__name__, error))\n";

/* Starts the program with its output on `output`. Returns 0 or an errno. */
static int start(const char *asked, int output, pid_t *pid)
{
    char *const arguments[] = {(char *)(uintptr_t)asked, "-c", (char *)(uintptr_t)script, NULL};
    posix_spawn_file_actions_t files;
    int failure = posix_spawn_file_actions_init(&files);
    if (failure != 0)
        return failure;
    failure = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (failure == 0)
        failure = posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    if (failure == 0)
        failure = posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (failure == 0)
        failure = posix_spawnp(pid, asked, &files, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&files);
    return failure;
}

/* Reads until the end, as far as it fits and comes in time. */
static void read_answer(int fd, char *text, size_t size)
{
    const double deadline = clock_now() + ANSWER_SECONDS;
    struct pollfd input = {.fd = fd, .events = POLLIN};
    size_t used = 0;
    while (used + 1 < size && poll(&input, 1, clock_poll_until(deadline)) > 0) {
        const ssize_t got = read(fd, text + used, size - 1 - used);
        if (got <= 0)
            break;
        used += (size_t)got;
    }
    text[used] = '\0';
}

/* Runs the script. Returns 0, or -1 with `error` filled if the program can't be started. */
static int ask(const char *asked, char *text, size_t size, struct pm_error *error)
{
    int ends[2];
    pid_t pid;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set(error, PM_ERROR_IO, "no pipe for an interpreter: %s", strerror(errno));
    const int failure = start(asked, ends[1], &pid);
    close(ends[1]);
    if (failure == 0) {
        read_answer(ends[0], text, size);
        kill(pid, SIGKILL); /* it has said all, or says nothing */
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    close(ends[0]);
    return failure == 0 ? 0
                        : error_set(error, PM_ERROR_USAGE, "can't be run: %s (name a Python interpreter)",
                                    strerror(failure));
}

/* Copies the next line out of *text and moves it on. False at the end, or if it does not fit. */
static bool next_line(char **text, char *line, size_t size)
{
    const char *begin = strsep(text, "\n");
    if (begin == NULL || *text == NULL || strlen(begin) >= size)
        return false;
    memcpy(line, begin, strlen(begin) + 1);
    return true;
}

int interpreter_examine(const char *asked, struct interpreter *interpreter, struct pm_error *error)
{
    char text[PATH_MAX + 1024], locked[2], module[512];
    char *rest = text;
    unsigned major;
    *interpreter = (struct interpreter){0};
    if (ask(asked, text, sizeof text, error) != 0)
        return -1;
    if (!next_line(&rest, interpreter->version, sizeof interpreter->version) ||
        !next_line(&rest, locked, sizeof locked) ||
        !next_line(&rest, interpreter->path, sizeof interpreter->path) ||
        sscanf(interpreter->version, "%u.%u", &major, &interpreter->minor) != 2) {
        interpreter->version[0] = '\0';
        return error_set(error, PM_ERROR_USAGE, "is not a Python interpreter");
    }
    interpreter->free_threaded = locked[0] == '0';
    if (major != 3 || interpreter->minor < PYTHON_OLDEST)
        return error_set(error, PM_ERROR_USAGE, "is Python %s (the module needs 3.%d or newer)",
                         interpreter->version, PYTHON_OLDEST);
    if (!next_line(&rest, module, sizeof module))
        return error_set(error, PM_ERROR_USAGE, "Python %s ended while it imported the module pixmill",
                         interpreter->version);
    if (module[0] == '!')
        return error_set(error, PM_ERROR_USAGE,
                         "Python %s can't import the module: %s (run make python PYTHON=%s, and set "
                         "PYTHONPATH=build/python)",
                         interpreter->version, module + 1, asked);
    if (strcmp(module, PIXMILL_VERSION) != 0)
        return error_set(error, PM_ERROR_USAGE,
                         "Python %s has the module pixmill %s, this is %s (run make python PYTHON=%s)",
                         interpreter->version, module, PIXMILL_VERSION, asked);
    return 0;
}
