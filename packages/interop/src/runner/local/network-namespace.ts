import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tunUnavailable } from '@mpquic/native';

/** Why no network namespaces with TUN devices can be made here; undefined where they can. */
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

/** A network namespace: interfaces, addresses and a TCP of its own. Ends with the process that holds it. */
export class NetworkNamespace {
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  /** `seconds`: how long it lasts at most, whatever becomes of this process. */
  static async make(seconds: number): Promise<NetworkNamespace> {
    const holder = spawn('unshare', ['-n', 'sh', '-c', `echo here; exec sleep ${seconds}`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(holder.stdout, 'data');
    const namespace = new NetworkNamespace(holder);
    namespace.execute('ip', ['link', 'set', 'lo', 'up']);
    return namespace;
  }

  /**
   * Takes an interface over, gives it an address and brings it up.
   * @param address with prefix length
   * @param mtu that of the interface when absent
   */
  take(device: string, address: string, mtu?: number): void {
    execFileSync('ip', ['link', 'set', device, 'netns', String(this.#holder.pid)]);
    this.execute('ip', ['address', 'add', address, 'dev', device]);
    if (mtu !== undefined) this.execute('ip', ['link', 'set', device, 'mtu', String(mtu)]);
    this.execute('ip', ['link', 'set', device, 'up']);
  }

  /** Runs a program inside until it ends; what it printed. @throws where it fails */
  execute(program: string, args: readonly string[]): string {
    const [command, ...rest] = this.enter(program, args);
    return execFileSync(command, rest, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** The command that runs a program inside. */
  enter(program: string, args: readonly string[]): [string, ...string[]] {
    return ['nsenter', '-t', String(this.#holder.pid), '-n', program, ...args];
  }

  end(): void {
    this.#holder.kill('SIGKILL');
  }
}
