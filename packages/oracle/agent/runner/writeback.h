/* SPDX-License-Identifier: MIT */
/* Pages on their way to the disk. */
#ifndef WRITEBACK_H
#define WRITEBACK_H
#include "program.h"

/* Takes note of the pages that the step may have written out. */
void noteFrames(const struct step *step);
/*
 * A page that is swapped out is written behind the back of who asked for it. Until that has come to its end it can be neither
 * split nor freed, so what the next steps come to would be a matter of luck.
 */
void awaitWriteback(void);

#endif
