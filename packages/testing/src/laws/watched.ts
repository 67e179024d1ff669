/** Overlays with an observer between the model and their hooks. */

import { HOOK_NAMES, type MmView, type Overlay, type PageView, type PolicyHooks, type VmaView } from '@cowlab/core';

export type View = PageView | VmaView | MmView;
export type HookName = keyof PolicyHooks;

type Hook = (view: View, request?: unknown) => unknown;

/** `around` sees each call and makes it: `ask` with the view it is to get. */
export function watched(
  overlay: Overlay,
  around: (hook: HookName, view: View, ask: (view: View) => unknown) => unknown,
): Overlay {
  const hooks: Partial<Record<HookName, Hook>> = {};
  for (const name of HOOK_NAMES) {
    const hook = overlay.hooks[name] as Hook | undefined;
    if (hook !== undefined) hooks[name] = (view, request) => around(name, view, (lent) => hook(lent, request));
  }
  return { ...overlay, hooks: hooks as PolicyHooks };
}

/** An overlay whose views are taken away when the hook returns: whoever keeps one gets a TypeError the next time. */
export function withBorrowedViews(overlay: Overlay): Overlay {
  return watched(overlay, (_hook, view, ask) => {
    const revokes: (() => void)[] = [];
    try {
      return ask(borrowed(view, revokes));
    } finally {
      for (const revoke of revokes) revoke();
    }
  });
}

function borrowed<T extends View>(view: T, revokes: (() => void)[]): T {
  const { proxy, revoke } = Proxy.revocable(view, {
    get(target, key) {
      // Getters of the views read private fields, which a proxy does not have.
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value === 'function') return (value as (...args: unknown[]) => unknown).bind(target);
      return isView(value) ? borrowed(value, revokes) : value;
    },
    set(_target, key) {
      throw new TypeError(`a view is read-only; it cannot be given another ${String(key)}`);
    },
  });
  revokes.push(revoke);
  return proxy;
}

/** A page's view has its mm's and its VMA's inside. */
const isView = (value: unknown): value is View =>
  typeof value === 'object' && value !== null && ('hasPinned' in value || 'dontCopy' in value);
