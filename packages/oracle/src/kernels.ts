/** @cowlab/oracle/kernels: other kernels, as guests: which there are, fetching them, booting them. */

export { type Available, availableKernels, type ListSettings } from './kernels/apt.ts';
export { type Distribution, distribution, DISTRIBUTIONS } from './kernels/distribution.ts';
export { type GuestSettings, whyNoGuest } from './kernels/guest.ts';
export { chooseKernel, type Kernel, NEWEST, newestOfSeries, seriesOf } from './kernels/kernel.ts';
export type { KernelPackage } from './kernels/package-list.ts';
export { type Place, placeOf } from './kernels/place.ts';
export type { Accelerator } from './kernels/qemu.ts';
export { type GuestRecording, recordKernel } from './kernels/record-guest.ts';
export { type FetchedKernel, fetchedKernels, fetchKernels } from './kernels/store.ts';
