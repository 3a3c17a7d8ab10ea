import type { CommandModule } from 'yargs';

/** A command whose module is loaded only when it is wanted: `mpq` starts quickly. */
interface Registered {
  readonly name: string;
  readonly load: () => Promise<CommandModule>;
}

/** Every command of `mpq`, in the order in which `mpq --help` lists them. */
const COMMANDS: readonly Registered[] = [
  { name: 'demo', load: async () => plain((await import('./demo.ts')).demoCommand) },
  { name: 'handshake', load: async () => plain((await import('./handshake.ts')).handshakeCommand) },
  { name: 'derive', load: async () => (await import('./derive.ts')).deriveCommand },
  { name: 'compare', load: async () => plain((await import('./compare.ts')).compareCommand) },
  {
    name: 'experiments',
    load: async () => plain((await import('./experiments.ts')).experimentsCommand),
  },
  { name: 'quic-server', load: async () => (await import('./quic-server.ts')).quicServerCommand },
  { name: 'quic-client', load: async () => (await import('./quic-client.ts')).quicClientCommand },
  { name: 'decrypt', load: async () => (await import('./decrypt.ts')).decryptCommand },
  { name: 'interop', load: async () => plain((await import('./interop.ts')).interopCommand) },
  { name: 'bench', load: async () => plain((await import('./bench.ts')).benchCommand) },
  { name: 'doctor', load: async () => plain((await import('./doctor.ts')).doctorCommand) },
  { name: 'core', load: async () => (await import('./core.ts')).coreCommand },
  { name: 'upf-proxy', load: async () => (await import('./upf-proxy.ts')).upfProxyCommand },
  { name: 'ue-agent', load: async () => (await import('./ue-agent.ts')).ueAgentCommand },
  { name: 'access', load: async () => (await import('./access.ts')).accessCommand },
  {
    name: 'data-network',
    load: async () => (await import('./data-network.ts')).dataNetworkCommand,
  },
];

/** The command that `args` names, or all of them where they name none. */
export function loadCommands(args: readonly string[]): Promise<readonly CommandModule[]> {
  const named = COMMANDS.filter(({ name }) => name === args[0]);
  return Promise.all((named.length === 1 ? named : COMMANDS).map(({ load }) => load()));
}

/** A command that knows the types of its options, as one among others. */
function plain<Options>(command: CommandModule<object, Options>): CommandModule {
  return command as CommandModule;
}
