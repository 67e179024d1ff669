/* SPDX-License-Identifier: MIT */
/* The settings of the machine that recordings presuppose. */
#ifndef MACHINE_SETTINGS_H
#define MACHINE_SETTINGS_H
#include <stddef.h>

/* The sizes of folios between a page and a THP, 16 to 1024 kB, and that of a THP itself follow each other. */
enum { NR_FOLIO_SIZES = 7 };
/* Swap, the last, is there for as long as it is wanted, by the name of its device; the others are files that hold a value. */
enum setting { SET_THP, SET_KHUGEPAGED, SET_FOLIOS, SET_POOL = SET_FOLIOS + NR_FOLIO_SIZES + 1, SET_KSM_PASS,
	SET_KSM_SLEEP, SET_KSM_SKIPS, SET_KSM_ZERO, SET_KSM_SHARING, SET_KSM, SET_SWAP, NR_SETTINGS };
extern const char *const settingNames[NR_SETTINGS];

#define KSM_DIR "/sys/kernel/mm/ksm/"
#define NR_HUGEPAGES "/proc/sys/vm/nr_hugepages"

int setTo(const char *path, const char *value);
/* Of alternatives the chosen one. */
int setting(const char *path, char *value, size_t room);
void changeSettings(int wantsSwap);
void restoreSettings(void);
/* Whether it is as the recordings presuppose. */
int isSet(enum setting which);
/* For the program at hand: "" is what the recordings presuppose. NULL, or what could not be done. */
const char *useFolios(const char *thp, const char (*sizes)[16]);

#endif
