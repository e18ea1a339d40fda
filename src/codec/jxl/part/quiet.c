#include "codec/jxl/part/quiet.h"

#include <elf.h>
#include <link.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* --- functions that print nothing -------------------------------------------------------------------- */

static int no_vfprintf_chk(FILE *file, int flag, const char *format, va_list arguments)
{
    (void)file, (void)flag, (void)format, (void)arguments;
    return 0;
}

static int no_vfprintf(FILE *file, const char *format, va_list arguments)
{
    (void)file, (void)format, (void)arguments;
    return 0;
}

static int no_fprintf_chk(FILE *file, int flag, const char *format, ...)
{
    (void)file, (void)flag, (void)format;
    return 0;
}

static int no_fprintf(FILE *file, const char *format, ...)
{
    (void)file, (void)format;
    return 0;
}

static uintptr_t replacement_of(const char *name)
{
    const struct {
        const char *name;
        uintptr_t function;
    } all[] = {
        {"__vfprintf_chk", (uintptr_t)no_vfprintf_chk},
        {"__fprintf_chk", (uintptr_t)no_fprintf_chk},
        {"vfprintf", (uintptr_t)no_vfprintf},
        {"fprintf", (uintptr_t)no_fprintf},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(name, all[i].name) == 0)
            return all[i].function;
    }
    return 0;
}

/* --- a library's references (System V ABI, chapter 5) -------------------------------------------------- */

/* A library's dynamic section. */
struct library {
    uintptr_t base;
    const ElfW(Sym) * symbols;
    const char *names;
    uintptr_t rela, plt;
    size_t rela_size, plt_size;
    bool plt_has_addends;
    uintptr_t protected_from, protected_end; /* made read-only after relocation */
};

/* glibc relocates these addresses on most machines. */
static uintptr_t address_of(const struct library *library, ElfW(Addr) address)
{
    return address < library->base ? library->base + address : address;
}

static void read_dynamic(struct library *library, const ElfW(Dyn) * entry)
{
    for (; entry->d_tag != DT_NULL; entry++) {
        switch (entry->d_tag) {
        case DT_SYMTAB:
            library->symbols = (const ElfW(Sym) *)address_of(library, entry->d_un.d_ptr);
            break;
        case DT_STRTAB:
            library->names = (const char *)address_of(library, entry->d_un.d_ptr);
            break;
        case DT_RELA:
            library->rela = address_of(library, entry->d_un.d_ptr);
            break;
        case DT_RELASZ:
            library->rela_size = entry->d_un.d_val;
            break;
        case DT_JMPREL:
            library->plt = address_of(library, entry->d_un.d_ptr);
            break;
        case DT_PLTRELSZ:
            library->plt_size = entry->d_un.d_val;
            break;
        case DT_PLTREL:
            library->plt_has_addends = entry->d_un.d_val == DT_RELA;
            break;
        default:
            break;
        }
    }
}

static void redirect(const struct library *library, uintptr_t slot, uintptr_t function)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = slot / page * page;
    const bool guarded = slot >= library->protected_from && slot < library->protected_end;
    if (guarded && mprotect((void *)start, page, PROT_READ | PROT_WRITE) != 0)
        return;
    *(uintptr_t *)slot = function;
    if (guarded)
        mprotect((void *)start, page, PROT_READ);
}

static unsigned symbol_of(ElfW(Xword) info)
{
    return (unsigned)(sizeof(ElfW(Addr)) == 8 ? info >> 32 : info >> 8);
}

static void redirect_all(const struct library *library, uintptr_t table, size_t size, size_t entry_size)
{
    for (size_t at = 0; table != 0 && at + entry_size <= size; at += entry_size) {
        const ElfW(Rel) *entry = (const ElfW(Rel) *)(table + at); /* ElfW(Rela) begins like it */
        const unsigned symbol = symbol_of(entry->r_info);
        const uintptr_t function =
            symbol != 0 ? replacement_of(library->names + library->symbols[symbol].st_name) : 0;
        if (function != 0)
            redirect(library, library->base + entry->r_offset, function);
    }
}

static int visit(struct dl_phdr_info *info, size_t size, void *unused)
{
    struct library library = {.base = info->dlpi_addr};
    const char *name = strrchr(info->dlpi_name, '/');
    (void)size, (void)unused;
    if (name == NULL || strncmp(name, "/libjxl.so", strlen("/libjxl.so")) != 0)
        return 0;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type == PT_DYNAMIC)
            read_dynamic(&library, (const ElfW(Dyn) *)(library.base + header->p_vaddr));
        if (header->p_type == PT_GNU_RELRO) {
            library.protected_from = library.base + header->p_vaddr;
            library.protected_end = library.protected_from + header->p_memsz;
        }
    }
    if (library.symbols == NULL || library.names == NULL)
        return 0;
    redirect_all(&library, library.rela, library.rela_size, sizeof(ElfW(Rela)));
    redirect_all(&library, library.plt, library.plt_size,
                 library.plt_has_addends ? sizeof(ElfW(Rela)) : sizeof(ElfW(Rel)));
    return 0;
}

void jxl_quiet(void)
{
    dl_iterate_phdr(visit, NULL);
}
