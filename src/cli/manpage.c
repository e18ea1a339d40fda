/* The manual page: all commands and topics, in man(7) macros (groff_man(7)). */
#include "cli/help.h"

static void write_synopsis(struct page *page)
{
    page_heading(page, "synopsis");
    for (const struct command *command = commands; command->name != NULL; command++)
        fprintf(page->out, "%s.B pixmill %s\n%s%s", command == commands ? "" : ".br\n", command->name,
                command->synopsis, command->synopsis[0] != '\0' ? "\n" : "");
}

static void write_commands(struct page *page)
{
    for (const struct command *command = commands; command->name != NULL; command++) {
        char title[64];
        snprintf(title, sizeof title, "pixmill %s", command->name);
        page_heading(page, title);
        help_write_command(page, command);
    }
}

void manpage_write(FILE *out)
{
    struct page page = {.out = out, .style = PAGE_MANUAL};
    fputs(".TH PIXMILL 1 " PIXMILL_DATE " \"pixmill " PIXMILL_VERSION "\" \"User Commands\"\n"
          ".ad l\n", /* long terms that can't be broken would leave wide gaps */
          out);
    page_heading(&page, "name");
    page_paragraph(&page, "pixmill - images through filters, many at a time");
    write_synopsis(&page);
    page_heading(&page, "description");
    page_paragraph(
        &page,
        "pixmill runs whole folders of JPEG, PNG, WebP, AVIF, JPEG XL, HEIC, TIFF, GIF and BMP images through filters "
        "(resize, blur, encryption and others), on threads, worker processes, OpenMP or an event loop; all give "
        "the same bytes.");
    page_example(&page, "pixmill run photos/ -o out/ --resize=800x800 --blur=1.5\n");
    write_commands(&page);
    for (const struct topic *topic = topics; topic->name != NULL; topic++) {
        page_heading(&page, topic->title);
        topic->write(&page);
    }
    page_heading(&page, "see also");
    page_paragraph(&page, "convert(1), cwebp(1), exiftool(1), find(1), jpegtran(1), mogrify(1), "
                          "vipsthumbnail(1), xargs(1)");
    page_paragraph(&page, "'pixmill help TOPIC' prints a part of this page.");
}
