/* The topics that a manual page ends with: environment, files, examples. */
#include "cli/topics.h"

void topic_environment(struct page *page)
{
    page_item(page, "PIXMILL_SIMD",
              "base, avx2 or avx512: the most that is used of the processor's instruction sets");
    page_item(page, "AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and others",
              "S3 storage: the server and the account; see 'pixmill help storage'");
    page_item(page, "OMP_PROC_BIND, OMP_PLACES, OMP_STACKSIZE, OMP_THREAD_LIMIT",
              "obeyed by --backend=omp; see 'pixmill help backends'");
    page_item(page, "OMP_WAIT_POLICY", "set to passive for --backend=omp unless it is set");
    page_item(page, "SLURM_CPUS_ON_NODE, SLURM_CPUS_PER_TASK", "upper limits of the default of --jobs");
    page_item(page, "SSL_CERT_FILE, CURL_CA_BUNDLE",
              "the file of CA certificates for https URLs, in this order (the system's)");
    page_item(page, "TERM", "if it is unset or dumb, no progress bar is drawn");
    page_item(page, "TMPDIR", "the folder for the results of trials of bench (/dev/shm, else /tmp)");
    page_paragraph(page, "Proxy variables are ignored; see 'pixmill help urls'.");
}

void topic_files(struct page *page)
{
    page_item(page, "PREFIX/share/pixmill/recipes/NAME.recipe",
              "the recipe of --preset=NAME; PREFIX is the folder above the command's");
    page_item(
        page, "PREFIX/libexec/pixmill/",
        "programs and libraries that are loaded only when they are needed, for bench, serve, URLs, S3 storage and some "
        "formats");
    page_item(page, "DIR/.pixmill-*.tmp",
              "a result that is being written; what a killed run left is removed by the next run into DIR");
    page_paragraph(page, "pixmill has no configuration file: --recipe=FILE reads options from a file.");
}

void topic_examples(struct page *page)
{
    static const struct {
        const char *words, *lines;
    } examples[] = {
        {"Thumbnails of all images in a folder and its subfolders, never enlarged, as JPEG:",
         "pixmill run photos/ -o thumbs/ --resize=400x400,shrink --format=jpeg\n"},
        {"Squares from the middle, or from around what draws the eye:",
         "pixmill run photos/ -o sq/ --resize=300x300^ --crop=300x300,gravity=center\n"
         "pixmill run photos/ -o smart/ --resize=300x300^ --crop=300x300,gravity=smart\n"},
        {"What a run would do, without doing it; and again only what has changed since:",
         "pixmill run photos/ -o web/ --resize=1600x1600,shrink --dry-run\n"
         "pixmill run photos/ -o web/ --resize=1600x1600,shrink \\\n"
         "    --journal=web.journal --resume\n"},
        {"Three widths in three formats for a page, with the text of its <picture> elements:",
         "pixmill run photos/ -o page/ --widths=320,640,1280 \\\n"
         "    --format=avif,webp,jpeg --manifest=page.json\n"},
        {"One image in a pipe:", "pixmill run --image - -o - --resize=400 <photos/one.jpg >one-400.jpg\n"},
        {"The files that another program lists:",
         "find photos -name '*.jpg' -mtime -7 -print0 |\n"
         "    pixmill run - -0 --base=photos -o new/ --resize=50%\n"},
        {"Upright and without metadata, the coefficients of JPEGs unchanged:",
         "pixmill run photos/ -o upright/\n"},
        {"Images from strangers: in sandboxed processes, with limits, and with a log:",
         "pixmill run photos/ -o safe/ --backend=procs --timeout=20 --memory=512M \\\n"
         "    --log=run.jsonl\n"},
        {"The sizes of all images, for a program:", "pixmill info --json photos/ > photos.jsonl\n"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        page_paragraph(page, examples[i].words);
        page_example(page, examples[i].lines);
    }
}
