/** @cowlab/testing/laws: what holds for every program under every policy, without random programs of its own. */

export { bulkEqualsStepped, type Case, LawBroken, replays, staysSound } from './laws/laws.ts';
