#include "cli/command.h"

#include <string.h>

#include "cli/bench_options.h"
#include "cli/run_options.h"
#include "cli/serve_options.h"

const struct command commands[] = {
    {.name = "run",
     .synopsis = "[FILTER...] [OPTION...] INPUT... -o DIR",
     .help = "run every image of a batch through the filters, many at a time",
     .examples = "pixmill run photos/ -o out/ --resize=800x800 --blur=1.5\n"
                 "pixmill run photos/ -o web/ --resize=1600x1600,shrink --format=jpeg -Q 75\n"
                 "pixmill run photos/ -o safe/ --encrypt --key-file=key --backend=procs\n"
                 "find . -name '*.png' -print0 | pixmill run - -0 --base=. -o thumbs/ --gray\n",
     .options = &run_option_set,
     .run = cmd_run},
    {.name = "bench",
     .synopsis = "[FILTER...] [OPTION...] INPUT...",
     .help = "measure how each concurrency model scales on this machine",
     .examples = "pixmill bench photos/ --resize=800x800\n"
                 "pixmill bench photos/ --resize=800x800 --pin --html=report.html\n"
                 "pixmill bench photos/ --models=threads,threads+async --workloads=io\n"
                 "pixmill bench photos/ --models=gil,python --python=/usr/bin/python3\n",
     .options = &bench_option_set,
     .run = cmd_bench},
    {.name = "serve",
     .synopsis = "[OPTION...] --root=DIR",
     .help = "serve images over HTTP, each transformed by the recipe in its URL",
     .examples = "pixmill serve --root=photos\n"
                 "# if there is an image photos/cats/one.jpg:\n"
                 "curl -O http://127.0.0.1:8080/resize=800x600/blur=2/cats/one.jpg\n"
                 "pixmill serve --root=photos --backend=procs --listen=127.0.0.1:9000\n",
     .options = &serve_option_set,
     .run = cmd_serve},
    {.name = "info",
     .synopsis = "[OPTION...] INPUT...",
     .help = "show format, size, depth, channels, orientation, profile, metadata",
     .examples = "pixmill info photos/one.jpg\n"
                 "pixmill info --json photos/ > photos.jsonl\n",
     .options = &info_option_set,
     .run = cmd_info},
    {.name = "verify",
     .synopsis = "[OPTION...] INPUT... -o DIR --journal=FOLDER/",
     .help = "say what of a batch is done, and which of its shards are not",
     .examples = "pixmill verify photos/ -o out/ --journal=out.journal/\n"
                 "pixmill verify - --base=/data -o /out --journal=/out.journal/ \\\n"
                 "    --shards=100 <list\n",
     .options = &verify_option_set,
     .run = cmd_verify},
    {.name = "plan",
     .synopsis = "[OPTION...] INPUT... -o FOLDER --units=N",
     .help = "cut a batch into units of about the same number of bytes, for --shard and --plan",
     .examples = "pixmill plan photos/ -o photos.plan/ --units=4\n"
                 "pixmill run --plan=photos.plan/ --shard=0/4 --base=photos -o out/ \\\n"
                 "    --journal=out.journal/\n",
     .options = &plan_option_set,
     .run = cmd_plan},
    {.name = "help",
     .synopsis = "[TOPIC]",
     .help = "explain a command or a topic",
     .examples = "pixmill help filters\npixmill help backends\n",
     .options = &help_option_set,
     .run = cmd_help},
    {.name = "version",
     .synopsis = "",
     .help = "print the version, as --version does",
     .examples = "pixmill version\n",
     .options = &version_option_set,
     .run = cmd_version},
    {.name = NULL},
};

const struct command *command_find(const char *name)
{
    for (const struct command *command = commands; command->name != NULL; command++) {
        if (strcmp(command->name, name) == 0)
            return command;
    }
    return NULL;
}
