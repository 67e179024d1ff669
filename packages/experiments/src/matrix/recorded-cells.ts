/**
 * The letters of every cell as they were when they were last looked at. The document says what must be so and is silent
 * about the rest; a change of that rest is a change of the model all the same, and whoever makes it is to see it.
 */
import { PROFILES, resolveKernel } from '@cowlab/composition';

/** By situation: the letters from each profile on, in the order of the profiles. COWLAB_DOCS=update writes the rows. */
const ROWS: Readonly<Record<string, string>> = {
  // rows
  '1': 'linux-5.7=DL posted-v2=CX2',
  '2': 'linux-5.7=C linux-5.9-rc5=D posted-v2=CX2',
  '3': 'linux-5.7=C linux-5.9-rc5=D posted-v2=CX2',
  '4': 'linux-5.7=CL posted-v2=CX1',
  '5': 'linux-5.7=C',
  '6': 'linux-5.7=D posted-v2=CX2',
  '7': 'linux-5.7=D linux-5.7.3=C linux-5.9-rc5=D linux-5.19=C',
  '8': 'linux-5.7=C linux-5.9-rc5=D linux-5.19=C',
  '9': 'linux-5.7=C linux-5.9-rc5=D linux-5.19=C',
  '10': 'linux-5.7=D',
  '11': 'linux-5.7=C linux-5.9-rc5=D',
  '12': 'linux-5.7=L linux-5.7.3=-',
  '13': 'linux-5.7=L linux-5.7.3=- linux-5.9-rc5=L linux-5.18=-',
  '14': 'linux-5.7=L linux-5.7.3=- linux-5.9-rc5=L',
  '15': 'linux-5.7=DL posted-v2=CX512S',
  '16': 'linux-5.7=C posted-v2=CX512S',
  '17': 'linux-5.7=DL linux-5.12.0=CX512',
  '18': 'linux-5.7=CB linux-5.12.0=FC',
  '19': 'linux-5.7=CV',
  '20': 'linux-5.7=CZ',
  '21': 'linux-5.7=CM',
  '21b': 'linux-5.7=CM',
  '22': 'linux-5.7=DL posted-v2=CX2',
  '22b': 'linux-5.7=C linux-5.9-rc5=D posted-v2=CX2',
  '22c': 'linux-5.7=C linux-5.9-rc5=D posted-v2=CX2',
  '22d': 'linux-5.7=CL posted-v2=CX2',
  '23': 'linux-5.7=D linux-5.7.3=C linux-5.9-rc5=D linux-6.2=C',
  '24': 'linux-5.7=D linux-5.7.3=C linux-5.9-rc5=D',
  '25': 'linux-5.7=D linux-5.7.3=C linux-5.9-rc5=D linux-6.2=C',
  '26': 'linux-5.7=C',
  '27': 'linux-5.7=C linux-5.9-rc5=D linux-5.10.9=C',
  '28': 'linux-5.7=D',
  '28b': 'linux-5.7=D',
  '29': 'linux-5.7=C posted-v2=CX1 linux-5.19=C',
  '30': 'linux-5.7=C posted-v2=CX1',
  '30b': 'linux-5.7=C posted-v2=CX1 linux-5.19=C',
  '30c': 'linux-5.7=C linux-5.19=CX1',
  // end
};

/** Null for what is no situation of ours, or no kernel. */
export function recordedLetters(id: string, lane: string): string | null {
  if (!Object.hasOwn(ROWS, id)) return null;
  const names = Object.keys(PROFILES);
  const at = names.indexOf(Object.hasOwn(PROFILES, lane) ? lane : resolveKernel(lane)?.profile ?? '');
  const turns = ROWS[id].split(' ').map((turn) => turn.split('='));
  return turns.findLast(([first]) => names.indexOf(first) <= at)?.[1] ?? null;
}
