/** The verdict on a recorded program: the sentence, its timeline, and each line of it beside the line of the strace. */
import { useEffect, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import type { StudioDocument, Timeline } from '../../src/document/document.ts';
import type { Theme } from '../grid/colours.ts';
import { goStep, theme, view } from '../state.ts';

type Recording = Extract<StudioDocument, { kind: 'recording' }>;

interface Hazard {
  readonly verdict: string | null;
  readonly hazard: string | null;
  readonly what: string;
  readonly lines: readonly number[];
  readonly kernels: readonly string[];
  readonly remedy: string | null;
}

/** What `cowlab verdict --json` prints; it comes from outside, so nothing in it is taken for granted. */
function readVerdict(value: unknown) {
  const fields = value as Readonly<Record<string, unknown>>;
  const list = (name: string): readonly Readonly<Record<string, unknown>>[] =>
    Array.isArray(fields[name]) ? fields[name] as Readonly<Record<string, unknown>>[] : [];
  const text = (item: unknown): string => (typeof item === 'string' ? item : '');
  const texts = (items: unknown): string[] => (Array.isArray(items) ? items.map(text) : []);
  return { sentence: text(fields.sentence), verdict: text(fields.verdict), notShown: texts(fields.notShown),
    kernels: list('kernels').map(({ kernel, verdict, why }) => ({ kernel: text(kernel), verdict: text(verdict),
      why: texts(why) })
    ),
    hazards: list('hazards').map((one): Hazard => ({ verdict: text(one.verdict), hazard: text(one.hazard),
      what: text(one.what), kernels: texts(one.kernels), remedy: text(one.remedy) || null,
      lines: Array.isArray(one.lines) ? one.lines.filter((line) => typeof line === 'number') : [] })
    ) };
}

/** What has one remedy on the same kernels is one thing, for however many pages it was found. */
function grouped(hazards: readonly Hazard[]): readonly { readonly first: Hazard; readonly more: number }[] {
  const groups = new Map<string, { readonly first: Hazard; more: number }>();
  for (const one of hazards) {
    const key = [one.hazard, one.verdict, one.kernels.join(), one.remedy ?? one.what].join('\n');
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { first: one, more: 0 });
    else known.more++;
  }
  return [...groups.values()];
}

const WHY_MAX = 6;

/** Lines that differ in their numbers alone are one, with how many more there are. */
function alike(lines: readonly string[]): readonly { readonly line: string; readonly more: number }[] {
  const groups = new Map<string, { readonly line: string; more: number }>();
  for (const line of lines) {
    const key = line.replace(/0x[\da-f]+|\d[\d,.]*/g, '#');
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { line, more: 0 });
    else known.more++;
  }
  return [...groups.values()];
}

export function VerdictView({ of }: { readonly of: Recording }) {
  const { sentence, verdict, notShown, kernels, hazards } = readVerdict(of.verdict);
  const at = (line: number): void => {
    const step = of.steps.findIndex((one) => one.line === line);
    if (step < 0) return;
    goStep(step + 1);
    view.value = 'pages';
  };
  return (
    <div class='verdict'>
      <section aria-label='verdict'>
        <h2>Verdict</h2>
        <p class='sentence'>
          <b class={verdict === 'UNSAFE' ? 'hazard' : 'fine'}>{verdict}</b> {sentence}
        </p>
        <table>
          <thead>
            <tr>
              <th scope='col'>kernel</th>
              <th scope='col'>verdict</th>
              <th scope='col'>why</th>
            </tr>
          </thead>
          <tbody>
            {kernels.map(({ kernel, verdict: word, why }) => (
              <tr key={kernel}>
                <th scope='row'>{kernel}</th>
                <td>
                  <b class={word === 'UNSAFE' ? 'hazard' : ''}>{word}</b>
                </td>
                <td>
                  {alike(why).slice(0, WHY_MAX).map(({ line, more }) => (
                    <p key={line}>
                      {line}
                      {more > 0 && <span class='quiet'>{`, and ${more} more like it`}</span>}
                    </p>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <section aria-label='timeline'>
        <h2>Timeline</h2>
        <Curves of={of.timeline} />
        <Moments of={of} at={at} />
      </section>
      {hazards.length > 0 && (
        <section aria-label='what was found'>
          <h2>What was found</h2>
          <ul class='claims'>
            {grouped(hazards).map(({ first: one, more }) => (
              <li key={`${one.what}${one.lines.join()}`}>
                <b class={one.verdict === 'UNSAFE' ? 'hazard' : 'fine'}>{one.hazard || one.verdict || 'note'}</b>{' '}
                {one.what}
                {one.kernels.length > 0 && <span class='quiet'>{` (${one.kernels.join(', ')})`}</span>}
                {more > 0 && <span class='quiet'>{` and ${more} more like it`}</span>}
                {one.remedy !== null && <p>{one.remedy}</p>}
                <span class='buttons'>
                  {one.lines.slice(0, 6).map((line) => (
                    <button key={line} type='button' class='link' onClick={() => at(line)}>line {line}</button>
                  ))}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {notShown.length > 0 && (
        <section aria-label='what the recording does not show'>
          <h2>What the recording does not show</h2>
          <ul class='claims'>{notShown.map((line) => <li key={line}>{line}</li>)}</ul>
        </section>
      )}
    </div>
  );
}

function Curves({ of }: { readonly of: Timeline }) {
  const box = useRef<HTMLDivElement>(null);
  const on = theme.value;
  useEffect(() => {
    let undo: (() => void) | undefined;
    let over = false;
    // Where the browser's own language is no language to it, it draws nothing; the table below says the same.
    void import('uplot').then(({ default: Plot }) => {
      if (box.current !== null && !over && of.seconds.length > 1) undo = drawCurves(Plot, box.current, of, on);
    }, () => undefined);
    return () => {
      over = true;
      undo?.();
    };
  }, [of, on]);
  return (
    <div ref={box} class='curves' role='img'
      aria-label={of.counts.map(({ name, values }) => `${name}: ${values.at(-1) ?? 0} at the end`).join('; ')} />
  );
}

const HEIGHT = 140;

function drawCurves(Plot: typeof uPlot, box: HTMLElement, of: Timeline, on: Theme): () => void {
  const [ink, line] = on.name === 'dark' ? ['#a4adb9', '#3a414b'] : ['#565e6a', '#d7dbe0'];
  const strokes = on.name === 'dark' ? ['#8ab4ff', '#d2b45a', '#5aab91'] : ['#1b4fb8', '#8a6500', '#1d7a5b'];
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 },
    font: '12px system-ui' };
  const plots = of.counts.map(({ name, values }, i) =>
    new Plot({ width: box.clientWidth, height: HEIGHT, title: name, legend: { show: false },
      scales: { x: { time: false } }, cursor: { sync: { key: 'recording' } }, axes: [{ ...axis, values: (_, ticks) =>
        ticks.map((tick) => `${tick} s`) }, { ...axis, size: 64 }],
      series: [{}, { stroke: strokes[i % strokes.length], width: 2, points: { show: false } }] }, [[...of.seconds], [
      ...values,
    ]], box)
  );
  const watch = new ResizeObserver(() =>
    plots.forEach((plot) => plot.setSize({ width: box.clientWidth, height: HEIGHT }))
  );
  watch.observe(box);
  return () => {
    watch.disconnect();
    plots.forEach((plot) => plot.destroy());
  };
}

function Moments({ of, at }: { readonly of: Recording; readonly at: (line: number) => void }) {
  return (
    <div class='wide'>
      <table>
        <thead>
          <tr>
            <th scope='col'>seconds</th>
            <th scope='col'>what</th>
            <th scope='col'>line of the recording</th>
          </tr>
        </thead>
        <tbody>
          {of.timeline.moments.map(({ at: seconds, what, line, text }) => (
            <tr key={line}>
              <td class='number'>{seconds.toFixed(6)}</td>
              <td>{what}</td>
              <td>
                <button type='button' class='link' onClick={() => at(line)}>{line}</button>{' '}
                <code>{text.slice(0, 160)}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
