#include "temp.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The number of a process that has ended. */
static int ended_process(void)
{
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0)
        _exit(0);
    cr_assert_eq(waitpid(child, NULL, 0), child);
    return child;
}

/* Has the file in a folder of that name, beside the folders of other tests, survived the sweep? */
static bool survives(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "tmp/%s/inner/file", name);
    const char *file = temp_text(path, "");
    setenv("TMPDIR", temp_path("tmp"), 1);
    temp_sweep();
    return access(file, F_OK) == 0;
}

Test(temp, the_folder_of_a_process_that_has_ended_is_removed_and_no_other)
{
    unsigned long space;
    int pid;
    cr_assert_eq(sscanf(strrchr(temp_folder(), '/'), "/pixmill-test-%lu-%d-", &space, &pid), 2, "%s",
                 temp_folder());
    cr_assert_eq(pid, getpid());
    int ended = ended_process();
    char name[128];

    snprintf(name, sizeof name, "pixmill-test-%lu-%d-a1b2c3", space, ended);
    cr_expect(!survives(name), "%s", name);
    snprintf(name, sizeof name, "pixmill-test-%lu-%d-a1b2c3", space, pid);
    cr_expect(survives(name), "the process runs");
    snprintf(name, sizeof name, "pixmill-test-%lu-%d-a1b2c3", space + 1, ended);
    cr_expect(survives(name), "the process is of a container that shares the folder");
    snprintf(name, sizeof name, "pixmill-test-%d", ended);
    cr_expect(survives(name), "nobody knows whose it is");
}
