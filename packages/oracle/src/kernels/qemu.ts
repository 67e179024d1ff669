/** How qemu is started: a machine of one kernel, one initramfs and two serial ports, and nothing else. */
import { accessSync, constants, readFileSync } from 'node:fs';
import { findCommand } from '../live/find-command.ts';
import type { Place } from './place.ts';

export const QEMU = 'qemu-system-x86_64';
export const GET_QEMU = 'install qemu (Debian and Ubuntu: apt-get install qemu-system-x86)';

/** By the processor, or emulated. */
export type Accelerator = 'kvm' | 'tcg';

export interface Machine {
  readonly image: string;
  /** Paths that qemu opens. */
  readonly initramfs: string;
  readonly console: string;
  readonly accelerator: Accelerator;
  readonly cpus: number;
  readonly memoryMib: number;
  /** A disk with a swap area on it, of raw bytes; null: there is none. */
  readonly swap: string | null;
}

export function qemuArguments(
  { image, initramfs, console, accelerator, cpus, memoryMib, swap }: Machine,
): readonly string[] {
  return [
    '-nodefaults',
    '-no-user-config',
    '-display',
    'none',
    '-no-reboot',
    // Memory of a guest is not for the ksmd of the machine that it runs on, which programs there may ask for.
    '-machine',
    'mem-merge=off',
    '-accel',
    accelerator,
    '-cpu',
    CPU[accelerator],
    '-smp',
    String(cpus),
    '-m',
    String(memoryMib),
    '-kernel',
    image,
    '-initrd',
    initramfs,
    // A kernel that panics starts anew, and -no-reboot makes that the end of qemu. On a busy machine the timer of an
    // emulated guest comes so late that kernels would take it for broken.
    '-append',
    'console=ttyS0 quiet loglevel=3 panic=-1 oops=panic no_timer_check rdinit=/init transparent_hugepage=madvise '
    // Who may write to read-only memory by /proc/PID/mem is a matter of configuration since 6.12.
    + 'proc_mem.force_override=always'
    + (swap === null ? '' : ' swap=/dev/nvme0n1'),
    '-serial',
    `file:${console}`,
    '-serial',
    'stdio',
    ...(swap === null ? [] : swapDisk(swap)),
  ];
}

/**
 * NVMe: its driver is part of the kernels that distributions build, and what is swapped to it is written behind the
 * back of whoever reclaims, as on most machines.
 */
const swapDisk = (
  path: string,
): readonly string[] => ['-drive',
  `if=none,id=swap,format=raw,cache=unsafe,file.driver=file,file.locking=off,file.filename=${path}`, '-device',
  'nvme,drive=swap,serial=swap'];

/**
 * qemu 7.2 emulates cmpxchg16b so that some boots of 6.12 die of a double fault behind one, in kmalloc(); a kernel
 * can do
 * without. Five levels of page tables would only be slower.
 */
const CPU: Readonly<Record<Accelerator, string>> = { kvm: 'host', tcg: 'max,cx16=off,la57=off' };

/** What keeps guests from being started, or null. */
export function whyNoQemu(env: Place['env']): string | null {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return `this is ${process.platform} on ${process.arch}, not Linux on x64`;
  return findCommand(QEMU, env) === null ? `there is no ${QEMU}` : null;
}

/** KVM where the processor can do it: a /dev/kvm without that is slower than no KVM, if it runs the kernel at all. */
export function accelerators(): readonly Accelerator[] {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return /^flags\s*:.*\b(vmx|svm)\b/m.test(readFileSync('/proc/cpuinfo', 'utf8')) ? ['kvm', 'tcg'] : ['tcg'];
  } catch {
    return ['tcg'];
  }
}
