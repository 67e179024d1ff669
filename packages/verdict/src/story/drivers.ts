/** Drivers that hold memory of a program, told by their device or by the names of their calls. */

export interface Driver {
  readonly name: string;
  /** What shows the addresses that strace does not print. */
  readonly command: string;
}

const PINS = 'bpftrace -e \'kprobe:pin_user_pages_fast { printf("%d %lx %d\\n", tid, arg0, arg1) }\'';

/** By the device's path, and by what strace prints of an ioctl() where it prints no path. */
const DRIVERS: readonly (Driver & { readonly path: RegExp; readonly call: RegExp })[] = [
  { name: 'the NVIDIA driver', path: /^\/dev\/nvidia/, call: /\b_IOC\([^)]*0x46, 0x/, command: PINS },
  { name: 'an RDMA driver', path: /^\/dev\/infiniband\//, call: /^RDMA_|^IB_USER/,
    command: `${PINS}, or trace ibv_reg_mr() with ltrace` },
  { name: 'VFIO', path: /^\/dev\/(vfio\/|iommu)|\[vfio/, call: /^(VFIO_|IOMMU_)/, command: PINS },
  { name: 'KVM', path: /^\/dev\/kvm|kvm-v/, call: /^KVM_/, command: 'strace -v, which prints userspace_addr' },
  { name: 'a dma-buf driver', path: /^\/dev\/(udmabuf|dma_heap\/)|dmabuf/, call: /^(UDMABUF_|DMA_HEAP_|DMA_BUF_)/,
    command: PINS },
  { name: 'AF_XDP', path: /^\/dev\/AF_XDP/, call: /^XDP_UMEM_REG/,
    command: 'strace -e raw=setsockopt and gdb for struct xdp_umem_reg' },
  { name: 'a GPU driver', path: /^\/dev\/(dri\/|kfd)/, call: /^(DRM_IOCTL_|AMDKFD_)/, command: PINS },
];
/** Devices that keep nothing. */
const HARMLESS =
  /^\/dev\/(null|zero|full|random|urandom|tty\w*|pts\/|ptmx|console|shm\/|fd\/|std\w+|fuse|log|mqueue|hugepages|loop|rtc|watchdog|net\/tun|input\/|hpet|cpu_dma_latency|disk\/|sd[a-z]|nvme|vd[a-z]|mem$)/;

/** The byte of a request's number that tells whose it is, for recordings without names. */
const TYPES: Readonly<Record<number, string>> = { 0x46: 'the NVIDIA driver', 0x1b: 'an RDMA driver', 0x3b: 'VFIO',
  0xae: 'KVM' };

/** `_IOC(…, 0x46, 0x27, …)` of 0xc0384627, as strace prints what it has no name for. */
export function requestOf(text: string): string {
  const number = /^0x[0-9a-f]{7,8}$/.test(text) ? Number(text) : 0;
  const [type, nr] = [Math.floor(number / 256) % 256, number % 256];
  return number === 0 ? text : `_IOC(_IOC_?, 0x${type.toString(16)}, 0x${nr.toString(16)}, 0x0)`;
}

/** Paths that were looked at; most calls are about few. */
const known = new Map<string, Driver | null>();
const KNOWN_MAX = 4096;

export function driverOf(path: string, call: string): Driver | null {
  if (call !== '') return findDriver(path, call);
  const before = known.get(path);
  if (before !== undefined) return before;
  const found = findDriver(path, '');
  if (known.size < KNOWN_MAX) known.set(path, found);
  return found;
}

function findDriver(path: string, call: string): Driver | null {
  const type = /^_IOC\(_IOC_\?, 0x([0-9a-f]+)/.exec(call)?.[1];
  const typed = type === undefined ? undefined : DRIVERS.find(({ name }) => name === TYPES[parseInt(type, 16)]);
  if (typed !== undefined) return typed;
  const known = DRIVERS.find((driver) => driver.path.test(path) || driver.call.test(call));
  if (known !== undefined) return known;
  const device = /^\/dev\/[\w/.-]+/.exec(path)?.[0];
  return device === undefined || HARMLESS.test(device) ? null : { name: `the driver behind ${device}`, command: PINS };
}

/** The call by which memory is registered, where it can be told from the driver's other calls. */
export function registers(driver: Driver, call: string): string | null {
  if (driver.name === 'the NVIDIA driver') return /0x46, 0x27\b/.test(call) ? 'ioctl 0x46/0x27' : null;
  return /^(VFIO_IOMMU_MAP_DMA|IOMMU_IOAS_MAP|UDMABUF_CREATE|DRM_IOCTL_\w*USERPTR|KVM_SET_USER_MEMORY_REGION)/.exec(
    call,
  )?.[0]
    ?? null;
}
