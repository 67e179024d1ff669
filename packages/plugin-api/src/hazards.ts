/** The hazards that verdicts name. The ids are stable: CI filters on them. */

export const HAZARDS = {
  H1: 'a device and its owner look at different pages',
  H2: 'the child has a hole where the parent has memory',
  H3: 'the process runs out of VMAs',
  H4: 'a process sees what another one wrote to its private memory',
  H5: 'the child got a snapshot that the parent never had',
  H6: 'memory is doubled by copies or by unsharing',
  H7: 'fork() fails or takes long',
  H8: 'the hugetlb pool runs out',
  H9: 'an entry of the child allows more than its mapping',
} as const;

export type HazardId = keyof typeof HAZARDS;

export function isHazardId(value: unknown): value is HazardId {
  return typeof value === 'string' && Object.hasOwn(HAZARDS, value);
}
