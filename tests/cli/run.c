#include "cli/run.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "codec/codec.h"
#include "codec/options.h"
#include "io/file.h"
#include "pictures.h"
#include "pixmill/transform.h"
#include "temp.h"

enum { TIMEOUT_MS = 60000, ARGUMENTS_MAX = 64, KEPT_MAX = 512 };

const char *run_about;

/* Texts returned to tests, which need not free them. */
static void *kept[KEPT_MAX];
static size_t nkept;

void run_forget(void)
{
    while (nkept > 0)
        free(kept[--nkept]);
}

static void *keep(void *text)
{
    cr_assert_lt(nkept, KEPT_MAX);
    return kept[nkept++] = text;
}

char *content_of(const char *path, size_t *size)
{
    char *text = temp_read(path, size);
    cr_assert_not_null(text, "%s can't be read", path);
    return keep(text);
}

void run_begin(void)
{
    atexit(run_forget);
    cr_assert_eq(chdir(temp_folder()), 0);
}

/* An anonymous file with that content, positioned at its start. */
static int stream(const void *data, size_t size)
{
    int fd = memfd_create("stream", MFD_CLOEXEC);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, data, size), (ssize_t)size);
    cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* In the new process: executes the command. Opens the program before dropping root, because its folders may
 * be inaccessible to other users. Resets ignored signals: tests in a shell's background ignore SIGINT, and
 * under nohup SIGHUP. */
static void become(const struct start *start, int program, const int streams[3], char *const *arguments)
{
    for (int fd = 0; fd < 3; fd++) {
        if (dup2(streams[fd], fd) < 0)
            _exit(120);
    }
    for (int fd = 0; fd < 3; fd++) {
        if (start->closed & 1u << fd)
            close(fd);
    }
    for (int number = 1; number < NSIG; number++)
        signal(number, number == start->ignored ? SIG_IGN : SIG_DFL); /* fails for SIGKILL and SIGSTOP */
    if (start->nobody)
        temp_drop_root();
    for (size_t i = 0; start->environment[i] != NULL; i++)
        putenv((char *)start->environment[i]);
    fexecve(program, arguments, environ);
    _exit(122);
}

/* A terminal of 60 columns; running->terminal is its other end, from which run_wait copies the output. */
static int open_terminal(struct running *running)
{
    struct winsize size = {.ws_row = 24, .ws_col = 60};
    cr_assert_eq(openpty(&running->terminal, &running->terminal_end, NULL, NULL, &size), 0);
    return running->terminal_end;
}

/* Copies the terminal's output to the file for standard error. */
static void copy_terminal(struct running *running)
{
    char shown[4096];
    ssize_t size;
    cr_assert_eq(fcntl(running->terminal, F_SETFL, O_NONBLOCK), 0);
    while ((size = read(running->terminal, shown, sizeof shown)) > 0)
        cr_assert_eq(write(running->err, shown, (size_t)size), size);
    close(running->terminal);
    close(running->terminal_end);
}

struct running run_start(const struct start *start, const char *const *arguments)
{
    const char *command = getenv("PIXMILL");
    cr_assert_not_null(command, "PIXMILL names no command (make unit sets it)");
    char path[PATH_MAX];
    const char *slash = strrchr(command, '/');
    if (start->program != NULL && slash != NULL)
        snprintf(path, sizeof path, "%.*s/%s", (int)(slash - command), command, start->program);
    else
        snprintf(path, sizeof path, "%s", command);
    int program = open(path, O_RDONLY | O_CLOEXEC);
    cr_assert_geq(program, 0, "%s can't be opened", path);
    char *words[ARGUMENTS_MAX] = {"pixmill"};
    for (size_t i = 0; arguments[i] != NULL; i++) {
        cr_assert_lt(i + 2, ARGUMENTS_MAX);
        words[i + 1] = (char *)arguments[i];
    }
    const char *input = start->input != NULL ? start->input : "";
    int in = start->input_fd > 0 ? dup(start->input_fd)
                                 : stream(input, start->input_size > 0 ? start->input_size : strlen(input));
    struct running running = {.out = stream("", 0), .err = stream("", 0), .terminal = -1};
    int err = start->terminal ? open_terminal(&running) : running.err;
    running.pid = fork();
    cr_assert_geq(running.pid, 0);
    if (running.pid == 0)
        become(start, program, (const int[]){in, running.out, err}, words);
    close(in);
    close(program);
    return running;
}

static char *take_text(int fd, size_t *size)
{
    off_t end = lseek(fd, 0, SEEK_END);
    char *text = keep(calloc(1, (size_t)end + 1));
    cr_assert_not_null(text);
    cr_assert_eq(pread(fd, text, (size_t)end, 0), end);
    close(fd);
    *size = (size_t)end;
    return text;
}

struct run run_wait(struct running *running)
{
    int pidfd = (int)syscall(SYS_pidfd_open, running->pid, 0);
    cr_assert_geq(pidfd, 0);
    struct pollfd ended = {.fd = pidfd, .events = POLLIN};
    bool in_time = poll(&ended, 1, TIMEOUT_MS) == 1;
    if (!in_time)
        kill(running->pid, SIGKILL);
    close(pidfd);
    int status;
    struct run run;
    size_t err_size;
    struct rusage usage;
    cr_assert_eq(wait4(running->pid, &status, 0, &usage), running->pid);
    if (running->terminal >= 0)
        copy_terminal(running);
    run.out = take_text(running->out, &run.out_size);
    run.err = take_text(running->err, &err_size);
    run.cpu_seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                      1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    run.peak_kib = usage.ru_maxrss;
    cr_assert(in_time, "the command did not end%s%s:\n%s", run_about != NULL ? ": " : "",
              run_about != NULL ? run_about : "", run.err);
    run.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return run;
}

struct run run_with(const struct start *start, const char *const *arguments)
{
    struct running running = run_start(start, arguments);
    return run_wait(&running);
}

void expect(const struct run *run, int status, const char *text)
{
    cr_assert_eq(run->status, status, "exit status %d, not %d:\n%s", run->status, status, run->err);
    cr_assert_not_null(strstr(run->err, text), "no '%s' in:\n%s", text, run->err);
}

void expect_summary(const struct run *run, const char *counts)
{
    const char *last = run->err;
    for (const char *line = run->err; *line != '\0'; line += strcspn(line, "\n") + 1)
        last = line;
    for (const char *wiped = strstr(last, "\033[K"); wiped != NULL; wiped = strstr(last, "\033[K"))
        last = wiped + 3; /* the bar stood on the same line */
    cr_assert_eq(strncmp(last, counts, strlen(counts)), 0, "no summary '%s' at the end of:\n%s", counts,
                 run->err);
    cr_assert_eq(strncmp(last + strlen(counts), " in ", 4), 0, "odd summary: %s", last);
    cr_assert_not_null(strstr(last, " images/s, "), "odd summary: %s", last);
    cr_assert_not_null(strstr(last, " MP/s, peak "), "odd summary: %s", last);
}

void put_picture_of(const char *path, uint32_t width, uint32_t height, enum pm_color color, bool alpha,
                    unsigned depth)
{
    struct lent lent;
    lent_init(&lent);
    const char *suffix = strrchr(path, '.');
    cr_assert_not_null(suffix);
    const struct codec *codec = codec_of_suffix(suffix + 1);
    cr_assert_not_null(codec);
    struct pm_image image = picture(&lent, width, height, color, alpha, depth);
    alignas(8) unsigned char options[CODEC_OPTIONS_BYTES];
    codec_options_init(codec, options);
    cr_assert_eq(codec_option_set(codec, options, "subsampling", "444", &lent.error), 0);
    struct buffer out = {0};
    cr_assert_eq(codec_encode(codec, &image, options, &out, &lent.context), 0, "%s", lent.error.message);
    temp_write(path, out.data, out.size);
    buffer_free(&out);
    lent_free(&lent);
}

void put_picture(const char *path, uint32_t width, uint32_t height)
{
    put_picture_of(path, width, height, PM_COLOR_RGB, false, 8);
}

bool same_bytes(const char *a, const char *b)
{
    size_t size_a = 0, size_b = 0;
    char *bytes_a = temp_read(a, &size_a), *bytes_b = temp_read(b, &size_b);
    bool same =
        bytes_a != NULL && bytes_b != NULL && size_a == size_b && memcmp(bytes_a, bytes_b, size_a) == 0;
    free(bytes_a);
    free(bytes_b);
    return same;
}

void expect_picture(const char *path, const char *format, uint32_t width, uint32_t height)
{
    size_t size;
    struct pm_info info;
    struct pm_error error = {0};
    char *bytes = content_of(path, &size);
    cr_assert_eq(pm_probe((const uint8_t *)bytes, size, &info, &error), 0, "%s: %s", path, error.message);
    cr_assert_str_eq(info.format, format);
    cr_assert_eq(info.width, width, "%s is %u wide", path, info.width);
    cr_assert_eq(info.height, height, "%s is %u high", path, info.height);
}

static int files_found, temporaries_found;

static int count_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    files_found += type != FTW_D;
    temporaries_found += temporary_has_name(path + place->base);
    return 0;
}

void expect_files(const char *folder, int count)
{
    files_found = temporaries_found = 0;
    nftw(folder, count_one, 8, FTW_PHYS);
    cr_assert_eq(temporaries_found, 0, "%d temporaries were left in %s", temporaries_found, folder);
    cr_assert_eq(files_found, count, "%d files in %s, not %d", files_found, folder, count);
}
