import type { CryptoProvider } from '@mpquic/crypto';
import { deriveHresStar, deriveKSeaf } from '@mpquic/keys';
import type { EventSink } from '@mpquic/service';
import { toHex, wipe } from '@mpquic/wire';
import { recordSteps } from '../key-events.ts';
import type { SbiConsumer } from '../sbi/network.ts';
import { SbiProblem } from '../sbi/problem.ts';
import type { Route } from '../sbi/router.ts';
import { hex, object, oneOf, optional, type ShapeOf, string } from '../sbi/shape.ts';

export interface AusfOptions {
  readonly crypto: CryptoProvider;
  readonly sbi: SbiConsumer;
  readonly events: EventSink;
  /** Microseconds; pending authentications expire by it. */
  readonly clock: () => number;
  /** Challenges that may await their answer; the oldest are dropped beyond it. Default 4096. */
  readonly maxPending?: number;
}

/** AuthenticationInfo. TS 29.509 §6.1.6.2.2 */
const authenticationInfo = object({
  supiOrSuci: string(/^(?:imsi-\d{5,15}|suci-[\w-]{1,500})$/),
  servingNetworkName: string(/^5G:[\w.:-]{1,100}$/),
  resynchronizationInfo: optional(object({ rand: hex(16), auts: hex(14) })),
});

const confirmationData = object({ resStar: hex(16) });

const authenticationInfoResult = object({
  authType: oneOf('5G_AKA'),
  authenticationVector: object({
    rand: hex(16),
    autn: hex(16),
    xresStar: hex(16),
    kausf: hex(32),
  }),
  supi: string(/^imsi-\d{5,15}$/),
});

/** A challenge whose answer is awaited. */
interface PendingAuthentication {
  readonly supi: string;
  readonly servingNetworkName: string;
  readonly xresStar: Uint8Array;
  readonly kAusf: Uint8Array;
  readonly expires: number;
}

const MAX_PENDING = 4_096;
const LIFETIME = 30_000_000;

/** AUSF: the home network's end of 5G-AKA. TS 33.501 §6.1.3.2, TS 29.509 */
export class Ausf {
  readonly #options: AusfOptions;
  readonly #pending = new Map<string, PendingAuthentication>();

  constructor(options: AusfOptions) {
    this.#options = options;
  }

  get routes(): readonly Route[] {
    return [
      {
        method: 'POST',
        path: '/nausf-auth/v1/ue-authentications',
        operation: 'Nausf_UEAuthentication_Authenticate',
        handle: async ({ body }) => await this.#authenticate(authenticationInfo.read(body, '')),
      },
      {
        method: 'PUT',
        path: '/nausf-auth/v1/ue-authentications/{authCtxId}/5g-aka-confirmation',
        operation: 'Nausf_UEAuthentication_Confirm',
        secret: true,
        handle: ({ body }, { authCtxId }) => ({
          status: 200,
          body: this.#confirm(authCtxId as string, confirmationData.read(body, '').resStar),
        }),
      },
    ];
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Overwrites the keys of all pending authentications. */
  stop(): void {
    for (const id of [...this.#pending.keys()]) this.#forget(id);
  }

  async #authenticate(info: ShapeOf<typeof authenticationInfo>) {
    const { crypto, sbi, clock } = this.#options;
    const { supiOrSuci, servingNetworkName, resynchronizationInfo } = info;
    const { body } = await sbi.call('udm', {
      method: 'POST',
      path: `/nudm-ueau/v1/${encodeURIComponent(supiOrSuci)}/security-information/generate-auth-data`,
      body: {
        servingNetworkName,
        ausfInstanceId: AUSF_INSTANCE_ID,
        ...(resynchronizationInfo === undefined
          ? {}
          : {
              resynchronizationInfo: {
                rand: toHex(resynchronizationInfo.rand),
                auts: toHex(resynchronizationInfo.auts),
              },
            }),
      },
    });
    const { authenticationVector: vector, supi } = authenticationInfoResult.read(body, '');
    const authCtxId = toHex(crypto.random.fill(new Uint8Array(16)));
    this.#makeRoom();
    this.#pending.set(authCtxId, {
      supi,
      servingNetworkName,
      xresStar: vector.xresStar,
      kAusf: vector.kausf,
      expires: clock() + LIFETIME,
    });
    const location = `/nausf-auth/v1/ue-authentications/${authCtxId}`;
    return {
      status: 201,
      location,
      body: {
        authType: '5G_AKA',
        '5gAuthData': {
          rand: toHex(vector.rand),
          autn: toHex(vector.autn),
          hxresStar: toHex(deriveHresStar(crypto, vector.rand, vector.xresStar)),
        },
        _links: { '5g-aka': { href: `${location}/5g-aka-confirmation` } },
      },
    };
  }

  /** TS 33.501 §6.1.3.2.0 steps 10 to 12: SUPI and K_SEAF only after RES* was right; one try each. */
  #confirm(authCtxId: string, resStar: Uint8Array): unknown {
    const { crypto, events, clock } = this.#options;
    const pending = this.#pending.get(authCtxId);
    if (pending === undefined || pending.expires < clock()) {
      this.#forget(authCtxId);
      throw new SbiProblem(404, 'CONTEXT_NOT_FOUND', 'no such authentication is pending');
    }
    const { supi, servingNetworkName, xresStar, kAusf } = pending;
    if (!crypto.equal(resStar, xresStar)) {
      this.#forget(authCtxId);
      return { authResult: 'AUTHENTICATION_FAILURE' };
    }
    const step = deriveKSeaf(crypto, kAusf, servingNetworkName);
    recordSteps(events, 'ausf', [step]);
    const kseaf = toHex(step.value);
    wipe(step.value);
    this.#forget(authCtxId);
    return { authResult: 'AUTHENTICATION_SUCCESS', supi, kseaf };
  }

  #forget(authCtxId: string): void {
    const pending = this.#pending.get(authCtxId);
    if (pending === undefined) return;
    wipe(pending.xresStar, pending.kAusf);
    this.#pending.delete(authCtxId);
  }

  #makeRoom(): void {
    const { clock, maxPending = MAX_PENDING } = this.#options;
    const now = clock();
    for (const [id, { expires }] of this.#pending) {
      if (expires >= now && this.#pending.size < maxPending) return;
      this.#forget(id);
    }
  }
}

const AUSF_INSTANCE_ID = '5f1c0a30-0000-4000-8000-000000000a05';
