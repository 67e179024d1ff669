/** Defects of a kernel that a scenario tells of: there, what it expects is not to hold. */
import type { ExpectedFailure, Scenario } from '@cowlab/scenario';

/** The first defect that is told of the lane. */
export function expectedFailure({ xfails }: Scenario, lane: string): ExpectedFailure | undefined {
  return xfails.find(({ lanes }) => lanes === '*' || lanes.includes(lane));
}
