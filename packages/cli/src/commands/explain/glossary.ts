/**
 * The words of the laboratory, each explained without the others where that is possible. `cowlab explain` and
 * docs/glossary.md are made from this list; policies, kernels and counters explain themselves elsewhere.
 */
import type { HazardId } from '@cowlab/plugin-api';
import type { ERRNOS } from '@cowlab/scenario';

export interface Word {
  readonly word: string;
  /** What else people type for it. */
  readonly also?: readonly string[];
  readonly text: string;
  /** Words, policies or hazards to read next. */
  readonly see?: readonly string[];
}

export const WORDS: readonly Word[] = [
  { word: 'page', text: 'The unit in which memory is mapped, shared and copied: 4096 bytes on x86-64.',
    see: ['frame', 'thp'] },
  { word: 'frame', also: ['pfn'],
    text: 'A page of physical memory. Several processes may map one frame; a pfn is its number.' },
  { word: 'mm', text: 'The address space of a process: its mappings and its page tables. Threads share one.',
    see: ['vma'] },
  { word: 'vma', also: ['mapping', 'region'],
    text:
      'A range of an address space with one set of rules: what it maps, and who may read and write it. Scenarios call it a region.' },
  { word: 'pte', also: ['entry', 'page table'],
    text:
      'The entry of a page table: which frame is behind a page, and whether it may be written. fork() walks all of them.' },
  { word: 'fork', also: ['fork()'],
    text: "Makes a child with a copy of its parent's memory. The copy is made late: both map the same frames "
      + 'read-only until one of them writes.', see: ['cow', 'early copy'] },
  { word: 'cow', also: ['copy-on-write', 'write fault'],
    text: 'Copy-on-write: a page that two processes share after fork() is copied when one of them writes to it. '
      + 'The writer gets the new frame, the other keeps the old one.', see: ['fork', 'H1'] },
  { word: 'reuse',
    text: 'The verdict that a writer may keep the frame, because nobody else maps it any more. Who counts as '
      + 'somebody is what kernels disagree about.', see: ['mapcount', 'page-count-reuse', 'anon-exclusive'] },
  { word: 'pin', also: ['pinned', 'pinned page'],
    text: 'A promise of the kernel to a device: this frame stays where it is until the device is done. The '
      + 'device writes to the frame whatever the page table says.', see: ['gup', 'coherent', 'H1'] },
  {
    word: 'gup',
    also: ['get_user_pages', 'pin_user_pages', 'fast gup'],
    text: 'get_user_pages(), and pin_user_pages() since 5.6: how a driver gets the frames of a buffer. Its fast '
      + 'path looks at page tables without a lock, so it may run in the middle of fork().',
    see: ['pin', 'foll_pin'],
  },
  {
    word: 'foll_pin',
    also: ['FOLL_LONGTERM', 'FOLL_GET', 'long-term pin'],
    text: 'What a caller of get_user_pages() says it wants. FOLL_PIN: to access the data; with FOLL_LONGTERM for '
      + 'as long as user space likes, as RDMA does. FOLL_GET: a reference only, which nobody can tell from '
      + 'others.',
  },
  { word: 'mapcount', text: 'How many page table entries map a frame.', see: ['page count'] },
  { word: 'page count', also: ['refcount', '_refcount'],
    text: 'How many references a frame has, those of page tables, caches and pins together. A pin adds 1024, '
      + 'which is why 1024 other references look like one.', see: ['maybeDmaPinned', 'page-count-reuse'] },
  { word: 'maybeDmaPinned', also: ['page_maybe_dma_pinned', 'maybe pinned'],
    text: "The kernel's guess that a frame is pinned: its count is 1024 or more. It may say yes to a frame "
      + 'that is not, never no to one that is.' },
  { word: 'has_pinned',
    text: 'A mark on an address space: something in it was pinned once. It is never taken back, and a child does '
      + 'not inherit it. Without it fork() need not ask about each page.', see: ['early-cow'] },
  { word: 'early copy', also: ['early cow', 'early-copy'],
    text: 'fork() copies a page at once for the child if it may be pinned, instead of sharing it. The parent '
      + 'keeps the frame that the device has. Linux does so since 5.9.', see: ['early-cow', 'H1', 'H5'] },
  {
    word: 'dontfork',
    also: ['MADV_DONTFORK', 'ibv_fork_init'],
    text: 'madvise() with MADV_DONTFORK: fork() leaves the range out, so the child has a hole there and nothing '
      + 'of it is ever copied. What RDMA libraries did before 5.9, and some still do.',
    see: ['madv-dontfork', 'H2', 'H3'],
  },
  { word: 'wipeonfork', also: ['MADV_WIPEONFORK'],
    text: 'madvise() with MADV_WIPEONFORK: the child finds zeroes in the range.' },
  { word: 'thp', also: ['transparent huge page', 'huge page', 'PMD'],
    text: 'A transparent huge page: 512 pages as one, mapped by one entry (a PMD). fork() shares or splits it '
      + 'whole; a pin on one of its pages counts for all.', see: ['hugetlb', 'thp-split'] },
  { word: 'hugetlb', also: ['hugetlbfs'],
    text:
      'Huge pages from a pool that the administrator fills. They are never split, and a copy needs another one from the pool.',
    see: ['hugetlbfs', 'H8'] },
  { word: 'anonymous memory', also: ['anon', 'private memory'],
    text: 'Memory that belongs to no file: heap, stack, MAP_PRIVATE | MAP_ANONYMOUS. Copy-on-write is about this.' },
  { word: 'anon exclusive', also: ['PG_anon_exclusive', 'exclusive'],
    text: 'A mark on an anonymous page since 5.19: it belongs to one process alone. Only such a page may be '
      + 'pinned for writing or kept at a write fault.', see: ['anon-exclusive', 'unshare'] },
  { word: 'unshare',
    text:
      'To give a process a page of its own before a read-only pin is taken, so that the pin and its owner cannot part later.',
    see: ['readonly-longterm-unshare', 'H6'] },
  { word: 'seqcount', also: ['write_protect_seq'],
    text: 'A counter that fork() raises before and after it write-protects pages. Fast GUP looks at it twice and '
      + 'starts over when it changed.', see: ['write-protect-seq'] },
  { word: 'io_uring', text: 'Asynchronous I/O; buffers registered with it are pinned for as long as the ring lives.',
    see: ['pin'] },
  { word: 'rdma',
    text: 'Network cards that read and write the memory of a program directly. Registered buffers are pinned for long.',
    see: ['pin', 'dontfork'] },
  { word: 'vmsplice',
    text: 'Puts pages of a process into a pipe without copying them: a reference that is no pin. Its reader '
      + 'could see what others wrote later.', see: ['H4'] },
  { word: 'policy',
    text: "One small file that answers some of the model's questions: share or copy this page at fork()? reuse "
      + 'or copy it at a write? What it does not answer is left to the policy below.',
    see: ['lane', 'profile', 'hook'] },
  { word: 'hook', also: ['onForkPage'],
    text:
      'One question that a policy may answer, such as onForkPage. It gets a view of the page and returns a verdict.',
    see: ['view', 'verdict'] },
  { word: 'view',
    text:
      'What a hook is shown of a page, a VMA or an address space. It is lent for the call, and nothing can be changed through it.' },
  { word: 'verdict',
    text:
      "A policy's answer, a bare verb: share, copy, skip, wipe, split, reuse, take, unshare, pin, keep. The model makes facts of it." },
  { word: 'trait',
    text: 'A mechanism that a policy switches on without being asked, such as the order of two steps of fork().' },
  { word: 'profile', also: ['kernel'],
    text:
      'A kernel as a stack of policies: linux-5.9 and its like. A release that is not listed behaves as the nearest one before it.',
    see: ['lane'] },
  { word: 'lane', text: 'One line of a comparison: a profile, a policy over what it lies over, or a stack of your own: '
    + 'linux-5.7+madv-dontfork:pins=true. Each lane has a machine of its own and runs the same program.',
    see: ['policy', 'profile'] },
  { word: 'scenario', also: ['.cow'],
    text:
      'A short program in a .cow file: one step a line, what is expected at its end. It runs on the model and on a live kernel alike.',
    see: ['situation'] },
  { word: 'situation', text: 'One of the scenarios that the matrix asks every kernel: a row of docs/matrix.md.' },
  { word: 'race', also: ['.race'],
    text:
      'Two or more actors that run at the same time, in a .race file. cowlab check tries their steps in every order.',
    see: ['trail'] },
  { word: 'trail', also: ['schedule'],
    text:
      'One order of steps that ends badly, as text that can be replayed: A10 B11 A9 is ten steps of A, eleven of B, nine of A.' },
  { word: 'event', also: ['fact', 'log'],
    text: 'Something that happened, such as PtesShared, for a run of pages that met the same fate. The log '
      + 'of events is all there is to know: it replays to the same world.' },
  { word: 'coherent',
    text: 'Of a pin: device and owner work on the same frames. What the device stores is seen by the program.',
    see: ['diverged', 'H1'] },
  { word: 'diverged', text: 'Of a pin: the device goes on with a frame that its owner no longer sees.',
    see: ['coherent', 'H1'] },
  { word: 'unmapped', text: 'Of a pin: its owner has nothing at that address any more.' },
  { word: 'owner-gone', text: 'Of a pin: the process that owned it has ended; the device still holds the frames.' },
  { word: 'leak', also: ['no-leak'], text: 'A process sees what another one wrote to its private memory afterwards.',
    see: ['H4'] },
  { word: 'safe', text: 'Of a race: no order of its steps breaks what is asked, and all of them were tried.',
    see: ['broken', 'bounded'] },
  { word: 'broken', text: 'Of a race: at least one order breaks what is asked; its trail is shown.',
    see: ['safe', 'trail'] },
  { word: 'bounded', text: 'Of a race: no order broke, but not all of them were tried. This is no "safe".',
    see: ['safe'] },
  { word: 'depends', text: 'A verdict that needs a datum which the recording does not hold. It is said which.' },
  { word: 'agree', also: ['differ', 'conform'],
    text: 'What cowlab conform says of model and kernel: they came to the same, or they did not. A '
      + 'difference is a bug of the model or a finding about Linux.' },
  { word: 'finding', text: 'A hazard that showed in a run: which, at which command, on which page.', see: ['hazard'] },
  { word: 'hazard',
    text: 'One of nine ways in which fork() and pinned pages go wrong, H1 to H9. The ids are stable: --fail-on '
      + 'H1 in a CI job means the same in a year.', see: ['H1', 'H2', 'H4'] },
  { word: 'tearing', also: ['torn snapshot'],
    text:
      'A child finds a state of memory that its parent was never in, because a thread of the parent wrote while fork() copied.',
    see: ['H5'] },
  { word: 'oracle', text: 'Real kernels that run the same programs as the model, live or from recordings.',
    see: ['agree'] },
];

/** What a hazard means for somebody who meets it, beside the sentence that names it. */
export const HAZARD_TEXTS: Readonly<Record<HazardId, string>> = {
  H1: 'What arrives from the network or disk is never seen, what is sent is old. Nothing fails and no error is '
    + 'returned. RDMA, io_uring and VFIO programs met it on kernels between 5.8 and 5.9 and with FOLL_GET '
    + 'drivers to this day. The early copy (5.9) ends it for pins that are taken before fork().',
  H2: 'The child of a program that uses MADV_DONTFORK dies of SIGSEGV when it touches such memory; malloc may '
    + 'have put other data on the same page.',
  H3:
    'Each MADV_DONTFORK may split a mapping in three. At vm.max_map_count, 65530 of them, mmap() and registration fail with ENOMEM.',
  H4: 'Private memory is not private: a reference that was taken before fork() shows later writes of another '
    + 'process (CVE-2020-29374 and its like).',
  H5: 'A copy at fork() is not made in one moment. A thread that writes meanwhile leaves the child with a '
    + 'mixture: a snapshot that no moment ever was.',
  H6: 'Every page is there twice: a snapshot or a pin makes copies of what used to be shared. Sizing for it is '
    + 'what Redis engineers ask about.',
  H7:
    'fork() of much memory takes long, since every entry is looked at, or fails with ENOMEM when a copy or a page table cannot be had.',
  H8: 'A copy of a hugetlb page needs a free one in the pool. Without it fork() fails, or a write ends in SIGBUS.',
  H9:
    'The child may write where its mapping says that it may not: a permission was copied that should have been asked anew.',
};

export const ERRNO_TEXTS: Readonly<Record<(typeof ERRNOS)[number] | 'SIGSEGV' | 'SIGBUS', string>> = {
  EACCES: 'The file or mapping does not allow this kind of access: mprotect() to writable of a read-only file mapping.',
  EAGAIN: 'Not now: fork() that may not have more processes or could not get a page, or a lock that another one holds.',
  EBUSY: 'What is asked for is in use, and will not be waited for.',
  EEXIST: 'Something is there already: MAP_FIXED_NOREPLACE over a mapping, a task number that runs.',
  EFAULT: 'The address that was handed to the kernel is not mapped, or not in that way: a pin of a hole, or for '
    + 'writing of a read-only mapping.',
  EINTR: 'A signal came first.',
  EINVAL:
    'The arguments make no sense together: an address that is not a multiple of the page size, flags that exclude each other.',
  EIO: '/proc/PID/mem could not get at a single byte: nothing is mapped there, or it is shared and not to be written.',
  ENOENT: 'A userfaultfd does not watch that mapping, or does not protect pages there.',
  ENOMEM: 'No memory, no room in the address space, too many mappings, or a range with a hole in it (madvise, mlock).',
  ENXIO: 'The slot of a scenario holds nothing: the pin before it was refused.',
  EOPNOTSUPP:
    'This kind of memory cannot be used like that: a long-term pin of a file mapping that keeps track of writes.',
  EOVERFLOW: 'A number does not fit.',
  EPERM: 'Not allowed to this process.',
  ESRCH: 'There is no such process, or it has ended.',
  SIGSEGV: 'The signal for an access to memory that is not mapped, or not allowed. In a child of a program that '
    + 'uses MADV_DONTFORK: a hole (H2).',
  SIGBUS: 'The signal for an access whose page cannot be had: behind the end of a file, or an empty hugetlb pool (H8).',
};
