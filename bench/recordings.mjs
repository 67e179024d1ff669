// Recordings of any size in strace's words, to measure with: a short recording of a program that registers a buffer and
// forks, and between its beginning and its end the lines of a busy server. `node bench/recordings.mjs KIND MIB > FILE`.
import { pathToFileURL } from 'node:url';

/** What a server mostly calls; %d a small number, %x an address, %s what was read. The rest of a line is its result. */
const TRAFFIC = [
  ['epoll_wait', '(7<anon_inode:[eventpoll]>, [{events=EPOLLIN, data={u32=%d, u64=%d}}], 512, -1)', '1', 9],
  ['read', '(%d<socket:[88%d]>, "GET /object/%d HTTP/1.1\\r\\nHost: exam"..., 16384)', '%d', 9],
  ['write', '(%d<socket:[88%d]>, "HTTP/1.1 200 OK\\r\\nContent-Length: %d"..., %d)', '%d', 9],
  ['futex', '(0x%x, FUTEX_WAIT_PRIVATE, %d, NULL)', '-1 EAGAIN (Resource temporarily unavailable)', 8],
  ['futex', '(0x%x, FUTEX_WAKE_PRIVATE, 1)', '1', 8],
  ['recvfrom', '(%d<socket:[88%d]>, 0x%x, 4096, 0, NULL, NULL)', '-1 EAGAIN (Resource temporarily unavailable)', 4],
  ['sendto', '(%d<socket:[88%d]>, "*2\\r\\n$3\\r\\nGET\\r\\n$%d\\r\\nkey:%d"..., 42, MSG_NOSIGNAL, NULL, 0)', '42', 3],
  ['clock_nanosleep', '(CLOCK_REALTIME, 0, {tv_sec=0, tv_nsec=%d}, NULL)', '0', 2],
  ['pread64', '(%d</srv/data/segment-%d>, "\\0\\1\\0\\0\\377k%d\\0\\0"..., 8192, %d)', '8192', 4],
  ['newfstatat', '(AT_FDCWD</srv>, "/srv/data/%d", {st_mode=S_IFREG|0644, st_size=%d, ...}, 0)', '0', 2],
  ['openat', '(AT_FDCWD</srv>, "/srv/data/%d", O_RDONLY|O_CLOEXEC)', '%d</srv/data/%d>', 2],
  ['close', '(%d</srv/data/%d>)', '0', 2],
  ['rt_sigprocmask', '(SIG_BLOCK, [HUP TERM], [], 8)', '0', 2],
  ['getpid', '()', '%d', 1],
  ['madvise', '(0x%x, 16384, MADV_FREE)', '0', 0.3],
  ['brk', '(0x55d4010ec000)', '0x55d4010ec000', 0.1],
];
/** As of an allocator without a cache: nothing but calls that shape the address space. */
const MEMORY = [
  ['mmap', '(NULL, %k, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)', '0x%x', 5],
  ['mprotect', '(0x%x, 4096, PROT_READ|PROT_WRITE)', '0', 3],
  ['madvise', '(0x%x, %k, MADV_DONTNEED)', '0', 2],
  ['munmap', '(0x%x, %k)', '0', 6],
  ['mmap', '(NULL, %k, PROT_READ, MAP_PRIVATE, 5</srv/data/%d>, 0)', '0x%x', 1],
];
export const KINDS = { traffic: TRAFFIC, memory: MEMORY };

const BEGIN = `execve("/srv/app", ["app"], 0x7ffdd277a9a8 /* 38 vars */) = 0
brk(NULL) = 0x55d4010ec000
mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7fcce56b2000
mprotect(0x7fcce5600000, 16384, PROT_READ) = 0
io_uring_setup(4, {flags=0, features=IORING_FEAT_SINGLE_MMAP|0x3e000}) = 3<anon_inode:[io_uring]>
mmap(NULL, 16384, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7fb000000000
io_uring_register(3<anon_inode:[io_uring]>, IORING_REGISTER_BUFFERS, [{iov_base=0x7fb000000000, iov_len=16384}], 1) = 0`;
const THREAD = 'clone3({flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|CLONE_SYSVSEM, '
  + 'stack=0x7fcce4000000, stack_size=0x7fff00} => {parent_tid=[0]}, 88) = ';
const END = `madvise(0x7fb000000000, 16384, MADV_DONTFORK) = 0
clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x7fcce4ff2a10) = 4000
exit_group(0) = ?`;

const LEADER = 3000;
const THREADS = 6;
const PIECE = 1 << 16;

/** `bytes` of strace -f -ttt -y, in pieces of whole lines. */
export function* recording(kind, bytes, seed = 1) {
  const random = numbers(seed);
  const busy = new Traffic(KINDS[kind], random);
  let text = BEGIN.split('\n').map((line) => busy.line(LEADER, line)).join('');
  for (let nr = 1; nr < THREADS; nr++) text += busy.line(LEADER, THREAD + (LEADER + nr));
  for (let written = 0; written < bytes;) {
    while (text.length < PIECE) text += busy.next();
    written += text.length;
    yield text;
    text = '';
  }
  text = busy.settle() + END.split('\n').map((line) => busy.line(LEADER, line)).join('');
  yield text + busy.line(4000, '+++ exited with 0 +++') + busy.line(LEADER, '+++ exited with 0 +++');
}

class Traffic {
  constructor(rows, random) {
    this.rows = rows.flatMap((row) => Array.from({ length: Math.round(row[3] * 10) }, () => row));
    this.random = random;
    this.micros = 0;
    this.open = new Map();
    this.mapped = [];
    this.nextAddress = 0x7f0000000000;
  }

  line(pid, rest) {
    this.micros += 7;
    return `${pid} ${1795342140 + Math.floor(this.micros / 1e6)}.${
      String(this.micros % 1e6).padStart(6, '0')
    } ${rest}\n`;
  }

  next() {
    const pid = LEADER + this.random(THREADS);
    const half = this.open.get(pid);
    if (half !== undefined) {
      this.open.delete(pid);
      return this.line(pid, half);
    }
    const [name, args, result] = this.rows[this.random(this.rows.length)];
    const [called, returned] = this.fill(name, args, result);
    const halves = this.random(8) === 0;
    if (!halves) return this.line(pid, `${name}${called}) = ${returned}`);
    this.open.set(pid, `<... ${name} resumed>) = ${returned}`);
    return this.line(pid, `${name}${called} <unfinished ...>`);
  }

  settle() {
    return [...this.open].map(([pid, half]) => this.line(pid, half)).join('');
  }

  /** Arguments without the closing bracket, and what the call returned. */
  fill(name, args, result) {
    const put = (text, address, bytes) =>
      text.replace(/%[dxk]/g, (what) =>
        what === '%d' ? String(20 + this.random(900)) : what === '%k' ? String(bytes) : address.toString(16));
    const bytes = 4096 * (1 + this.random(32));
    if (result === '0x%x') {
      const address = this.nextAddress = this.nextAddress > 0x7f8000000000
        ? 0x7f0000000000
        : this.nextAddress + 2 ** 18;
      this.mapped.push([address, bytes]);
      return [put(args, address, bytes).slice(0, -1), put(result, address, bytes)];
    }
    const at = this.random(this.mapped.length || 1);
    const [address, length] = this.mapped[at] ?? [0x7f7000000000 + 4096 * this.random(4000), bytes];
    if (name === 'munmap' && this.mapped.length > 0) this.mapped.splice(at, 1);
    return [put(args, address, length).slice(0, -1), put(result, address, length)];
  }
}

/** Whole numbers below what is asked for, the same for one seed. */
function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [kind = 'traffic', mib = '10'] = process.argv.slice(2);
  for (const piece of recording(kind, Number(mib) * 2 ** 20)) {
    if (!process.stdout.write(piece)) await new Promise((done) => process.stdout.once('drain', done));
  }
}
