/** The guided story: it moves time, chooses pages, and says what to look at. */
import { useEffect, useRef } from 'preact/hooks';
import { documentOf, breakage } from '../gallery.ts';
import { GUIDE, GUIDE_LANES } from '../guide.ts';
import { chosen, goStep, guided, open, session, shown, trouble, view } from '../state.ts';

async function stand(at: number): Promise<void> {
  const item = breakage();
  if (item === undefined) return;
  const document = shown.value;
  if (document?.kind !== 'scenario' || document.text !== item.text || document.lanes !== GUIDE_LANES) {
    const problem = await open(documentOf(item, GUIDE_LANES));
    if (problem !== null) {
      trouble.value = problem;
      return;
    }
  }
  const { step, page } = GUIDE[at];
  view.value = 'pages';
  goStep(step);
  const vpn = session.value?.regions[0]?.start;
  chosen.value = page === null || vpn === undefined ? null : { ...page, vpn };
}

export function GuideCard({ at }: { readonly at: number }) {
  const on = useRef<HTMLDivElement>(null);
  useEffect(() => void stand(at), [at]);
  // Whoever came by keyboard goes on by keyboard.
  useEffect(() => on.current?.querySelector<HTMLElement>('.first')?.focus(), []);
  const { title, text } = GUIDE[at];
  const to = (next: number | null): void => {
    guided.value = next;
  };
  return (
    <section class='guide' aria-label='guided story'>
      <p class='quiet'>The breakage of 2020, {at + 1} of {GUIDE.length}</p>
      <div aria-live='polite'>
        <h2>{title}</h2>
        <p>{text}</p>
      </div>
      <div class='buttons' ref={on}>
        <button type='button' disabled={at === 0} onClick={() => to(at - 1)}>back</button>
        {at + 1 < GUIDE.length
          ? <button type='button' class='first' onClick={() => to(at + 1)}>next</button>
          : <button type='button' class='first' onClick={() => to(null)}>look around</button>}
        <button type='button' class='link' onClick={() => to(null)}>end the story</button>
      </div>
    </section>
  );
}
