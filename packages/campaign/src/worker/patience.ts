/** An engine that is away for a while, such as a server that is started again, is waited for. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CampaignError } from '../campaign-error.ts';

const PATIENCE_MS = 120_000;
const PAUSE_MS = 500;

/** @throws what it met last when it is away for too long; a CampaignError at once */
export async function patiently<T>(work: () => Promise<T>, signal: AbortSignal, patienceMs = PATIENCE_MS): Promise<T> {
  const end = performance.now() + patienceMs;
  for (;;) {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof CampaignError || !isAway(cause) || performance.now() > end || signal.aborted) throw cause;
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Of PostgreSQL: class 08 is the connection, 57P01 to 57P03 are a server that ends or begins. */
function isAway(cause: unknown): boolean {
  const { code, message = '' } = cause as { readonly code?: unknown; readonly message?: string };
  if (cause instanceof AggregateError) return cause.errors.some(isAway);
  return (typeof code === 'string' && /^(?:08|57P0|ECONN|EPIPE|ENOENT|ETIMEDOUT)/.test(code))
    || /connection (?:terminated|is closed|ended)|not queryable|server closed/i.test(message);
}
