import { definePolicy } from '@cowlab/plugin-api';

/**
 * The program says what fork() must leave out: VM_DONTCOPY leaves a hole in the child, VM_WIPEONFORK gives it zeroes.
 * With `pins`, whoever registers a buffer says it too, as libibverbs does after ibv_fork_init().
 * @kernel kernel/fork.c dup_mmap()
 */
export default definePolicy({
  id: 'madv-dontfork',
  summary: 'Honour MADV_DONTFORK and MADV_WIPEONFORK; with pins=true every registered buffer is marked DONTFORK.',
  kernel: 'MADV_DONTFORK since 2.6.16, MADV_WIPEONFORK since 4.14',
  over: 'naive-cow',
  hazards: ['H1', 'H2', 'H4'],
  defaults: { pins: false },
  create: ({ pins }) => ({
    onForkVma: (vma) => (vma.dontCopy ? 'skip' : vma.wipeOnFork ? 'wipe' : undefined),
    ...(pins ? { onRegister: () => 'dontfork' as const } : {}),
  }),
});
