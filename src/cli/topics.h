/* The topics of `pixmill help` that have their own files; the table in topics.c lists all topics. */
#ifndef CLI_TOPICS_H
#define CLI_TOPICS_H

#include "cli/page.h"

void topic_filters(struct page *page);
void topic_recipe(struct page *page);
void topic_formats(struct page *page);
void topic_color(struct page *page);
void topic_metadata(struct page *page);
void topic_encryption(struct page *page);

void topic_models(struct page *page);
void topic_serving(struct page *page);

void topic_environment(struct page *page);
void topic_files(struct page *page);
void topic_examples(struct page *page);
void topic_shards(struct page *page);
void topic_storage(struct page *page);
void topic_archives(struct page *page);

#endif
