/** Full barriers that a race may ask for where the kernel has none, and the steps before or after which they stand. */
export const STRENGTHENINGS = {
  seq: { name: 'seq := odd', where: 'after', what: 'smp_mb() where fork() has made write_protect_seq odd' },
  look: { name: 'read has_pinned', where: 'before', what: 'smp_mb() before fork() looks for pins' },
  mark: { name: 'has_pinned := 1', where: 'after', what: 'smp_mb() where GUP has marked the mm' },
  pin: { name: 'ref += grab', where: 'after', what: 'smp_mb() where fast GUP has added its pin' },
  taken: { name: 'clear pte', where: 'after',
    what: 'smp_mb() where an entry is taken away, before pins are looked for' },
  shared: { name: 'PG_anon_exclusive := 0', where: 'after', what: 'smp_mb() where PG_anon_exclusive has been cleared' },
  unshare: { name: 'must unshare?', where: 'before', what: 'smp_mb() before GUP looks at PG_anon_exclusive' },
} as const satisfies Readonly<
  Record<string, { readonly name: string; readonly where: 'before' | 'after'; readonly what: string }>
>;
export type Strengthening = keyof typeof STRENGTHENINGS;

/** Where full barriers stand around a step of that name. */
export interface Fences {
  readonly before: boolean;
  readonly after: boolean;
}

export const standsAt = (name: Strengthening, step: string): boolean => step.startsWith(STRENGTHENINGS[name].name);

export const fencesOf = (strengthened: readonly Strengthening[]) => (step: string): Fences => {
  const here = strengthened.filter((name) => standsAt(name, step)).map((name) => STRENGTHENINGS[name].where);
  return { before: here.includes('before'), after: here.includes('after') };
};
