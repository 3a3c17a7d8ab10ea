import type { CryptoProvider } from '@mpquic/crypto';
import { deriveKNgRanStar, type TargetCell } from '@mpquic/keys';
import type { AccessName, EventSink, Lifeline } from '@mpquic/service';
import { ByteWriter, utf8, wipe } from '@mpquic/wire';
import { recordSteps } from '../key-events.ts';

/** What an access node knows of one UE: never more than the AMF sent it or it computed itself. */
interface NodeContext {
  /** K_gNB, or K_NG-RAN* after a handover; K_N3IWF at an N3IWF. */
  key: Uint8Array;
  /** Of that key: how many NHs lie before it. */
  chainingCounter: number;
  /** For the next handover. */
  nextHop: { readonly key: Uint8Array; readonly chainingCounter: number } | undefined;
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
    this.#giveKey(supi, access, key, 'INITIAL CONTEXT SETUP');
  }

  /** UE CONTEXT MODIFICATION: another key for a connection that goes on. TS 33.501 §6.9.4.4 */
  rekey(supi: string, access: AccessName, key: Uint8Array): void {
    this.#giveKey(supi, access, key, 'UE CONTEXT MODIFICATION');
  }

  #giveKey(supi: string, access: AccessName, key: Uint8Array, procedure: string): void {
    this.#message(access, `${procedure} REQUEST`, 'down', [key], true);
    this.#events.record({
      type: 'key_received',
      holder: nodeOf(access),
      from: 'amf',
      name: access === '3gpp' ? 'K_gNB' : 'K_N3IWF',
      value: key,
      secret: true,
    });
    this.release(supi, access);
    this.#contexts.set(contextName(supi, access), {
      key: key.slice(),
      chainingCounter: 0,
      nextHop: undefined,
    });
    this.#message(access, `${procedure} RESPONSE`, 'up', []);
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
   * @returns chaining counter of the new key, which the UE is told; undefined where the UE has no connection
   *   over 3GPP access
   */
  handOver(supi: string, cell: TargetCell): number | undefined {
    const context = this.#contexts.get(contextName(supi, '3gpp'));
    if (context === undefined) return undefined;
    this.#moveTo(context, cell);
    this.#message('3gpp', 'PATH SWITCH REQUEST', 'up', [utf8(supi)]);
    return context.chainingCounter;
  }

  /** HANDOVER REQUEST: a key under another K_AMF, from which the target gNB makes its own. TS 33.501 §6.9.2.3.3 */
  handOverByAmf(supi: string, key: Uint8Array, cell: TargetCell): void {
    this.#giveKey(supi, '3gpp', key, 'HANDOVER');
    const context = this.#contexts.get(contextName(supi, '3gpp'));
    if (context !== undefined) this.#moveTo(context, cell);
  }

  /** HANDOVER NOTIFY: the UE has come. */
  notifyHandover(supi: string): void {
    this.#message('3gpp', 'HANDOVER NOTIFY', 'up', [utf8(supi)]);
  }

  /** K_NG-RAN*: from an unused NH where there is one, else from the key in use. */
  #moveTo(context: NodeContext, cell: TargetCell): void {
    const { nextHop, key } = context;
    const name = nextHop === undefined ? 'K_gNB' : 'NH';
    const step = deriveKNgRanStar(this.#crypto, name, nextHop?.key ?? key, cell);
    recordSteps(this.#events, 'gnb', [step], '3gpp');
    wipe(key);
    if (nextHop !== undefined) wipe(nextHop.key);
    context.key = step.value;
    context.chainingCounter = nextHop?.chainingCounter ?? context.chainingCounter;
    context.nextHop = undefined;
  }

  /** PATH SWITCH REQUEST ACKNOWLEDGE: {NH, NCC} for the next handover. */
  pathSwitched(supi: string, nextHop: Uint8Array, chainingCounter: number): void {
    const context = this.#contexts.get(contextName(supi, '3gpp'));
    const parts = [nextHop, Uint8Array.of(chainingCounter)];
    this.#message('3gpp', 'PATH SWITCH REQUEST ACKNOWLEDGE', 'down', parts, true);
    if (context !== undefined) context.nextHop = { key: nextHop.slice(), chainingCounter };
  }

  /** The connection is gone; its keys are overwritten. */
  release(supi: string, access: AccessName): void {
    const name = contextName(supi, access);
    const context = this.#contexts.get(name);
    if (context === undefined) return;
    wipe(context.key);
    if (context.nextHop !== undefined) wipe(context.nextHop.key);
    this.#contexts.delete(name);
  }

  dispose(): void {
    for (const { key, nextHop } of this.#contexts.values()) {
      wipe(key);
      if (nextHop !== undefined) wipe(nextHop.key);
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
