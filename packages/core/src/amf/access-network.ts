import type { CryptoProvider } from '@mpquic/crypto';
import { deriveKNgRanStar, type TargetCell } from '@mpquic/keys';
import type { AccessName, EventSink, Lifeline } from '@mpquic/service';
import { ByteWriter, utf8, wipe } from '@mpquic/wire';
import { recordSteps } from '../key-events.ts';

/** What an access node knows of one UE: never more than the AMF sent it or it computed itself. */
interface NodeContext {
  /** K_gNB, or K_NG-RAN* after a handover; K_N3IWF at an N3IWF. */
  key: Uint8Array;
  nextHop: Uint8Array | undefined;
}

/**
 * Stand-ins for gNB and N3IWF. There is no radio and no NGAP: messages on N2 are a testbed encoding,
 * shown in ladders and counted, and NAS passes through untouched. What a node holds is what a real one
 * would hold, so that "who can compute the PSK" is answered by what it really received.
 */
export class AccessNetwork {
  readonly #crypto: CryptoProvider;
  readonly #events: EventSink;
  readonly #contexts = new Map<string, NodeContext>();

  constructor(crypto: CryptoProvider, events: EventSink) {
    this.#crypto = crypto;
    this.#events = events;
  }

  /** INITIAL CONTEXT SETUP: the node gets the key of this connection. TS 33.501 §6.8.1.2.2 */
  setUp(supi: string, access: AccessName, key: Uint8Array): void {
    this.#message(access, 'INITIAL CONTEXT SETUP REQUEST', 'down', [key], true);
    this.#events.record({
      type: 'key_received',
      holder: nodeOf(access),
      from: 'amf',
      name: access === '3gpp' ? 'K_gNB' : 'K_N3IWF',
      value: key,
      secret: true,
    });
    this.release(supi, access);
    this.#contexts.set(contextName(supi, access), { key: key.slice(), nextHop: undefined });
    this.#message(access, 'INITIAL CONTEXT SETUP RESPONSE', 'up', []);
  }

  /** PDU SESSION RESOURCE SETUP for one access of a session. */
  setUpSession(access: AccessName, pduSessionId: number, nas: Uint8Array | undefined): void {
    const parts = [Uint8Array.of(pduSessionId), ...(nas === undefined ? [] : [nas])];
    this.#message(access, 'PDU SESSION RESOURCE SETUP REQUEST', 'down', parts);
  }

  setUpSessionDone(access: AccessName, pduSessionId: number): void {
    const parts = [Uint8Array.of(pduSessionId)];
    this.#message(access, 'PDU SESSION RESOURCE SETUP RESPONSE', 'up', parts);
  }

  /**
   * Xn handover: the source gNB computes K_NG-RAN* for the target, without the AMF. TS 33.501 §6.9.2.3.2
   * @returns whether the UE has a connection over 3GPP access
   */
  handOver(supi: string, cell: TargetCell): boolean {
    const context = this.#contexts.get(contextName(supi, '3gpp'));
    if (context === undefined) return false;
    const { nextHop, key } = context;
    const step = deriveKNgRanStar(
      this.#crypto,
      nextHop === undefined ? 'K_gNB' : 'NH',
      nextHop ?? key,
      cell,
    );
    recordSteps(this.#events, 'gnb', [step], '3gpp');
    wipe(key);
    if (nextHop !== undefined) wipe(nextHop);
    context.key = step.value;
    context.nextHop = undefined;
    this.#message('3gpp', 'PATH SWITCH REQUEST', 'up', [utf8(supi)]);
    return true;
  }

  /** PATH SWITCH REQUEST ACKNOWLEDGE: {NH, NCC} for the next handover. */
  pathSwitched(supi: string, nextHop: Uint8Array, chainingCounter: number): void {
    const context = this.#contexts.get(contextName(supi, '3gpp'));
    const parts = [nextHop, Uint8Array.of(chainingCounter)];
    this.#message('3gpp', 'PATH SWITCH REQUEST ACKNOWLEDGE', 'down', parts, true);
    if (context !== undefined) context.nextHop = nextHop.slice();
  }

  /** The connection is gone; its keys are overwritten. */
  release(supi: string, access: AccessName): void {
    const name = contextName(supi, access);
    const context = this.#contexts.get(name);
    if (context === undefined) return;
    wipe(context.key);
    if (context.nextHop !== undefined) wipe(context.nextHop);
    this.#contexts.delete(name);
  }

  dispose(): void {
    for (const { key, nextHop } of this.#contexts.values()) {
      wipe(key);
      if (nextHop !== undefined) wipe(nextHop);
    }
    this.#contexts.clear();
  }

  /** Testbed encoding: name, then every part behind its length. */
  #message(
    access: AccessName,
    name: string,
    direction: 'up' | 'down',
    parts: readonly Uint8Array[],
    secret = false,
  ): void {
    const writer = new ByteWriter().vector(1, (body) => body.bytes(utf8(name)));
    for (const part of parts) writer.vector(2, (body) => body.bytes(part));
    const payload = writer.finish();
    const node = nodeOf(access);
    this.#events.record({
      type: 'message',
      interface: 'N2',
      access,
      from: direction === 'down' ? 'amf' : node,
      to: direction === 'down' ? node : 'amf',
      name,
      length: payload.length,
      payload,
      secret,
    });
  }
}

function nodeOf(access: AccessName): Lifeline {
  return access === '3gpp' ? 'gnb' : 'n3iwf';
}

function contextName(supi: string, access: AccessName): string {
  return `${supi} ${access}`;
}
