/* SPDX-License-Identifier: MIT */
/* template.h - mustache templates over a JSON document */
#ifndef ETCSNAP_TEMPLATE_H
#define ETCSNAP_TEMPLATE_H

#include <stddef.h>

#include "etcsnap/buf.h"
#include "etcsnap/doc.h"
#include "etcsnap/error.h"

/*
 * The six core modules of the mustache specification (comments, delimiters,
 * interpolation, inverted sections, partials, sections), without lambdas: a
 * template is text, never a program. What {{x}} escapes for is set by the
 * target, for partials that of the template which names them first; {{{x}}}
 * and {{&x}} give the bare value for HTML and JSON, and for text and headers
 * the same as {{x}}, since nothing may leave them unquoted.
 *
 * False are what is missing, null, false, 0, "" and []. An array or object
 * that is interpolated is written as JSON. Beside the specification, "-first"
 * and "-last" tell of the innermost list whether its first or last element is
 * at hand: {{#list}}{{^-first}}, {{/-first}}{{x}}{{/list}}.
 *
 * Shipped templates are compiled into the program; a file of the same name in
 * the templates folder of the configuration takes their place. A template that
 * is wrong falls back to the shipped one, with a warning that names file and
 * line: a report is never lost to a template.
 *
 * Source: https://github.com/mustache/spec
 */

/**
 * enum es_template_target - what a template makes, which decides the escapes
 * @ES_TEMPLATE_TEXT:   for terminals and plain mails: control characters as
 *                      es_quote_term() writes them, newline and tab kept
 * @ES_TEMPLATE_HTML:   & < > " ' as references, control characters shown
 * @ES_TEMPLATE_JSON:   inside a JSON string, pure ASCII; {{{x}}} is the value
 *                      as JSON (objects, arrays, numbers, strings with their
 *                      quotes, null for what is missing)
 * @ES_TEMPLATE_HEADER: one line: as TEXT, newlines and tabs as one blank, also
 *                      those of the template, and no blanks at both ends
 */
enum es_template_target {
	ES_TEMPLATE_TEXT,
	ES_TEMPLATE_HTML,
	ES_TEMPLATE_JSON,
	ES_TEMPLATE_HEADER,
};

/**
 * es_template_target_of - target by the ending of a template's name
 * @name: "report.html", "slack.json", "subject.txt", …
 *
 * Return: HTML for .html, JSON for .json and .ndjson, HEADER for a name that
 * begins with "subject" (behind a folder), TEXT for the rest.
 */
enum es_template_target es_template_target_of(const char *name);

/** struct es_template - a compiled template */
struct es_template;

/** struct es_templates - shipped and the user's own templates by name */
struct es_templates;

/**
 * es_template_parse - compile a template from memory
 * @out:    owned; es_template_free()
 * @name:   for messages: file name, or that of a shipped one; copied
 * @text:   the template, UTF-8; copied
 * @len:    its bytes, at most 4 MiB
 * @target: what it makes
 * @err:    filled on failure: "NAME:LINE: what; what to do"
 *
 * Return: 0, -EINVAL (fault CONFIG), -ENOMEM.
 */
int es_template_parse(struct es_template **out, const char *name,
		      const char *text, size_t len,
		      enum es_template_target target, struct es_error *err);

/**
 * es_template_free - free a template
 * @t: taken; NULL is allowed
 */
void es_template_free(struct es_template *t);
ES_DEFINE_CLEANUP(struct es_template, es_template_free)

/**
 * es_template_render - render a template
 * @out:  appended to; its ceiling counts
 * @t:    template, borrowed
 * @set:  where partials come from; NULL: there are none, which render empty
 * @doc:  context, borrowed
 * @err:  filled on failure
 *
 * Linear in the size of the output. Partials nest at most 32 deep, sections 64
 * in a template and 256 in all; what repeats itself without end, or for some
 * seconds without output, is stopped. On failure @out has what it had, but its
 * own failure stays with it.
 *
 * Return: 0, -EFBIG (over the buffer's ceiling), -ELOOP, -EINVAL (a partial is
 * wrong), -ENOMEM.
 */
int es_template_render(struct es_buf *out, const struct es_template *t,
		       struct es_templates *set, const struct es_doc *doc,
		       struct es_error *err);

/**
 * es_templates_new - templates of a configuration
 * @out: owned; es_templates_free()
 * @dir: folder of the user's own ones, which need not exist; NULL: none
 * @err: filled on failure
 *
 * Return: 0 or -ENOMEM.
 */
int es_templates_new(struct es_templates **out, const char *dir,
		     struct es_error *err);

/**
 * es_templates_free - free templates
 * @set: taken; NULL is allowed
 */
void es_templates_free(struct es_templates *set);
ES_DEFINE_CLEANUP(struct es_templates, es_templates_free)

/**
 * es_templates_get - a template by name, compiled once
 * @out:  borrowed until es_templates_free()
 * @set:  templates
 * @name: "report.txt" or "folder/report.txt"; letters, digits, '.', '_', '-',
 *        no '.' in front
 * @err:  filled on failure
 *
 * The user's file where there is one and it is right, else the shipped one;
 * es_templates_warning() then tells what was wrong. Right is also that it is a
 * regular file, no symbolic link, that it and its folder belong to root or to
 * whom this runs as, and that nobody else can write to them.
 *
 * Return: 0, -ENOENT (neither; names the nearest), -EINVAL (only the user has
 * it, and it is wrong), -EIO, -ENOMEM.
 */
int es_templates_get(const struct es_template **out, struct es_templates *set,
		     const char *name, struct es_error *err);

/**
 * es_templates_render - render by name
 * @out:  appended to
 * @set:  templates
 * @name: as es_templates_get()
 * @doc:  context
 * @err:  filled on failure
 *
 * Where the user's template fails while it is rendered (a partial that is
 * wrong, a loop, over the ceiling of @out), what it wrote is taken back and the
 * shipped one is used, with shipped partials alone.
 *
 * Return: 0 or a negative errno of es_templates_get(), es_template_render().
 */
int es_templates_render(struct es_buf *out, struct es_templates *set,
			const char *name, const struct es_doc *doc,
			struct es_error *err);

/**
 * es_templates_warning - what was wrong with the user's templates
 * @set: templates
 *
 * Return: lines of text, quoted, each with its newline and each once, "" when
 * all is well; borrowed until @set is used again.
 */
const char *es_templates_warning(const struct es_templates *set);

/**
 * es_templates_source - text of a shipped file
 * @out:  appended to
 * @name: a template's, "channels/SERVICE.conf" or "completion/etcsnap.SHELL"
 * @err:  filled on failure
 *
 * Return: 0, -ENOENT, or the buffer's failure.
 */
int es_templates_source(struct es_buf *out, const char *name,
			struct es_error *err);

/**
 * es_templates_shipped - names of the shipped templates, sorted
 * @i: 0, 1, …
 *
 * Return: static name, NULL past the last.
 */
const char *es_templates_shipped(size_t i);

#endif
