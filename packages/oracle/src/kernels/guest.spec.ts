/** qemu is played by scripts that say what a guest would; a real one boots in boot.live.spec.ts. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parsePrograms } from '@cowlab/scenario';
import { compiled, compiler } from '../live/compile.ts';
import { initramfs } from './initramfs.ts';
import { whyNoGuest } from './guest.ts';
import type { Place } from './place.ts';
import { qemuArguments } from './qemu.ts';
import { recordKernel } from './record-guest.ts';
import type { FetchedKernel } from './store.ts';

let root = '';
let place: Place;
let kernel: FetchedKernel;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cowlab-guest-'));
  mkdirSync(join(root, 'bin'));
  place = { folder: join(root, 'kernels'), env: { PATH: `${join(root, 'bin')}:/usr/bin:/bin` } };
  kernel = { release: '6.1.0-50-cloud-amd64', version: '6.1.176', distribution: 'Debian', package: 'linux-image',
    packageVersion: '1', image: '/vmlinuz' };
});
afterEach(() => rmSync(root, { recursive: true }));

function qemu(body: string): void {
  writeFileSync(join(root, 'bin', 'qemu-system-x86_64'), `#!/bin/sh\n${body}\n`);
  chmodSync(join(root, 'bin', 'qemu-system-x86_64'), 0o755);
}

const programs = parsePrograms('prog 7\nwatch 0 0\nmmap 0 0 anon 1\nend\nprog eight\nwatch 0 0\nmmap 0 0 anon 1\nend\n',
  'two');
const can = { frames: true, presence: true, zeroPage: false, hugeZeroPage: false, splitZeroPage: true, drain: 'all',
  uring: 'ok', remote: 'ok', thp: 'madvise', thpIsSet: true, folios: ['64k'], khugepagedSleeps: true, pool: true,
  hugePages: 64, swap: false, memlock: -1 };
const header = JSON.stringify({ kernel: '6.1.0-50-cloud-amd64', machine: 'x86_64', can });
const obs = '"obs":[{"i":0,"ret":0,"o":{"0":{"0":[[4711,1,1,"xA"]]}}}]';
const record = (settings = {}) => recordKernel(kernel, programs, place, { accelerators: ['tcg'], ...settings });

it('kernels are not booted without qemu, which is said with the mend', async () => {
  const env = { PATH: join(root, 'nowhere') };
  expect(whyNoGuest(env)).toBe('there is no qemu-system-x86_64');
  await expect(recordKernel(kernel, programs, { ...place, env })).rejects.toThrow(
    'kernel 6.1.0-50-cloud-amd64: there is no qemu-system-x86_64; install qemu (Debian and Ubuntu: apt-get install qemu-system-x86)',
  );
});

it('the machine has one CPU, one initramfs, two serial ports and no second start', () => {
  const line = qemuArguments({ image: '/vmlinuz', initramfs: '/a', console: '/b', accelerator: 'tcg', cpus: 1,
    memoryMib: 512, swap: null }).join(' ');
  expect(line).toContain(
    '-no-reboot -machine mem-merge=off -accel tcg -cpu max,cx16=off,la57=off -smp 1 -m 512 -kernel /vmlinuz -initrd /a',
  );
  expect(line).toContain('-serial file:/b -serial stdio');
  expect(line).not.toContain('nvme');
});

it('a disk to swap to is named to the init that swaps to it', () => {
  const line = qemuArguments({ image: '/vmlinuz', initramfs: '/a', console: '/b', accelerator: 'tcg', cpus: 1,
    memoryMib: 512, swap: '/c' }).join(' ');
  expect(line).toMatch(/ swap=\/dev\/nvme0n1 .*file\.filename=\/c -device nvme,/);
});

const noCompiler = compiler() === null ? 'there is no C compiler cc' : null;
(noCompiler === null ? describe : describe.skip)(`a guest${noCompiler === null ? '' : ` (skipped: ${noCompiler})`}`,
  () => {
    it('says what its kernel did, program by program', async () => {
      qemu(`echo '${header}'; echo '{"prog":"0",${obs}}'; echo '{"prog":"1",${obs}}'`);
      const told: number[] = [];
      const recording = await recordKernel(kernel, programs, place, { accelerators: ['tcg'] },
        (done) => void told.push(done));
      const observations = [{ i: 0, ret: 0, o: { 0: { 0: [[1, 1, 1, 'xA']] } } }];
      expect(recording).toEqual({ kernel: '6.1.0-50-cloud-amd64', machine: 'x86_64', zeroPage: 'by-split',
        accelerator: 'tcg', programs: [{ id: '7', observations }, { id: 'eight', observations }] });
      expect(told).toEqual([1, 2]);
    });

    it('finds the agent and the programs in an initramfs without a name', async () => {
      qemu(
        `grep -c 'prog 1' /proc/self/fd/3 > ${root}/seen; readlink /proc/$$/fd/3 >> ${root}/seen; echo `
          + `'${header}'; echo '{"prog":"0",${obs}}'; echo '{"prog":"1",${obs}}'`,
      );
      await record();
      expect(readFileSync(join(root, 'seen'), 'utf8')).toMatch(/^1\n\S+\/initramfs \(deleted\)\n$/);
      expect(readdirSync(place.folder)).toEqual([]);
    });

    it('that KVM gives up is emulated', async () => {
      qemu(
        'case "$*" in *"-accel kvm"*) echo "KVM internal error. Suberror: 1" >&2; exec sleep 1000;; '
          + `esac; echo '${header}'; echo '{"prog":"0",${obs}}'; echo '{"prog":"1",${obs}}'`,
      );
      expect(await record({ accelerators: ['kvm', 'tcg'] })).toMatchObject({ accelerator: 'tcg' });
      await expect(record({ accelerators: ['kvm'] })).rejects.toThrow(
        'kernel 6.1.0-50-cloud-amd64: ended early (KVM internal error. Suberror: 1); run it again',
      );
    });

    it('that panics is told by its last words', async () => {
      qemu(
        'echo "[    1.0] Kernel panic - not syncing: No working init found." > /proc/self/fd/4; echo "[    1.1] '
          + 'Rebooting" >> /proc/self/fd/4',
      );
      await expect(record()).rejects.toThrow(
        'kernel 6.1.0-50-cloud-amd64: ended early ([    1.0] Kernel panic - not syncing: No working init '
          + 'found.); run it again, or fetch another build of it',
      );
    });

    it('that does not come up is ended', async () => {
      qemu(`echo $$ > ${root}/pid; exec sleep 1000`);
      await expect(record({ bootSeconds: 0.5 })).rejects.toThrow(
        'kernel 6.1.0-50-cloud-amd64: does not come up within 0.5 s; run it again',
      );
      expect(alive(readFileSync(join(root, 'pid'), 'utf8').trim())).toBe(false);
      expect(readdirSync(place.folder)).toEqual([]);
    });

    it('that falls silent is ended', async () => {
      qemu(`echo '${header}'; echo '{"prog":"0",${obs}}'; exec sleep 1000`);
      await expect(record({ programSeconds: 0.5 })).rejects.toThrow('says nothing more within 0.5 s');
    });

    it('passes on why a program failed', async () => {
      qemu(`echo '${header}'; echo '{"prog":"0",${obs}}'; echo '{"prog":"1","failure":"a process has died"}'`);
      await expect(record()).rejects.toThrow(
        'kernel 6.1.0-50-cloud-amd64, program eight: a process has died; run it alone',
      );
    });

    it('whose settings cannot be made gives no recording', async () => {
      qemu(`echo '${header.replace('"pool":true', '"pool":false')}'; exec sleep 1000`);
      await expect(record()).rejects.toThrow(
        'kernel 6.1.0-50-cloud-amd64: the hugetlb pool cannot be set to 64; fetch another build of it',
      );
    });

    it('gets no binary that needs a libc', () => {
      const script = join(root, 'dynamic');
      const elf = Buffer.alloc(0x78);
      elf.writeBigUInt64LE(0x40n, 0x20);
      elf.writeUInt16LE(56, 0x36);
      elf.writeUInt16LE(1, 0x38);
      elf.writeUInt32LE(3, 0x40);
      writeFileSync(script, elf);
      expect(() => initramfs({ init: script, agent: script, programs: '' })).toThrow(
        `${script}: is not linked statically, and a guest has no libc; install the static libc`,
      );
    });

    it('dies with the process that holds its leash, however that dies', async () => {
      const holder = spawn('sh', ['-c', `"${compiled('leash')}" $$ sleep 1000 & echo $!; wait`], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const pid = String(await firstData(holder)).trim();
      expect(alive(pid)).toBe(true);
      holder.kill('SIGKILL');
      await once(holder, 'exit');
      while (alive(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
    });

    it('is not even started when that process is gone', async () => {
      const late = spawn(compiled('leash'), ['1', 'sh', '-c', `echo ran > ${root}/ran`]);
      expect(await once(late, 'exit')).toEqual([1, null]);
      expect(readdirSync(root)).not.toContain('ran');
    });
  });

async function firstData({ stdout }: ChildProcess): Promise<unknown> {
  const [data] = (await once(stdout as NonNullable<typeof stdout>, 'data')) as [unknown];
  return data;
}

/** Dead ones that nobody has waited for count as dead. */
function alive(pid: string): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
