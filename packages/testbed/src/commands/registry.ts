import type { CommandModule } from 'yargs';
import { accessCommand } from './access.ts';
import { benchCommand } from './bench.ts';
import { coreCommand } from './core.ts';
import { decryptCommand } from './decrypt.ts';
import { demoCommand } from './demo.ts';
import { deriveCommand } from './derive.ts';
import { handshakeCommand } from './handshake.ts';
import { interopCommand } from './interop.ts';
import { quicClientCommand } from './quic-client.ts';
import { quicServerCommand } from './quic-server.ts';
import { ueAgentCommand } from './ue-agent.ts';
import { upfProxyCommand } from './upf-proxy.ts';

/** Every command of `mpq`, in the order in which `mpq --help` lists them. */
export const commands: readonly CommandModule[] = [
  demoCommand as CommandModule,
  handshakeCommand as CommandModule,
  deriveCommand,
  quicServerCommand,
  quicClientCommand,
  decryptCommand,
  interopCommand as CommandModule,
  benchCommand as CommandModule,
  coreCommand,
  upfProxyCommand,
  ueAgentCommand,
  accessCommand,
];
