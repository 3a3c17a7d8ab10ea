import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { tunUnavailable } from '@mpquic/native';

/** Why no network namespaces can be made here; undefined where they can. */
export function namespacesUnavailable(): string | undefined {
  const reason = tunUnavailable();
  if (reason !== undefined) return reason;
  if (process.getuid?.() !== 0) return 'network namespaces and TUN devices need root';
  try {
    execFileSync('unshare', ['-n', 'nsenter', '--version'], { stdio: 'ignore' });
    execFileSync('ip', ['-V'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'unshare, nsenter or ip is missing, or may not be used';
  }
}

/** A network namespace with interfaces and programs of its own, until the test ends. */
export class NetworkNamespace {
  readonly #holder: ChildProcess;
  readonly #programs: ChildProcess[] = [];

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  static async make(context: TestContext): Promise<NetworkNamespace> {
    const holder = spawn('unshare', ['-n', 'sh', '-c', 'echo here; exec sleep 120'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    context.after(() => namespace.#end());
    const namespace = new NetworkNamespace(holder);
    await once(holder.stdout, 'data');
    namespace.ip('link set lo up');
    return namespace;
  }

  /** Takes an interface over, which loses its addresses. */
  take(device: string): void {
    execFileSync('ip', ['link', 'set', device, 'netns', String(this.#holder.pid)]);
  }

  /** Runs `ip` inside. */
  ip(words: string): string {
    return execFileSync('nsenter', [...this.#enter(), 'ip', ...words.split(' ')], {
      encoding: 'utf8',
    });
  }

  /** Runs a JavaScript program inside; settles with its first octets of output. */
  async run(program: string): Promise<string> {
    const child = spawn('nsenter', [...this.#enter(), process.execPath, '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#programs.push(child);
    const [data] = await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'exit').then(([status]) => {
        throw new Error(`a program in a namespace ended with ${status}`);
      }),
    ]);
    return String(data).trim();
  }

  #enter(): string[] {
    return ['-t', String(this.#holder.pid), '-n'];
  }

  #end(): void {
    for (const child of [...this.#programs, this.#holder]) child.kill('SIGKILL');
  }
}
