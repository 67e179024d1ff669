import { definePolicy } from '@cowlab/plugin-api';

/**
 * A fault of untouched anonymous memory gets a folio of several pages (mTHP), mapped by as many entries: the largest of
 * the sizes that the machine is set to whose place lies in the mapping and is empty. Which sizes is a setting of the
 * machine (`mthp` in the head of a scenario), and none where nobody set any.
 * @kernel v6.8 19eaf44954df mm: thp: support allocation of anonymous multi-size THP
 */
export default definePolicy({
  id: 'anon-folios',
  summary: 'A fault of anonymous memory gets a folio of the sizes that the machine is set to (mTHP).',
  kernel: 'linux 6.8: 19eaf44954df mm: thp: support allocation of anonymous multi-size THP',
  over: 'readonly-longterm-unshare',
  hazards: ['H1', 'H2', 'H4', 'H6', 'H7', 'H8'],
  traits: { anonFolios: 'sizes' },
});
