/* scripts/plan-scale.py: its arithmetic, on a log that is easy to compute by hand. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "temp.h"

Test(plan_scale, computes_hours_bytes_and_limits)
{
    char command[1024];
    const char *folder = temp_folder();
    if (system("command -v python3 >/dev/null") != 0)
        cr_skip_test("python3 is not installed");
    char line[512];
    snprintf(line, sizeof line, "%s/log", folder);
    FILE *log = fopen(line, "w");
    cr_assert_not_null(log);
    /* 36 ms of a processor, 900 kB in, 100 kB out. */
    for (int i = 0; i < 10; i++)
        fprintf(
            log,
            "{\"status\": \"ok\", \"bytes_in\": 900000, \"bytes_out\": 100000, \"seconds\": "
            "{\"read\": 9, \"wait\": 9, \"decode\": 0.02, \"filter\": 0.01, \"encode\": 0.006, \"write\": 9}}\n");
    fputs("{\"status\": \"failed\", \"bytes_in\": 9, \"bytes_out\": 0, \"seconds\": null}\n", log);
    fclose(log);
    snprintf(
        command, sizeof command,
        "python3 scripts/plan-scale.py %s/log --images=1e6 --nodes=4 --cores=5 --storage-gbit=8 --shards-per-node=1,25 "
        "--mtbf-hours=1e9 --start-seconds=0 >%s/said",
        folder, folder);
    cr_assert_eq(system(command), 0);
    snprintf(line, sizeof line, "%s/said", folder);
    char *said = temp_read(line, NULL);
    static const char *const wanted[] = {
        "sample: 10 images, 1 failed; each 36.0 ms of a processor, 900 kB in, 100 kB out\n",
        "1e+06 images: 10 core-hours, 1.0 TB, 2e+06 requests",
        "4 nodes of 5 cores: 0.50 h by the processors, 0.28 h by the network (8 Gbit/s); the processors limit\n",
        "the processors of 36 cores keep that network busy\n",
        "   1 shards a node,    250000 images each:   0.50 h, 1.000 of the ideal\n",
        "  25 shards a node,     10000 images each:   0.50 h, 1.000 of the ideal\n",
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        cr_expect_not_null(strstr(said, wanted[i]), "%s: %s", wanted[i], said);
    free(said);
}
