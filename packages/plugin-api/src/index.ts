/** @cowlab/plugin-api: what the author of a policy imports. */

export { asPlugin, bodyOf, definePolicy, type Options, type OptionValue, isPluginError, PluginError, type PolicyBody,
  type PolicyPlugin } from './define-policy.ts';
export { type HazardId, HAZARDS, isHazardId } from './hazards.ts';
export type { ForkHugeVerdict, ForkOrder, ForkPageVerdict, ForkTest, ForkVmaVerdict, GupRequest, GupVerdict, MmView,
  Overlay, PageView, PolicyHooks, ReclaimVerdict, RegisterVerdict, Traits, VmaView, WriteFaultHugeVerdict,
  WriteFaultVerdict } from '@cowlab/core';
