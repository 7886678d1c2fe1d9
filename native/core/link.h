/*
 * Frames from the supervisor.
 */

#ifndef MH_LINK_H
#define MH_LINK_H

#include "wire.h"

extern const mh_wire_rule  mh_link_rules[];

#endif /* MH_LINK_H */
