/* scripts/check-hardening.sh on libraries assembled here, with the code that each compiler generates for a
 * large stack frame. */
#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "temp.h"

#ifdef __x86_64__

/* Does the script find stack clash protection in a library with this code? */
static bool finds_protection(const char *code)
{
    char command[4096];
    temp_text("frame.s", code);
    snprintf(command, sizeof command,
             "cd '%s' && as -o frame.o frame.s && ld -shared -z noexecstack -o frame.so frame.o",
             temp_folder());
    cr_assert_eq(system(command), 0);
    snprintf(command, sizeof command, "scripts/check-hardening.sh '%s' 2>'%s'", temp_path("frame.so"),
             temp_path("told"));
    cr_assert_neq(system(command), 0, "it has none of the other kinds of hardening");
    char *told = temp_read(temp_path("told"), NULL);
    cr_assert_not_null(strstr(told, "has no stack protector"), "%s", told);
    bool found = strstr(told, "has no stack clash protection") == NULL;
    free(told);
    return found;
}

Test(check_hardening, knows_every_compilers_stack_clash_protection)
{
    static const struct {
        const char *compiler, *code;
        bool protected;
    } frames[] = {
        {"gcc 12", "sub $0x1000,%rsp\n orq $0x0,(%rsp)\n sub $0xe28,%rsp\n ret\n", true},
        {"gcc 12, x32", "sub $0x1000,%rsp\n orl $0x0,(%rsp)\n sub $0xe28,%rsp\n ret\n", true},
        {"gcc 16", "sub $0x1000,%rsp\n orb $0x0,(%rsp)\n cmp %r11,%rsp\n ret\n", true},
        {"gcc 16, alloca", "sub $0x1000,%rsp\n orb $0x0,0xff8(%rsp)\n cmp %rax,%rsp\n ret\n", true},
        {"clang 14 to 23", "sub $0x1000,%rsp\n movq $0x0,(%rsp)\n sub $0xe28,%rsp\n ret\n", true},
        {"none", "sub $0x4e28,%rsp\n mov %rsp,%rdi\n movq $0x0,(%rsp)\n ret\n", false},
        {"none, one page", "sub $0x1000,%rsp\n mov %rsp,%rdi\n orq $0x0,(%rsp)\n ret\n", false},
    };
    if (access("scripts/check-hardening.sh", X_OK) != 0)
        cr_skip_test("not started in the project's folder");
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
        cr_assert_eq(finds_protection(frames[i].code), frames[i].protected, "%s", frames[i].compiler);
}

#endif
