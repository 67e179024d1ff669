/** What lies over everything until it is closed; the browser keeps the keyboard inside. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { panel } from '../state.ts';

export function Dialog({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const box = dialog.current;
    box?.showModal();
    return () => box?.close();
  }, []);
  const close = (): void => {
    panel.value = null;
  };
  return (
    <dialog ref={dialog} aria-label={name} onCancel={close} onClick={(event) => {
      if (event.target === dialog.current) close();
    }}>
      <header>
        <h2>{name}</h2>
        <button type='button' aria-label='close' onClick={close}>×</button>
      </header>
      <div class='body'>{children}</div>
    </dialog>
  );
}
