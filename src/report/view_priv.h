/* SPDX-License-Identifier: MIT */
/* view_priv.h - what all forms of a report share */
#ifndef ETCSNAP_REPORT_VIEW_PRIV_H
#define ETCSNAP_REPORT_VIEW_PRIV_H

#include "etcsnap/report_view.h"
#include "etcsnap/severity.h"

/* Digits of a commit id, as git shortens it. */
#define VIEW_SHORT_ID 7
/* Room for such an id and for "live", NUL included. */
#define VIEW_ID_LEN (VIEW_SHORT_ID + 1)

/* A view that is being made. */
struct view {
	const struct es_doc *report;
	const struct es_report_view_options *o;
	struct es_doc *root;
	struct es_doc *text; /* what plain text has of its own */
	struct es_doc *html; /* and HTML */
	size_t max;	     /* bytes that HTML may have */
	size_t columns;
	/* changes that stand alone, the most severe first; then texts of
	 * commands and facts likewise; owned */
	const struct es_doc **changes;
	size_t n_files; /* of them files */
	size_t n_texts; /* and texts, behind the files */
};

/* Append a text of the document, quoted for a terminal, on one line. */
void view_quoted(struct es_buf *out, const struct es_doc *obj, const char *key);

/* Number with commas between thousands. */
void view_number(struct es_buf *out, int64_t n);

/* "1 file", "3,000 files": @word gets an s unless @n is 1. */
void view_count(struct es_buf *out, int64_t n, const char *word);

/* Short id of a side of the report ("old", "new"), "live", or "". */
const char *view_id(char out[VIEW_ID_LEN], const struct es_doc *report,
		    const char *side);

/* "2026-05-01T12:00:00+02:00" as "2026-05-01 12:00:00", with the zone or
 * without. */
void view_time(struct es_buf *out, const char *iso, bool zone);

/* Number under counts.KEY. */
int64_t view_counted(const struct es_doc *report, const char *key);

/* Severity of a change, finding or group. */
enum es_severity view_severity(const struct es_doc *obj);

/* The word, in capitals from WARNING on: it must be seen without colour. */
const char *view_severity_word(enum es_severity severity);

/* "12 changed, 3 added", "no changes", "no changes but 3 not asked for". */
void view_counts(struct es_buf *out, const struct es_doc *report);

/* What happened to a path in a few words: "changed", "mode 0644 -> 0600". */
void view_phrase(struct es_buf *out, const struct es_doc *change);

/* One side ("old", "new") of an attribute in words. */
void view_value(struct es_buf *out, const struct es_doc *attr, const char *key);

/* The attribute of a name, NULL when it does not differ. */
const struct es_doc *view_attribute(const struct es_doc *change,
				    const char *name);

/* Whether there is one side only: added or removed. */
bool view_is_one_sided(const struct es_doc *change);

/* "36 lines added, 15 removed"; adds nothing and returns false where that is
 * not known. */
bool view_line_counts(struct es_buf *out, const struct es_doc *content);

/* What an object is that came or went: "file 0644 root:root, 44 bytes". */
void view_summary(struct es_buf *out, const struct es_doc *change);

/* What an unread reason's word means, for people. Static. */
const char *view_reason(const char *word);

/* "anna pts/0 from 198.51.100.7" */
void view_session(struct es_buf *out, const struct es_doc *session);

/* When it was changed, by whom, and who was logged in; nothing if unknown. */
void view_who(struct es_buf *out, const struct view *v,
	      const struct es_doc *change);

/* Whether an object's text under a key is this one. */
bool view_is(const struct es_doc *obj, const char *key, const char *text);

/* view_rows.c: words of lists and values. Those that return whether there is
 * anything to tell add nothing if not. */
bool view_is_package(const struct es_doc *group);
/* Whether nothing more is to be said of a group's members. */
bool view_is_only_names(const struct es_doc *group);
/* Whether it is folded, and yet not to be passed over. */
bool view_is_loud(const struct es_doc *group);
/* Whether its title says already which paths they are. */
bool view_is_named(const struct es_doc *group);
/* Whether a group tells of a package operation already. */
bool view_is_grouped(const struct view *v, const struct es_doc *op);
/* "jq 1.6-2.1: installed" */
void view_operation(struct es_buf *out, const struct es_doc *op);
/* Where view_package() is; begins with zeros. */
struct view_packages {
	int pass;
	size_t i;
};
/* The line on the next package: those with files that differ, other groups,
 * operations of which no group tells. Adds nothing behind the last. */
bool view_package(struct es_buf *out, const struct view *v,
		  struct view_packages *at);
size_t view_count_packages(const struct view *v);
/* "by anna (1000): apt-get upgrade" */
bool view_command(struct es_buf *out, const struct es_doc *op);
bool view_is_reboot(const struct es_doc *session);
/* Boots are told only where the machine started within the window. */
bool view_is_login_shown(const struct es_doc *logins, const struct es_doc *s);
/* As view_session(), a boot as "started with kernel 6.1.0". */
void view_login(struct es_buf *out, const struct es_doc *session);
/* "2026-11-20 08:55:00 to 09:55:00; 8 changes" */
void view_login_time(struct es_buf *out, const struct es_doc *session);
/* "anna became root by sudo: /usr/bin/id" */
void view_switch(struct es_buf *out, const struct es_doc *s);
/* "12 from 198.51.100.7 as anna" */
void view_failure(struct es_buf *out, const struct es_doc *f);
/* "sha256:" and as many digits as a person compares. */
void view_digest(struct es_buf *out, const struct view *v, const char *digest);
/* What the lines of content tell anyway is not told twice. */
bool view_is_told(const struct view *v, const struct es_doc *change,
		  const struct es_doc *attr);
/* How text is kept that is not UTF-8, and wherever that changed. */
bool view_encoding(struct es_buf *out, const struct view *v,
		   const struct es_doc *content);
/* Why there is no content to see. */
bool view_hidden(struct es_buf *out, const struct es_doc *change);

/* The headline and all else that every form says, under "view". */
void view_common(struct view *v);

/* Plain text, under "text". */
void view_text(struct view *v);

/* HTML, under "html". */
void view_html(struct view *v);

/* view_color.c: colours of plain text, as marks that templates pass on. */
enum view_color {
	COLOR_NONE,
	COLOR_TITLE,
	COLOR_OLD,
	COLOR_NEW,
	COLOR_OLD_WORD,
	COLOR_NEW_WORD,
	COLOR_HUNK,
	COLOR_WARN,
	COLOR_ALARM,
	COLOR_COUNT,
};
void view_color(struct es_buf *out, const struct view *v, enum view_color c);
/* Under "color", for templates. */
void view_colors(struct view *v);
/* Marks after @start as escape codes. */
int view_paint(struct es_buf *out, size_t start);

/* view_text_rest.c: what stands behind the details, and lists' ends. */
size_t view_cap(const struct view *v, size_t n, size_t max);
struct es_doc *view_section(const struct view *v, const char *key,
			    const char *title, int64_t count);
void view_push(struct es_doc *lines, const struct es_buf *line);
void view_rest(struct es_doc *lines, const struct view *v, size_t left,
	       const char *what);
void view_wrap(struct es_doc *lines, const struct view *v,
	       const struct es_buf *text, const char *indent);
void view_text_logins(const struct view *v, bool brief);
void view_text_errors(const struct view *v);
void view_text_notes(const struct view *v);
/* What else must be known, one by one; false behind the last. */
bool view_note(struct es_buf *out, const struct view *v, size_t i);

/* view_text_change.c: lines on one change at the end of an array. */
void view_text_change(struct es_doc *lines, const struct view *v,
		      const struct es_doc *change);

/* view_html_list.c: lists of an HTML report, and what stands in them. */
/* Key "sev": how severe something is, as templates tell by it. */
void html_severity(struct es_doc *obj, enum es_severity severity);
/* A text under a key, null when it is empty: it is not looked for further out
 * then. */
void html_text(struct es_doc *obj, const char *key, const struct es_buf *text);
/* A link that may be followed, else null. */
void html_link(struct es_doc *obj, const char *key, const struct es_doc *from);
/* A section at the end of "lists" under @key, its title with a count. */
struct es_doc *html_section(const struct view *v, const char *key,
			    const char *title, int64_t count);
/* A row at the end of a section, with all its keys. */
struct es_doc *html_row(const struct view *v, struct es_doc *section,
			const struct es_buf *text, const struct es_buf *note);
/* The end of a list that was cut, under "more". */
void html_more(struct es_doc *obj, const struct view *v, size_t left,
	       const char *what);
/* What stands before the details, and what behind: view_html_rest.c. */
void html_lists_before(const struct view *v);
void html_lists_behind(const struct view *v, bool brief);

/* view_html_change.c: one change. */
enum html_patch {
	HTML_PATCH,    /* with content */
	HTML_NO_PATCH, /* without, as asked for */
	HTML_LEFT_OUT, /* without, since it is too long: told */
};
void html_change(struct es_doc *out, const struct view *v,
		 const struct es_doc *from, enum html_patch patch);
/* Lines of content of a change that are shown. */
size_t html_room(const struct view *v, const struct es_doc *change);

/* view_html_days.c: changes of each day. */
void html_days(const struct view *v);

/* view_html_fit.c: what fits. */
/* Below so many bytes there is only the head. */
#define HTML_BARE ((size_t)40 << 10)
size_t html_max(const struct es_report_view_options *o);
/* es_report_render() of a template for HTML. */
int html_render(struct es_buf *out, struct es_templates *set, const char *name,
		const struct es_doc *report,
		const struct es_report_view_options *o, struct es_error *err);
/* Which contents of the first @n changes are shown. Owned; NULL without
 * memory. Lowers @n where not even all changes fit. */
enum html_patch *html_fit(const struct view *v, size_t *n);

#endif
