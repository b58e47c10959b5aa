/* SPDX-License-Identifier: MIT */
/* template_unit.h - what the tests of templates share */
#ifndef ETCSNAP_TESTS_TEMPLATE_UNIT_H
#define ETCSNAP_TESTS_TEMPLATE_UNIT_H

#include "etcsnap/doc.h"
#include "etcsnap/template.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/** put_file - write a file that others cannot write to */
static inline void put_file(const char *name, const char *data, size_t len)
{
	FILE *f = fopen(name, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(name, 0644), 0);
}

/** render - a template "t", JSON text and a folder of partials into @out */
static inline int render(struct es_buf *out, const char *text, const char *data,
			 const char *dir, enum es_template_target target,
			 struct es_error *err)
{
	ES_CLEANUP(es_templates_freep) struct es_templates *set = NULL;
	ES_CLEANUP(es_template_freep) struct es_template *t = NULL;
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = NULL;

	ck_assert_msg(es_doc_read(&doc, "d", data, strlen(data), err) == 0,
		      "%s", err->msg);
	ck_assert_int_eq(es_templates_new(&set, dir, err), 0);
	ck_assert_msg(es_template_parse(&t, "t", text, strlen(text), target,
					err) == 0,
		      "%s", err->msg);
	return es_template_render(out, t, set, doc, err);
}

/** repeat - a text again and again as one string, to be freed */
static inline char *repeat(const char *text, size_t times)
{
	size_t len = strlen(text);
	char *all = malloc(len * times + 1);

	ck_assert_ptr_nonnull(all);
	for (size_t i = 0; i < times; i++)
		memcpy(all + i * len, text, len);
	all[len * times] = '\0';
	return all;
}

#endif
