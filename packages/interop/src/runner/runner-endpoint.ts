import { RunnerUsage, readRunnerEnvironment } from './environment.ts';
import { type ConnectionResult, runRunnerClient } from './runner-client.ts';
import { RunnerLogs } from './runner-logs.ts';
import { startRunnerServer } from './runner-server.ts';
import { planOf } from './test-cases.ts';

/** Exit statuses of the QUIC interop runner. */
const RunnerStatus = { passed: 0, failed: 1, unsupported: 127 } as const;

export interface RunnerEndpointOptions {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly print: (line: string) => void;
  /** Ends a server. */
  readonly signal: AbortSignal;
}

/**
 * One end of a test case of the QUIC interop runner, as its environment says: a client downloads and
 * ends, a server serves until the signal. Resolves with the exit status; never rejects.
 */
export async function runRunnerEndpoint(options: RunnerEndpointOptions): Promise<number> {
  const { variables, print, signal } = options;
  let logs: RunnerLogs | undefined;
  try {
    const environment = readRunnerEnvironment(variables);
    const plan = planOf(environment.testCase, environment.role);
    if (plan === undefined) {
      print(`test case ${environment.testCase} is not supported`);
      return RunnerStatus.unsupported;
    }
    logs = new RunnerLogs(environment);
    if (environment.role === 'client') {
      const results: ConnectionResult[] = await runRunnerClient(environment, plan, logs);
      print(JSON.stringify({ event: 'downloaded', connections: results }));
      return RunnerStatus.passed;
    }
    const endpoint = await startRunnerServer(environment, plan, logs);
    print(JSON.stringify({ event: 'listening', addresses: endpoint.addresses }));
    await stopped(signal);
    endpoint.destroy();
    await endpoint.closed.catch(() => undefined);
    return RunnerStatus.passed;
  } catch (error) {
    const hint = error instanceof RunnerUsage ? ' (see packages/interop/README.md)' : '';
    print(`${error instanceof Error ? error.message : String(error)}${hint}`);
    return RunnerStatus.failed;
  } finally {
    logs?.close();
  }
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
