/**
 * Settings of the machine that a program presupposes: which sizes of folios anonymous memory may get. They are said in
 * the head of a program, or once for all programs in the header of their recording.
 */
import { Cursor, linesOf } from './cursor.ts';
import { meant, quoted, ScenarioError } from './scenario-error.ts';

/** @kernel Documentation/admin-guide/mm/transhuge.rst transparent_hugepage/enabled */
export const THP_MODES = {
  always: 'wherever a huge page fits',
  madvise: 'where MADV_HUGEPAGE asked for them',
  never: 'nowhere',
} as const;

/** @kernel Documentation/admin-guide/mm/transhuge.rst transparent_hugepage/hugepages-<size>kB/enabled */
export const MTHP_MODES = {
  always: 'wherever a folio of that size fits',
  madvise: 'where MADV_HUGEPAGE asked for them',
  inherit: 'as `thp` says',
  never: 'nowhere',
} as const;

/** Sizes between a page and a PMD: 2^order pages of 4 KiB. */
export const FOLIO_ORDERS = { '16k': 2, '32k': 3, '64k': 4, '128k': 5, '256k': 6, '512k': 7, '1024k': 8 } as const;

/** The smallest first. */
export const FOLIO_SIZES = Object.keys(FOLIO_ORDERS) as FolioSize[];

export type ThpMode = keyof typeof THP_MODES;
export type MthpMode = keyof typeof MTHP_MODES;
export type FolioSize = keyof typeof FOLIO_ORDERS;

export interface MachineSettings {
  /** Not said: madvise. */
  readonly thp?: ThpMode;
  /** Sizes that are not said: never. */
  readonly mthp?: Readonly<Partial<Record<FolioSize, MthpMode>>>;
}

export const SETTING_WORDS = ['thp', 'mthp'] as const;
export type SettingWord = (typeof SETTING_WORDS)[number];
export const SETTING_SHAPES: Readonly<Record<SettingWord, string>> = { thp: 'thp MODE', mthp: 'mthp SIZE MODE' };
export const isSettingWord = (word: string): word is SettingWord => SETTING_WORDS.some((known) => known === word);

/** `before` and what the line adds to it. @throws ScenarioError */
export function readSetting(at: Cursor, word: SettingWord, before: MachineSettings): MachineSettings {
  if (word === 'thp') {
    const thp = at.oneOf('MODE', Object.keys(THP_MODES) as ThpMode[]);
    at.end();
    return { ...before, thp };
  }
  const said = at.word('SIZE');
  const size = FOLIO_SIZES.find((known) => known === (ALSO_CALLED[said] ?? said));
  if (size === undefined)
    throw at.fault('SIZE', `SIZE is ${quoted(said)}`, `use one of ${FOLIO_SIZES.join(', ')}`);
  if (before.mthp?.[size] !== undefined)
    throw at.fault('SIZE', `folios of ${size} are set twice`, 'keep one of the lines');
  const mode = at.oneOf('MODE', Object.keys(MTHP_MODES) as MthpMode[]);
  at.end();
  return { ...before, mthp: { ...before.mthp, [size]: mode } };
}

const ALSO_CALLED: Readonly<Record<string, FolioSize>> = { '1m': '1024k' };

/** Settings as a head says them, several parted by semicolons: `thp always; mthp 64k always`. @throws ScenarioError */
export function parseSettings(text: string, name: string): MachineSettings {
  let settings: MachineSettings = {};
  for (const line of linesOf(text.replaceAll(';', '\n'), name)) {
    const word = line.words[0].text;
    if (!isSettingWord(word))
      throw new ScenarioError(name, line.nr, line.words[0].column, `unknown setting ${quoted(word)}`,
        meant(word, SETTING_WORDS));
    const at = new Cursor(line, SETTING_SHAPES[word]);
    if (word === 'thp' && settings.thp !== undefined)
      throw at.fault(1, 'thp is set twice', 'keep one of them');
    settings = readSetting(at, word, settings);
  }
  return settings;
}

/** Lines of a head, the smallest folios first. */
export function settingLines({ thp, mthp = {} }: MachineSettings): string[] {
  return [
    ...(thp === undefined ? [] : [`thp ${thp}`]),
    ...FOLIO_SIZES.flatMap((size) => mthp[size] === undefined ? [] : [`mthp ${size} ${mthp[size]}`]),
  ];
}

/** What a program says goes before what is said of all of them. */
export function settingsOver(own: MachineSettings = {}, all: MachineSettings = {}): MachineSettings {
  const thp = own.thp ?? all.thp;
  const mthp = { ...all.mthp, ...own.mthp };
  return { ...(thp !== undefined && { thp }), ...(Object.keys(mthp).length > 0 && { mthp }) };
}

/** Programs that presuppose nothing have no settings at all. */
export function withSettings<Of extends { readonly settings?: MachineSettings }>(of: Of, all: MachineSettings): Of {
  const settings = settingsOver(of.settings, all);
  return settingLines(settings).length === 0 ? of : { ...of, settings };
}
