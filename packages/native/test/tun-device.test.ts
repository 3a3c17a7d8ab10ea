import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { TunDevice, tunUnavailable } from '../src/tun-device.ts';
import { native as addon, nativeTest } from './loopback.ts';

/** Why no device can be made here; the tests that need one are skipped with it. */
function whyNot(): string | false {
  try {
    TunDevice.open({ name: 'mpqt%d', receive: () => undefined }).close();
    return false;
  } catch (error) {
    return (error as Error).message;
  }
}

const skip = whyNot();

test('there is a reason where there can be no TUN device', () => {
  assert.match(tunUnavailable('win32') ?? '', /need Linux/);
});

test('an interface is made, configured, and gone', { skip }, () => {
  const device = TunDevice.open({ name: 'mpqt%d', receive: () => undefined });
  try {
    assert.match(device.name, /^mpqt\d+$/);
    device.configure(Uint8Array.of(198, 18, 77, 1), 32, 1_234);
    device.addRoute(Uint8Array.of(198, 18, 78, 0), 24);
    device.addRoute(Uint8Array.of(198, 18, 78, 0), 24);
    const link = execFileSync('ip', ['addr', 'show', device.name], { encoding: 'utf8' });
    assert.match(link, /mtu 1234/);
    assert.match(link, /inet 198\.18\.77\.1\/32/);
    const routes = execFileSync('ip', ['route', 'show', 'dev', device.name], { encoding: 'utf8' });
    assert.match(routes, /^198\.18\.78\.0\/24/m);
    assert.throws(() => TunDevice.open({ name: device.name, receive: () => undefined }), {
      code: 'EBUSY',
    });
  } finally {
    device.close();
    device.close();
  }
  assert.equal(device.write(Uint8Array.of(1)), false);
  assert.throws(() => execFileSync('ip', ['link', 'show', device.name], { stdio: 'pipe' }));
});

test('packets of the kernel come, and those for it are taken', { skip }, async (context) => {
  const packets: Uint8Array[] = [];
  let arrived: (() => void) | undefined;
  const device = TunDevice.open({
    name: 'mpqt%d',
    receive: (packet) => {
      packets.push(packet);
      arrived?.();
    },
  });
  context.after(() => device.close());
  // Down, it takes nothing.
  const packet = Uint8Array.of(0x45, 0, 0, 20, 0, 0, 0, 0, 64, 253, 0, 0, 198, 18, 77, 9);
  assert.equal(device.write(packet), false);
  assert.equal(device.counters.writeDrops, 1);
  device.configure(Uint8Array.of(198, 18, 79, 1), 24, 1_280);
  const { createSocket } = await import('node:dgram');
  const socket = createSocket('udp4');
  context.after(() => socket.close());
  const isOurs = (one: Uint8Array): boolean => one[9] === 17 && one[19] === 7;
  while (!packets.some(isOurs)) {
    socket.send('hello', 9, '198.18.79.7');
    await new Promise<void>((resolve) => {
      arrived = resolve;
      setTimeout(resolve, 100);
    });
  }
  const [first] = packets.filter(isOurs);
  assert.deepEqual([...(first ?? [])].slice(12, 20), [198, 18, 79, 1, 198, 18, 79, 7]);
  assert.equal(device.write(Uint8Array.of(0)), false, 'of no IP version');
});

nativeTest('arguments that do not fit are refused', () => {
  const gone = { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' };
  const type = { name: 'TypeError' };
  for (const name of ['', 'a-name-beyond-15']) {
    assert.throws(() => addon.openTun(name, () => undefined), gone);
  }
  assert.throws(() => addon.openTun(7 as unknown as string, () => undefined), type);
  assert.throws(() => addon.openTun('mpqt%d', undefined as unknown as () => void), type);
  assert.throws(() => addon.tunName(1), gone);
  assert.throws(() => addon.readTun(1, new Uint8Array(1)), gone);
  assert.throws(() => addon.writeTun(1, new Uint8Array(1)), gone);
  assert.throws(() => addon.configureTun(1, new Uint8Array(4), 33, 1_280), gone);
  assert.throws(() => addon.addTunRoute(1, new Uint8Array(4), 24), gone);
  assert.throws(() => addon.closeTun(1), gone);
  if (skip !== false) return;
  const device = addon.openTun('mpqt%d', () => undefined);
  assert.throws(() => addon.configureTun(device, new Uint8Array(3), 24, 1_280), gone);
  assert.throws(() => addon.configureTun(device, new Uint8Array(4), 24, 67), gone);
  assert.throws(() => addon.addTunRoute(device, new Uint8Array(16), 24), gone);
  assert.throws(() => addon.readTun(device, new Uint8Array(0)), gone);
  assert.throws(() => addon.writeTun(device, new Uint8Array(65_536)), gone);
  addon.closeTun(device);
  assert.throws(() => addon.closeTun(device), gone);
});
