/* Completion in real shells: each runs in a terminal of its own, where words are typed and Tab is pressed. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/run.h"
#include "temp.h"

TestSuite(completion, .init = run_begin);

/* In the shells `pixmill` is a function that prints its arguments, each in marks. */
#define PROMPT "type-here>"
#define MARK "@"

struct typing {
    const char *typed;     /* \t is the Tab key */
    const char *arguments; /* that the command then gets, between marks */
};

static const struct typing typings[] = {
    {"he\t", "help"},
    {"vers\t", "version"},
    {"help filt\t", "help@filters"},
    {"help --completion=z\t", "help@--completion=zsh"},
    {"run --fli\t", "run@--flip"},
    {"run --rotate 9\t", "run@--rotate@90"},
    /* Lists: each word once. */
    {"run --keep=exif,xm\t", "run@--keep=exif,xmp"},
    {"run --keep exif,ip\t", "run@--keep@exif,iptc"},
    {"run --keep=iptc,t\t", "run@--keep=iptc,text"},
    {"run --format=webp,w\tjpeg", "run@--format=webp,wjpeg"},
    {"bench --models=serial,threads+a\t", "bench@--models=serial,threads+async"},
    {"bench --workloads=cpu,ov\t", "bench@--workloads=cpu,overhead"},
    /* Parameters of filters: their names, then their values. */
    {"run --crop=100x100,g\tnorthw\t", "run@--crop=100x100,gravity=northwest"},
    {"run --crop 100x100,gravity=cente\t", "run@--crop@100x100,gravity=center"},
    {"run --crop=100x100,gravity=centr\t", "run@--crop=100x100,gravity=centre"},
    {"run --pad=9x9,gravity=le\t", "run@--pad=9x9,gravity=left"},
    {"run --pad=9x9,gravity=bottom-r\t", "run@--pad=9x9,gravity=bottom-right"},
    {"run --resize=80x,kernel=mi\t", "run@--resize=80x,kernel=mitchell"},
    {"run --watermark=logo.png,opa\t0.5,ti\t", "run@--watermark=logo.png,opacity=0.5,tile"},
    {"run --profile=srgb,no\t", "run@--profile=srgb,none"},
    {"run --resize='80x>,kernel=mi\t", "run@--resize=80x>,kernel=mitchell"},
    {"run --resize='80x>',k\tmi\t", "run@--resize=80x>,kernel=mitchell"},
    {"run --pad=9x9,col\trebecc\t", "run@--pad=9x9,color=rebeccapurple"},
    /* Words. */
    {"run --backend=om\t", "run@--backend=omp"},
    {"run --io=sy\t", "run@--io=sync"},
    {"run --preset=th\t", "run@--preset=thumbnail"},
    {"run --frames=fi\t", "run@--frames=first"},
    {"run --background=cornf\t", "run@--background=cornflowerblue"},
    {"run --progress ne\t", "run@--progress@never"},
    /* Paths. */
    {"run --profile=pri\t", "run@--profile=print.icc"},
    {"run --key-file=pri\t", "run@--key-file=print.icc"},
    {"run --key-file=white\t", "run@--key-file=white space.key"},
    {"run --output=ba\t", "run@--output=back/"},
    {"run -o ba\t", "run@-o@back/"},
    {"run --base=ba\tin\t", "run@--base=back/inner/"},
    {"serve --root=ba\t", "serve@--root=back/"},
    {"serve --root ba\t", "serve@--root@back/"},
    {"serve --root=my\t", "serve@--root=my pictures/"},
    {"serve --root=my\\ pi\tsu\t", "serve@--root=my pictures/summer/"},
    {"serve --root=pri\t", "serve@--root=pri"}, /* a file */
    {"run lo\t", "run@logo.png"},
    {"run my\tph\t", "run@my pictures/photo.jpg"},
    {"info my\tph\t", "info@my pictures/photo.jpg"},
    {"run lo\tmy\t", "run@logo.png@my pictures/"},
};

/* More is typed right behind a completed word, where fish has put a blank. */
static const struct typing joined[] = {
    {"run --keep=\tip\t", "run@--keep=iptc"},
    {"run --crop=9x9,gravity=\tnorthw\t", "run@--crop=9x9,gravity=northwest"},
    {"run --profile=\tsr\t", "run@--profile=srgb"},
    {"run --pad=9x9,gravity=southw\t,col\trebecc\t", "run@--pad=9x9,gravity=southwest,color=rebeccapurple"},
    {"help --comp\tz\t", "help@--completion=zsh"},
    {"run --rot\t9\t", "run@--rotate=90"},
    {"run --keep=i\t,t\t", "run@--keep=iptc,text"},
    {"run --format=we\t,av\t", "run@--format=webp,avif"},
    {"bench --models=thr\t,om\t", "bench@--models=threads,omp"},
    {"run --resize=80x,k\tmi\t,l\t", "run@--resize=80x,kernel=mitchell,linear"},
    {"run --watermark=lo\t,op\t0.5,t\t", "run@--watermark=logo.png,opacity=0.5,tile"},
    {"run --profile=sr\t,no\t", "run@--profile=srgb,none"},
};

static const struct shell {
    const char *name, *arguments[6];
    const char *file, *setup; /* a file in the test's folder that it reads at the start */
} shells[] = {
    {"bash",
     {"--noprofile", "--rcfile", "setup", "-i", NULL},
     "setup",
     "source <(\"$PIXMILL\" help --completion=bash)\n"
     "pixmill() { printf '" MARK "%s' \"$@\"; echo ' " MARK "'; }\n"
     "bind 'set bell-style none'\n"
     "PS1='" PROMPT "'\n"},
    {"zsh",
     {"-i", NULL},
     ".zshrc",
     "\"$PIXMILL\" help --completion=zsh > _pixmill\n"
     "fpath=($PWD $fpath); autoload -U compinit; compinit -D -u\n"
     "pixmill() { printf '" MARK "%s' \"$@\"; echo ' " MARK "'; }\n"
     "unsetopt beep auto_remove_slash; PS1='" PROMPT "'\n"},
    {"fish",
     {"--no-config", "-C", "source setup", "-i", NULL},
     "setup",
     "\"$PIXMILL\" help --completion=fish | source\n"
     "function pixmill; printf '" MARK "%s' $argv; echo ' " MARK "'; end\n"
     "function fish_prompt; echo -n '" PROMPT "'; end; function fish_greeting; end\n"},
};

struct terminal {
    int fd;
    pid_t pid;
    char text[1 << 20]; /* all that was shown */
    size_t size;
};

static void start_shell(struct terminal *terminal, const struct shell *shell)
{
    static const struct winsize size = {.ws_row = 50, .ws_col = 250};
    const char *arguments[8] = {shell->name};
    for (size_t i = 0; shell->arguments[i] != NULL; i++)
        arguments[i + 1] = shell->arguments[i];
    terminal->pid = forkpty(&terminal->fd, NULL, NULL, &size);
    cr_assert_geq(terminal->pid, 0);
    if (terminal->pid > 0)
        return;
    setenv("HOME", temp_folder(), 1);
    setenv("ZDOTDIR", temp_folder(), 1);
    setenv("TERM", "xterm", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("INPUTRC");
    execvp(shell->name, (char *const *)arguments);
    _exit(127);
}

/* Waits until `text` is shown after `from`. Returns its place. */
static char *await(struct terminal *terminal, size_t from, const char *text)
{
    enum { SECONDS = 60 };
    for (;;) {
        char *found = strstr(terminal->text + from, text);
        struct pollfd event = {.fd = terminal->fd, .events = POLLIN};
        if (found != NULL)
            return found;
        cr_assert_eq(poll(&event, 1, SECONDS * 1000), 1, "no '%s' in: %s", text, terminal->text + from);
        ssize_t got =
            read(terminal->fd, terminal->text + terminal->size, sizeof terminal->text - 1 - terminal->size);
        cr_assert_gt(got, 0, "the shell ended: %s", terminal->text + from);
        terminal->size += (size_t)got;
        terminal->text[terminal->size] = '\0';
    }
}

static void put_text(struct terminal *terminal, const char *text)
{
    cr_assert_eq(write(terminal->fd, text, strlen(text)), (ssize_t)strlen(text));
}

/* Types the words and Enter. What the command gets is the text between the marks. */
static void type(struct terminal *terminal, const struct typing *typing)
{
    const size_t from = terminal->size;
    put_text(terminal, "pixmill ");
    put_text(terminal, typing->typed);
    put_text(terminal, "\r");
    char *end = await(terminal, from, " " MARK "\r\n"), *begin = end;
    while (begin > terminal->text && begin[-1] != '\n' && begin[-1] != '\r' && begin[-1] != '\a')
        begin--;
    *end = '\0';
    begin = strstr(begin, MARK) != NULL ? strstr(begin, MARK) + 1 : begin;
    cr_expect_str_eq(begin, typing->arguments, "typed: %s; expected %s, not %s", typing->typed,
                     typing->arguments, begin);
    await(terminal, (size_t)(end + 3 - terminal->text), PROMPT);
}

static void need(const char *shell)
{
    char command[64];
    snprintf(command, sizeof command, "command -v %s >/dev/null", shell);
    if (system(command) != 0)
        cr_skip_test("%s is not installed", shell);
}

static void complete_in(const char *name)
{
    static struct terminal terminal;
    const struct shell *shell = shells;
    need(name);
    while (strcmp(shell->name, name) != 0)
        shell++;
    temp_text(shell->file, shell->setup);
    temp_text("logo.png", "");
    temp_text("print.icc", "");
    temp_text("white space.key", "");
    temp_text("back/inner/file", "");
    temp_text("my pictures/photo.jpg", "");
    temp_text("my pictures/summer/a", "");
    start_shell(&terminal, shell);
    await(&terminal, 0, PROMPT);
    for (size_t i = 0; i < sizeof typings / sizeof *typings; i++)
        type(&terminal, &typings[i]);
    for (size_t i = 0; i < sizeof joined / sizeof *joined && strcmp(name, "fish") != 0; i++)
        type(&terminal, &joined[i]);
    kill(terminal.pid, SIGKILL);
    waitpid(terminal.pid, NULL, 0);
    close(terminal.fd);
}

Test(completion, works_in_bash)
{
    complete_in("bash");
}

Test(completion, works_in_zsh)
{
    complete_in("zsh");
}

Test(completion, works_in_fish)
{
    complete_in("fish");
}
