import assert from 'node:assert/strict';
import { nodeCryptoProvider, type PacketSealer } from '@mpquic/crypto';
import type { HandshakeEvent } from '@mpquic/tls';
import type { Instant } from '@mpquic/wire';
import type { PacketLevel } from '../src/contract.ts';
import { KeyPhases } from '../src/protection/key-phases.ts';
import { LevelKeys } from '../src/protection/level-keys.ts';
import type { OpenedPacket } from '../src/protection/packet-opening.ts';
import { PROTECTION_SUITES } from '../src/protection/suites.ts';
import type { PacketHeader } from '../src/wire/packet-header.ts';
import type { QuicVersion } from '../src/wire/versions.ts';

/** The keys of a scripted peer, all levels of them. */
export class ScriptedKeys {
  readonly #role: 'client' | 'server';
  #initial: LevelKeys | undefined;
  #early: LevelKeys | undefined;
  #handshake: LevelKeys | undefined;
  #application: KeyPhases | undefined;

  constructor(role: 'client' | 'server') {
    this.#role = role;
  }

  /** Initial keys of this version and connection ID, in place of those before. */
  begin(version: QuicVersion, destination: Uint8Array): void {
    this.#initial = LevelKeys.initial(nodeCryptoProvider, version, this.#role, destination);
  }

  /** As if TLS began anew. */
  forget(): void {
    this.#early = undefined;
    this.#handshake = undefined;
    this.#application = undefined;
  }

  get hasApplication(): boolean {
    return this.#application !== undefined;
  }

  get application(): KeyPhases {
    assert.ok(this.#application, 'the peer has 1-RTT keys');
    return this.#application;
  }

  /** Takes over a secret of TLS; those of 0-RTT are of the version of the first packets. */
  install(
    event: Extract<HandshakeEvent, { readonly type: 'secret' }>,
    first: QuicVersion,
    later: QuicVersion,
  ): void {
    const crypto = nodeCryptoProvider;
    const suite = PROTECTION_SUITES[event.cipherSuite];
    const read = event.direction === 'read';
    if (event.level === 'application') {
      const largestPto = (): number => 0;
      this.#application ??= new KeyPhases({ crypto, version: later, suite, largestPto });
      if (read) this.#application.installRead(event.secret);
      else this.#application.installWrite(event.secret);
      return;
    }
    const early = event.level === 'early';
    if (early) this.#early ??= new LevelKeys(crypto, first);
    else this.#handshake ??= new LevelKeys(crypto, later);
    const keys = early ? this.#early : this.#handshake;
    if (read) keys?.installRead(suite, event.secret);
    else keys?.installWrite(suite, event.secret);
  }

  sealer(level: PacketLevel): PacketSealer {
    const keys = {
      initial: this.#initial,
      early: this.#early,
      handshake: this.#handshake,
      application: this.#application,
    }[level];
    assert.ok(keys?.sealer, `the peer has ${level} keys`);
    return keys.sealer;
  }

  /** Removes the protection of a packet of the connection under test. */
  open(
    header: PacketHeader,
    pathId: number,
    largest: number,
    now: Instant,
    opened: OpenedPacket,
  ): boolean {
    if (header.type === 'application') {
      return this.#application?.open(header, pathId, largest, now, opened) === true;
    }
    const keys = {
      initial: this.#initial,
      early: this.#early,
      handshake: this.#handshake,
      retry: undefined,
      version_negotiation: undefined,
      unsupported_version: undefined,
    }[header.type];
    return keys?.open(header, largest, opened) === true;
  }
}
