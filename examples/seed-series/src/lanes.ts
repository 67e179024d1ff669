/** Labs under the kernels that the series is about, with one process and, where asked for, its memory. */
import { compose, type Lane, resolveLanes } from '@cowlab/composition';
import type { Lab } from '@cowlab/runtime';
import { openCatalogue } from '@cowlab/composition/node';
import { type Command, MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, type MmSnapshot, PAGE_SIZE, type PageSnapshot, PROT_READ,
  PROT_WRITE } from '@cowlab/core';

export const SERIES = ['posted-v2', 'linux-5.9'] as const;
/** First page of the memory that labs start with. */
export const BUFFER = 512;

const catalogue = await openCatalogue({ cwd: process.cwd() });

export function lanesOf(text: string): Promise<readonly Lane[]> {
  return resolveLanes(text, catalogue);
}

/** Process 0 with `nr` pages of anonymous memory, never touched. */
export async function labOf(lane: string, nr = 1): Promise<Lab> {
  const [lab] = compose(await lanesOf(lane));
  run(lab, { type: 'Spawn', task: 0 }, mapping(0, nr));
  return lab;
}

export function mapping(task: number, nr: number, vpn = BUFFER): Command {
  return { type: 'Mmap', task, addr: vpn * PAGE_SIZE, length: nr * PAGE_SIZE, prot: PROT_READ | PROT_WRITE,
    flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED };
}

/** All of them must succeed. */
export function run(lab: Lab, ...commands: readonly Command[]): void {
  for (const command of commands) {
    const { result } = lab.execute(command);
    if (!result.ok) throw new Error(`${command.type}: ${result.errno}, ${result.why}`);
  }
}

export function mmOf({ world }: Lab, task: number): MmSnapshot {
  return world.mm(world.mmOf(task));
}

export function pageOf({ world }: Lab, task: number, vpn = BUFFER): PageSnapshot {
  return world.page(world.mmOf(task), vpn);
}
