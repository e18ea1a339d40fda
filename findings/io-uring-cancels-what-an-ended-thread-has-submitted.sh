#!/usr/bin/env bash
# A read or poll that a thread submitted to an io_uring ends with ECANCELED when data comes, if that thread has ended by then.
#
# A ring belongs to the process: every thread may submit to it, and completions come out for whoever looks. So one expects a request to go on
# when the thread that submitted it has returned, as aio_read does, or to be cancelled when the thread exits. It does neither: it stays
# pending as if all were well, and at the moment when the pipe or socket has data, it fails with ECANCELED, although nobody has cancelled
# it; the data stays unread. The kernel wants to finish the request in the thread that submitted it. A pool that ends idle threads loses
# requests that way, now and then. A timer that is submitted in the same way expires as usual (ETIME).
#
# The library is a package; the behaviour is the kernel's.
#
# Exit status: 0 as described, 1 the behaviour has changed, 2 it could not be tried.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Unpack Debian packages (NAME=VERSION) and everything they depend on below $work/root. Nothing is installed. The C library is the system's own.
unpack() {
    local deb apt=(apt-get -qq -y -o Debug::NoLocking=1 -o APT::Sandbox::User=root -o Dir::State::status="$work/status"
        -o Dir::Cache::Archives="$work/debs" --no-install-recommends --download-only install)
    mkdir -p "$work/debs/partial" && : >"$work/status"
    "${apt[@]}" "$@" 2>"$work/apt.log" || {
        echo "note: cannot fetch $*; trying the versions that the archive has now"
        "${apt[@]}" "${@%%=*}" || { echo "cannot be tried here: fetching the packages failed (try apt-get update)"; exit 2; }
    }
    for deb in "$work"/debs/*.deb; do
        case ${deb##*/} in libc6_* | libc-bin_*) ;; *) dpkg-deb -x "$deb" "$work/root" ;; esac
    done
    for deb in "${@%%=*}"; do echo "version:  $(dpkg-deb -W "$work/debs/${deb}_"*.deb | tr '\t' ' ')"; done
}
run() { LD_LIBRARY_PATH=$(echo "$work"/root/usr/lib/*-linux-gnu*) "$work/root/usr/bin/$1" "${@:2}"; }

command -v cc >/dev/null || { echo "cannot be tried here: a C compiler is missing"; exit 2; }
unpack liburing-dev=2.3-3
cd "$work"
cat >ring.c <<'EOC'
#include <liburing.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct io_uring ring;
static int ends[2];
static char data[4];

// Submit a read of the empty pipe, a poll of it, or a timer.
static void *submit(void *what)
{
    static struct __kernel_timespec tenth = {.tv_nsec = 100000000};
    struct io_uring_sqe *request = io_uring_get_sqe(&ring);
    if (!strcmp(what, "read")) io_uring_prep_read(request, ends[0], data, sizeof data, 0);
    else if (!strcmp(what, "poll")) io_uring_prep_poll_add(request, ends[0], POLLIN);
    else io_uring_prep_timeout(request, &tenth, 0, 0);
    return io_uring_submit(&ring) == 1 ? NULL : "";
}

// ring read|poll|timer [thread]: submit it, here or in a thread that ends, then write to the pipe and wait for the result.
int main(int argc, char **argv)
{
    pthread_t thread;
    void *error = NULL;
    struct io_uring_cqe *done;
    if (io_uring_queue_init(8, &ring, 0) || pipe(ends)) return 2;
    if (argc == 2) error = submit(argv[1]);
    else if (pthread_create(&thread, NULL, submit, argv[1]) || pthread_join(thread, &error)) return 2;
    if (error) return 2;
    if (io_uring_peek_cqe(&ring, &done) != -EAGAIN) return puts("done at once"), 0;
    if (write(ends[1], "data", 4) != 4 || io_uring_wait_cqe(&ring, &done)) return 2;
    puts(done->res < 0 ? strerrorname_np(-done->res) : "done");
}
EOC
cc -D_GNU_SOURCE -isystem "$work/root/usr/include" ring.c -o ring "$(echo "$work"/root/usr/lib/*-linux-gnu*/liburing.a)" -lpthread
timeout 20 ./ring read >main || { echo "cannot be tried here: no io_uring"; exit 2; }
for what in read poll timer; do
    here+="$what $(timeout 20 ./ring $what), "
    ended+="$what $(timeout 20 ./ring $what thread), "
done
here=${here%, } ended=${ended%, }
echo "version:  Linux $(uname -r)"
echo "expected: the same results whether the thread that submitted a request lives or has ended: $here"
echo "seen:     from a thread that has ended: $ended"
[[ $here = 'read done, poll done, timer ETIME' && $ended = 'read ECANCELED, poll ECANCELED, timer ETIME' ]] ||
    { echo "the behaviour has changed"; exit 1; }
