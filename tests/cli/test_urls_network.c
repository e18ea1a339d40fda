/*
 * Inputs by URL in a private network namespace: only loopback, with an additional public address,
 * 11.22.33.44, and a name server that never answers.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/run.h"
#include "net/server.h"
#include "temp.h"

static const char *const engines[] = {"--io=threads", "--io=sync", "--io=async"};
enum { ENGINES = 3 };

static void set_address(int fd, struct ifreq *device, unsigned long what, uint32_t value)
{
    const struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(value)};
    memcpy(&device->ifr_addr, &address, sizeof address);
    cr_assert_eq(ioctl(fd, what, device), 0);
}

/* Enters a network namespace with only loopback and two addresses. Containers may forbid it. */
static bool enter_own_network(void)
{
    enum { WHAT = CLONE_NEWNET | CLONE_NEWNS, PUBLIC = 0x0b16212c };
    if (unshare(WHAT) != 0 && unshare(WHAT | CLONE_NEWUSER) != 0)
        return false;
    struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP}, alias = {.ifr_name = "lo:1"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    cr_assert_geq(fd, 0);
    cr_assert_eq(ioctl(fd, SIOCSIFFLAGS, &loopback), 0);
    set_address(fd, &alias, SIOCSIFADDR, PUBLIC);
    set_address(fd, &alias, SIOCSIFNETMASK, 0xffffffff);
    close(fd);
    return true;
}

static unsigned port;

static void begin(void)
{
    run_begin();
    put_picture("small.png", 40, 30);
    if (!enter_own_network())
        cr_skip_test("no permission to make a network namespace");
    port = server_start_on(INADDR_ANY, "small.png", "small.png");
}

TestSuite(urls_network, .init = begin, .timeout = 120);

/* The server has a public address and redirects to forbidden ones. */
static void check_redirects(const char *engine, const char *to)
{
    char url[256], good[64];
    snprintf(good, sizeof good, "http://11.22.33.44:%u/ok/good.png", port);
    snprintf(url, sizeof url, "http://11.22.33.44:%u/away/%s:%u/ok/bad.png", port, to, port);
    struct run run = RUN("run", "-o", "out", engine, url, good);
    expect(&run, 1, "2 images: 1 ok, 0 skipped, 1 failed");
    expect(&run, 1, "bad.png: resolves to an address of this machine or its network: ");
    cr_assert_eq(server_asked("/ok/bad.png"), 0, "%s was asked", to);
}

Test(urls_network, a_redirect_from_outside_to_this_machine_is_not_followed)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost",       "0x7f.1",          "[::1]",
                                        "[::]",      "[::ffff:7f00:1]", "169.254.169.254", "10.0.0.1"};
    for (int engine = 0; engine < ENGINES; engine++) {
        for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
            check_redirects(engines[engine], hosts[i]);
    }
    char url[128];
    snprintf(url, sizeof url, "http://11.22.33.44:%u/away/127.0.0.1:%u/ok/bad.png", port, port);
    struct run run = RUN("run", "-o", "allowed", "--allow-private", url);
    expect(&run, 0, "1 images: 1 ok");
    cr_assert_eq(server_asked("/ok/bad.png"), 1);
}

/* A full accept queue: further clients get no response at all. */
static void fill(const struct sockaddr_in *address)
{
    for (int i = 0; i < 8; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        cr_assert_geq(fd, 0);
        (void)!connect(fd, (const struct sockaddr *)address, sizeof *address);
    }
}

Test(urls_network, a_host_that_takes_no_connection_is_given_up_in_time)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    char url[64];
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(listener, (struct sockaddr *)&address, length), 0);
    cr_assert_eq(listen(listener, 0), 0);
    cr_assert_eq(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    fill(&address);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/a.png", ntohs(address.sin_port));
    for (int engine = 0; engine < ENGINES; engine++) {
        struct run run =
            RUN("run", "-o", "out", engines[engine], "--allow-private", "--connect-timeout=0.3", url);
        expect(&run, 1, "a.png: the host does not answer (raise --connect-timeout)");
    }
}

/* From now on, the name server is 127.0.0.1, with a socket that nobody reads. Only good.example is known. */
static bool mute_name_server(void)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const char *file = temp_text("resolv", "nameserver 127.0.0.1\noptions timeout:30 attempts:5\n");
    const char *hosts = temp_text("hosts", "127.0.0.1 localhost\n11.22.33.44 good.example\n");
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount(file, "/etc/resolv.conf", NULL, MS_BIND, NULL) != 0 ||
        mount(hosts, "/etc/hosts", NULL, MS_BIND, NULL) != 0)
        return false;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0;
}

/* The system's resolver can't be interrupted, but the run does not wait longer than its timeout, and goes on
 * with what the timeout does not concern. */
Test(urls_network, a_name_server_that_is_mute_costs_no_more_than_the_time_out)
{
    if (!mute_name_server())
        cr_skip_test("no permission to replace the name server");
    for (int engine = 0; engine < ENGINES; engine++) {
        double began = clock_now();
        struct run run = RUN("run", "-o", "out", engines[engine], "--fetch-timeout=0.5",
                             "http://nowhere.example/a.png", "small.png");
        expect(&run, 1, "2 images: 1 ok, 0 skipped, 1 failed");
        expect(&run, 1, "a.png: did not arrive within 0.5 seconds (raise --fetch-timeout)");
        cr_assert_lt(clock_now() - began, 25);
    }
}

/* More unanswered lookups than libcurl's default number of threads, 20. None of them has ended when the good
 * one is logged; then the run is stopped. */
Test(urls_network, names_without_an_answer_do_not_delay_other_names)
{
    enum { MUTE = 40 };
    char list[MUTE * 32 + 64];
    size_t used = 0;
    if (!mute_name_server())
        cr_skip_test("no permission to replace the name server");
    for (int i = 0; i < MUTE; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "http://nowhere-%d.example/%d.png\n", i, i);
    snprintf(list + used, sizeof list - used, "http://good.example:%u/ok/good.png\n", port);
    cr_assert_eq(mkfifo("log", 0600), 0);
    const int log = open("log", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    const struct start start = {.input = list};
    struct running running =
        run_start(&start, (const char *const[]){"run", "-", "-o", "out", "--io=async", "--io-jobs=64",
                                                "--fetch-timeout=1000", "--log=log", NULL});
    struct pollfd readable = {.fd = log, .events = POLLIN};
    cr_assert_eq(poll(&readable, 1, 60000), 1, "the good name is not found");
    cr_assert_eq(kill(running.pid, SIGINT), 0);
    struct run run = run_wait(&running);
    expect(&run, 130, "41 images: 1 ok, 0 skipped, 0 failed");
    expect_files("out", 1);
    close(log);
}
