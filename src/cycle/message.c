/* SPDX-License-Identifier: MIT */
/* message.c - the words of a run: commit message and run/ files */
#include "config.h"

#include "cycle/message_priv.h"

#include "etcsnap/clock.h"
#include "etcsnap/commit.h"
#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* Names in the subject, and paths in the list, before they are cut. */
#define SUBJECT_NAMES 5
#define SUBJECT_WIDTH 100
#define LIST_MAX 1000

/* Trailers that tell packages, and logins. */
#define TRAILERS_MAX 50

/* Letters of the name-status list, as git's where git has one. */
static const char letters[ES_CHANGE_KINDS] = {
	[ES_CHANGE_ADDED] = 'A',   [ES_CHANGE_REMOVED] = 'D',
	[ES_CHANGE_CHANGED] = 'M', [ES_CHANGE_TOUCHED] = 'U',
	[ES_CHANGE_RETYPED] = 'T', [ES_CHANGE_RENAMED] = 'R',
	[ES_CHANGE_WATCHED] = '+', [ES_CHANGE_UNWATCHED] = '-',
};

/* Words of the subject's counts, in the order in which they are told. */
static const struct {
	enum es_change_kind kind;
	const char *word;
} words[] = {
	{ ES_CHANGE_CHANGED, "changed" },
	{ ES_CHANGE_ADDED, "added" },
	{ ES_CHANGE_REMOVED, "removed" },
	{ ES_CHANGE_RENAMED, "renamed" },
	{ ES_CHANGE_RETYPED, "retyped" },
	{ ES_CHANGE_TOUCHED, "touched" },
	{ ES_CHANGE_WATCHED, "now watched" },
	{ ES_CHANGE_UNWATCHED, "no longer watched" },
};

int es_run_id(char out[37], struct es_error *err)
{
	uint8_t r[16];
	char hex[33];

	if (getrandom(r, sizeof(r), 0) != (ssize_t)sizeof(r))
		return es_fail_errno(err, "cannot get random bytes");
	r[6] = (uint8_t)((r[6] & 0x0f) | 0x40);
	r[8] = (uint8_t)((r[8] & 0x3f) | 0x80);
	es_hex(hex, r, sizeof(r));
	snprintf(out, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
		 hex + 16, hex + 20);
	return 0;
}

static void add_counts(struct es_buf *out, const struct es_delta *delta)
{
	bool any = false;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t n = es_delta_kinds(delta, words[i].kind);

		if (n == 0)
			continue;
		es_buf_addf(out, "%s%zu %s", any ? ", " : "", n, words[i].word);
		any = true;
	}
}

/* Deserves a name in the subject: folded kinds do only when alone. */
static bool is_news(const struct es_change *c)
{
	return c->kind != ES_CHANGE_WATCHED && c->kind != ES_CHANGE_UNWATCHED &&
	       c->kind != ES_CHANGE_TOUCHED;
}

/* Came or went with the directory @top, which stands for all that is in it. */
static bool is_inside(const struct es_change *c, const struct es_change *top)
{
	return top && c->kind == top->kind && c->len > top->len &&
	       c->path[top->len] == '/' &&
	       memcmp(c->path, top->path, top->len) == 0 &&
	       (c->kind == ES_CHANGE_ADDED || c->kind == ES_CHANGE_REMOVED);
}

/*
 * What a change is called in the subject: of a file the last component, of
 * anything else what says where to look, and of a command's texts one name.
 */
static const char *name_of(const struct es_change *c, size_t *len)
{
	const char *slash = memrchr(c->path, '/', c->len);
	const char *name = c->path;

	*len = c->len;
	if (*c->path == '/' && slash && slash[1])
		name = slash + 1;
	else if (slash && strncmp(c->path, "commands/", 9) == 0)
		*len = (size_t)(slash - c->path);
	if (name != c->path)
		*len -= (size_t)(name - c->path);
	return name;
}

/* Texts of one command, which stand side by side. */
static bool is_same_command(const struct es_change *c,
			    const struct es_change *before)
{
	size_t len, len_before;
	const char *name = name_of(c, &len);
	const char *other = before ? name_of(before, &len_before) : NULL;

	return other && *c->path != '/' && len == len_before &&
	       memcmp(name, other, len) == 0;
}

static void add_names(struct es_buf *out, const struct es_delta *delta)
{
	const struct es_change *top = NULL;
	size_t told = 0;
	size_t news = 0;
	size_t count = es_delta_count(delta);

	for (size_t i = 0; i < count; i++)
		news += is_news(es_delta_at(delta, i));
	for (size_t i = 0; i < count; i++) {
		const struct es_change *c = es_delta_at(delta, i);
		const char *name;
		size_t len;

		if ((news > 0 && !is_news(c)) || is_inside(c, top) ||
		    is_same_command(c, top))
			continue;
		top = c;
		if (told == SUBJECT_NAMES || out->len > SUBJECT_WIDTH) {
			es_buf_adds(out, ", …");
			return;
		}
		es_buf_adds(out, told++ ? ", " : ": ");
		name = name_of(c, &len);
		es_quote_term(out, name, len);
	}
}

/* Who takes a snapshot before and after what it does, as its trigger. */
static const char *const managers[] = {
	"apt", "dpkg", "dnf", "zypper", "pacman", "apk", "portage",
};

static bool is_transaction(const struct es_run *run)
{
	const struct es_package_ops *ops = run->context->ops;

	for (size_t i = 0; i < sizeof(managers) / sizeof(*managers); i++)
		if (strcmp(es_buf_str(run->trigger), managers[i]) == 0)
			return ops && ops->n_ops > 0;
	return false;
}

/* "apt: install tree, upgrade openssh-server and 3 more; " */
static void add_transaction(struct es_buf *out, const struct es_run *run)
{
	const struct es_package_ops *ops = run->context->ops;
	const char *between = "";

	es_buf_addf(out, "%s: ", es_buf_str(run->trigger));
	for (int kind = 0; kind < ES_PACKAGE_OPS; kind++) {
		const char *first = NULL;
		size_t n = 0;

		for (size_t i = 0; i < ops->n_ops; i++)
			if ((int)ops->ops[i].kind == kind && n++ == 0)
				first = ops->ops[i].name;
		if (n == 0)
			continue;
		es_buf_addf(out, "%s%s ", between,
			    es_package_op_name((enum es_package_op_kind)kind));
		es_quote_term(out, first, strlen(first));
		if (n > 1)
			es_buf_addf(out, " and %zu more", n - 1);
		between = ", ";
	}
	es_buf_adds(out, "; ");
}

/* What the key did to the run, before the counts. */
static const char *key_words(const struct es_run *run)
{
	if (!run->result->rekeyed)
		return "";
	return run->options->rotate ? "secret key rotated"
				    : "secret key is another one";
}

static void add_subject(struct es_buf *out, const struct es_run *run)
{
	const struct es_cycle_result *r = run->result;

	if (r->first) {
		es_buf_addf(out, "first run on %s: %llu entries watched",
			    run->session->host,
			    (unsigned long long)r->totals.entries);
		return;
	}
	if (r->rekeyed && (!r->delta || es_delta_count(r->delta) == 0)) {
		es_buf_addf(out, "%s on %s", key_words(run),
			    run->session->host);
		return;
	}
	if (!r->delta || es_delta_count(r->delta) == 0) {
		es_buf_addf(out, "records rewritten on %s, nothing changed",
			    run->session->host);
		return;
	}
	if (run->options->restored)
		es_buf_addf(out, "restored to %.7s: ", run->options->restored);
	if (is_transaction(run))
		add_transaction(out, run);
	es_buf_addf(out, "%s%s", key_words(run), r->rekeyed ? ", " : "");
	add_counts(out, r->delta);
	es_buf_addf(out, " on %s", run->session->host);
	add_names(out, r->delta);
}

static void add_list(struct es_buf *out, const struct es_delta *delta)
{
	size_t count = delta ? es_delta_count(delta) : 0;

	if (count == 0)
		return;
	es_buf_addc(out, '\n');
	for (size_t i = 0; i < count && i < LIST_MAX; i++) {
		const struct es_change *c = es_delta_at(delta, i);

		es_buf_addf(out, "%c ", letters[c->kind]);
		if (c->from) {
			es_quote_term(out, c->from, strlen(c->from));
			es_buf_adds(out, " -> ");
		}
		es_quote_term(out, c->path, c->len);
		es_buf_addc(out, '\n');
	}
	if (count > LIST_MAX)
		es_buf_addf(out, "… %zu more\n", count - LIST_MAX);
}

/* A line break in a trailer would begin another trailer. */
static void add_trailer(struct es_buf *out, const char *key, const char *value)
{
	es_buf_addf(out, "%s: ", key);
	es_quote_term(out, value, strlen(value));
	es_buf_addc(out, '\n');
}

/* The person's words, indented so that they cannot pass for trailers. */
static void add_note(struct es_buf *out, const struct es_buf *note)
{
	const char *line = es_buf_str(note);

	if (!*line)
		return;
	es_buf_addc(out, '\n');
	while (*line) {
		size_t len = strcspn(line, "\n");

		if (len > 0)
			es_buf_adds(out, "    ");
		es_quote_text(out, line, len);
		es_buf_addc(out, '\n');
		line += len + (line[len] == '\n');
	}
}

/* Values that look changed and are not: a number, not a list. */
static void add_rekeyed(struct es_buf *out, const struct es_run *run)
{
	const struct es_cycle_result *r = run->result;
	size_t n = r->delta ? es_delta_rekeyed(r->delta) : 0;

	if (!r->rekeyed || r->first)
		return;
	es_buf_addf(out,
		    "\n%s: every hidden value looks changed. In %zu\n"
		    "files and texts nothing else differs; they are not "
		    "listed.\n",
		    key_words(run), n);
}

/* "openssh-server 1:9.2p1-2 -> 1:9.2p1-3"; a dash stands for no version. */
static void add_packages(struct es_buf *out, const struct es_package_ops *ops)
{
	size_t n = ops ? ops->n_ops : 0;

	for (size_t i = 0; i < n && i < TRAILERS_MAX; i++) {
		const struct es_package_op *op = &ops->ops[i];
		ES_CLEANUP(es_buf_dispose)
		struct es_buf value = ES_BUF_INIT(1 << 20);

		es_buf_addf(&value, "%s %s -> %s", op->name,
			    *op->old ? op->old : "-", *op->new ? op->new : "-");
		add_trailer(out, "Package", es_buf_str(&value));
	}
	if (n > TRAILERS_MAX)
		es_buf_addf(out, "Packages-More: %zu\n", n - TRAILERS_MAX);
}

/* "anna pts/0 198.51.100.7"; the machine's own being up is no login. */
static void add_logins(struct es_buf *out, const struct es_logins *l)
{
	size_t told = 0;

	for (size_t i = 0; l && i < l->n_sessions && told < TRAILERS_MAX; i++) {
		const struct es_login *s = &l->sessions[i];
		ES_CLEANUP(es_buf_dispose)
		struct es_buf value = ES_BUF_INIT(1 << 20);

		if (strcmp(s->line, "system boot") == 0)
			continue;
		es_buf_addf(&value, "%s %s%s%s", s->user, s->line,
			    *s->host ? " " : "", s->host);
		add_trailer(out, "Login", es_buf_str(&value));
		told++;
	}
}

int es_run_message(struct es_buf *out, const struct es_run *run,
		   struct es_error *err)
{
	char when[ES_TIME_LEN];

	add_subject(out, run);
	es_buf_addc(out, '\n');
	add_note(out, run->note);
	add_rekeyed(out, run);
	add_list(out, run->result->delta);
	es_buf_addf(out, "\nEtcsnap-Format: %d\n", ES_FORMAT);
	add_trailer(out, "Host", run->session->host);
	add_trailer(out, "Run", run->id);
	add_trailer(out, "Trigger", es_buf_str(run->trigger));
	add_trailer(out, "Started", es_clock_iso(when, run->started));
	es_buf_addf(out, "Items: %llu\n",
		    (unsigned long long)run->result->totals.entries);
	add_packages(out, run->context->ops);
	add_logins(out, run->context->logins);
	if (run->options->n_paths)
		es_buf_addf(out, "Paths: %zu\n", run->options->n_paths);
	if (run->options->restored)
		add_trailer(out, "Restore", run->options->restored);
	if (run->result->rekeyed && !run->result->first)
		add_trailer(out, "Key-Rotated",
			    run->options->rotate ? "yes" : "unexpected");
	return es_buf_check(out, err);
}

int es_run_summary(struct es_buf *out, const struct es_run *run)
{
	const struct es_collect_totals *t = &run->result->totals;
	char when[ES_TIME_LEN];

	es_buf_addf(out, "run = %s\nhost = ", run->id);
	es_quote_term(out, run->session->host, strlen(run->session->host));
	es_buf_addf(out, "\nversion = %s\ntrigger = ", VERSION);
	es_quote_term(out, es_buf_str(run->trigger), run->trigger->len);
	es_buf_addf(out, "\nstarted = %s\n", es_clock_iso(when, run->started));
	es_buf_addf(out, "ended = %s\n", es_clock_iso(when, run->ended));
	/* what a run of a few paths left alone has the tip's key */
	es_buf_addf(out, "key = %016llx\n",
		    (unsigned long long)(run->options->n_paths &&
							 run->rekey->known
						 ? run->rekey->tip
						 : run->rekey->ours));
	return es_buf_addf(out,
			   "entries = %llu\ndirectories = %llu\n"
			   "read_files = %llu\nread_bytes = %llu\n"
			   "unread = %llu\n",
			   (unsigned long long)t->entries,
			   (unsigned long long)t->directories,
			   (unsigned long long)t->read_files,
			   (unsigned long long)t->read_bytes,
			   (unsigned long long)t->unread);
}

/* The login uid survives su and sudo; (uint32_t)-1 means none was set. */
static bool login_uid(uint32_t *uid)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(64);
	struct es_error err = ES_ERROR_INIT;
	unsigned long v;
	char *end;

	if (es_read_file(&b, AT_FDCWD, "/proc/self/loginuid", &err) < 0)
		return false;
	errno = 0;
	v = strtoul(es_buf_str(&b), &end, 10);
	if (errno || end == es_buf_str(&b) || v >= UINT32_MAX)
		return false;
	*uid = (uint32_t)v;
	return true;
}

static int add_user(struct es_buf *name, uint32_t uid)
{
	struct passwd pw;
	struct passwd *found = NULL;
	char buf[4096];

	if (getpwuid_r(uid, &pw, buf, sizeof(buf), &found) == 0 && found)
		return es_buf_adds(name, found->pw_name);
	return es_buf_addf(name, "uid%u", uid);
}

int es_run_author(struct es_buf *name, struct es_buf *mail,
		  const struct es_session *s, struct es_error *err)
{
	const char *sudo = getenv("SUDO_USER");
	uint32_t uid;

	if (login_uid(&uid))
		add_user(name, uid);
	else if (sudo && *sudo && geteuid() == 0)
		es_quote_term(name, sudo, strlen(sudo));
	else
		add_user(name, geteuid());
	es_buf_addf(mail, "%s@%s", es_buf_str(name), s->host);
	if (es_buf_check(name, err) < 0 || es_buf_check(mail, err) < 0)
		return err->code;
	return 0;
}
