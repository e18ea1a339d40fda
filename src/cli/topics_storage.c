/* The topics about inputs and results that are no files. */
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
        "more than 64 MB is stored in parts. Of several results of an image, those that were stored are removed if "
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
