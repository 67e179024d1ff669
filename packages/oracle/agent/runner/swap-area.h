/* SPDX-License-Identifier: MIT */
/* Swap of the agent's own: a loop device over a file without a name, of which nothing is left when it is swapped to no more. */
#ifndef SWAP_AREA_H
#define SWAP_AREA_H
#include <stddef.h>

/* Names a device with an empty swap area; the descriptor holds it until it is swapped to. -1: there is none to be had. */
int makeSwapArea(char *device, size_t room);
int startSwapping(const char *device);
/* 0 also when nothing is swapped there. */
int endSwapping(const char *device);

#endif
