/* The topics about inputs and results that are no single files: objects, archives. */
#include "cli/topics.h"

void topic_storage(struct page *page)
{
    page_paragraph(
        page,
        "s3://BUCKET/KEY is an object in S3 storage, s3://BUCKET/PREFIX/ all objects whose keys begin with PREFIX/, "
        "and s3://BUCKET/ the whole bucket: Amazon's S3, or another server with its interface. A key is written as "
        "it is, without percent encoding. A prefix is like a folder: results keep the rest of the key as their path, "
        "what is no image is left out and counted, and --include, --exclude, --hidden and --shard choose by it. The "
        "list is read a page at a time, and only the names of the run's own shard are kept.");
    page_paragraph(
        page,
        "-o s3://BUCKET/PREFIX/ stores results as objects. An object is replaced as a whole, or not at all; one of "
        "more than 64 MiB is stored in parts. Of several results of an image, those that were stored are removed if "
        "another fails. The account must be allowed to list the bucket. --keep-dates and --watch are refused.");
    page_paragraph(page,
                   "Which server and whose account is said by the environment, never on the command line:");
    page_item(
        page, "AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL",
        "the server, in this order, such as https://storage.example.org; the bucket is part of the path (Amazon)");
    page_item(page, "AWS_REGION, AWS_DEFAULT_REGION", "the region, in this order (us-east-1)");
    page_item(page, "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN",
              "the key; the token belongs to temporary keys only");
    page_item(
        page, "AWS_SHARED_CREDENTIALS_FILE, AWS_PROFILE",
        "if there is no key in the environment: the file, and the profile in it (~/.aws/credentials, default)");
    page_paragraph(
        page,
        "Requests are signed (AWS Signature Version 4), results with the SHA-256 of their content, which the server "
        "checks. No redirect is followed, and no key appears in a message or a log. The options for URLs apply: "
        "--max-bytes, --fetch-timeout, --retries and the others; --allow-private is not needed. Status 500 is tried "
        "again as well.");
    page_paragraph(
        page,
        "--skip-existing and --resume read the list of the output first. The journal keeps the size, the date and "
        "the entity tag of each object of a prefix, or that is named on the command line, so that a changed object "
        "is processed again. An object that a list on standard input names is not asked for again. --dry-run reads "
        "lists, too.");
    page_example(page, "pixmill run s3://photos/2026/ -o s3://thumbs/2026/ --resize=400x400,shrink \\\n"
                       "    --io=async --io-jobs=64 --journal=thumbs.journal --resume\n");
}

void topic_archives(struct page *page)
{
    page_paragraph(
        page,
        "FILE.tar, named on the command line or in a list, is an archive of images, such as a shard of WebDataset. Its "
        "result is an archive, DIR/FILE.tar, with the images processed, by all filters and formats, and everything else "
        "unchanged, in the same order. Archives in folders are left out, like other files that are no images: name "
        "them, as in shards/*.tar. They are processed one after the other, when all other inputs are done. 'pixmill info FILE.tar' shows what its images are.");
    page_paragraph(
        page,
        "Members that follow each other, and whose names are the same up to the first dot of their last part, are one "
        "sample, and stay together: 0001.jpg, 0001.json, 0001.seg.png. If an image fails, its whole sample is left out "
        "of the result, so that no sample is incomplete, and the run ends with 1. With several results of an image, names "
        "such as --name='{stem}.{variant}.{ext}' keep them in their sample. Images in unsupported formats are copied.");
    page_paragraph(
        page,
        "The headers of an archive are checked before anything is written. One that is damaged or cut short, or that "
        "has names which lead out of its folder (absolute, or with ..), two members of one name, hard links or sparse "
        "files, fails as a whole, with one message. The result is written beside its name and renamed when it is "
        "complete. Images are read from the archive where they are, many at once; only the names of one archive, and "
        "the images in progress, are in memory. ustar, pax and GNU tar are read, without compression.");
    page_paragraph(
        page,
        "--journal, --resume, --skip-existing and --shard take an archive as one input: it is synced and recorded once, "
        "which makes many small images durable at little cost. The log has a line for each image, whose name is that "
        "of the archive and of the member. Refused are --in-place, --manifest, -o - and an output in S3 storage.");
    page_example(page, "pixmill run shards/*.tar -o small/ --resize=256x256^ --format=webp \\\n"
                       "    --journal=small.journal --resume\n");
}
