/* SPDX-License-Identifier: MIT */
/* logins.h - who was logged in, who failed to, who became somebody else */
#ifndef ETCSNAP_LOGINS_H
#define ETCSNAP_LOGINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etcsnap/buf.h"
#include "etcsnap/doc.h"
#include "etcsnap/error.h"
#include "etcsnap/mask.h"

/*
 * Read from wtmp and btmp with their rotated and compressed predecessors,
 * wtmpdb's database, lastlog and lastlog2, and for sudo and su from the
 * journal or the text log of the authentication facility. The excerpt of a
 * window of time goes into run/logins as text (etcsnap-format(5)), from which
 * it can be read back long after the logs are gone.
 *
 * All strings are bytes that others control (names, hosts): quote them.
 */

/**
 * enum es_login_end - how a session ended, as last(1) tells it
 * @ES_LOGIN_OPEN:   still there
 * @ES_LOGIN_LOGOUT: logged out
 * @ES_LOGIN_DOWN:   the machine was shut down
 * @ES_LOGIN_CRASH:  the machine was started again without being shut down
 * @ES_LOGIN_GONE:   its process is gone, or it is known from lastlog alone;
 *                   nobody recorded a logout
 */
enum es_login_end {
	ES_LOGIN_OPEN,
	ES_LOGIN_LOGOUT,
	ES_LOGIN_DOWN,
	ES_LOGIN_CRASH,
	ES_LOGIN_GONE,
};

/**
 * es_login_end_name - word for an end
 * @end: how a session ended
 *
 * Return: static "open", "logout", "down", "crash" or "gone".
 */
const char *es_login_end_name(enum es_login_end end);

/**
 * struct es_login - one session, or one boot of the machine
 * @user:  NUL-terminated; "reboot" for a boot
 * @line:  terminal; for a boot "system boot"
 * @host:  where from, "" when local or unknown; the kernel for a boot
 * @service: what let the user in ("sshd"), "" where the log has no such field
 * @begin: seconds since 1970-01-01 UTC
 * @end:   likewise; 0 while it is open or when nobody knows
 * @how:   how it ended
 */
struct es_login {
	const char *user;
	const char *line;
	const char *host;
	const char *service;
	int64_t begin;
	int64_t end;
	enum es_login_end how;
};

/**
 * struct es_login_failure - failed logins from one source, counted
 * @source: host or terminal, NUL-terminated
 * @user:   the user, where all tries were for one user that exists; "" else:
 *          an unknown name may be a mistyped password, and is not kept
 * @count:  tries
 * @first:  seconds since 1970-01-01 UTC of the first
 * @last:   and of the last
 */
struct es_login_failure {
	const char *source;
	const char *user;
	uint64_t count;
	int64_t first;
	int64_t last;
};

/**
 * struct es_login_switch - somebody became somebody else
 * @when:    seconds since 1970-01-01 UTC
 * @tool:    "sudo", "su", "doas", "pkexec"
 * @user:    who it was
 * @as:      who they became
 * @line:    terminal, "" when there is none
 * @command: what was run, "" for a shell or when it is unknown
 * @failed:  it was refused
 */
struct es_login_switch {
	int64_t when;
	const char *tool;
	const char *user;
	const char *as;
	const char *line;
	const char *command;
	bool failed;
};

/**
 * struct es_logins - the excerpt of a window of time; es_logins_free()
 * @from:       start of the window, seconds since 1970-01-01 UTC
 * @to:         its end
 * @sessions:   those that overlap it, and boots that begin or end in it,
 *              oldest first
 * @n_sessions: their number
 * @failures:   failed logins within it, but for its last second: those are the
 *              next window's, so that none counts twice; most tries first
 * @n_failures: their number
 * @switches:   within it, oldest first
 * @n_switches: their number
 * @dropped:    rows over the caps, left out
 * @missing:    1 when no source of sessions was there, so that none means
 *              "not known"
 */
struct es_logins {
	int64_t from;
	int64_t to;
	struct es_login *sessions;
	size_t n_sessions;
	struct es_login_failure *failures;
	size_t n_failures;
	struct es_login_switch *switches;
	size_t n_switches;
	uint64_t dropped;
	bool missing;
};

/**
 * es_logins_read - the excerpt of a window from the logs of a root
 * @out:  owned; es_logins_free()
 * @root: directory that stands for "/"
 * @from: start of the window, seconds since 1970-01-01 UTC
 * @to:   its end
 * @err:  filled on failure
 *
 * A log that is missing, torn or unreadable gives what it can; that is no
 * failure. Logs that cannot hold anything of the window are not opened: their
 * last change is older, for wtmp 30 days older, as what was rotated away may
 * tell when a session began that is still open.
 *
 * Whether a session that nobody ended is still there is found out for the
 * root "/" alone; of any other root it is open.
 *
 * Return: 0 or -ENOMEM.
 */
int es_logins_read(struct es_logins **out, const char *root, int64_t from,
		   int64_t to, struct es_error *err);

/**
 * es_logins_text - an excerpt as run/logins has it
 * @l:   excerpt
 * @out: appended to; nothing when nothing is known (@missing, and no rows)
 *
 * One thing a line, fields quoted so that no byte of them breaks a line or a
 * field; sorted, so that the same excerpt is the same text.
 *
 * Return: 0 or the buffer's sticky failure.
 */
int es_logins_text(const struct es_logins *l, struct es_buf *out);

/**
 * es_logins_parse - read an excerpt back
 * @out:  owned; es_logins_free()
 * @text: what es_logins_text() wrote; lines of kinds that are not known are
 *        passed over
 * @len:  its bytes; without any nothing was known (@missing)
 * @err:  filled on failure
 *
 * Return: 0, -EINVAL (a known line that makes no sense), -ENOMEM.
 */
int es_logins_parse(struct es_logins **out, const char *text, size_t len,
		    struct es_error *err);

/**
 * es_logins_hide - mask what was typed
 * @l:     commands become what may be kept of them
 * @masks: masks, NULL = there are none
 * @hmac:  digest of kind ES_DIGEST_HMAC, this thread's
 * @err:   filled on failure
 *
 * Return: 0 or -ENOMEM.
 */
int es_logins_hide(struct es_logins *l, const struct es_mask_set *masks,
		   struct es_digest *hmac, struct es_error *err);

/**
 * es_logins_merge - join the excerpts of several runs
 * @into: widened to hold what @from has, too; the same session in both is one,
 *        the later one's end counts; counts of failures are added
 * @from: borrowed; strings are copied
 * @err:  filled on failure
 *
 * Return: 0 or -ENOMEM.
 */
int es_logins_merge(struct es_logins *into, const struct es_logins *from,
		    struct es_error *err);

/**
 * es_login_doc - a session as documents have it (etcsnap-report(5), LOGINS)
 * @obj: its object, borrowed; failures are told by es_doc_check()
 * @l:   session
 */
void es_login_doc(struct es_doc *obj, const struct es_login *l);

/**
 * es_login_failure_doc - failed logins as documents have them
 * @obj: their object, borrowed
 * @f:   failures from one source
 */
void es_login_failure_doc(struct es_doc *obj, const struct es_login_failure *f);

/**
 * es_login_switch_doc - a use of sudo or its like as documents have it
 * @obj: its object, borrowed
 * @s:   use
 */
void es_login_switch_doc(struct es_doc *obj, const struct es_login_switch *s);

/**
 * es_logins_free - free an excerpt
 * @l: taken; NULL is allowed
 */
void es_logins_free(struct es_logins *l);
ES_DEFINE_CLEANUP(struct es_logins, es_logins_free)

#endif
