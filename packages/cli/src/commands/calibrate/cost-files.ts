/** Costs by name or by file, for the commands that take `--costs`. */
import { readText } from '@cowlab/composition/node';
import { type CostProfile, readCostProfile, SHIPPED_COSTS } from '@cowlab/verdict';
import { resolve } from 'node:path';
import { type Io, UsageError } from '../../terminal/io.ts';

const NAMES = SHIPPED_COSTS.map(({ name }) => name).join(', ');

/** @throws UsageError, or CompositionError when the file cannot be read */
export function costsOf(name: string, io: Io): CostProfile {
  const shipped = SHIPPED_COSTS.find((one) => one.name === name);
  if (shipped !== undefined) return shipped;
  const found = readCostProfile(readText(resolve(io.cwd, name), name));
  if (typeof found === 'string')
    throw new UsageError(`--costs ${name}: ${found}; give what cowlab calibrate --out wrote, or one of ${NAMES}`);
  return found;
}
