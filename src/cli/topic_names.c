/* `pixmill help names`. */
#include "cli/help.h"

void write_names(struct page *page)
{
    page_paragraph(
        page,
        "An image can have several results, all made from one decoding: --widths=320,640,1280 makes one of "
        "each width, never enlarged, and --format=avif,webp,jpeg makes each of them in each format. "
        "--variant=NAME:RECIPE adds a result with steps of its own, which come after the filters of the "
        "command line; it may be repeated, and has the format of its recipe or else each --format. An image "
        "that fails has none of its results: either all of them appear, or none. Without --name, results are "
        "called photo-320w.jpg and photo-NAME.jpg.");
    page_paragraph(page,
                   "--name=TEMPLATE names results. A template with a slash is the whole path below DIR, "
                   "one without names the file in the folder that it would be in anyway. It may have:");
    page_item(page, "{dir}", "the folder of the input below its named folder or --base");
    page_item(page, "{stem}, {ext}",
              "the input's name without its suffix; the suffix of the result's format");
    page_item(page, "{width}",
              "the width that --widths asks for, which a smaller image does not reach; "
              "without --widths, the result's width");
    page_item(page, "{height}", "the result's height");
    page_item(page, "{variant}", "the name of --variant, or 320w for a width");
    page_item(page, "{hash}", "the first 16 digits of the SHA-256 of the result, for caches");
    page_item(page, "{n}", "the number of the input, from 1, in the order of the inputs");
    page_paragraph(
        page,
        "Two results with the same name are refused before any work. A name with a hash, a height or a width "
        "without --widths is not known then: should such a name already be taken during the run, the image "
        "fails. Results that are named by their hash may share a file, because it has the same content. "
        "--skip-existing needs names that are known before; --journal and --resume do not.");
    page_paragraph(
        page,
        "--manifest=FILE writes a JSON file when the run ends: each source with its results, their sizes in "
        "pixels and bytes and their SHA-256, the text of a srcset attribute for each format, and a <picture> "
        "element. Sources that are skipped keep what the file had of them.");
    page_paragraph(page,
                   "--summary=FILE writes the numbers of the run's last line and how many images failed "
                   "for which reason, as JSON.");
}
