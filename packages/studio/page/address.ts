/**
 * The address holds the place: `#at=6.2&page=0.0.0x200000`, and in a link to share the document itself, deflated.
 * Nothing of a fragment is ever sent to a server.
 */
import { deflateSync, inflateSync, strFromU8, strToU8 } from 'fflate';
import { effect } from '@preact/signals';
import { documentProblem, type StudioDocument } from '../src/document/document.ts';
import { placeFrom, placeText } from '../src/model/place.ts';
import { lane as raceLane, trail } from './race-state.ts';
import { chosen, go, lanes, open, place, shown, trouble, type View, view } from './state.ts';

/** Chat programs and mailers cut longer ones. */
export const LINK_MAX = 32_000;
/** A link that inflates to more than this is no link that anybody made here. */
const TEXT_MAX = 4 << 20;

const VIEWS: readonly View[] = ['pages', 'table', 'race', 'verdict', 'write'];

export function packed(document: StudioDocument): string {
  const bytes = deflateSync(strToU8(JSON.stringify(document)), { level: 9 });
  let text = '';
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return btoa(text).replace(/[+/=]/g, (sign) => ({ '+': '-', '/': '_' })[sign] ?? '');
}

/** @throws Error for what is none, in words */
export function unpacked(text: string): StudioDocument {
  let value: unknown;
  try {
    const bytes = Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (sign) => sign.charCodeAt(0));
    value = JSON.parse(strFromU8(inflateSync(bytes, { out: new Uint8Array(TEXT_MAX) })));
  } catch {
    throw new Error('the link is cut or spoilt; ask for it again');
  }
  const problem = documentProblem(value);
  if (problem !== null) throw new Error(`the link holds nothing that can be shown: ${problem}`);
  return value as StudioDocument;
}

/** Of what is on the screen: place, view, page. */
function placeFragment(): URLSearchParams {
  const fragment = new URLSearchParams();
  fragment.set('at', placeText(place.value));
  if (view.value !== 'pages') fragment.set('view', view.value);
  const { value: at } = chosen;
  if (at !== null) fragment.set('page', `${at.lane}.${at.mm}.0x${at.vpn.toString(16)}`);
  return fragment;
}

/** What is open, a race with the order that is looked at. */
export const current = (): StudioDocument | null =>
  shown.value?.kind === 'race' && trail.value !== null
    ? { ...shown.value, schedule: trail.value.schedule, lane: raceLane.value, memory: trail.value.memory }
    : shown.value;

/** A link to what is on the screen, for others; null where it would be too long. */
export function shareLink(): string | null {
  const document = current();
  if (document === null) return null;
  const fragment = placeFragment();
  fragment.set('doc', packed(document));
  const link = `${location.href.split('#')[0]}#${fragment.toString()}`;
  return link.length > LINK_MAX ? null : link;
}

/** What the address says: a document of its own, and where to stand in it. */
export async function openAddress(embedded: StudioDocument | null): Promise<void> {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const packedText = fragment.get('doc');
  try {
    const document = packedText === null ? embedded : unpacked(packedText);
    if (document !== null && document !== shown.value) {
      const problem = await open(document);
      if (problem !== null) throw new Error(problem);
    }
    stand(fragment);
  } catch (error) {
    trouble.value = error instanceof Error ? error.message : String(error);
  }
}

function stand(fragment: URLSearchParams): void {
  const at = fragment.get('at');
  if (at !== null) go(placeFrom(at, lanes.value));
  const wanted = VIEWS.find((candidate) => candidate === fragment.get('view'));
  if (wanted !== undefined) view.value = wanted;
  const [, lane, mm, vpn] = /^(\d)\.(-1|\d{1,6})\.0x([0-9a-f]{1,10})$/.exec(fragment.get('page') ?? '') ?? [];
  if (vpn !== undefined && Number(lane) < lanes.value.length)
    chosen.value = { lane: Number(lane), mm: Number(mm), vpn: parseInt(vpn, 16) };
}

/** From here on the address follows the screen, without a history of every step. */
export function followAddress(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const { value: document } = shown;
    const fragment = placeFragment();
    clearTimeout(timer);
    // Browsers refuse more than a hundred changes in half a minute.
    timer = setTimeout(() => {
      const before = new URLSearchParams(location.hash.slice(1)).get('doc');
      if (before !== null && document !== null && before === packed(document)) fragment.set('doc', before);
      history.replaceState(null, '', `#${fragment.toString()}`);
    }, 350);
  });
}
