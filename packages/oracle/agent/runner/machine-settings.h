/* SPDX-License-Identifier: MIT */
/* The settings of the machine that recordings presuppose. */
#ifndef MACHINE_SETTINGS_H
#define MACHINE_SETTINGS_H
#include <stddef.h>

/* Swap is there for as long as it is wanted, by the name of its device; the others are files that hold a value. */
enum setting { SET_THP, SET_KHUGEPAGED, SET_POOL, SET_SWAP, NR_SETTINGS };
#define NR_HUGEPAGES "/proc/sys/vm/nr_hugepages"

int setTo(const char *path, const char *value);
/* Of alternatives the chosen one. */
int setting(const char *path, char *value, size_t room);
void changeSettings(int wantsSwap);
void restoreSettings(void);
/* Whether it is as the recordings presuppose. */
int isSet(enum setting which);

#endif
