/*
 * What the two texts of the status have in common.
 */

#ifndef MH_STATUS_STATES_H
#define MH_STATUS_STATES_H

#include "status_text.h"

/* By MODHOST_APP_*. */
extern const char *const  mh_status_states[MH_COUNT_STATES];

/* Whether there are embedded applications. */
bool mh_status_embeds(const mh_status_view *view);

#endif /* MH_STATUS_STATES_H */
