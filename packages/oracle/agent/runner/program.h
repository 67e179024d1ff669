/* SPDX-License-Identifier: MIT */
/* Programs, as they are read. */
#ifndef PROGRAM_H
#define PROGRAM_H
#include "layout.h"
#include "machine-settings.h"

enum op {
	OP_NONE, OP_MMAP, OP_MREMAP, OP_MUNMAP, OP_MADVISE, OP_MPROTECT, OP_MLOCK, OP_MUNLOCK, OP_SWAPOUT, OP_WRITE, OP_READ, OP_FORK,
	OP_THREAD, OP_EXIT, OP_EXEC, OP_PIN, OP_UNPIN, OP_DEVWRITE, OP_DEVREAD, OP_VMSPLICE, OP_VDROP, OP_PVREAD, OP_PVWRITE, OP_MOVE, OP_MEMREAD,
	OP_MEMWRITE, OP_KSMD, OP_CLEARREFS, OP_UFFDOPEN, OP_UFFD, OP_UFFDPROTECT, OP_UFFDUNPROTECT, OP_UFFDCOPY, OP_UFFDEND, OP_LOADS,
};
enum kind { ANON, SHANON, FILE_PRIVATE, HUGETLB, THP, FILE_SHARED, FILE_READONLY };

struct step {
	enum op op;
	int p, slot, r, child, value;
	long page, nr;
	int to;     /* another region, and a page of it */
	long toPage;
	int arg; /* kind, advice or protection */
};

struct program {
	char id[64];
	int pool; /* size of the hugetlb pool, in huge pages */
	char thp[16], folios[NR_FOLIO_SIZES][16]; /* settings; "": as the recordings presuppose */
	struct { int nr; long page[NR_WATCHED]; } watch[NR_REGIONS];
	int nrSteps;
	struct step steps[NR_STEPS];
};
extern struct program program;

enum heirs { ALONE, FORKS };
enum watches { MISSING, STORES, BOTH };

/* False at the end of the input. */
int readProgram(FILE *in);
const char *opName(enum op op);

static inline int onMemfd(const struct step *mmap)
{
	return mmap->arg == FILE_PRIVATE || mmap->arg == FILE_SHARED || mmap->arg == FILE_READONLY;
}

#endif
