/* SPDX-License-Identifier: MIT */
/* What settings were before they were changed, on disk, for the case that nobody of a run is left to put them back. */
#ifndef UNDO_RECORD_H
#define UNDO_RECORD_H
#include "machine-settings.h"

#define SETTING_ROOM 32

enum undo { UNDO_NONE, UNDO_ORPHANED, UNDO_OWNED };

/* What is recorded, if it is of this boot: by a run that is gone, or one that goes on. A setting that is not in it is "". */
enum undo readUndo(char before[NR_SETTINGS][SETTING_ROOM]);
/* 0 when it is on disk, or where there is no disk to have it on. */
int recordUndo(const char *const before[NR_SETTINGS]);
void forgetUndo(void);

#endif
