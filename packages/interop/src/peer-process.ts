import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { Changes } from './changes.ts';
import { type Availability, CaseFailure } from './matrix.ts';
import { processorTime } from './processor-time.ts';

/** One JSON object that a peer printed on a line of its own. */
export type PeerEvent = Readonly<Record<string, unknown>> & { readonly event?: string };

const MAX_LOG_LINES = 2_000;
/** Milliseconds that a program has to end its own children. */
const GRACE = 1_000;

/** A foreign program, which ends with the case that started it. */
export class PeerProcess {
  readonly #child: ChildProcess;
  readonly #log: string[] = [];
  readonly #events: PeerEvent[] = [];
  readonly #changes = new Changes();
  #exitCode: number | undefined;

  constructor(
    command: string,
    args: readonly string[],
    signal: AbortSignal,
    environment: Readonly<Record<string, string>> = {},
  ) {
    this.#child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    const readers = [this.#child.stdout, this.#child.stderr].map((stream) => {
      let partial = '';
      stream?.setEncoding('utf8').on('data', (text: string) => {
        const lines = (partial + text).split('\n');
        partial = lines.pop() ?? '';
        for (const line of lines) this.#take(line);
      });
      return () => partial;
    });
    // A program that is over reads no more.
    this.#child.stdin?.on('error', () => undefined);
    this.#child.on('error', (error) => this.#end(127, error.message));
    const abort = (): void => this.kill();
    signal.addEventListener('abort', abort, { once: true });
    this.#child.on('close', (code) => {
      signal.removeEventListener('abort', abort);
      for (const rest of readers) if (rest() !== '') this.#take(rest());
      this.#end(code ?? 1);
    });
  }

  /** Everything it printed, both streams. */
  get log(): readonly string[] {
    return this.#log;
  }

  get events(): readonly PeerEvent[] {
    return this.#events;
  }

  /** The first event that `matches`, already seen or to come. @throws {CaseFailure} when it ends before */
  async event(
    name: string,
    matches: (event: PeerEvent) => boolean = () => true,
  ): Promise<PeerEvent> {
    for (;;) {
      const found = this.#events.find((event) => event.event === name && matches(event));
      if (found !== undefined) return found;
      if (this.#exitCode !== undefined) {
        throw new CaseFailure(
          `the peer ended (status ${this.#exitCode}) before ${name}`,
          this.#log,
        );
      }
      await this.#changes.next();
    }
  }

  /** User and system time of it and its children in microseconds; undefined where the system does not tell (any more). */
  cpuTime(): number | undefined {
    const { pid } = this.#child;
    return pid === undefined ? undefined : processorTime(pid);
  }

  /** Its exit status. */
  async exit(): Promise<number> {
    while (this.#exitCode === undefined) await this.#changes.next();
    return this.#exitCode;
  }

  /** A line that holds `text`. @throws {CaseFailure} when it ends before */
  async line(text: string): Promise<string> {
    for (;;) {
      const found = this.#log.find((line) => line.includes(text));
      if (found !== undefined) return found;
      if (this.#exitCode !== undefined) {
        throw new CaseFailure(
          `the peer ended (status ${this.#exitCode}) before '${text}'`,
          this.#log,
        );
      }
      await this.#changes.next();
    }
  }

  /** Writes to its input. */
  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Asks it to end, and after a while makes it. */
  kill(): void {
    if (this.#exitCode !== undefined || this.#child.killed) return;
    this.#child.kill();
    setTimeout(() => this.#child.kill('SIGKILL'), GRACE).unref();
  }

  #take(line: string): void {
    if (this.#log.length < MAX_LOG_LINES) this.#log.push(line);
    if (line.startsWith('{')) {
      try {
        this.#events.push(JSON.parse(line) as PeerEvent);
      } catch {
        // Not an event: the line stays in the log.
      }
    }
    this.#changes.announce();
  }

  #end(code: number, remark?: string): void {
    if (remark !== undefined) this.#log.push(remark);
    this.#exitCode = code;
    this.#changes.announce();
  }
}

/** Whether a program is there, with the first line that it prints about its version. */
export async function detectProgram(
  program: string,
  args: readonly string[],
): Promise<Availability> {
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args);
    const [version = ''] = (stdout || stderr).split('\n');
    return { installed: true, version };
  } catch {
    return { installed: false, reason: 'run scripts/install-interop.sh (Debian, as root)' };
  }
}
