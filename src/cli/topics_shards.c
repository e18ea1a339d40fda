/* The topic about batches that several runs share. */
#include "cli/topics.h"

static void write_shards(struct page *page)
{
    page_paragraph(
        page, "A large batch can be done by many runs, on one machine or on many, each with --shard=K/N: the "
              "same command with K from 0 to N - 1. No run needs to know of the others. An image belongs to "
              "the shard that a hash of its result's path below DIR gives, without its suffix, so two inputs "
              "with the same result are in one shard, where the conflict is refused.");
    page_paragraph(page,
                   "--shard=auto/N takes K from the first of these variables that is set, and prints which; "
                   "if two differ, the run is refused. N must be given, because an array may be only a part "
                   "of the shards:");
    page_item(page, "SLURM_ARRAY_TASK_ID", "Slurm, with sbatch --array=0-99");
    page_item(page, "AWS_BATCH_JOB_ARRAY_INDEX", "AWS Batch");
    page_item(page, "JOB_COMPLETION_INDEX", "an indexed job of Kubernetes");
    page_item(page, "SGE_TASK_ID", "Grid Engine, which counts from 1: K is one less");
    page_item(page, "PBS_ARRAY_INDEX", "PBS");
    page_item(page, "OMPI_COMM_WORLD_RANK", "Open MPI");
    page_example(page, "pixmill run - --base=/data -o /out --resize=800x800 --shard=auto/100 \\\n"
                       "    --journal=/out.journal/ --resume <list\n");
    page_paragraph(
        page,
        "Shards write to the same DIR at the same time. Of the unfinished files that a killed run leaves, a "
        "shard removes only its own. A shard may be repeated, with --resume, and may run twice at once: a "
        "result is replaced as a whole. Give each a log of its own. Each shard reads the whole list, but keeps "
        "only its own names. The number of workers and the memory are limited to what Slurm allows the task. A "
        "shard without inputs succeeds.");
}

void topic_shards(struct page *page)
{
    write_shards(page);
    page_paragraph(
        page,
        "--journal=FOLDER/, with a slash, is a journal for all of them: each run writes a file of its own "
        "there, named after its shard, host, boot and process, and reads those of all runs with --resume. It "
        "needs no lock, also where locks of one machine are not seen by another. N may change between runs. "
        "The files of ended runs may be concatenated into one of any other name. Of two runs with different recipes, "
        "the later counts, by the clocks of their machines. A result that another run is just making is made "
        "twice, with the same bytes.");
    page_paragraph(
        page,
        "The journal also has the images that failed, with the kind and stage of the error. With --resume, "
        "those that failed because of their own bytes (corrupt, truncated, unsupported, changed) are not processed "
        "again, unless they or the recipe have changed or --retry-failed is given; they still count as "
        "failed. All other failures may end well in the next run: of reading and writing, of memory, time "
        "and other limits, of keys, and when a worker died.");
    page_paragraph(
        page,
        "pixmill verify, with the same INPUTs, -o and journal, says what is done, damaged, failed, missing or "
        "changed; which recorded inputs vanished; and what in DIR is no result. With --shards=N it prints "
        "only the shards with something left to do on standard output, such as 3,17,40-44, as sbatch --array "
        "takes them, and adds up the files of --summary. It exits with 0 if nothing is left to do and no more "
        "failed than --max-failed allows. A list that is too long for one machine is verified in parts, by "
        "verify --shard=K/N.");
    page_paragraph(
        page,
        "Shards have about the same number of images, not of bytes, and each reads the whole list. For lists "
        "of more than some ten million names, pixmill plan cuts them into N units with about the same number "
        "of bytes, a list for each, and refuses names with the same result once. A run with --plan=FOLDER and "
        "--shard=K/N, without INPUTs, reads only its own list; verify takes --plan, too. Give plan and the "
        "runs the same --base.");
    page_paragraph(page, "Where no bar is drawn, a shard prints a line of progress each minute.");
    page_paragraph(
        page,
        "The exit status tells an engine whether to try again: 0, done; 1, more images failed than "
        "--max-failed=N or P% allows; 2, the command is wrong; 75, another run holds a lock, try again.");
}
