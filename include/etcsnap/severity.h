/* SPDX-License-Identifier: MIT */
/* severity.h - how much a change or a finding matters */
#ifndef ETCSNAP_SEVERITY_H
#define ETCSNAP_SEVERITY_H

/**
 * enum es_severity - how much something matters; what matters more is greater
 * @ES_SEVERITY_NONE:     not said
 * @ES_SEVERITY_INFO:     good to know
 * @ES_SEVERITY_NOTICE:   worth a look
 * @ES_SEVERITY_WARNING:  should be mended
 * @ES_SEVERITY_CRITICAL: somebody should look now
 */
enum es_severity {
	ES_SEVERITY_NONE,
	ES_SEVERITY_INFO,
	ES_SEVERITY_NOTICE,
	ES_SEVERITY_WARNING,
	ES_SEVERITY_CRITICAL,
};

/**
 * es_severity_name - the word for a severity
 * @severity: how much something matters
 *
 * Return: static "info", "notice", "warning" or "critical"; "none" for NONE
 * and for a number that is no severity.
 */
const char *es_severity_name(enum es_severity severity);

/**
 * es_severity_parse - severity of a word of the configuration
 * @word: NUL-terminated, not NULL
 *
 * Return: severity, NONE when the word is unknown.
 */
enum es_severity es_severity_parse(const char *word);

#endif
