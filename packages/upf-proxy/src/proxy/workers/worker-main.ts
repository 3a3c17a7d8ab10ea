/** The entry of one worker thread of `mpq upf-proxy --workers N`. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { QlogFolder } from '@mpquic/endpoint';
import { createLogger, describeFailure, type Logger } from '@mpquic/service';
import { LocalPlane } from '../local-plane.ts';
import { AddressStock } from './address-stock.ts';
import { RemotePskStore } from './remote-psk-store.ts';
import { RemoteRouter } from './remote-router.ts';
import { SessionMirror } from './session-mirror.ts';
import { Telling, told } from './telling.ts';
import type { FromWorker, ToWorker, WorkerStart } from './worker-messages.ts';

type Take = { readonly [T in ToWorker['type']]: (message: Extract<ToWorker, { type: T }>) => void };

async function run(port: MessagePort, start: WorkerStart): Promise<void> {
  const post = (message: FromWorker): void => port.postMessage(message);
  const logger = createLogger({ name: 'upf-proxy', ...start.log }).child({
    worker: start.place.index,
  });
  const qlog = start.qlogDir === undefined ? undefined : new QlogFolder(start.qlogDir);
  const psks = new RemotePskStore((id, identities) => post({ type: 'lookup', id, identities }));
  const sessions = new SessionMirror();
  const addresses = new AddressStock({
    spare: start.spareAddresses,
    onTaken: () => post({ type: 'addressTaken' }),
    onReturned: (address) => post({ type: 'addressReturned', address }),
  });
  const router = start.tun ? openRouter(port, start) : undefined;
  const plane = await listen(start, { post, psks, sessions, addresses, router, qlog, logger });
  const take: Take = {
    psks: ({ id, found }) => {
      for (const each of found) if (each) sessions.learn(each.psk.identity, each.session);
      psks.answered(
        id,
        found.map((each) => each?.psk),
      );
    },
    drop: ({ kid, reason, afterSeconds }) => {
      sessions.forget(kid);
      plane.dropConnections(kid, reason, afterSeconds);
    },
    rules: ({ session }) => {
      const changed = sessions.changed(session);
      if (changed !== undefined) plane.rulesChanged(changed);
    },
    address: ({ address }) => addresses.add(address),
    deliver: ({ id, packet }) => {
      told(start.underWay.downlink);
      router?.deliver(id, packet);
    },
    report: ({ id }) => void plane.report().then((report) => post({ type: 'report', id, report })),
    neighbour: ({ index, port: other }) => plane.replaceWorker(index, other),
    stop: () => {
      psks.close();
      void plane.close().finally(() => {
        qlog?.close();
        port.close();
      });
    },
  };
  port.on('message', (message: ToWorker) =>
    (take[message.type] as (given: ToWorker) => void)(message),
  );
  post({ type: 'ready' });
}

interface Parts {
  readonly post: (message: FromWorker) => void;
  readonly psks: RemotePskStore;
  readonly sessions: SessionMirror;
  readonly addresses: AddressStock;
  readonly router: RemoteRouter | undefined;
  readonly qlog: QlogFolder | undefined;
  readonly logger: Logger;
}

function listen(start: WorkerStart, parts: Parts): Promise<LocalPlane> {
  const { post, psks, sessions, addresses, router, qlog, logger } = parts;
  const telling = new Telling<FromWorker>(post, start.underWay.news, () =>
    logger.warn('the main thread does not keep up: events and captured datagrams are lost'),
  );
  return LocalPlane.listen({
    settings: start.settings,
    worker: start.place,
    statelessResetKey: undefined,
    psks,
    addresses,
    sessionOf: (kid) => sessions.sessionOf(kid),
    openForwarder: router?.open,
    events: { record: (event) => telling.tell({ type: 'event', event }) },
    logger,
    onUsed: (kid) => post({ type: 'used', kid: kid.slice() }),
    keyLog: start.keyLog ? (line) => post({ type: 'keyLog', line }) : undefined,
    tap: start.capture
      ? ({ direction, local, remote, payload }) =>
          telling.tell({
            type: 'captured',
            datagram: { direction, local, remote, payload: payload.slice() },
          })
      : undefined,
    observer: qlog?.observer,
  });
}

/** The TUN device of the main thread. */
function openRouter(port: MessagePort, { underWay }: WorkerStart): RemoteRouter {
  const post = (message: FromWorker): void => port.postMessage(message);
  const uplink = new Telling<Extract<FromWorker, { type: 'packet' }>>(
    (message) => port.postMessage(message, [message.packet.buffer]),
    underWay.uplink,
    () => undefined,
  );
  return new RemoteRouter({
    attach: (id, addresses) => post({ type: 'attach', id, addresses }),
    detach: (id) => post({ type: 'detach', id }),
    write: (packet) => uplink.tell({ type: 'packet', packet }),
  });
}

if (parentPort !== null) {
  const port = parentPort;
  run(port, workerData as WorkerStart).catch((error: unknown) => {
    port.postMessage({ type: 'failed', problem: describeFailure(error) } satisfies FromWorker);
    port.close();
  });
}
