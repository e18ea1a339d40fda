#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpus.h"
#include "temp.h"

static void v2_machine(const char *group)
{
    char line[256];
    snprintf(line, sizeof line, "0::%s\n", group);
    temp_text("proc/self/cgroup", line);
    temp_text("proc/self/mountinfo",
              "20 1 8:1 / / rw - ext4 /dev/sda rw\n"
              "31 23 0:28 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n");
    temp_text("proc/meminfo", "MemTotal:       16000 kB\nMemAvailable:    8000 kB\n");
}

static void v1_machine(const char *group, const char *top)
{
    char text[512];
    snprintf(text, sizeof text, "4:memory:%s\n1:cpu,cpuacct:%s\n0::/\n", group, group);
    temp_text("proc/self/cgroup", text);
    snprintf(text, sizeof text,
             "32 31 0:29 %s /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
             "35 31 0:32 %s /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
             top, top);
    temp_text("proc/self/mountinfo", text);
    temp_text("proc/meminfo", "MemTotal:       16000 kB\nMemAvailable:    8000 kB\n");
}

Test(cpus, affinity_alone_counts_where_there_is_no_group)
{
    struct cpus_count cpus = cpus_usable_at(temp_folder(), 3);
    cr_assert_eq(cpus.count, 3);
    cr_assert_str_eq(cpus.source, "3 in the affinity mask");
}

Test(cpus, v2_quota_is_rounded_up)
{
    v2_machine("/work");
    temp_text("sys/fs/cgroup/work/cpu.max", "150000 100000\n");
    struct cpus_count cpus = cpus_usable_at(temp_folder(), 8);
    cr_assert_eq(cpus.count, 2);
    cr_assert_str_eq(cpus.source, "cgroup quota 1.5 of 8");
}

Test(cpus, slurm_counts_where_the_mask_shows_the_whole_node)
{
    cr_assert_eq(setenv("SLURM_CPUS_ON_NODE", "6", 1), 0);
    struct cpus_count cpus = cpus_usable_at(temp_folder(), 64);
    cr_assert_eq(cpus.count, 6);
    cr_assert_str_eq(cpus.source, "SLURM_CPUS_ON_NODE of 64");
    cr_assert_eq(setenv("SLURM_CPUS_PER_TASK", "2", 1), 0);
    cpus = cpus_usable_at(temp_folder(), 64);
    cr_assert_eq(cpus.count, 2);
    cr_assert_str_eq(cpus.source, "SLURM_CPUS_PER_TASK of 6");
}

Test(cpus, slurm_never_adds_and_nonsense_is_not_believed)
{
    static const char *const values[] = {"64", "4", "0", "-2", "2(x2)", "", "two"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        cr_assert_eq(setenv("SLURM_CPUS_ON_NODE", values[i], 1), 0);
        struct cpus_count cpus = cpus_usable_at(temp_folder(), 4);
        cr_assert_eq(cpus.count, 4, "%s", values[i]);
        cr_assert_str_eq(cpus.source, "4 in the affinity mask");
    }
}

Test(memory, slurm_gives_a_part_of_the_node_and_never_more)
{
    temp_text("proc/meminfo", "MemAvailable:    8388608 kB\n");
    cr_assert_eq(setenv("SLURM_MEM_PER_CPU", "1000", 1), 0);
    struct memory_size memory = memory_available_at(temp_folder());
    cr_assert_eq(memory.bytes, (uint64_t)8 << 30, "the number of processors is not known");
    cr_assert_eq(setenv("SLURM_CPUS_ON_NODE", "3", 1), 0);
    memory = memory_available_at(temp_folder());
    cr_assert_eq(memory.bytes, (uint64_t)3000 << 20);
    cr_assert_str_eq(memory.source, "SLURM_MEM_PER_CPU");
    cr_assert_eq(setenv("SLURM_MEM_PER_NODE", "2048", 1), 0);
    memory = memory_available_at(temp_folder());
    cr_assert_eq(memory.bytes, (uint64_t)2 << 30);
    cr_assert_str_eq(memory.source, "SLURM_MEM_PER_NODE");
    cr_assert_eq(setenv("SLURM_MEM_PER_NODE", "9000", 1), 0);
    memory = memory_available_at(temp_folder());
    cr_assert_eq(memory.bytes, (uint64_t)8 << 30);
    cr_assert_str_eq(memory.source, "MemAvailable");
}

Test(cpus, v1_quota_of_one_and_a_half_is_rounded_up)
{
    v1_machine("/work", "/");
    temp_text("sys/fs/cgroup/cpu/work/cpu.cfs_quota_us", "150000\n");
    temp_text("sys/fs/cgroup/cpu/work/cpu.cfs_period_us", "100000\n");
    struct cpus_count cpus = cpus_usable_at(temp_folder(), 8);
    cr_assert_eq(cpus.count, 2);
    cr_assert_str_eq(cpus.source, "cgroup quota 1.5 of 8");
}

Test(cpus, v2_max_is_no_limit)
{
    v2_machine("/work");
    temp_text("sys/fs/cgroup/work/cpu.max", "max 100000\n");
    cr_assert_eq(cpus_usable_at(temp_folder(), 8).count, 8);
}

Test(cpus, the_tightest_group_on_the_way_up_counts)
{
    v2_machine("/a/b/c");
    temp_text("sys/fs/cgroup/a/cpu.max", "200000 100000\n");
    temp_text("sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    temp_text("sys/fs/cgroup/a/b/c/cpu.max", "500000 100000\n");
    cr_assert_eq(cpus_usable_at(temp_folder(), 8).count, 2);
}

Test(cpus, a_limit_on_the_mount_point_itself_counts)
{
    v2_machine("/");
    temp_text("sys/fs/cgroup/cpu.max", "100000 100000\n");
    cr_assert_eq(cpus_usable_at(temp_folder(), 8).count, 1);
}

Test(cpus, a_quota_above_the_mask_changes_nothing)
{
    v2_machine("/");
    temp_text("sys/fs/cgroup/cpu.max", "900000 100000\n");
    struct cpus_count cpus = cpus_usable_at(temp_folder(), 2);
    cr_assert_eq(cpus.count, 2);
    cr_assert_str_eq(cpus.source, "2 in the affinity mask");
}

Test(cpus, v1_quota)
{
    v1_machine("/docker/abc", "/");
    temp_text("sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us", "250000\n");
    temp_text("sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us", "100000\n");
    temp_text("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
    temp_text("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    cr_assert_eq(cpus_usable_at(temp_folder(), 8).count, 3);
}

Test(cpus, v1_in_a_container_the_mount_begins_at_our_group)
{
    v1_machine("/docker/abc", "/docker/abc");
    temp_text("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "100000\n");
    temp_text("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    cr_assert_eq(cpus_usable_at(temp_folder(), 8).count, 1);
}

Test(cpus, a_group_out_of_sight_is_looked_up_at_the_mounts_top)
{
    v2_machine("/../../elsewhere");
    temp_text("sys/fs/cgroup/cpu.max", "100000 100000\n");
    cr_assert_eq(cpus_usable_at(temp_folder(), 8).count, 1);
}

Test(cpus, this_machine_has_at_least_one)
{
    cr_assert_geq(cpus_usable().count, 1);
}

Test(memory, what_is_free_counts_where_there_is_no_group)
{
    temp_text("proc/meminfo", "MemTotal:       16000 kB\nMemAvailable:    8000 kB\n");
    struct memory_size memory = memory_available_at(temp_folder());
    cr_assert_eq(memory.bytes, 8000 * 1024);
    cr_assert_str_eq(memory.source, "MemAvailable");
}

Test(memory, v2_limit_less_usage_but_old_file_cache_is_free)
{
    v2_machine("/a/b");
    temp_text("sys/fs/cgroup/a/b/memory.max", "max\n");
    temp_text("sys/fs/cgroup/a/memory.max", "4000000\n");
    temp_text("sys/fs/cgroup/a/memory.current", "3000000\n");
    temp_text("sys/fs/cgroup/a/memory.stat", "anon 2500000\ninactive_file 400000\nactive_file 100000\n");
    struct memory_size memory = memory_available_at(temp_folder());
    cr_assert_eq(memory.bytes, 1400000);
    cr_assert_str_eq(memory.source, "memory.max of /sys/fs/cgroup/a");
}

Test(memory, v1_limit_less_usage)
{
    v1_machine("/g", "/");
    temp_text("sys/fs/cgroup/memory/g/memory.limit_in_bytes", "1000000\n");
    temp_text("sys/fs/cgroup/memory/g/memory.usage_in_bytes", "300000\n");
    temp_text("sys/fs/cgroup/memory/g/memory.stat", "inactive_file 1\ntotal_inactive_file 100000\n");
    temp_text("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    struct memory_size memory = memory_available_at(temp_folder());
    cr_assert_eq(memory.bytes, 800000);
    cr_assert_str_eq(memory.source, "memory.limit_in_bytes of /sys/fs/cgroup/memory/g");
}

Test(memory, v2_high_limit_counts_as_the_hard_one_does)
{
    v2_machine("/");
    temp_text("sys/fs/cgroup/memory.max", "4000000\n");
    temp_text("sys/fs/cgroup/memory.high", "3000000\n");
    temp_text("sys/fs/cgroup/memory.current", "1000000\n");
    struct memory_size memory = memory_available_at(temp_folder());
    cr_assert_eq(memory.bytes, 2000000);
    cr_assert_str_eq(memory.source, "memory.high of /sys/fs/cgroup");
    temp_text("sys/fs/cgroup/memory.high", "max\n");
    cr_assert_eq(memory_available_at(temp_folder()).bytes, 3000000);
}

Test(memory, a_group_over_its_limit_has_nothing_left)
{
    v2_machine("/");
    temp_text("sys/fs/cgroup/memory.max", "1000\n");
    temp_text("sys/fs/cgroup/memory.current", "2000\n");
    cr_assert_eq(memory_available_at(temp_folder()).bytes, 0);
}

Test(memory, a_mount_point_with_blanks_is_understood)
{
    temp_text("proc/self/cgroup", "0::/\n");
    temp_text("proc/self/mountinfo", "31 23 0:28 / /my\\040groups rw - cgroup2 cgroup2 rw\n");
    temp_text("proc/meminfo", "MemAvailable:    8000 kB\n");
    temp_text("my groups/memory.max", "12345\n");
    cr_assert_eq(memory_available_at(temp_folder()).bytes, 12345);
}
