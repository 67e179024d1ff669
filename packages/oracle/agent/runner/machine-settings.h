/* SPDX-License-Identifier: MIT */
/* The settings of the machine that recordings presuppose. */
#ifndef MACHINE_SETTINGS_H
#define MACHINE_SETTINGS_H
#include <stddef.h>

enum setting { SET_THP, SET_KHUGEPAGED, SET_POOL, SET_KSM_PASS, SET_KSM_SLEEP, SET_KSM_SKIPS, SET_KSM_ZERO, SET_KSM_SHARING,
	SET_KSM, NR_SETTINGS };
#define KSM_DIR "/sys/kernel/mm/ksm/"
#define NR_HUGEPAGES "/proc/sys/vm/nr_hugepages"

int setTo(const char *path, const char *value);
/* Of alternatives the chosen one. */
int setting(const char *path, char *value, size_t room);
void changeSettings(void);
void restoreSettings(void);
/* Whether it is as the recordings presuppose. */
int isSet(enum setting which);

#endif
