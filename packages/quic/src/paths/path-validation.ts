import { type Address, type Duration, equalBytes, type Instant, type Random } from '@mpquic/wire';

/** PATH_RESPONSEs that wait to be sent; beyond, the oldest is dropped. RFC 9000 §8.2.2, erratum 8875 */
const RESPONSE_LIMIT = 4;

/** Challenges without a response that are remembered. */
const CHALLENGE_LIMIT = 4;

const CHALLENGE_LENGTH = 8;

/** A PATH_RESPONSE that is owed to one network path. */
export interface OwedResponse {
  /** 8 octets. */
  readonly data: Uint8Array;
  readonly local: Address;
  readonly remote: Address;
  /** Octets that the datagram may have: three times those that asked. RFC 9000 §8.1 */
  readonly limit: number;
}

interface Challenge {
  /** 8 octets. */
  readonly data: Uint8Array;
  /** Whether it went out in a datagram of at least 1200 octets. */
  readonly full: boolean;
}

/** What a PATH_RESPONSE proves. */
export type ValidationResult = 'unknown' | 'address' | 'address_and_mtu';

/** Both sides of path validation on one path: challenges of ours, responses owed. RFC 9000 §8.2 */
export class PathValidation {
  #challenges: readonly Challenge[] = NONE;
  #responses: readonly OwedResponse[] = NONE;
  #nextChallengeAt: Instant | undefined;
  #interval: Duration = 0;
  #failsAt: Instant | undefined;
  #previousChallenge: Uint8Array | undefined;

  /** Whether a challenge of ours is unanswered. */
  get running(): boolean {
    return this.#failsAt !== undefined;
  }

  /** Begins, with challenges every `interval` until `timeout` is over. RFC 9000 §8.2.1, §8.2.4 */
  start(now: Instant, interval: Duration, timeout: Duration): void {
    this.#challenges = NONE;
    this.#nextChallengeAt = now;
    this.#interval = interval;
    this.#failsAt = now + timeout;
  }

  stop(): void {
    this.#nextChallengeAt = undefined;
    this.#failsAt = undefined;
    this.#challenges = NONE;
  }

  challengeDue(now: Instant): boolean {
    return this.#nextChallengeAt !== undefined && this.#nextChallengeAt <= now;
  }

  /** A new unpredictable challenge of 8 octets, for a packet that is sent now. */
  nextChallenge(now: Instant, random: Random, full: boolean): Uint8Array {
    const data = random.fill(new Uint8Array(CHALLENGE_LENGTH));
    this.#challenges = latest(this.#challenges, CHALLENGE_LIMIT, { data, full });
    this.#nextChallengeAt = now + this.#interval;
    return data;
  }

  /** Compares with every challenge that is unanswered, so late responses count too. */
  receiveResponse(data: Uint8Array): ValidationResult {
    const challenge = this.#challenges.find((sent) => equalBytes(sent.data, data));
    if (challenge === undefined) return 'unknown';
    this.stop();
    return challenge.full ? 'address_and_mtu' : 'address';
  }

  /** Owes a challenge to the address that the path had before, whose answer is not waited for. RFC 9000 §9.3.3 */
  probePrevious(random: Random): void {
    this.#previousChallenge = random.fill(new Uint8Array(CHALLENGE_LENGTH));
  }

  /** The challenge for the previous address, once. */
  takePreviousChallenge(): Uint8Array | undefined {
    const challenge = this.#previousChallenge;
    this.#previousChallenge = undefined;
    return challenge;
  }

  get owesPreviousChallenge(): boolean {
    return this.#previousChallenge !== undefined;
  }

  /**
   * When a challenge or {@link failed} is due after `now`. A challenge that was due before could not
   * be sent: no time will change that.
   */
  deadline(now: Instant): Instant | undefined {
    const challengeAt = this.#nextChallengeAt;
    if (this.#failsAt === undefined || challengeAt === undefined) return this.#failsAt;
    return challengeAt <= now ? this.#failsAt : Math.min(this.#failsAt, challengeAt);
  }

  failed(now: Instant): boolean {
    return this.#failsAt !== undefined && this.#failsAt <= now;
  }

  /** Owes a response; false where an older one is given up for it. */
  oweResponse(response: OwedResponse): boolean {
    const full = this.#responses.length >= RESPONSE_LIMIT;
    this.#responses = latest(this.#responses, RESPONSE_LIMIT, response);
    return !full;
  }

  get owedResponse(): OwedResponse | undefined {
    return this.#responses[0];
  }

  responseSent(): void {
    this.#responses = this.#responses.slice(1);
  }

  /** Nothing may be sent on this path any more. */
  abandon(): void {
    this.stop();
    this.#previousChallenge = undefined;
    this.#responses = NONE;
  }
}

/** A list and one more, of which the oldest goes where that makes too many. */
function latest<T>(list: readonly T[], limit: number, added: T): readonly T[] {
  return (list.length < limit ? list : list.slice(1)).concat(added);
}

const NONE: readonly never[] = [];
