/**
 * Looking at and writing runs of page table entries. This is where fork() spends its time, so there are two of each: a
 * plain loop, and a few WebAssembly instructions that handle four entries at a time in worlds whose buffer is a
 * WebAssembly memory. Both do the same; a property test holds them equal.
 */

import { fromBase64 } from '../base64.ts';
import { PFN_SHIFT, PFN_UNIT } from './pte.ts';
import { RUNS_WASM } from './runs-wasm.ts';

export interface Runs {
  /**
   * How many of `nr` entries from `slot` on are like the first: frames that follow each other, the same flags, and
   * pages whose words are the same: mapcount and flags, and with `refsToo` the other references, which cost a third
   * more to look at.
   */
  alike(slot: number, nr: number, refsToo: boolean): number;
  /** Write `first` and the entries of the frames that follow it. */
  rising(slot: number, first: number, nr: number): void;
}

/** The part of WebAssembly that is used; core is compiled without the DOM's types. */
interface Wasm {
  readonly Module: new(bytes: Uint8Array) => object;
  readonly Instance: new(
    module: object,
    imports: object,
  ) => { readonly exports: Record<string, (...args: number[]) => number> };
  readonly Memory: new(size: { initial: number }) => { readonly buffer: ArrayBuffer; grow(pages: number): number };
}

const PAGE_BYTES = 65536;
/** Below this a world is too small to gain anything, and there may be thousands of such worlds. */
const SMALLEST_BYTES = 1 << 20;
const LARGEST_BYTES = 2 ** 32 - PAGE_BYTES;

/** A zeroed buffer and what handles runs in it. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  /** At least so many bytes, what is there kept where it is, the rest zeroed; the old `buffer` is gone then. False: no. */
  grow(bytes: number): boolean;
  bind(nodes: number, meta: number, extra: number): Runs;
}

/** `null`: no WebAssembly here, or not worth it. */
export function allocateWasm(bytes: number): WasmMemory | null {
  const wasm = (globalThis as unknown as { WebAssembly?: Wasm }).WebAssembly;
  if (wasm === undefined || bytes < SMALLEST_BYTES || bytes > LARGEST_BYTES) return null;
  const module = compiled(wasm);
  if (module === null) return null;
  const memory = new wasm.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) });
  const { alike, rising } = new wasm.Instance(module, { world: { memory } }).exports;
  return {
    get buffer() {
      return memory.buffer;
    },
    grow: (to) => {
      if (to > LARGEST_BYTES) return false;
      const more = Math.ceil((to - memory.buffer.byteLength) / PAGE_BYTES);
      if (more <= 0) return true;
      try {
        memory.grow(more);
        return true;
      } catch {
        return false;
      }
    },
    bind: (nodes, meta, extra) => {
      const words = new Int32Array(memory.buffer);
      return {
        alike: (slot, nr, refsToo) => {
          const at = nodes + slot * 4;
          const pfn = words[at >> 2] >>> PFN_SHIFT;
          // Without them the same words are compared twice, the second time out of the cache.
          return alike(at, meta + pfn * 4, (refsToo ? extra : meta) + pfn * 4, nr);
        },
        rising: (slot, first, nr) => void rising(nodes + slot * 4, first, nr),
      };
    },
  };
}

export function plainRuns(a: Int32Array, meta: Int32Array, extra: Int32Array): Runs {
  return {
    alike: (slot, nr, refsToo) => {
      // Locals, because the engine reads imported constants from their module at every use.
      const unit = PFN_UNIT;
      let pte = a[slot];
      let pfn = pte >>> PFN_SHIFT;
      const flags = meta[pfn];
      const others = refsToo ? extra : meta;
      const refs = others[pfn];
      let i = 0;
      while (i < nr && a[slot + i] === pte && meta[pfn] === flags && others[pfn] === refs) {
        i++;
        pfn++;
        pte = (pte + unit) | 0;
      }
      return i;
    },
    rising: (slot, first, nr) => {
      const unit = PFN_UNIT;
      const end = slot + nr;
      for (let i = slot, pte = first; i < end; i++, pte = (pte + unit) | 0) a[i] = pte;
    },
  };
}

let module: object | null | undefined;

/** Compiled once per program; null where the engine has no SIMD or forbids compiling. */
function compiled(wasm: Wasm): object | null {
  if (module !== undefined) return module;
  try {
    module = new wasm.Module(fromBase64(RUNS_WASM));
  } catch {
    module = null;
  }
  return module;
}
