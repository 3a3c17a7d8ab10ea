import type { CryptoProvider } from '@mpquic/crypto';
import {
  type AkaFunctions,
  AuthenticationFailure,
  generateAuthenticationVector,
  milenage,
  nextSqn,
  parseSuci,
  revealSupi,
  tuak,
  verifyResynchronisation,
} from '@mpquic/keys';
import type { EventSink } from '@mpquic/service';
import { toHex } from '@mpquic/wire';
import { recordSteps } from '../key-events.ts';
import { SbiProblem } from '../sbi/problem.ts';
import type { Route } from '../sbi/router.ts';
import { hex, object, optional, type ShapeOf, string } from '../sbi/shape.ts';
import type { Subscriber, SubscriberStore } from './subscribers.ts';

export interface UdmOptions {
  readonly crypto: CryptoProvider;
  readonly subscribers: SubscriberStore;
  readonly events: EventSink;
}

/** AuthenticationInfoRequest. TS 29.503 §6.3.6.2.2 */
const authenticationInfoRequest = object({
  servingNetworkName: string(/^5G:[\w.:-]{1,100}$/),
  ausfInstanceId: string(),
  resynchronizationInfo: optional(object({ rand: hex(16), auts: hex(14) })),
});

/** UDM with ARPF and SIDF: opens SUCIs, makes authentication vectors, keeps subscriptions. */
export class Udm {
  readonly #options: UdmOptions;

  constructor(options: UdmOptions) {
    this.#options = options;
  }

  get routes(): readonly Route[] {
    return [
      {
        method: 'POST',
        path: '/nudm-ueau/v1/{supiOrSuci}/security-information/generate-auth-data',
        operation: 'Nudm_UEAuthentication_Get',
        secret: true,
        handle: ({ body }, { supiOrSuci }) => ({
          status: 200,
          body: this.#generateAuthData(
            supiOrSuci as string,
            authenticationInfoRequest.read(body, ''),
          ),
        }),
      },
      {
        method: 'GET',
        path: '/nudm-sdm/v2/{supi}/sm-data',
        operation: 'Nudm_SDM_Get',
        handle: (_, { supi }) => ({
          status: 200,
          body: [sessionManagementData(this.#subscriber(supi as string))],
        }),
      },
    ];
  }

  #generateAuthData(
    supiOrSuci: string,
    request: ShapeOf<typeof authenticationInfoRequest>,
  ): unknown {
    const { crypto, events } = this.#options;
    const subscriber = this.#subscriber(supiOrSuci);
    const { settings } = subscriber;
    const functions = akaFunctions(crypto, subscriber);
    if (request.resynchronizationInfo !== undefined) {
      this.#resynchronise(subscriber, functions, request.resynchronizationInfo);
    }
    this.#options.subscribers.useSqn(subscriber, nextSqn(subscriber.sqn));
    const vector = generateAuthenticationVector(
      crypto,
      functions,
      subscriber.sqn,
      crypto.random.fill(new Uint8Array(16)),
      request.servingNetworkName,
      settings.amf,
    );
    recordSteps(events, 'udm', vector.steps);
    return {
      authType: '5G_AKA',
      authenticationVector: {
        avType: '5G_HE_AKA',
        rand: toHex(vector.rand),
        autn: toHex(vector.autn),
        xresStar: toHex(vector.xresStar),
        kausf: toHex(vector.kAusf),
      },
      supi: `imsi-${settings.supi}`,
    };
  }

  /** TS 33.102 §6.3.5: a genuine AUTS sets the sequence number to that of the UE. */
  #resynchronise(
    subscriber: Subscriber,
    functions: AkaFunctions,
    { rand, auts }: { readonly rand: Uint8Array; readonly auts: Uint8Array },
  ): void {
    try {
      const { crypto, subscribers } = this.#options;
      subscribers.useSqn(subscriber, verifyResynchronisation(crypto, functions, rand, auts));
    } catch (error) {
      if (!(error instanceof AuthenticationFailure)) throw error;
      throw new SbiProblem(403, 'AUTHENTICATION_REJECTED', 'AUTS was not made by this subscriber');
    }
  }

  #subscriber(supiOrSuci: string): Subscriber {
    const imsi = supiOrSuci.startsWith('suci-')
      ? this.#reveal(supiOrSuci)
      : supiOrSuci.replace(/^imsi-/, '');
    const subscriber = imsi === undefined ? undefined : this.#options.subscribers.find(imsi);
    if (subscriber === undefined) {
      throw new SbiProblem(404, 'USER_NOT_FOUND', 'no subscriber with this identity');
    }
    return subscriber;
  }

  #reveal(text: string): string | undefined {
    const suci = parseSuci(text);
    if (suci === undefined) return undefined;
    const { crypto, subscribers } = this.#options;
    if (suci.scheme === 0) return revealSupi(crypto, suci, new Uint8Array());
    const key = subscribers.homeNetworkKey(suci.homeNetworkPublicKeyId, suci.scheme);
    if (key === undefined) {
      throw new SbiProblem(501, 'UNSUPPORTED_PROTECTION_SCHEME', 'no home network key of that id');
    }
    return revealSupi(crypto, suci, key);
  }
}

function akaFunctions(crypto: CryptoProvider, { settings }: Subscriber): AkaFunctions {
  const { algorithm, k, opc } = settings;
  return algorithm === 'tuak' ? tuak(k, opc) : milenage(crypto, k, opc);
}

/** SessionManagementSubscriptionData. TS 29.503 §6.1.6.2.8 */
function sessionManagementData({ settings }: Subscriber): unknown {
  const configuration = {
    pduSessionTypes: { defaultSessionType: 'IPV4', allowedSessionTypes: ['IPV4'] },
    sscModes: { defaultSscMode: 'SSC_MODE_1' },
    atsssAllowed: settings.maPduAllowed,
  };
  return {
    singleNssai: { sst: 1 },
    dnnConfigurations: Object.fromEntries(settings.dnns.map((dnn) => [dnn, configuration])),
  };
}
