import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEventLine, type TimedRoleEvent } from '@mpquic/service';
import { stringify } from 'yaml';
import { CommandFailure } from '../cli/failure.ts';

const MPQ = fileURLToPath(new URL('../../../bin/mpq.mjs', import.meta.url));
const READY_POLL_MS = 20;
/** Of a process that neither gets ready nor ends: on a machine with much else to do, one takes its time. */
const READY_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 8_000;

export interface RoleProcessOptions {
  /** The command of `mpq`: core, upf-proxy or ue-agent. */
  readonly role: string;
  /** Told apart in file names where a role runs more than once. */
  readonly name?: string;
  /** Where its configuration, events and log go. */
  readonly folder: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** `http://HOST:PORT` of its metrics, which tell when it is ready; without it the process is not waited for. */
  readonly observability?: string;
}

/** A role as a process of its own, with its events in a file that can be followed. */
export class RoleProcess {
  readonly name: string;
  readonly #options: RoleProcessOptions;
  readonly #child: ChildProcess;
  readonly #eventsFile: string;
  readonly #errors: string[] = [];
  readonly #exited: Promise<number>;
  #readOffset = 0;
  #partial = '';
  #exitStatus: number | undefined;

  private constructor(options: RoleProcessOptions) {
    this.name = options.name ?? options.role;
    this.#options = options;
    this.#eventsFile = join(options.folder, `${this.name}.events.jsonl`);
    const config = join(options.folder, `${this.name}.yaml`);
    const settings = { ...options.settings, events: this.#eventsFile, eventSecrets: true };
    writeFileSync(config, stringify(settings), { mode: 0o600 });
    this.#child = spawn(process.execPath, [MPQ, options.role, '--config', config], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors.push(...text.split('\n').filter((line) => line !== ''));
      if (this.#errors.length > 200) this.#errors.splice(0, this.#errors.length - 200);
    });
    this.#exited = new Promise((resolve) => {
      this.#child.on('error', () => resolve(1));
      this.#child.on('close', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
    });
    void this.#exited.then((status) => {
      this.#exitStatus = status;
    });
  }

  /** Starts it and waits until it is ready. @throws {CommandFailure} with its own line where it is not */
  static async start(options: RoleProcessOptions): Promise<RoleProcess> {
    const role = new RoleProcess(options);
    try {
      await role.#ready();
    } catch (error) {
      await role.stop();
      throw error;
    }
    return role;
  }

  /** Its exit status, once it ended by itself or was stopped. */
  get exited(): Promise<number> {
    return this.#exited;
  }

  /** Whether it is over. */
  get ended(): boolean {
    return this.#exitStatus !== undefined;
  }

  /** The last lines it wrote to standard error. */
  get log(): readonly string[] {
    return this.#errors;
  }

  /** The line in which it told why it ended. */
  get failure(): string {
    const line = [...this.#errors].reverse().find((text) => text.startsWith('mpq: '));
    return line?.slice('mpq: '.length) ?? this.#errors.at(-1) ?? 'it said nothing';
  }

  /** Events that were written since the last call. */
  newEvents(): TimedRoleEvent[] {
    if (!existsSync(this.#eventsFile)) return [];
    const lines = (this.#partial + this.#readMore()).split('\n');
    this.#partial = lines.pop() ?? '';
    return lines.filter((line) => line !== '').map(parseEventLine);
  }

  /** All events so far. */
  allEvents(): TimedRoleEvent[] {
    if (!existsSync(this.#eventsFile)) return [];
    return readFileSync(this.#eventsFile, 'utf8').split('\n').slice(0, -1).map(parseEventLine);
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#exitStatus === undefined) this.#child.kill(signal);
  }

  /** Asks it to stop, and ends it where it does not. */
  async stop(): Promise<number> {
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), STOP_LIMIT_MS);
    const status = await this.#exited;
    clearTimeout(timer);
    return status;
  }

  async #ready(): Promise<void> {
    const { observability } = this.#options;
    if (observability === undefined) return;
    const limit = performance.now() + READY_LIMIT_MS;
    while (performance.now() < limit) {
      if (this.#exitStatus !== undefined) throw this.#failed('did not start');
      const ready = await fetch(`${observability}/readyz`).then(
        (response) => response.ok,
        () => false,
      );
      if (ready) return;
      await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
    }
    throw this.#failed(`is not ready after ${READY_LIMIT_MS / 1000} s`);
  }

  #failed(what: string): CommandFailure {
    return CommandFailure.failed(`${this.name} ${what}: ${this.failure}`);
  }

  #readMore(): string {
    const descriptor = openSync(this.#eventsFile, 'r');
    const chunk = Buffer.alloc(1 << 20);
    let text = '';
    try {
      for (;;) {
        const length = readSync(descriptor, chunk, 0, chunk.length, this.#readOffset);
        if (length === 0) return text;
        this.#readOffset += length;
        text += chunk.toString('utf8', 0, length);
      }
    } finally {
      closeSync(descriptor);
    }
  }
}
