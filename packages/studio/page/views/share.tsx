/** What others may be given: a link, a picture, this page with everything in it, plain text, a trace. */
import { useSignal } from '@preact/signals';
import { current, shareLink } from '../address.ts';
import { trail } from '../race-state.ts';
import { asked } from '../work/worker.ts';
import { mailOf, perfettoOf, pngOf, save, svgOf } from '../export.ts';
import { pageWith } from '../../src/document/embed.ts';
import { placeText } from '../../src/model/place.ts';
import { chosen, lanes, layout, place, shown, theme } from '../state.ts';
import { Dialog } from './dialog.tsx';
import { pictures } from './lane-picture.ts';
import { columnName, pageName } from './names.ts';

const EMPTY = '<script type="application/json" id="cowlab-document">null</script>';

/** This page as it came, with what is shown in it. */
function standalone(): string {
  const copy = document.documentElement.cloneNode(true) as HTMLElement;
  copy.querySelector('#app')?.replaceChildren();
  copy.querySelectorAll('[data-made]').forEach((made) => made.remove());
  const html = `<!doctype html>\n${copy.outerHTML}`;
  const slot = /<script type="application\/json" id="cowlab-document">[^<]*<\/script>/;
  return pageWith(html.replace(slot, () => EMPTY), current());
}

const QUICK_MS = 10_000;

async function drawn(to: (text: string) => void): Promise<void> {
  const { value: of } = trail;
  if (of !== null) to(await asked((remote) => remote.drawn(of), QUICK_MS));
}

async function traced(to: (text: string) => void): Promise<void> {
  const { value: of } = trail;
  if (of !== null) to(await asked((remote) => remote.traced(of), QUICK_MS));
}

export function Share() {
  const copied = useSignal('');
  const link = shareLink();
  const at = Math.min(chosen.value?.lane ?? 0, lanes.value.length - 1);
  const [lane, picture, on] = [lanes.value[at], pictures.value[at], layout.value];
  const name = (shown.value !== null && 'name' in shown.value ? shown.value.name : 'pages').replace(/[^\w.-]+/g, '-');
  const copy = (what: string, text: string): void => {
    navigator.clipboard.writeText(text).then(() => {
      copied.value = `${what} is in the clipboard`;
    }, () => {
      copied.value = 'the browser does not let this page write to the clipboard; mark the text and copy it';
    });
  };
  return (
    <Dialog name='Share'>
      <p>Everything is in the link itself or in the file; nothing is sent anywhere.</p>
      {link === null
        ? (
          <p class='quiet'>
            {shown.value === null ? 'Nothing is open.' : 'This is too long for a link; save the page.'}
          </p>
        )
        : (
          <div class='row'>
            <input type='text' readOnly aria-label='link' value={link}
              onFocus={({ currentTarget }) => currentTarget.select()} />
            <button type='button' onClick={() => copy('the link', link)}>copy link</button>
          </div>
        )}
      <div class='buttons'>
        <button type='button' onClick={() => save(`${name}.html`, [standalone()], 'text/html')}>
          page that stands alone
        </button>
        {trail.value !== null && shown.value?.kind === 'race' && (
          <>
            <button type='button' onClick={() => void drawn((text) => copy('the diagram', text))}>
              diagram for a mail
            </button>
            <button type='button' onClick={() =>
              void traced((text) => save(`${name}.perfetto.json`, [text], 'application/json'))}
            >
              trace for Perfetto
            </button>
          </>
        )}
        {lane !== undefined && picture !== undefined && on !== null && (
          <>
            <button type='button' onClick={() =>
              void pngOf(picture.cells, on, theme.value).then((png) =>
                save(`${name}.png`, [png], 'image/png')
              )}
            >
              PNG
            </button>
            <button type='button'
              onClick={() => save(`${name}.svg`, [svgOf(picture.cells, on, theme.value)], 'image/svg+xml')}
            >
              SVG
            </button>
            <button type='button' onClick={() =>
              copy('the text', mailOf(lane, picture.cells, on, { column: (mm) =>
                columnName(lane, mm), page: pageName }, `step ${placeText(place.value)}`))}
            >
              text for a mail
            </button>
            <button type='button' onClick={() =>
              save(`${name}.perfetto.json`, [perfettoOf(lane)], 'application/json')}
            >
              trace for Perfetto
            </button>
          </>
        )}
      </div>
      <p aria-live='polite' class='quiet'>{copied.value}</p>
    </Dialog>
  );
}
