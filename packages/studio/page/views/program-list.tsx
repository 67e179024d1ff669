/** The program, a line for each step; those that lie ahead are pale. */
import { useEffect, useRef } from 'preact/hooks';
import { goStep, hazards, lanes, partings, place } from '../state.ts';

/** Around the step that is shown, of a program with a million. */
const SEEN = 60;

export function ProgramList() {
  const { step } = place.value;
  const list = useRef<HTMLOListElement>(null);
  const [first] = lanes.value;
  const steps = first?.steps ?? [];
  const from = Math.max(0, Math.min(step - SEEN / 2, steps.length - SEEN));
  useEffect(() => {
    const [box, line] = [list.current, list.current?.querySelector('[aria-current]')];
    if (box === null || !(line instanceof HTMLElement)) return;
    if (line.offsetTop < box.scrollTop) box.scrollTop = line.offsetTop;
    else if (line.offsetTop + line.offsetHeight > box.scrollTop + box.clientHeight)
      box.scrollTop = line.offsetTop + line.offsetHeight - box.clientHeight;
  }, [step]);
  return (
    <nav class='program' aria-label='the program'>
      <h2>Program</h2>
      <ol ref={list} start={from + 1}>
        {steps.slice(from, from + SEEN).map(({ text, result }, i) => {
          const at = from + i + 1;
          return (
            <li key={at} class={at > step ? 'ahead' : ''}>
              <button type='button' aria-current={at === step ? 'step' : undefined} onClick={() => goStep(at)}>
                <code>{text}</code>
                {result !== 'ok' && <span class='errno'>{result}</span>}
                {hazards.value.includes(at) && <span class='hazard' title='a hazard in some lane'>!</span>}
                {partings.value.includes(at) && <span class='parts' title='lanes part here'>≠</span>}
              </button>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
