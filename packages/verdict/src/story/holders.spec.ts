/** Everything that holds memory of a program, and what ends it: one fork() after it, in strace's words. */
import { type Lane, resolveLanes } from '@cowlab/composition';
import { openCatalogue } from '@cowlab/composition/node';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { documentOf } from '../report/document.ts';
import { type Verdict, verdictOn } from '../verdict.ts';

let lanes: readonly Lane[] = [];
beforeAll(async () => {
  lanes = await resolveLanes('linux-5.7,linux-6.18', await openCatalogue({ cwd: '/', from: 'spec' }));
});

const START = ['execve("./a", ["a"], 0x1 /* 1 var */) = 0', 'brk(NULL) = 0x1000000',
  'mprotect(0x4b7000, 16384, PROT_READ) = 0',
  'mmap(NULL, 65536, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000'];
const END = ['12:+++ exited with 0 +++', 'exit_group(0) = ?', '+++ exited with 0 +++'];
const FORK = 'fork() = 12';

function judged(lines: readonly string[]): Verdict {
  const text = [...START, ...lines, ...END].map((line, nr) => {
    const [, pid = '11', rest] = /^(?:(\d+):)?(.*)$/s.exec(line) ?? [];
    return `${pid} 1795811394.${String(nr).padStart(6, '0')} ${rest}\n`;
  }).join('');
  return verdictOn({ name: 'it', strace: text }, lanes);
}

const words = (lines: readonly string[]): string => judged(lines).kernels.map(({ verdict }) => verdict).join(' ');

const opened = (path: string, fd = 5): string => `openat(AT_FDCWD, "${path}", O_RDWR|O_CLOEXEC) = ${fd}<${path}>`;
const ioctl = (path: string, request: string, more = '0x7ffe', fd = 5): string =>
  `ioctl(${fd}<${path}>, ${request}, ${more}) = 0`;
const RING = 'io_uring_setup(4, {flags=0, features=IORING_FEAT_SINGLE_MMAP|0x3e000}) = 3<anon_inode:[io_uring]>';
const IOVEC = '{iov_base=0x7f0000000000, iov_len=16384}';
const registered = (opcode: string, args: string): string =>
  `io_uring_register(3<anon_inode:[io_uring]>, ${opcode}, ${args}) = 0`;

describe('a driver that may hold memory', () => {
  it.each<[string, readonly string[], RegExp]>([
    ['uverbs, by ioctl()', [opened('/dev/infiniband/uverbs0'), ioctl('/dev/infiniband/uverbs0', 'RDMA_VERBS_IOCTL')],
      /an RDMA driver was called 1 time/],
    ['uverbs, by write()', [opened('/dev/infiniband/uverbs0'),
      'write(5</dev/infiniband/uverbs0>, "\\x09\\x00\\x00\\x00", 48) = 48'], /an RDMA driver was called 1 time/],
    ['VFIO', [opened('/dev/vfio/vfio'), ioctl('/dev/vfio/vfio', 'VFIO_IOMMU_MAP_DMA')],
      /VFIO registered memory \(VFIO_IOMMU_MAP_DMA, 1 time/],
    ['VFIO, by number', [opened('/dev/vfio/vfio'), ioctl('/dev/vfio/vfio', '_IOC(_IOC_NONE, 0x3b, 0x71, 0)')],
      /VFIO was called 1 time/],
    ['iommufd', [opened('/dev/iommu'), ioctl('/dev/iommu', 'IOMMU_IOAS_MAP')],
      /VFIO registered memory \(IOMMU_IOAS_MAP, 1 time/],
    ['AF_XDP', ['setsockopt(5<XDP:[1]>, SOL_XDP, XDP_UMEM_REG, "\\x00\\x00", 32) = 0'], /AF_XDP was called 1 time/],
    ['KVM, with the addresses that strace prints', [opened('/dev/kvm'),
      'ioctl(6<anon_inode:kvm-vm>, KVM_SET_USER_MEMORY_REGION, {slot=0, flags=0, guest_phys_addr=0, memory_size=4096, '
      + 'userspace_addr=0x7f0000000000}) = 0'],
      /KVM registered memory \(KVM_SET_USER_MEMORY_REGION, 1 time .*it was given 0x7f0000000000, 4,096 bytes/],
    ['a dma-buf', [opened('/dev/udmabuf'), ioctl('/dev/udmabuf', 'UDMABUF_CREATE')],
      /a dma-buf driver registered memory \(UDMABUF_CREATE, 1 time/],
    ['NVIDIA', [opened('/dev/nvidiactl'), ioctl('/dev/nvidiactl', '_IOC(_IOC_READ|_IOC_WRITE, 0x46, 0x27, 0x38)')],
      /the NVIDIA driver registered memory \(ioctl 0x46\/0x27, 1 time/],
    ['NVIDIA UVM', [opened('/dev/nvidia-uvm'), ioctl('/dev/nvidia-uvm', '_IOC(_IOC_NONE, 0, 0x49, 0)')],
      /the NVIDIA driver was called 1 time/],
    ['NVIDIA, without -y and with numbers alone', ['ioctl(5, 0xc0384627, 0x7ffe) = 0'],
      /the NVIDIA driver registered memory/],
    ['a GPU', [opened('/dev/dri/renderD128'), ioctl('/dev/dri/renderD128', 'DRM_IOCTL_I915_GEM_USERPTR')],
      /a GPU driver registered memory \(DRM_IOCTL_I915_GEM_USERPTR/],
    ['what nobody knows', [opened('/dev/accel9'), ioctl('/dev/accel9', '_IOC(_IOC_WRITE, 0x99, 0x1, 0x8)')],
      /the driver behind \/dev\/accel9 was called 1 time/],
  ])('%s is named, and nothing is called safe', (_, lines, says) => {
    const found = judged([...lines, FORK]);
    expect(found.kernels.map(({ verdict }) => verdict)).toEqual(['DEPENDS', 'DEPENDS']);
    expect(found.sentence).toMatch(says);
  });

  it.each(['/dev/infiniband/uverbs0', '/dev/vfio/vfio', '/dev/iommu', '/dev/nvidiactl'])(
    '%s holds nothing any more when its last descriptor is closed',
    (path) => {
      const call = ioctl(path, path.includes('nvidia') ? '_IOC(_IOC_WRITE, 0x46, 0x27, 0x38)' : 'RDMA_VERBS_IOCTL');
      const close = (fd: number): string => `close(${fd}<${path}>) = 0`;
      expect(words([opened(path), call, close(5), FORK])).toBe('SAFE SAFE');
      expect(words([opened(path), call, `dup(5<${path}>) = 6<${path}>`, close(5), FORK])).toBe('DEPENDS DEPENDS');
      // A first child has the descriptor as well.
      expect(words([opened(path), call, 'fork() = 13', close(5), FORK])).toBe('DEPENDS DEPENDS');
    },
  );
  it('AF_XDP holds nothing any more when its socket is closed', () => {
    const register = 'setsockopt(5<XDP:[1]>, SOL_XDP, XDP_UMEM_REG, "\\x00\\x00", 32) = 0';
    expect(words([register, 'close(5<XDP:[1]>) = 0', FORK])).toBe('SAFE SAFE');
  });
  it('a dma-buf outlives the descriptor that it was made by', () => {
    const made = [opened('/dev/udmabuf'), ioctl('/dev/udmabuf', 'UDMABUF_CREATE')];
    expect(words([...made, 'close(5</dev/udmabuf>) = 0', FORK])).toBe('DEPENDS DEPENDS');
  });
  it('that refused the call holds nothing by it', () => {
    expect(
      words([opened('/dev/vfio/vfio'),
        'ioctl(5</dev/vfio/vfio>, VFIO_IOMMU_MAP_DMA, 0x7ffe) = -1 EINVAL (Invalid argument)', FORK]),
    ).toBe('SAFE SAFE');
  });
});

describe('a ring', () => {
  it.each<[string, string, readonly string[]]>([
    ['holds what an update puts into a slot, and no longer what was there', 'DEPENDS SAFE', [
      registered('IORING_REGISTER_BUFFERS', `[${IOVEC}], 1`),
      registered('IORING_REGISTER_BUFFERS_UPDATE',
        '{offset=0, resv=0, data=[{iov_base=0x7f0000008000, iov_len=4096}], tags=NULL, nr=1}, 32'),
    ]],
    ['holds nothing after it is told to unregister', 'SAFE SAFE', [
      registered('IORING_REGISTER_BUFFERS', `[${IOVEC}], 1`),
      registered('IORING_UNREGISTER_BUFFERS', 'NULL, 0'),
    ]],
    ['holds on while another process has it', 'DEPENDS SAFE', [
      registered('IORING_REGISTER_BUFFERS', `[${IOVEC}], 1`),
      'fork() = 13',
      'close(3<anon_inode:[io_uring]>) = 0',
    ]],
    ['that could not register holds nothing', 'SAFE SAFE', [
      `io_uring_register(3<anon_inode:[io_uring]>, IORING_REGISTER_BUFFERS, [${IOVEC}], 1) = -1 ENOMEM (x)`,
    ]],
    ['that is given a region of memory holds what strace does not name', 'DEPENDS DEPENDS', [
      registered('0x22 /* IORING_REGISTER_??? */', '0x7ffe, 1'),
    ]],
  ])('%s: %s', (_, expected, lines) => {
    expect(words([RING, ...lines, FORK])).toBe(expected);
  });
  it('goes with the last process that has its descriptor', () => {
    const closed = [RING, registered('IORING_REGISTER_BUFFERS', `[${IOVEC}], 1`), 'fork() = 13',
      'close(3<anon_inode:[io_uring]>) = 0'];
    const held = (...lines: readonly string[]): unknown =>
      (documentOf(judged(lines)).forks as readonly { readonly held: readonly number[] }[]).map((fork) => fork.held);
    expect(held(...closed, FORK)).toEqual([[0], [0]]);
    expect(held(...closed, '13:+++ exited with 0 +++', FORK)).toEqual([[0], []]);
  });
  it('in which a slot is updated is judged for the new buffer', () => {
    const { sentence } = judged([RING, registered('IORING_REGISTER_BUFFERS', `[${IOVEC}], 1`),
      registered('IORING_REGISTER_BUFFERS_UPDATE',
        '{offset=0, resv=0, data=[{iov_base=0x7f0000008000, iov_len=4096}], tags=NULL, nr=1}, 32'), FORK]);
    expect(sentence).toMatch(/buffer 1 \(0x7f0000008000, 4,096 bytes\)/);
    expect(sentence).not.toMatch(/buffer 0 /);
  });
});

describe('a call that reads or writes memory of others', () => {
  it.each<[string, string, readonly string[]]>([
    ['process_vm_readv() takes nothing away', 'DEPENDS SAFE', [FORK,
      '12:process_vm_readv(11, [{iov_base="x", iov_len=5}], 1, [{iov_base=0x7f0000001000, iov_len=5}], 1, 0) = 5']],
    ['process_vm_writev() does', 'UNSAFE SAFE', [FORK,
      '12:process_vm_writev(11, [{iov_base="x", iov_len=5}], 1, [{iov_base=0x7f0000001000, iov_len=5}], 1, 0) = 5']],
    ['ptrace(PTRACE_POKEDATA) does', 'UNSAFE SAFE', [FORK, '12:ptrace(PTRACE_POKEDATA, 11, 0x7f0000001000, 0x1) = 0']],
    ['mlock2(MLOCK_ONFAULT) does not', 'DEPENDS SAFE', [FORK, 'mlock2(0x7f0000000000, 16384, MLOCK_ONFAULT) = 0']],
    ['mlock2() does', 'UNSAFE SAFE', [FORK, 'mlock2(0x7f0000000000, 16384, 0) = 0']],
    ['munlock() does not', 'DEPENDS SAFE', [FORK, 'munlock(0x7f0000000000, 16384) = 0']],
    ['mlockall(MCL_FUTURE) does not', 'DEPENDS SAFE', [FORK, 'mlockall(MCL_FUTURE) = 0']],
  ])('%s: %s', (_, expected, lines) => {
    expect(
      words([RING, registered('IORING_REGISTER_BUFFERS', `[${IOVEC}], 1`), 'close(9) = -1 EBADF (Bad file descriptor)',
        ...lines]),
    ).toBe(expected);
  });
});
