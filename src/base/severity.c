/* SPDX-License-Identifier: MIT */
/* severity.c - how much a change or a finding matters */
#include "config.h"

#include "etcsnap/severity.h"

#include <stddef.h>
#include <string.h>

static const char *const names[] = {
	[ES_SEVERITY_NONE] = "none",	     [ES_SEVERITY_INFO] = "info",
	[ES_SEVERITY_NOTICE] = "notice",     [ES_SEVERITY_WARNING] = "warning",
	[ES_SEVERITY_CRITICAL] = "critical",
};

#define COUNT (sizeof(names) / sizeof(names[0]))

const char *es_severity_name(enum es_severity severity)
{
	return (size_t)severity < COUNT ? names[severity] : names[0];
}

enum es_severity es_severity_parse(const char *word)
{
	for (size_t i = ES_SEVERITY_INFO; i < COUNT; i++)
		if (!strcmp(word, names[i]))
			return (enum es_severity)i;
	return ES_SEVERITY_NONE;
}
