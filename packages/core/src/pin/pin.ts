/** Drivers and pipes that hold pages: taking them, giving them back, loading and storing through them. */

import type { CommandOf } from '../commands.ts';
import { done, refuse, type Result } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { FOLL_GET, FOLL_LONGTERM, FOLL_PIN, PIN, TASK, VM_DONTCOPY, VMA } from '../tables/fields.ts';
import { forVmasIn, type Wish } from '../vma/split.ts';
import { vmaOf } from '../vma/list.ts';
import { pinnedFrame } from './evolve-pin.ts';
import { gup, markPinned } from './gup.ts';

export function pin(k: Kernel, c: CommandOf<'Pin'>): Result {
  const w = k.world;
  const invalid = (c.flags & (FOLL_GET | FOLL_PIN)) === (FOLL_GET | FOLL_PIN) || (c.flags & (FOLL_GET | FOLL_PIN)) === 0
    || ((c.flags & FOLL_LONGTERM) !== 0 && (c.flags & FOLL_PIN) === 0);
  if (invalid) return refuse('EINVAL', 'FOLL_PIN or FOLL_GET, not both; FOLL_LONGTERM goes with FOLL_PIN');
  if (c.nr === 0) return done(0);
  const mm = w.tasks.get(c.task, TASK.MM);
  const current = w.tasks.get(c.by ?? c.task, TASK.MM);
  registerWithDontfork(k, mm, c);
  markPinned(k, mm, current, c.flags);
  k.emit({ type: 'PinOpened', pin: c.pin, mm, vpn: c.vpn, nr: c.nr, flags: c.flags, device: c.device });
  const result = gup(k, mm, c.pin, c.vpn, c.nr, c.flags);
  const taken = result.ok ? result.value : 0;
  if (taken === c.nr && ofSeveralFiles(k, mm, c)) {
    k.emit({ type: 'PagesUnpinned', pin: c.pin, index: 0, nr: taken });
    k.emit({ type: 'PinClosed', pin: c.pin });
    return refuse('EINVAL', 'the buffer lies in mappings of several files');
  }
  if (taken === c.nr || (taken > 0 && c.whole !== true)) return result;
  if (taken > 0) k.emit({ type: 'PagesUnpinned', pin: c.pin, index: 0, nr: taken });
  k.emit({ type: 'PinClosed', pin: c.pin });
  return result.ok
    ? refuse('EFAULT', `only ${taken} of ${c.nr} pages could be taken, and the driver wants all of them`)
    : result;
}

/** Asked of a registration alone, when all pages are pinned. @kernel io_uring/rsrc.c io_pin_pages() */
function ofSeveralFiles(k: Kernel, mm: number, { vpn, nr, flags, whole }: CommandOf<'Pin'>): boolean {
  if (k.policy.traits.registrationFiles === 'any' || whole !== true || (flags & FOLL_LONGTERM) === 0) return false;
  const { vmas } = k.world;
  const first = vmaOf(k.world, mm, vpn);
  if (vmas.get(first, VMA.END) >= vpn + nr) return false;
  const files = new Set<number>();
  for (let at = vpn; at < vpn + nr; at = vmas.get(vmaOf(k.world, mm, at), VMA.END))
    files.add(vmas.get(vmaOf(k.world, mm, at), VMA.FILE));
  return files.size > 1;
}

/** What libibverbs does after ibv_fork_init(): the range is taken out of fork() before it is pinned. */
function registerWithDontfork(k: Kernel, mm: number, c: CommandOf<'Pin'>): void {
  if ((c.flags & FOLL_LONGTERM) === 0 || !k.policy.asksOnRegister) return;
  const w = k.world;
  const wish = (vma: number): Wish => {
    k.vma.w = w;
    k.vma.vma = vma;
    const verdict = k.policy.onRegister(k.vma);
    k.vma.w = null;
    return verdict === 'dontfork' && (w.vmas.get(vma, VMA.FLAGS) & VM_DONTCOPY) === 0 ? 'cut' : 'skip';
  };
  forVmasIn(k, mm, c.vpn, c.vpn + c.nr, wish, (vma) => {
    k.emit({ type: 'VmaFlagsChanged', mm, vma, flags: w.vmas.get(vma, VMA.FLAGS) | VM_DONTCOPY });
    return null;
  });
}

export function unpin(k: Kernel, c: CommandOf<'Unpin'>): Result {
  const w = k.world;
  if (!w.pins.isLive(c.pin)) return refuse('EINVAL', `there is no pin ${c.pin}`);
  k.emit({ type: 'PagesUnpinned', pin: c.pin, index: 0, nr: w.pins.get(c.pin, PIN.NR) });
  k.emit({ type: 'PinClosed', pin: c.pin });
  return done();
}

export function deviceStore(k: Kernel, c: CommandOf<'DeviceStore'>): Result {
  const refusal = checkPage(k, c.pin, c.index);
  if (refusal !== null) return refusal;
  k.emit({ type: 'DeviceStored', pin: c.pin, index: c.index, value: c.value });
  return done();
}

export function deviceLoad(k: Kernel, c: CommandOf<'DeviceLoad'>): Result {
  const refusal = checkPage(k, c.pin, c.index);
  if (refusal !== null) return refusal;
  k.emit({ type: 'DeviceLoaded', pin: c.pin, index: c.index });
  return done(k.world.pages.stamp[pinnedFrame(k.world, c.pin, c.index)]);
}

function checkPage(k: Kernel, pin: number, index: number): Result | null {
  if (!k.world.pins.isLive(pin)) return refuse('EINVAL', `there is no pin ${pin}`);
  if (index < 0 || index >= k.world.pins.get(pin, PIN.NR) || pinnedFrame(k.world, pin, index) < 0) {
    return refuse('EFAULT', `pin ${pin} holds no page ${index}`);
  }
  return null;
}
