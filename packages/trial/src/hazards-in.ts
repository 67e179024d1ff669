/** Ids of the hazards among findings, ascending, each once. */
import type { Finding } from '@cowlab/runtime';

export function hazardsIn(findings: readonly Finding[]): string[] {
  return [...new Set(findings.map(({ hazard }) => hazard))].sort();
}
