#!/usr/bin/env bash
# inotify reports writes to a file without a name under a name of its own making, also after the file got its real name.
#
# A program that writes safely opens a file with O_TMPFILE, which has no name, and gives it one with linkat when it is complete. Who
# watches the folder might expect no event before that, and IN_CREATE and then IN_CLOSE_WRITE with the name after it. In fact the writes
# of the nameless file are reported for the folder as those of "#" and its inode number, a name that never exists in the folder; linkat
# gives IN_CREATE with the real name; and everything that the same descriptor does afterwards, its close included, is still reported
# under the invented name. So a watcher that waits for IN_CLOSE_WRITE of a name, as is usual, never takes such a file, and one that opens
# the names it is told gets ENOENT.
#
# Exit status: 0 as described, 1 the behaviour has changed, 2 it could not be tried.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

command -v cc >/dev/null || { echo "cannot be tried here: a C compiler is missing"; exit 2; }
cat >watch.c <<'EOF'
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

// Prints the events that are queued, then what was done before them.
static void events(int watch, const char *done)
{
    char bytes[4096] __attribute__((aligned(8)));
    printf("%s:", done);
    while (poll(&(struct pollfd){.fd = watch, .events = POLLIN}, 1, 0) > 0) {
        ssize_t length = read(watch, bytes, sizeof bytes);
        for (char *at = bytes; at < bytes + length;) {
            const struct inotify_event *event = (const void *)at;
            const char *what = event->mask & IN_CREATE ? "create" : event->mask & IN_MODIFY ? "modify" : "close_write";
            printf(" %s of %s", what, event->len ? event->name : "the folder");
            at += sizeof *event + event->len;
        }
    }
    putchar('\n');
}

int main(void)
{
    struct stat status;
    char self[64];
    int watch = inotify_init1(0);
    if (watch < 0 || mkdir("in", 0700) || inotify_add_watch(watch, "in", IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE) < 0) return 2;
    int file = open("in", O_TMPFILE | O_RDWR, 0600);
    if (file < 0 || fstat(file, &status) || write(file, "a", 1) != 1) return 2;
    printf("inode %llu\n", (unsigned long long)status.st_ino);
    events(watch, "write");
    snprintf(self, sizeof self, "/proc/self/fd/%d", file);
    if (linkat(AT_FDCWD, self, AT_FDCWD, "in/photo.jpg", AT_SYMLINK_FOLLOW)) return 2;
    events(watch, "linkat");
    close(file);
    events(watch, "close");
    return 0;
}
EOF
cc watch.c -o watch
./watch >seen || { echo "cannot be tried here: no inotify, or a file system without O_TMPFILE"; exit 2; }
inode=$(sed -n 's/^inode //p' seen)
echo "version:  Linux $(uname -r), $(stat -f -c %T .)"
echo "expected: events with the file's name, photo.jpg, alone"
sed -n "s/#$inode/#INODE/; /^inode/!s/^/seen:     after /p" seen
diff <(sed 1d seen) - <<EOF >/dev/null || { echo "the behaviour has changed"; exit 1; }
write: modify of #$inode
linkat: create of photo.jpg
close: close_write of #$inode
EOF
