/* SPDX-License-Identifier: MIT */
/* restore_masked_priv.h - texts with masked values, made whole again */
#ifndef ETCSNAP_RESTORE_RESTORE_MASKED_PRIV_H
#define ETCSNAP_RESTORE_RESTORE_MASKED_PRIV_H

#include "etcsnap/mask.h"
#include "etcsnap/restore.h"

/**
 * struct restore_merge - what a masked text is made of
 * @then:  text as it is kept, with marks
 * @live:  text of the live file, NULL when there is none
 * @masks: masks by which @then was made, or NULL
 * @hmac:  digest of kind ES_DIGEST_HMAC under today's key
 * @whole: digest of the whole text as it was, under the same key; NULL: the
 *         key was another one, so that nothing can be said of values
 * @marks: leave a mark where its own value is not there: no other comes in
 *         its place
 */
struct restore_merge {
	const struct es_buf *then;
	const struct es_buf *live;
	const struct es_mask_set *masks;
	struct es_digest *hmac;
	const uint8_t *whole;
	bool marks;
};

/**
 * restore_merge - put the values of the live file in the place of marks
 * @out:    reset and set on success
 * @values: set on success: how many values of which kind
 * @in:     texts
 * @err:    filled on failure
 *
 * A value is put in the place of a mark that is its own. Else, unless marks are
 * to be left, it must stand in the same line of the same section, and be the
 * only one that could be meant.
 * The result is checked: what is said to be as it was has the digest that was
 * recorded; what is not shows the same text to the masks but for its values.
 *
 * Return: 1, 0 when it cannot be made whole, or a negative errno.
 */
int restore_merge(struct es_buf *out, struct es_restore_values *values,
		  const struct restore_merge *in, struct es_error *err);

#endif
