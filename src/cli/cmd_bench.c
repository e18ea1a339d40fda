/* `pixmill bench`: becomes the program pixmill-bench. */
#include "cli/become.h"
#include "cli/command.h"

int cmd_bench(int argc, char **argv)
{
    (void)argc;
    return become_program("bench", "pixmill-bench", argv);
}
