#include "temp.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { NOBODY = 65534, TMPFS_MAGIC = 0x01021994, MEMORY_MIB_MIN = 1024 };

#define NAME                                                                                                 \
    "pixmill-test-%lu-%d-" /* PID namespace and process of the test, then six letters of mkdtemp's           \
                            */

static char folder[PATH_MAX];
static bool on_disk;
static pid_t owner;

/* What is left of a test is removed as far as possible, the file systems that it mounted too. */
static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status, (void)type, (void)place;
    if (remove(path) != 0 && errno == EBUSY && umount2(path, MNT_DETACH) == 0)
        remove(path);
    return 0;
}

static void remove_folder(void)
{
    if (getpid() == owner) /* not in a child that the test forked */
        nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Programs are started from it, too. A container's may be small. */
static bool is_roomy_memory(const char *path)
{
    struct statfs type;
    struct statvfs space;
    return statfs(path, &type) == 0 && type.f_type == TMPFS_MAGIC && statvfs(path, &space) == 0 &&
           (space.f_flag & (ST_NOEXEC | ST_RDONLY)) == 0 &&
           (uint64_t)space.f_bavail * space.f_frsize >> 20 >= MEMORY_MIB_MIN;
}

static const char *parent_folder(void)
{
    const char *given = getenv("TMPDIR");
    if (given != NULL)
        return given;
    return !on_disk && is_roomy_memory("/dev/shm") ? "/dev/shm" : "/tmp";
}

void temp_on_disk(void)
{
    on_disk = true;
}

/* Of this process's PID namespace: a container has other processes, and may share /dev/shm. 0 when unknown.
 */
static unsigned long pid_namespace(void)
{
    struct stat status;
    return stat("/proc/self/ns/pid", &status) == 0 ? (unsigned long)status.st_ino : 0;
}

/* Is it the folder of a test of this user whose process has ended? */
static bool is_abandoned(const char *path, const char *name)
{
    unsigned long space;
    int pid, length = 0;
    struct stat status;
    return sscanf(name, NAME "%n", &space, &pid, &length) == 2 && length > 0 && pid > 0 && space != 0 &&
           space == pid_namespace() && kill(pid, 0) != 0 && errno == ESRCH && lstat(path, &status) == 0 &&
           (status.st_uid == getuid() || status.st_uid == NOBODY);
}

static void sweep(const char *parent)
{
    DIR *dir = opendir(parent);
    if (dir == NULL)
        return;
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        char path[PATH_MAX];
        if (snprintf(path, sizeof path, "%s/%s", parent, entry->d_name) < (int)sizeof path &&
            is_abandoned(path, entry->d_name))
            nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    }
    closedir(dir);
}

void temp_sweep(void)
{
    sweep(parent_folder());
    if (getenv("TMPDIR") == NULL)
        sweep("/tmp"); /* temp_on_disk's */
}

const char *temp_folder(void)
{
    if (folder[0] == '\0') {
        char name[PATH_MAX];
        snprintf(name, sizeof name, "%s/" NAME "XXXXXX", parent_folder(), pid_namespace(), (int)getpid());
        cr_assert_not_null(mkdtemp(name));
        cr_assert_not_null(realpath(name, folder));
        owner = getpid();
        atexit(remove_folder);
    }
    return folder;
}

const char *temp_path(const char *format, ...)
{
    static char paths[8][PATH_MAX];
    static unsigned turn;
    char *path = paths[turn++ % 8];
    int length = snprintf(path, PATH_MAX, "%s/", temp_folder());
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(path + length, PATH_MAX - (size_t)length, format, arguments);
    va_end(arguments);
    return path;
}

const char *temp_write(const char *path, const void *data, size_t size)
{
    const char *whole = temp_path("%s", path);
    for (const char *slash = strchr(whole + strlen(temp_folder()) + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        char folder[PATH_MAX];
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - whole), whole);
        cr_assert(mkdir(folder, 0777) == 0 || errno == EEXIST, "%s: %s", folder, strerror(errno));
    }
    FILE *file = fopen(whole, "wb");
    cr_assert_not_null(file, "%s: %s", whole, strerror(errno));
    cr_assert_eq(fwrite(data, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
    return whole;
}

const char *temp_text(const char *path, const char *text)
{
    return temp_write(path, text, strlen(text));
}

char *temp_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    cr_assert_eq(fseek(file, 0, SEEK_END), 0);
    size_t length = (size_t)ftell(file);
    rewind(file);
    char *data = malloc(length + 1);
    cr_assert_not_null(data);
    cr_assert_eq(fread(data, 1, length, file), length);
    data[length] = '\0';
    fclose(file);
    if (size != NULL)
        *size = length;
    return data;
}

int temp_count(const char *path)
{
    DIR *dir = opendir(path);
    if (dir == NULL)
        return -1;
    int count = 0;
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir))
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    return count;
}

static int chown_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status, (void)type, (void)place;
    return lchown(path, NOBODY, NOBODY);
}

void temp_drop_root(void)
{
    if (getuid() != 0)
        return;
    cr_assert_eq(nftw(temp_folder(), chown_one, 8, FTW_PHYS), 0);
    cr_assert_eq(setgid(NOBODY), 0);
    cr_assert_eq(setuid(NOBODY), 0);
}
