import { toHex } from '@mpquic/wire';
import type { SessionRules } from '../../user-plane/session-user-plane.ts';
import type { KnownSession } from '../proxy-plane.ts';

/** The rules of a session as they are now: one object as long as the session lives. */
class Mirror implements KnownSession {
  readonly seid: bigint;
  readonly addresses: KnownSession['addresses'];
  pdrs: KnownSession['pdrs'];
  mars: KnownSession['mars'];
  /** PSKs through which it is known here. */
  readonly kids: Set<string> = new Set();

  constructor({ seid, addresses, pdrs, mars }: KnownSession) {
    this.seid = seid;
    this.addresses = addresses;
    this.pdrs = pdrs;
    this.mars = mars;
  }
}

/** A worker's view of the N4 sessions whose UEs came to it. It comes with a PSK and goes with its last one. */
export class SessionMirror {
  readonly #bySeid = new Map<bigint, Mirror>();
  readonly #byKid = new Map<string, Mirror>();

  get size(): number {
    return this.#bySeid.size;
  }

  /** A handshake by this KID begins, whose session is this; undefined where it has none. */
  learn(kid: Uint8Array, session: KnownSession | undefined): void {
    const key = toHex(kid);
    if (this.#byKid.get(key)?.seid !== session?.seid) this.forget(kid);
    if (session === undefined) return;
    const mirror = this.#bySeid.get(session.seid) ?? new Mirror(session);
    this.#bySeid.set(session.seid, mirror);
    this.#byKid.set(key, mirror);
    mirror.kids.add(key);
    this.changed(session);
  }

  /** Takes the new rules over; returns the session that has them, where it is known here. */
  changed({ seid, pdrs, mars }: KnownSession): SessionRules | undefined {
    const mirror = this.#bySeid.get(seid);
    if (mirror === undefined) return undefined;
    mirror.pdrs = pdrs;
    mirror.mars = mars;
    return mirror;
  }

  /** The session that connections with this KID belong to. */
  sessionOf(kid: Uint8Array): SessionRules | undefined {
    return this.#byKid.get(toHex(kid));
  }

  /** The PSK is gone. Connections that go on keep their session's last rules. */
  forget(kid: Uint8Array): void {
    const key = toHex(kid);
    const mirror = this.#byKid.get(key);
    if (mirror === undefined) return;
    this.#byKid.delete(key);
    mirror.kids.delete(key);
    if (mirror.kids.size === 0) this.#bySeid.delete(mirror.seid);
  }
}
