/* SPDX-License-Identifier: MIT */
/* deliver.h - every change to every channel that wants it, at least once */
#ifndef ETCSNAP_DELIVER_H
#define ETCSNAP_DELIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etcsnap/buf.h"
#include "etcsnap/doc.h"
#include "etcsnap/session.h"

/*
 * A channel is (which changes) x (when) x (how), a section [channel NAME] of
 * the configuration, see etcsnap-channels(5). What is new for it is what lies
 * between refs/etcsnap/delivered/KIND/NAME and the tip; the ref moves only
 * after the other side said yes, so nothing is lost however long it was away,
 * and there is no outbox. Before sending, refs/etcsnap/sending/KIND/NAME names
 * what is being told: after a clear failure it goes, after an unclear one the
 * very same message is sent again, with the same Message-ID.
 *
 * KIND is "main" for digests and "urgent" for immediate alarms; "late" is there
 * while some recipients of a mail were busy when others were told: it says
 * where those stand, who are then told alone.
 *
 * Back-off, times and the last error of each channel stand in the file
 * "delivery" beside the repository; without it a channel is tried at once.
 */

/**
 * struct es_deliver_options - what is asked for
 * @channel:    only this one, NULL: all
 * @force:      ignore back-off, hold-off, quiet hours and digest times
 * @skip_empty: send nothing where nothing is new, whatever the channel says
 * @dry:        send nothing, move nothing; what would go is given to @show
 * @no_program: leave channels that run a program of this machine (sendmail,
 *              exec) to somebody else
 * @test:       send a marked sample instead, move nothing
 * @resend:     tell this commit again, and move nothing; NULL: what is new
 * @show:       called with each message that would go, for people; NULL: none
 * @payload:    handed to @show
 */
struct es_deliver_options {
	const char *channel;
	bool force;
	bool skip_empty;
	bool dry;
	bool no_program;
	bool test;
	const char *resend;
	void (*show)(void *payload, const char *channel, const char *text,
		     size_t len);
	void *payload;
};

/**
 * struct es_deliver_result - what came of it; es_deliver_dispose()
 * @sent:    messages that the other side took
 * @waiting: channels with news whose time has not come, or that are left to
 *           another process, which has their secrets
 * @failed:  channels that are to be tried again
 * @refused: channels that the other side refuses for good
 * @notice:  lines for people: what failed and when it is tried again; empty
 *           when all is well. Told by the caller only where a person looks on
 */
struct es_deliver_result {
	unsigned int sent;
	unsigned int waiting;
	unsigned int failed;
	unsigned int refused;
	struct es_buf notice;
};

/**
 * es_deliver_due - let every channel that is due deliver
 * @out:     result; es_deliver_dispose()
 * @s:       session with rules, store and key
 * @options: what is asked for; all zero: what a run does at its end
 * @err:     filled on failure
 *
 * That a channel fails is no failure of this function. A channel without a ref
 * gets it at the tip, and owes one message "watching N paths" from then on.
 * Another process that delivers is left alone: nothing is done then.
 *
 * Return: 0, -EINVAL (fault CONFIG: a channel is configured wrong, or there is
 * none of the name), or another negative errno.
 * Locking: takes a lock of its own, not that of runs, which go on meanwhile.
 */
int es_deliver_due(struct es_deliver_result *out, struct es_session *s,
		   const struct es_deliver_options *options,
		   struct es_error *err);

/**
 * es_deliver_dispose - free the contents of a result
 * @r: result that es_deliver_due() filled, even when it failed
 */
void es_deliver_dispose(struct es_deliver_result *r);

/**
 * es_deliver_check - whether all channels are configured right
 * @s:      session with its configuration
 * @notice: appended to: lines for people, what else they should know of, such
 *          as a secret that is nowhere here; NULL: nobody wants to
 * @err:    filled on failure: file, line, what is missing or does not fit
 *
 * Reads the files that hold secrets as far as to know that they are there and
 * not readable by others, and compiles their templates and those of reports,
 * of which none may be wrong, be there one of the program's or not. Addresses
 * must be such; connects to nothing.
 *
 * Return: 0 or -EINVAL (fault CONFIG).
 */
int es_deliver_check(struct es_session *s, struct es_buf *notice,
		     struct es_error *err);

/**
 * es_deliver_reports - the reports that channels of type file keep
 * @s:       session
 * @channel: only of this one, NULL: of all
 * @each:    called with the id of each report and its path without ending
 *           (.txt, .json, perhaps .html), newest first; not 0 ends the loop
 * @payload: handed to @each
 * @err:     filled on failure
 *
 * Return: 0, what @each returned, or a negative errno.
 */
int es_deliver_reports(struct es_session *s, const char *channel,
		       int (*each)(void *payload, const char *id,
				   const char *path),
		       void *payload, struct es_error *err);

/**
 * es_deliver_status - how each channel stands
 * @out: array "channels" of a document is filled: name, type, when, backlog
 *       (runs not yet told), skipped (whether more of them were pruned),
 *       oldest (time of the first that is kept), delivered
 *       (commit), last_success, last_error, last_error_time, next_try,
 *       attempts, refused, lacks (the secret without which it is not told
 *       from here, null where there is all)
 * @s:   session with the store
 * @err: filled on failure
 *
 * Return: number of channels that wait longer than they should, or a negative
 * errno.
 */
int es_deliver_status(struct es_doc *out, struct es_session *s,
		      struct es_error *err);

#endif
