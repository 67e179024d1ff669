/** Running what somebody writes, in a worker: it may not end, and a policy is code. */
import * as policyApi from '@cowlab/plugin-api';
import { type RawSession, runRaw } from '../../src/model/lane-run.ts';

/** As a policy's file is written, after its types are gone: it fills `exports` and asks for what it imports. */
export type PolicyCode = (exports: Record<string, unknown>, require: (name: string) => unknown) => void;

const OURS: ReadonlySet<string> = new Set(['cowlab/policy', '@cowlab/plugin-api']);

let plugin: unknown = null;

/** Called by the code of a policy, which is a part of the worker's own script. */
export function definePolicyHere(code: PolicyCode): void {
  const exports: Record<string, unknown> = {};
  code(exports, (name) => {
    if (OURS.has(name)) return policyApi;
    throw new Error(`a policy here may import 'cowlab/policy' alone, not '${name}'`);
  });
  plugin = exports.default;
}

export const runWork = {
  async run(text: string, name: string, lanes: string | null): Promise<RawSession> {
    return runRaw(text, name, lanes ?? undefined, plugin === null ? [] : [plugin]);
  },
  /** Id of the policy that came with the worker. */
  policyId: (): string => {
    const { id } = (plugin ?? {}) as { readonly id?: unknown };
    return typeof id === 'string' ? id : '';
  },
};
