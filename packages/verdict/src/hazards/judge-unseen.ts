/** What holds or moves memory that the recording does not name, while somebody forks. */
import { type Claim, claim } from './claims.ts';
import { childEnd, type Evidence, isHeldAt } from './evidence.ts';
import { type Fork, hex, type Transfer, type UnseenHold, type Watched } from '../story/entities.ts';
import { ranges } from '@cowlab/prose';

export function judgeUnseen(evidence: Evidence): Claim[] {
  const { story } = evidence;
  return story.forks.flatMap((fork) => [
    ...story.unseen.filter((one) =>
      one.mm === fork.parent && isHeldAt({ line: one.lines[0], endLine: one.endLine }, fork.line)
      && matters(evidence, one)
    )
      .map((one) => unseenHold(one, fork)),
    ...story.watched.filter((one) => one.mm === fork.parent && isHeldAt(one, fork.line)).flatMap((one) =>
      watched(evidence, one, fork)
    ),
    ...story.transfers.filter((one) => one.mm === fork.parent && meets(evidence, one, fork)).map((one) =>
      transfer(one, fork)
    ),
  ]);
}

/** userfaultfd holds nothing by itself: it matters to what is registered. */
const matters = ({ story }: Evidence, one: UnseenHold): boolean =>
  !one.what.startsWith('userfaultfd') || story.holds.some(({ mm }) => mm === one.mm);

function unseenHold(one: UnseenHold, fork: Fork): Claim {
  const before = one.lines.filter((line) => line < fork.line);
  const isDriver = !/\bline \d/.test(one.what);
  const times = `${before.length} time${before.length === 1 ? '' : 's'} before the fork() at line ${fork.line}`;
  const [name, register] = one.what.split(' by ');
  const what = !isDriver
    ? `${one.what}; the fork() at line ${fork.line} follows`
    : one.mappedOnly
    ? `${name} is in use (its device is mapped at line ${
      before[0]
    }); it may hold any memory of the program, and ioctl() is not recorded`
    : register === undefined
    ? `${name} was called ${times}; it may hold any memory of the program, strace shows none`
    : `${name} registered memory (${register}, ${times}); strace shows no addresses`;
  return claim({ word: 'DEPENDS', hazard: 'H1', fork, weight: register !== undefined ? 84 : isDriver ? 80 : 82,
    lines: [...before.slice(0, 5), fork.line],
    why: one.readsOnly ? `${what}: what the program stores after the fork() may not be what is sent` : what,
    datum: 'which pages are held, and how', command: one.command,
    remedy: 'MADV_DONTFORK over what is registered, or posix_spawn() if the child only execs' });
}

function watched({ story, name }: Evidence, one: Watched, fork: Fork): Claim[] {
  return story.holds.filter((hold) =>
    hold.mm === one.mm && isHeldAt(hold, fork.line) && hold.start < one.end
    && one.start < hold.end
  ).map((hold) => {
    const [from, to] = one.lines.length > 0
      ? [one.lines[0], one.lines.at(-1) ?? one.line]
      : [one.line, one.endLine ?? 'the end'];
    const pages = ranges(
      Array.from({ length: Math.min(hold.end, one.end) - Math.max(hold.start, one.start) },
        (_, i) => Math.max(hold.start, one.start) + i - hold.start),
    );
    return claim({ word: 'DEPENDS', hazard: 'H1', hold, fork, weight: 75, lines: [one.line, fork.line],
      why: `userfaultfd holds pages ${pages} of ${
        name(hold)
      } from line ${from} to ${to}, over the fork() at line ${fork.line}; what it does to their entries is not modelled`,
      datum: 'whether the pages are shared after the fork()', command: 'compare pfns of both in /proc/PID/pagemap',
      remedy: 'unregister the range from userfaultfd before fork()' });
  });
}

/** strace stops each thread by itself: within so much of each other, the order of two threads' lines proves nothing. */
const SLACK_MICROS = 2000;
const SLACK_LINES = 20;

function meets(evidence: Evidence, { line, endLine, pid, micros }: Transfer, fork: Fork): boolean {
  if (endLine < fork.line || line > childEnd(fork, evidence)) return false;
  if (line < fork.line) return true;
  if (pid === fork.pid) return false;
  if (evidence.reading.times === 'none') return line - fork.line <= SLACK_LINES;
  return micros - fork.micros <= SLACK_MICROS;
}

function transfer({ line, call, bytes, address }: Transfer, fork: Fork): Claim {
  const size = bytes === null ? '' : ` of ${bytes.toLocaleString('en')} bytes`;
  const where = address === null ? ', at an address that strace does not print,' : ` into ${hex(address)}`;
  return claim({ word: 'DEPENDS', hazard: 'H1', fork, weight: 72, lines: [line, fork.line],
    why: `direct I/O${size}${where} (${call}, line ${line}) was in flight across the fork() at line `
      + `${fork.line}: where the kernel holds its pages by FOLL_GET, or forks before the early copy, they `
      + 'may be lost to the reader', datum: 'how the file system holds pages for direct I/O, and who stores to them',
    command: 'strace -e raw=read,pread64,readv,preadv prints the address',
    remedy: 'wait for direct I/O before fork(), or MADV_DONTFORK over its buffers' });
}
