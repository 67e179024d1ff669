/* SPDX-License-Identifier: MIT */
/* Devices and pipes that hold pages. */
#ifndef DEVICE_H
#define DEVICE_H
#include "layout.h"

extern struct pin { int held, r; long start, nr; } pins[NR_SLOTS];
extern struct pipe { int held, in, out; long nr; } pipes[NR_SLOTS];

void makeScratch(void);
void emptyScratch(void);
/* -1: there is none, errno says why. */
int ringOf(int slot);
int pinHolds(int slot, long page);
int deviceLoads(int slot, const long *pages, int nr, unsigned char *bytes);
int deviceStore(int slot, long page, int value);
void unpin(int slot);
/* Byte 0 of every page it holds; -1 when it cannot be looked at. */
int pipeLooks(int slot, unsigned char *bytes);
void dropPipe(int slot);

#endif
